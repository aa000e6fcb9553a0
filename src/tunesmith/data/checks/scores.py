"""Checks for the scores of pairs."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.checks.context import Context
from tunesmith.data.column_meanings import names_distance
from tunesmith.data.detection.cell_values import are_percentages
from tunesmith.data.reshaping.score_scale import Scale, scale_of
from tunesmith.kinds import LabelledPairs, ScoredPairs
from tunesmith.results.finding import Finding, Severity
from tunesmith.wording import listing, plural

_MAX_OUTLIERS = 0.05
_MAX_DIFFERENCE = 0.25


def missing_scores(context: Context) -> Finding | None:
    """Find pairs whose score is missing, NaN or infinite."""
    if not isinstance(context.examples, ScoredPairs):
        return None
    found = np.flatnonzero(~np.isfinite(_scores(context))).tolist()
    if not found:
        return None
    cells = context.raw_values("score")
    written = [cells[position] for position in found if cells[position] is not None]
    sample = f", such as {listing(dict.fromkeys(written), quoted=True)}" if written else ""
    finding = context.finding(
        "missing-score",
        Severity.ERROR,
        found,
        f"The score is missing or not a number in {plural(len(found), 'row')}{sample}.",
        _missing_advice(cells),
        role="score",
        drop=True,
    )
    return replace(finding, sample=sample)


def _missing_advice(cells: Sequence[Any]) -> str:
    written = [str(cell) for cell in cells if cell is not None]
    if 0 < sum("%" in cell for cell in written) < len(written):
        return "Write all scores with a percent sign, or none of them."
    return "Fill in the score or drop the row: scores must be finite."


def percentages(context: Context) -> Finding | None:
    """Say that scores are written as percentages, which are read as 0 to 1."""
    if not isinstance(context.examples, ScoredPairs):
        return None
    column = context.column("score")
    if column not in context.loaded.table.column_names:
        return None
    if not are_percentages(context.loaded.table[column]):
        return None
    return context.finding(
        "percent-score",
        Severity.NOTE,
        [],
        "The scores are percentages: 45% is read as 0.45.",
        "If 100% does not mean equal texts, rescale the scores in the file.",
        role="score",
        count=len(context.examples),
    )


def scores_out_of_range(context: Context) -> Finding | None:
    """Find scores outside 0 to 1; training rescales those on a common scale."""
    if not isinstance(context.examples, ScoredPairs):
        return None
    scores = _scores(context)
    outside = np.flatnonzero(np.isfinite(scores) & ((scores < 0) | (scores > 1)))
    if not len(outside):
        return None
    finite = scores[np.isfinite(scores)]
    scale = scale_of(finite)
    outliers = scale is None and len(outside) <= _MAX_OUTLIERS * len(finite)
    return context.finding(
        "score-range",
        Severity.WARNING if scale else Severity.ERROR,
        outside.tolist(),
        f"Scores range from {finite.min():g} to {finite.max():g}; 0 to 1 is expected.",
        _range_advice(finite, scale, outliers=outliers),
        role="score",
        drop=outliers,
    )


def _range_advice(scores: NDArray[np.float64], scale: Scale | None, *, outliers: bool) -> str:
    if scale:
        return (
            f"They appear to be on a scale from {scale.low:g} to {scale.high:g}, so training "
            f"rescales them: {scale.conversion}. Nothing needs to be changed."
        )
    if outliers:
        return "Correct the outliers or drop their rows."
    low, width = float(scores.min()), float(np.ptp(scores))
    steps = [f"subtract {low:g}" if low else "", f"divide by {width:g}" if width != 1 else ""]
    return f"Rescale them: {' and '.join(filter(None, steps))}."


def distances(context: Context) -> Finding | None:
    """Find distances that are read as scores, although the larger ones mean less similar texts."""
    role = "score" if isinstance(context.examples, ScoredPairs) else "label"
    column = context.column(role)
    if not isinstance(context.examples, ScoredPairs | LabelledPairs) or column is None:
        return None
    if not names_distance(column):
        return None
    if role == "score":
        message = "is named like a distance or rank, but a score must be larger for similar texts."
        advice = "Invert the numbers, such as 1 - distance, and name the column score."
    else:
        message = "is named like a label of different texts, but 1 must mean similar ones."
        advice = "Swap 1 and 0, and name the column label."
    return context.finding(
        "distance-score",
        Severity.ERROR,
        [],
        f"“{column}” {message}",
        advice,
        role=role,
        count=len(context.examples),
    )


def one_score(context: Context) -> Finding | None:
    """Find scores that are all equal."""
    if not isinstance(context.examples, ScoredPairs):
        return None
    scores = _scores(context)
    finite = scores[np.isfinite(scores)]
    if len(finite) < 2 or np.ptp(finite) > 0:
        return None
    return context.finding(
        "one-score",
        Severity.ERROR,
        [],
        f"Every pair has the same score, {finite[0]:g}.",
        "Add pairs with other scores: equal scores cannot be ranked.",
        role="score",
        count=len(finite),
    )


def conflicting_scores(context: Context) -> Finding | None:
    """Find equal pairs, in either order, whose scores differ widely."""
    if not isinstance(context.examples, ScoredPairs):
        return None
    scores = _scores(context)
    rows: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for position in np.flatnonzero(np.isfinite(scores)).tolist():
        rows[tuple(sorted(context.keys[position]))].append(position)
    limit = _MAX_DIFFERENCE * np.ptp(scores[np.isfinite(scores)]) if rows else 0.0
    conflicting = [found for found in rows.values() if np.ptp(scores[found]) > limit]
    if not conflicting:
        return None
    first = conflicting[0]
    values = listing(f"{scores[row]:g}" for row in first)
    return context.finding(
        "conflict",
        Severity.WARNING,
        sorted(row for found in conflicting for row in found),
        f"{plural(len(conflicting), 'pair')} with conflicting scores: rows "
        f"{listing(context.row_numbers(first))} have {values}.",
        "Keep the correct score, or use the mean.",
        role="score",
    )


def _scores(context: Context) -> NDArray[np.float64]:
    scores = [np.nan if score is None else score for score in context.values("score")]
    return np.asarray(scores, dtype=np.float64)
