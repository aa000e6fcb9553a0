"""Charts of pairs and queries before and after: histograms, scatter plots and rank bars.

This module computes positions in drawing units or percent; the templates draw them.
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
MAX_POINTS = 1_500
MAX_IN_LANES = 300
MIN_BINS, MAX_BINS = 8, 40
MEANS, MIN_FOR_MEANS = 12, 60
MAX_TIP_CHARACTERS = 110
RANK_GROUPS = (("rank 1", 1), ("2 to 10", 10), ("11 to 100", 100), ("above 100", np.inf))
MIN_LABEL_WIDTH = 9.0
POSITIVE, NEGATIVE = "positive pairs", "negative pairs"

Values = NDArray[np.float64]


def panel_values(pairs: PairEvidence) -> tuple[tuple[str, Values], ...]:
    """Return the title and values of each panel; a single one if nothing changed."""
    if np.array_equal(pairs.before, pairs.after):
        return (("Before and after", pairs.before),)
    return ("Before", pairs.before), ("After", pairs.after)


@dataclass(frozen=True)
class Group:
    """Histogram and marks of the positive or the negative pairs."""

    positive: bool
    path: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class LabelledPairsPanel:
    """Both groups for one model, and the threshold with the best F1."""

    title: str
    groups: tuple[Group, Group]
    means: tuple[float, float]
    threshold: float
    best_f1: float
    line: float

    @property
    def label(self) -> str:
        """Text alternative of the chart."""
        negative, positive = (number(mean, 2) for mean in self.means)
        return (
            f"{self.title}: mean cosine {positive} of {POSITIVE}, {negative} of {NEGATIVE}; "
            f"best F1 {number(self.best_f1)} at threshold {number(self.threshold, 2)}"
        )


@dataclass(frozen=True)
class LabelledPairsView:
    """Histograms on a common scale; ``shown`` of ``of`` pairs have a mark."""

    panels: tuple[LabelledPairsPanel, ...]
    counts: tuple[int, int]
    across: Scale
    up: Scale
    shown: int
    of: int


def labelled_pairs_view(pairs: PairEvidence, seed: int = 0) -> LabelledPairsView:
    """Return the similarity distribution of positive and negative pairs."""
    layout = _LabelledPairsLayout(pairs, seed)
    panels = tuple(layout.panel(title, cosines) for title, cosines in panel_values(pairs))
    positives = int(layout.positive.sum())
    counts = (len(layout.positive) - positives, positives)
    return LabelledPairsView(
        panels, counts, layout.across, layout.up, len(layout.marked), sum(counts)
    )


@dataclass(frozen=True, eq=False)
class _LabelledPairsLayout:
    pairs: PairEvidence
    seed: int

    @cached_property
    def positive(self) -> NDArray[np.bool_]:
        return self.pairs.target > 0.5

    @cached_property
    def marked(self) -> NDArray[np.int64]:
        return _sample(len(self.positive), MAX_IN_LANES, self.seed)

    @cached_property
    def across(self) -> Scale:
        return Scale.over(_ends(self.pairs), LEFT, RIGHT)

    @cached_property
    def up(self) -> Scale:
        """The axis of histogram heights, in percent of a group."""
        tallest = max(
            float(self.shares(cosines, which).max())
            for _, cosines in panel_values(self.pairs)
            for which in (False, True)
        )
        return Scale.over((0.0, 100 * tallest), LANE_FLOOR, TOP)

    @cached_property
    def edges(self) -> Values:
        fewer = min(self.positive.sum(), (~self.positive).sum())
        bins = int(np.clip(2 * np.sqrt(fewer), MIN_BINS, MAX_BINS))
        return np.linspace(self.across.low, self.across.high, bins + 1)

    def shares(self, cosines: Values, which: bool) -> Values:
        own = cosines[self.positive == which]
        return np.histogram(own, self.edges)[0] / max(len(own), 1)

    def panel(self, title: str, cosines: Values) -> LabelledPairsPanel:
        best, threshold = PairClassificationResult(cosines, self.positive).best_f1
        means = tuple(float(cosines[self.positive == which].mean()) for which in (False, True))
        groups = (self.group(cosines, False), self.group(cosines, True))
        line = self.across.place(threshold)
        return LabelledPairsPanel(title, groups, (means[0], means[1]), threshold, best, line)

    def group(self, cosines: Values, which: bool) -> Group:
        name = POSITIVE if which else NEGATIVE
        marks = tuple(
            Mark(
                _text(self.across.place(cosines[row])),
                str(LANES[which]),
                _tip(self.pairs, row, name.removesuffix("s")),
            )
            for row in self.marked
            if self.positive[row] == which
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
    """Cosines against gold scores for one model; ``means`` is the line of binned means."""

    title: str
    marks: tuple[Mark, ...]
    means: str


@dataclass(frozen=True)
class ScoredView:
    """Scatter plots on a common scale; ``shown`` of ``of`` pairs are drawn."""

    panels: tuple[ScoredPanel, ...]
    across: Scale
    up: Scale
    shown: int
    of: int


def scored_view(pairs: PairEvidence, seed: int = 0) -> ScoredView:
    """Return scatter plots of cosines against gold scores, with at most 1,500 pairs."""
    across = Scale.over((0.0, 1.0), LEFT + 8, RIGHT - 8)
    up = Scale.over(_ends(pairs), FLOOR, TOP)
    chosen = _sample(len(pairs.target), MAX_POINTS, seed)
    tips = [_tip(pairs, row, f"gold score {number(pairs.target[row], 2)}") for row in chosen]

    def panel(title: str, cosines: Values) -> ScoredPanel:
        positions = (
            (_text(across.place(pairs.target[row])), _text(up.place(cosines[row])))
            for row in chosen
        )
        marks = tuple(Mark(x, y, tip) for (x, y), tip in zip(positions, tips, strict=True))
        knots = (
            f"{_text(across.place(score))} {_text(up.place(mean))}"
            for score, mean in _binned_means(pairs.target, cosines)
        )
        return ScoredPanel(title, marks, " ".join(knots))

    panels = tuple(panel(title, cosines) for title, cosines in panel_values(pairs))
    return ScoredView(panels, across, up, len(chosen), len(pairs.target))


def _binned_means(scores: Values, cosines: Values) -> Iterator[tuple[float, float]]:
    """Yield the mean score and mean cosine of equal-sized bins, by increasing score."""
    if len(scores) < MIN_FOR_MEANS:
        return
    for rows in np.array_split(np.argsort(scores, kind="stable"), MEANS):
        yield float(scores[rows].mean()), float(cosines[rows].mean())


@dataclass(frozen=True)
class Segment:
    """A range of ranks in a bar, in percent; ``text`` is its count if there is room."""

    name: str
    slot: str
    start: float
    width: float
    count: int
    text: str


@dataclass(frozen=True)
class RankBar:
    """Rank distribution of the best answers for one model."""

    title: str
    segments: tuple[Segment, ...]

    @property
    def label(self) -> str:
        """Text alternative of the bar."""
        counts = ", ".join(f"{each.name} {count(each.count)}" for each in self.segments)
        return f"{self.title}: {counts}"


@dataclass(frozen=True)
class RankGroup:
    """A group of queries, before and after."""

    name: str
    count: int
    bars: tuple[RankBar, ...]


def search_view(pairs: PairEvidence) -> tuple[RankGroup, ...]:
    """Return the rank distribution of the best answers for all, seen and unseen queries.

    If all queries are in one group, only that group is returned.
    """
    seen = pairs.target > 0.5
    parts = [("all", np.ones(len(seen), bool)), ("seen", seen), ("unseen", ~seen)]
    if seen.all() or not seen.any():
        parts = [("seen" if seen.all() else "unseen", parts[0][1])]
    return tuple(
        RankGroup(
            name,
            int(rows.sum()),
            tuple(RankBar(title, _segments(ranks[rows])) for title, ranks in panel_values(pairs)),
        )
        for name, rows in parts
    )


def _segments(ranks: Values) -> tuple[Segment, ...]:
    found, start, before = [], 0.0, 0.0
    for slot, (name, last) in zip("abcd", RANK_GROUPS, strict=True):
        queries = int(((ranks > before) & (ranks <= last)).sum())
        width = 100 * queries / max(len(ranks), 1)
        text = count(queries) if width >= MIN_LABEL_WIDTH else ""
        found.append(Segment(name, slot, round(start, 2), round(width, 2), queries, text))
        start, before = start + width, last
    return tuple(found)


def _ends(pairs: PairEvidence) -> tuple[float, float]:
    both = np.concatenate([pairs.before, pairs.after])
    return float(both.min()), float(both.max())


def _sample(rows: int, limit: int, seed: int) -> NDArray[np.int64]:
    """Return at most ``limit`` sorted row indices, sampled at random."""
    if rows <= limit:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, limit, replace=False))


def _tip(pairs: PairEvidence, row: int, gold: str) -> str:
    left, right = (cut(text[row], MAX_TIP_CHARACTERS) for text in (pairs.left, pairs.right))
    return f"{left} \N{LEFT RIGHT ARROW} {right} \N{MIDDLE DOT} {gold}"


def _text(position: float) -> str:
    return f"{position:.1f}".removesuffix(".0")
