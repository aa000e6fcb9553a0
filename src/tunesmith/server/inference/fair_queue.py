"""The order in which waiting texts are computed: fair to each request, short texts soon.

This is weighted fair queueing (Demers, Keshav and Shenker, 1989, doi:10.1145/75246.75248) with a
request as the flow and a text as the packet. Each text has a tag: the virtual time at which it
would be finished if all waiting requests shared one worker equally. The lowest tag is next. So a
single text does not wait for thousands of texts of another client, which in turn cannot be
overtaken for ever: virtual time goes on with each computed text.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import Generic, Protocol, TypeVar


class Waiting(Protocol):
    """A request as the queue needs it; its attributes do not change."""

    @property
    def lane(self) -> Hashable:
        """What texts have in common that may be computed together: model, prompt and so on."""
        ...

    @property
    def sizes(self) -> Sequence[int]:
        """The number of tokens of each text, at least 1."""
        ...


Request = TypeVar("Request", bound=Waiting)


@dataclass(frozen=True, eq=False)
class Piece(Generic[Request]):
    """Some texts of one request: their indices in it."""

    request: Request
    indices: list[int]

    @property
    def tokens(self) -> int:
        """The sum of their sizes."""
        sizes = self.request.sizes
        return sum(sizes[index] for index in self.indices)


@dataclass(eq=False)
class _Place(Generic[Request]):
    """The place of a request in the queue; its shortest texts are first."""

    request: Request
    order: list[int]
    number: int
    tag: float = 0.0
    taken: int = 0
    dropped: bool = False

    @property
    def left(self) -> list[int]:
        return [] if self.dropped else self.order[self.taken :]

    @property
    def waits(self) -> bool:
        return self.taken < len(self.order)

    @property
    def next_size(self) -> int:
        return self.request.sizes[self.order[self.taken]]


_Entry = tuple[float, int, _Place[Request]]  # tag, number of the request, place


class FairQueue(Generic[Request]):
    """Waiting requests, whose texts are taken in batches.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> queue = FairQueue()
    >>> long, short = (SimpleNamespace(lane="a", sizes=s) for s in ([9, 9, 9], [2]))
    >>> queue.add(long); queue.add(short)
    >>> [piece.indices for piece in queue.take(11)]
    [[0], [0]]
    """

    def __init__(self) -> None:
        self.tokens = 0
        self._now = 0.0
        self._numbers = count()
        self._lanes: dict[Hashable, list[_Entry[Request]]] = {}
        self._places: dict[int, _Place[Request]] = {}

    def __len__(self) -> int:
        """Return the number of requests that have texts waiting."""
        return len(self._places)

    def add(self, request: Request) -> None:
        """Add a request with one text or more."""
        sizes = request.sizes
        order = [0] if len(sizes) == 1 else sorted(range(len(sizes)), key=sizes.__getitem__)
        place = _Place(request, order, next(self._numbers))
        place.tag = self._now + place.next_size
        self._places[id(request)] = place
        self.tokens += sum(sizes)
        heap = self._lanes.setdefault(request.lane, [])
        heappush(heap, (place.tag, place.number, place))

    def drop(self, request: Request) -> None:
        """Remove the texts of a request that are still waiting; others keep their places."""
        place = self._places.pop(id(request), None)
        if place is not None:
            self.tokens -= sum(request.sizes[index] for index in place.left)
            place.dropped = True
        self._clean()

    def take(self, budget: int) -> list[Piece[Request]]:
        """Remove and return the next texts, at least one, of at most ``budget`` tokens.

        They are of one lane, the one with the lowest tag. Nothing must be taken while the queue is
        empty.
        """
        lane = min(self._lanes, key=lambda name: self._lanes[name][0][:2])
        pieces: dict[int, Piece[Request]] = {}
        for place in self._pop(self._lanes[lane], budget):
            piece = pieces.setdefault(id(place), Piece(place.request, []))
            piece.indices.append(place.order[place.taken - 1])
        self._clean()
        return list(pieces.values())

    def _pop(self, heap: list[_Entry[Request]], budget: int) -> Iterator[_Place[Request]]:
        """Yield the place of each text that is taken, lowest tags first, up to the budget."""
        used = 0
        while heap:
            place = heap[0][2]
            if not place.dropped:
                if used and used + place.next_size > budget:
                    return
                used += place.next_size
                self._advance(place)
                yield place
            heappop(heap)
            if place.waits and not place.dropped:
                heappush(heap, (place.tag, place.number, place))

    def _advance(self, place: _Place[Request]) -> None:
        """Take one text, and let virtual time go on by its share of one request."""
        size = place.next_size
        self._now += size / len(self._places)
        self.tokens -= size
        place.taken += 1
        if place.waits:
            place.tag += place.next_size
        else:
            del self._places[id(place.request)]

    def _clean(self) -> None:
        """Leave no dropped place at the head of a lane, and no lane empty."""
        for lane, heap in [*self._lanes.items()]:
            while heap and heap[0][2].dropped:
                heappop(heap)
            if not heap:
                del self._lanes[lane]
