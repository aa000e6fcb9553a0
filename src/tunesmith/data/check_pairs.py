"""Checks of what stands between two texts: scores and judgements."""

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.check_context import Context, listing, number
from tunesmith.data.scale import Scale, scale_of
from tunesmith.kinds import Retrieval, ScoredPairs
from tunesmith.results import Finding, Severity

_STRAY = 0.05


def missing_scores(context: Context) -> Finding | None:
    """Find pairs whose score is missing, NaN or infinite."""
    if not isinstance(context.examples, ScoredPairs):
        return None
    found = np.flatnonzero(~np.isfinite(_scores(context))).tolist()
    if not found:
        return None
    return context.finding(
        "missing-score",
        Severity.ERROR,
        found,
        f"No score, or one that is no number, in {number(len(found), 'row')}.",
        "Fill the score in or drop the row: one NaN destroys a model in training.",
        role="score",
        drop=True,
    )


def scores_out_of_range(context: Context) -> Finding | None:
    """Find scores outside 0 to 1, and offer the scaling."""
    if not isinstance(context.examples, ScoredPairs):
        return None
    scores = _scores(context)
    outside = np.flatnonzero(np.isfinite(scores) & ((scores < 0) | (scores > 1)))
    if not len(outside):
        return None
    finite = scores[np.isfinite(scores)]
    scale = scale_of(finite)
    stray = scale is None and len(outside) <= _STRAY * len(finite)
    return context.finding(
        "score-range",
        Severity.WARNING if scale else Severity.ERROR,
        outside.tolist(),
        f"Scores go from {finite.min():g} to {finite.max():g}, where 0 to 1 is expected.",
        _range_advice(finite, scale, stray=stray),
        role="score",
        drop=stray,
    )


def _range_advice(scores: NDArray[np.float64], scale: Scale | None, *, stray: bool) -> str:
    if scale:
        return f"They look like {scale.low:g} to {scale.high:g}: {scale.conversion}."
    if stray:
        return "Correct the few that stray, or drop their rows."
    low, high = scores.min(), scores.max()
    return f"Scale them: subtract {low:g} and divide by {high - low:g}."


def unknown_judgements(context: Context) -> Finding | None:
    """Find judgements that name a query or a document that is not there."""
    examples = context.examples
    if not isinstance(examples, Retrieval):
        return None
    queries = set(map(str, examples.queries["id"].to_pylist()))
    documents = set(map(str, examples.corpus["id"].to_pylist()))
    named = zip(context.values("query"), context.values("document"), strict=True)
    found, unknown = [], []
    for position, (query, document) in enumerate(named):
        if str(query) not in queries or str(document) not in documents:
            found.append(position)
            unknown.append(query if str(query) not in queries else document)
    if not found:
        return None
    return context.finding(
        "unknown-judgement",
        Severity.ERROR,
        found,
        f"A query or document that is not there in {number(len(found), 'judgement')}: "
        f"{listing(dict.fromkeys(unknown), quoted=True)}.",
        "Add it to the queries or the corpus, or drop the judgement.",
        drop=True,
    )


def _scores(context: Context) -> NDArray[np.float64]:
    scores = [np.nan if score is None else score for score in context.values("score")]
    return np.asarray(scores, dtype=np.float64)
