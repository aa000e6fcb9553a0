"""Names of classes on a map, moved up or down so that they do not cover each other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tunesmith.wording import cut

MAX_CHARACTERS = 24
# Of the largest type that the page uses on a map, in drawing units.
CHARACTER_WIDTH, LINE_HEIGHT = 8.0, 17.0
STEPS = 5


@dataclass(frozen=True)
class MapName:
    """A name with its middle in drawing units; ``number`` is that of its legend entry, from 1."""

    number: int
    text: str
    x: float
    y: float


@dataclass(frozen=True)
class Anchor:
    """The middle of a class on the map, where its name should be."""

    number: int
    label: str
    x: float
    y: float


def place_names(anchors: Iterable[Anchor], width: float, height: float) -> tuple[MapName, ...]:
    """Return the names that have room, the first ones nearest to their classes.

    Parameters
    ----------
    anchors
        The classes, most important first.
    width, height
        Size of the map in drawing units.

    Examples
    --------
    >>> two = [Anchor(1, "card", 50.0, 50.0), Anchor(2, "order", 52.0, 52.0)]
    >>> [(name.text, name.y) for name in place_names(two, 100, 100)]
    [('card', 50.0), ('order', 69.0)]
    """
    placed: list[MapName] = []
    for anchor in anchors:
        free = (one for one in _candidates(anchor, width, height) if not _covers(one, placed))
        placed += [name] if (name := next(free, None)) else []
    return tuple(placed)


def _candidates(anchor: Anchor, width: float, height: float) -> Iterator[MapName]:
    """Yield places for a name: on its class, then below and above it, ever farther."""
    text = cut(anchor.label, MAX_CHARACTERS)
    half = min(_width(text), width) / 2
    x = round(min(max(anchor.x, half), width - half), 1)
    for step in range(STEPS):
        for offset in (step * LINE_HEIGHT, -step * LINE_HEIGHT):
            if LINE_HEIGHT / 2 <= anchor.y + offset <= height - LINE_HEIGHT / 2:
                yield MapName(anchor.number, text, x, anchor.y + offset)


def _covers(name: MapName, others: Iterable[MapName]) -> bool:
    return any(
        abs(name.y - other.y) < LINE_HEIGHT
        and abs(name.x - other.x) < (_width(name.text) + _width(other.text)) / 2
        for other in others
    )


def _width(text: str) -> float:
    return CHARACTER_WIDTH * len(text)
