"""Pairs and searches, before and after, as pictures: histograms, scatters and bars of ranks.

Only where the marks stand is worked out here, in drawing units or percent; the templates draw them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.pairs.pair_classification import PairClassificationResult
from tunesmith.report.charts.axis import Scale
from tunesmith.report.charts.scatter import Mark
from tunesmith.results.evidence import PairEvidence
from tunesmith.wording import count, cut, number

WIDTH, HEIGHT = 460, 306
LEFT, RIGHT, TOP, FLOOR = 46, 446, 14, 256
LANES = {True: 226, False: 242}
LANE_FLOOR = 210
MOST_POINTS = 1_500
MOST_IN_LANES = 300
FEWEST_BINS, MOST_BINS = 8, 40
MEANS, FEWEST_FOR_MEANS = 12, 60
LONGEST_TIP = 110
PLACES = (("rank 1", 1), ("2 to 10", 10), ("11 to 100", 100), ("beyond", np.inf))
WIDE_ENOUGH = 9.0
ALIKE, UNLIKE = "belong together", "do not belong together"

Values = NDArray[np.float64]


def sides(pairs: PairEvidence) -> tuple[tuple[str, Values], ...]:
    """Return what is drawn and its title: before and after, or one where both are the same."""
    if np.array_equal(pairs.before, pairs.after):
        return (("Before and after", pairs.before),)
    return ("Before", pairs.before), ("After", pairs.after)


@dataclass(frozen=True)
class Group:
    """Pairs that belong together, or that do not: their histogram and some of their marks."""

    alike: bool
    path: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class JudgedPanel:
    """Both groups under one model, and the cosine that tells them apart best."""

    title: str
    groups: tuple[Group, Group]
    means: tuple[float, float]
    threshold: float
    best_f1: float
    line: float

    @property
    def label(self) -> str:
        """What is to be seen, for whoever does not see it."""
        unlike, alike = (number(mean, 2) for mean in self.means)
        return (
            f"{self.title}: mean cosine {alike} of pairs that {ALIKE}, {unlike} of pairs that "
            f"{UNLIKE}; F1 is best, {number(self.best_f1)}, from {number(self.threshold, 2)} on"
        )


@dataclass(frozen=True)
class JudgedView:
    """Histograms on one scale; of ``of`` pairs ``shown`` have a mark of their own."""

    panels: tuple[JudgedPanel, ...]
    counts: tuple[int, int]
    across: Scale
    up: Scale
    shown: int
    of: int


def judged_view(pairs: PairEvidence, seed: int = 0) -> JudgedView:
    """Lay out how alike pairs are that belong together, and that do not."""
    layout = _Judged(pairs, seed)
    panels = tuple(layout.panel(title, cosines) for title, cosines in sides(pairs))
    together = int(layout.alike.sum())
    counts = (len(layout.alike) - together, together)
    return JudgedView(panels, counts, layout.across, layout.up, len(layout.marked), sum(counts))


@dataclass(frozen=True, eq=False)
class _Judged:
    pairs: PairEvidence
    seed: int

    @cached_property
    def alike(self) -> NDArray[np.bool_]:
        return self.pairs.said > 0.5

    @cached_property
    def marked(self) -> NDArray[np.int64]:
        return _sample(len(self.alike), MOST_IN_LANES, self.seed)

    @cached_property
    def across(self) -> Scale:
        return Scale.over(_ends(self.pairs), LEFT, RIGHT)

    @cached_property
    def up(self) -> Scale:
        """Percent of a group."""
        tallest = max(
            float(self.shares(cosines, which).max())
            for _, cosines in sides(self.pairs)
            for which in (False, True)
        )
        return Scale.over((0.0, 100 * tallest), LANE_FLOOR, TOP)

    @cached_property
    def edges(self) -> Values:
        fewer = min(self.alike.sum(), (~self.alike).sum())
        bins = int(np.clip(2 * np.sqrt(fewer), FEWEST_BINS, MOST_BINS))
        return np.linspace(self.across.low, self.across.high, bins + 1)

    def shares(self, cosines: Values, which: bool) -> Values:
        own = cosines[self.alike == which]
        return np.histogram(own, self.edges)[0] / max(len(own), 1)

    def panel(self, title: str, cosines: Values) -> JudgedPanel:
        best, threshold = PairClassificationResult(cosines, self.alike).best_f1
        means = tuple(float(cosines[self.alike == which].mean()) for which in (False, True))
        groups = (self.group(cosines, False), self.group(cosines, True))
        line = self.across.place(threshold)
        return JudgedPanel(title, groups, (means[0], means[1]), threshold, best, line)

    def group(self, cosines: Values, which: bool) -> Group:
        said = ALIKE if which else UNLIKE
        marks = tuple(
            Mark(
                _text(self.across.place(cosines[row])),
                str(LANES[which]),
                _tip(self.pairs, row, said),
            )
            for row in self.marked
            if self.alike[row] == which
        )
        return Group(which, self._steps(self.shares(cosines, which)), marks)

    def _steps(self, shares: Values) -> str:
        """Return the outline of a histogram as an SVG path."""
        lines = [f"M{_text(self.across.place(self.edges[0]))} {LANE_FLOOR}"]
        for right, share in zip(self.edges[1:], shares, strict=True):
            lines.append(f"V{_text(self.up.place(100 * share))}H{_text(self.across.place(right))}")
        return "".join((*lines, f"V{LANE_FLOOR}"))


@dataclass(frozen=True)
class ScoredPanel:
    """Cosines over given scores under one model; ``means`` is the line of their running mean."""

    title: str
    marks: tuple[Mark, ...]
    means: str


@dataclass(frozen=True)
class ScoredView:
    """Scatters on one scale; of ``of`` pairs ``shown`` are drawn."""

    panels: tuple[ScoredPanel, ...]
    across: Scale
    up: Scale
    shown: int
    of: int


def scored_view(pairs: PairEvidence, seed: int = 0) -> ScoredView:
    """Lay out cosines over the scores that the data gives, at most 1,500 of them."""
    across = Scale.over((0.0, 1.0), LEFT + 8, RIGHT - 8)
    up = Scale.over(_ends(pairs), FLOOR, TOP)
    chosen = _sample(len(pairs.said), MOST_POINTS, seed)
    tips = [_tip(pairs, row, f"score {number(pairs.said[row], 2)}") for row in chosen]

    def panel(title: str, cosines: Values) -> ScoredPanel:
        places = (
            (_text(across.place(pairs.said[row])), _text(up.place(cosines[row]))) for row in chosen
        )
        marks = tuple(Mark(x, y, tip) for (x, y), tip in zip(places, tips, strict=True))
        knots = (
            f"{_text(across.place(said))} {_text(up.place(mean))}"
            for said, mean in _running_means(pairs.said, cosines)
        )
        return ScoredPanel(title, marks, " ".join(knots))

    panels = tuple(panel(title, cosines) for title, cosines in sides(pairs))
    return ScoredView(panels, across, up, len(chosen), len(pairs.said))


def _running_means(said: Values, cosines: Values) -> Iterator[tuple[float, float]]:
    """Yield mean score and mean cosine of equally many pairs each, in the order of the scores."""
    if len(said) < FEWEST_FOR_MEANS:
        return
    for rows in np.array_split(np.argsort(said, kind="stable"), MEANS):
        yield float(said[rows].mean()), float(cosines[rows].mean())


@dataclass(frozen=True)
class Segment:
    """How many answers stand at some ranks: places in percent, ``text`` where there is room."""

    name: str
    slot: str
    start: float
    width: float
    count: int
    text: str


@dataclass(frozen=True)
class RankBar:
    """Where the answers of some queries stand under one model."""

    title: str
    segments: tuple[Segment, ...]

    @property
    def label(self) -> str:
        """What is to be seen, for whoever does not see it."""
        told = ", ".join(f"{each.name} {count(each.count)}" for each in self.segments)
        return f"{self.title}: {told}"


@dataclass(frozen=True)
class RankGroup:
    """Some of the queries, before and after."""

    name: str
    count: int
    bars: tuple[RankBar, ...]


def search_view(pairs: PairEvidence) -> tuple[RankGroup, ...]:
    """Lay out at which rank the best answer of each query stands: of all, of seen, of unseen.

    Where all queries are of one sort, they are drawn once, under its name.
    """
    seen = pairs.said > 0.5
    parts = [("all", np.ones(len(seen), bool)), ("seen", seen), ("unseen", ~seen)]
    if seen.all() or not seen.any():
        parts = [("seen" if seen.all() else "unseen", parts[0][1])]
    return tuple(
        RankGroup(
            name,
            int(rows.sum()),
            tuple(RankBar(title, _segments(ranks[rows])) for title, ranks in sides(pairs)),
        )
        for name, rows in parts
    )


def _segments(ranks: Values) -> tuple[Segment, ...]:
    found, start, before = [], 0.0, 0.0
    for slot, (name, last) in zip("abcd", PLACES, strict=True):
        many = int(((ranks > before) & (ranks <= last)).sum())
        width = 100 * many / max(len(ranks), 1)
        text = count(many) if width >= WIDE_ENOUGH else ""
        found.append(Segment(name, slot, round(start, 2), round(width, 2), many, text))
        start, before = start + width, last
    return tuple(found)


def _ends(pairs: PairEvidence) -> tuple[float, float]:
    both = np.concatenate([pairs.before, pairs.after])
    return float(both.min()), float(both.max())


def _sample(rows: int, most: int, seed: int) -> NDArray[np.int64]:
    """Return row numbers, sorted; all of them where they are no more than ``most``."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def _tip(pairs: PairEvidence, row: int, said: str) -> str:
    left, right = (cut(text[row], LONGEST_TIP) for text in (pairs.left, pairs.right))
    return f"{left} \N{LEFT RIGHT ARROW} {right} \N{MIDDLE DOT} {said}"


def _text(place: float) -> str:
    return f"{place:.1f}".removesuffix(".0")
