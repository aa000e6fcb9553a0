"""What the page for labelling shows around the texts, and the texts of its lists."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from tunesmith.errors import TunesmithError
from tunesmith.server.labelling.considered import Considered, Suggested, guessed
from tunesmith.server.labelling.label_acts import ActKind, LabelAct
from tunesmith.server.labelling.labelled_texts import NONE, LabelledTexts
from tunesmith.server.labelling.outlook import Forecast, Outlook
from tunesmith.wording import count, cut, cut_middle, plural

COLOURS: Final = 10
"""Number of colours; further labels share one."""
KEYS: Final = 9
"""Labels that a key assigns: 1 to 9."""
_TEXT = 600
_CARD = 4_000
_NAME = 60
_EVEN = 50


@dataclass(frozen=True)
class LabelLine:
    """A label: its name, the number of texts, its key from 1 to 9, and its colour."""

    name: str
    texts: int
    key: str
    colour: str


@dataclass(frozen=True)
class TextLine:
    """A text of a list.

    Parameters
    ----------
    place, row
        Its position from 0, and its row in the file from 1.
    text
        The text, cut.
    label, colour
        Its label in force, None without one, and the colour.
    state
        As :meth:`LabelledTexts.state` returns it.
    likely, probability
        The likely label, and its probability in percent; None without guesses.
    reason
        Why it is suggested; empty if it is not.
    """

    place: int
    row: int
    text: str
    label: str | None
    colour: str
    state: str
    likely: str | None
    probability: int
    reason: str

    @property
    def doubted(self) -> bool:
        """Whether another label is more likely than the one in the file."""
        other = self.likely is not None and self.likely != self.label
        return other and self.state == "file" and self.probability > _EVEN


@dataclass(frozen=True)
class ActLine:
    """An act in the log."""

    number: int
    at: float
    what: str
    undone: bool


@dataclass(frozen=True)
class LabelView:
    """What the page shows around the texts.

    Parameters
    ----------
    labels
        The labels with their counts.
    texts, labelled, unsure, new
        Numbers of texts: all, those with a label, those marked unsure, and labels that are not in
        the file.
    suggestions
        The texts to label next, best first.
    forecast, why
        What more labels would bring, or why that is unknown.
    has_map
        Whether the map can be drawn.
    working
        What is being computed, as a sentence; empty if nothing is.
    problem
        Why something could not be computed; empty without.
    can_undo, can_redo
        Whether there is an act to undo, or to redo.
    revision
        Grows with each act; ``considered`` is other for other suggestions.
    """

    labels: tuple[LabelLine, ...]
    texts: int
    labelled: int
    unsure: int
    new: int
    suggestions: tuple[Suggested, ...]
    forecast: Forecast | None
    why: str
    has_map: bool
    working: str
    problem: str
    can_undo: bool
    can_redo: bool
    revision: int
    considered: str

    @property
    def state(self) -> dict[str, Any]:
        """The view as JSON values."""
        suggested = [each.position for each in self.suggestions]
        return {**asdict(self), "suggestions": suggested, "outlook": self.outlook}

    @property
    def outlook(self) -> str:
        """What more labels would bring, as a sentence."""
        if self.forecast is None:
            return self.why
        found = self.forecast
        low, high = 100 * found.low, 100 * found.high
        return (
            f"Twice the {count(found.labels)} labels: about {_points(found.gain)} points of "
            f"{found.metric} (95% {low:+.1f} to {high:+.1f}), if they are chosen at random."
        ).replace("-", "\N{MINUS SIGN}")


REASONS: Final = {
    "typical": "typical of a group without labels",
    "uncertain": "uncertain, and unlike the other suggestions",
    "suspected": "its label may be wrong",
}


def label_view(
    texts: LabelledTexts,
    considered: Considered | None,
    outlook: Outlook | None,
    *,
    has_map: bool,
    working: bool,
    error: TunesmithError | None,
    acts: Sequence[LabelAct],
) -> LabelView:
    """Return what the page shows around the texts."""
    newest = max((act.number for act in acts if not act.undone), default=0)
    return LabelView(
        labels=_labels(texts),
        texts=len(texts),
        labelled=int((texts.codes != NONE).sum()),
        unsure=int(texts.unsure.sum()),
        new=texts.new_labels,
        suggestions=_open(texts, considered),
        forecast=None if outlook is None else outlook.forecast,
        why="" if outlook is None else outlook.why,
        has_map=has_map,
        working=_working(len(texts), has_map) if working else "",
        problem="" if error is None else error.message,
        can_undo=newest > 0,
        can_redo=any(act.undone and act.number > newest for act in acts),
        revision=texts.revision,
        considered="" if considered is None else considered.key,
    )


def text_lines(
    texts: LabelledTexts, considered: Considered | None, places: Sequence[int]
) -> list[TextLine]:
    """Return texts of a list; a single one is cut later, since it is shown as a card."""
    likely, probability, _ = guessed(texts, considered)
    suggested = () if considered is None else considered.suggestions
    reasons = {each.position: REASONS[each.reason] for each in suggested}
    longest = _CARD if len(places) == 1 else _TEXT
    lines = []
    for place in places:
        code, guess = int(texts.codes[place]), int(likely[place])
        lines.append(
            TextLine(
                place=place,
                row=int(texts.file.rows[place]),
                text=cut(texts.file.texts[place], longest),
                label=None if code == NONE else texts.names[code],
                colour=_colour(code),
                state=texts.state(place),
                likely=None if guess == NONE else texts.names[guess],
                probability=round(100 * float(probability[place])),
                reason="" if texts.reviewed[place] else reasons.get(place, ""),
            )
        )
    return lines


def act_lines(acts: Sequence[LabelAct], most: int) -> list[ActLine]:
    """Return the newest acts, newest first."""
    return [
        ActLine(act.number, act.at, _what(act), act.undone) for act in list(reversed(acts))[:most]
    ]


def _labels(texts: LabelledTexts) -> tuple[LabelLine, ...]:
    return tuple(
        LabelLine(name, int(number), str(at + 1) if at < KEYS else "", _colour(at))
        for at, (name, number) in enumerate(zip(texts.names, texts.counts, strict=True))
    )


def _open(texts: LabelledTexts, considered: Considered | None) -> tuple[Suggested, ...]:
    """Return the suggestions that were not looked at since they were made."""
    found = () if considered is None else considered.suggestions
    return tuple(each for each in found if not texts.reviewed[each.position])


def _working(texts: int, has_map: bool) -> str:
    if has_map:
        return "New suggestions are being computed."
    return (
        f"The vectors of {plural(texts, 'text')} are being computed for the map and suggestions. "
        "You can label meanwhile."
    )


def _what(act: LabelAct) -> str:
    number = plural(len(act.rows), "text")
    if act.kind is ActKind.ASSIGN:
        return f"{number} labelled {cut_middle(act.label or '', _NAME)}"
    return f"{number} marked unsure" if act.kind is ActKind.UNSURE else f"{number} without label"


def _colour(code: int) -> str:
    return f"series-{code + 1}" if 0 <= code < COLOURS else "series-other"


def _points(gain: float) -> str:
    return f"{100 * gain:+.1f}"
