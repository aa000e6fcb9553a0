"""Texts are taken once each, short requests soon, and long ones are never starved."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from tunesmith.server.inference.fair_queue import FairQueue


@dataclass(eq=False)
class Sizes:
    """A request with nothing but sizes."""

    sizes: list[int]
    lane: str = "a"


REQUESTS = st.lists(
    st.builds(
        Sizes, st.lists(st.integers(1, 50), min_size=1, max_size=9), st.sampled_from(["a", "b"])
    ),
    max_size=9,
)


def _taken(queue: FairQueue[Sizes], budget: int) -> list[tuple[Sizes, int]]:
    return [(piece.request, index) for piece in queue.take(budget) for index in piece.indices]


@given(REQUESTS, st.integers(1, 120), st.sets(st.integers(0, 8)))
def test_each_text_is_taken_once(requests: list[Sizes], budget: int, dropped: set[int]) -> None:
    """In batches of one lane within the budget; texts of dropped requests are not taken."""
    queue: FairQueue[Sizes] = FairQueue()
    for request in requests:
        queue.add(request)
    kept = [each for number, each in enumerate(requests) if number not in dropped]
    for number in dropped & {*range(len(requests))}:
        queue.drop(requests[number])
    assert len(queue) == len(kept)
    seen = []
    while len(queue):
        batch = _taken(queue, budget)
        sizes = [request.sizes[index] for request, index in batch]
        assert len(sizes) == 1 or sum(sizes) <= budget
        assert len({request.lane for request, _ in batch}) == 1
        seen += [(id(request), index) for request, index in batch]
    assert sorted(seen) == sorted((id(r), i) for r in kept for i in range(len(r.sizes)))
    assert queue.tokens == 0


def test_a_single_text_overtakes_a_client_that_sends_64_requests() -> None:
    """The next batch after its arrival has it, at any time."""
    queue: FairQueue[Sizes] = FairQueue()
    for _ in range(64):
        queue.add(Sizes([256] * 96))
    for _ in range(50):
        queue.take(1024)
        single = Sizes([10])
        queue.add(single)
        assert (single, 0) in _taken(queue, 1024)


def test_single_texts_do_not_starve_a_long_request() -> None:
    """A stream of single texts gets as many tokens as the long request, not all of them."""
    queue: FairQueue[Sizes] = FairQueue()
    long = Sizes([100] * 10)
    queue.add(long)
    tokens = {True: 0, False: 0}
    for _ in range(60):
        queue.add(Sizes([10]))
        for request, index in _taken(queue, 10):
            tokens[request is long] += request.sizes[index]
    assert tokens[True] >= 200
    assert tokens[False] >= 200


def test_two_clients_share() -> None:
    """Of two long requests, neither waits for the end of the other."""
    queue: FairQueue[Sizes] = FairQueue()
    first, second = Sizes([10] * 20), Sizes([10] * 20)
    queue.add(first)
    queue.take(10)
    queue.add(second)
    taken = [request for _ in range(10) for request, _ in _taken(queue, 10)]
    assert 4 <= taken.count(second) <= 6


def test_dropping_twice_or_after_the_end_does_nothing() -> None:
    """A client may leave at any time."""
    queue: FairQueue[Sizes] = FairQueue()
    request = Sizes([1, 2])
    queue.add(request)
    queue.take(1)
    queue.drop(request)
    queue.drop(request)
    assert (len(queue), queue.tokens) == (0, 0)
