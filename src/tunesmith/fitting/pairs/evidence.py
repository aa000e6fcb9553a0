"""The pairs behind a verdict: similarity or rank under the base and the chosen model."""

from dataclasses import replace

import numpy as np

from tunesmith.evaluation.evaluator import Encode, Evaluator
from tunesmith.evaluation.pairs.evaluators import (
    PairClassificationEvaluator,
    RetrievalEvaluator,
    SimilarityEvaluator,
    TripletEvaluator,
)
from tunesmith.evaluation.pairs.retrieval import FirstAnswers, first_answers
from tunesmith.results.evidence import PairEvidence
from tunesmith.vectors.similarity import pairwise_similarity


def gather_pairs(evaluator: Evaluator, base: Encode, tuned: Encode) -> PairEvidence:
    """Return each test pair with its similarity, or query with its rank, under both models."""
    if isinstance(evaluator, RetrievalEvaluator):
        return _retrieval_evidence(evaluator, base, tuned)
    empty = _pairs(evaluator)
    return replace(empty, before=_cosines(empty, base), after=_cosines(empty, tuned))


def _pairs(evaluator: Evaluator) -> PairEvidence:
    nothing = np.zeros(0)
    if isinstance(evaluator, SimilarityEvaluator):
        scores = (evaluator.scores - evaluator.scores.min()) / max(
            float(np.ptp(evaluator.scores)), 1e-12
        )
        return PairEvidence(
            "scored", tuple(evaluator.left), tuple(evaluator.right), scores, nothing, nothing
        )
    if isinstance(evaluator, PairClassificationEvaluator):
        labels = evaluator.positive.astype(np.float64)
        return PairEvidence(
            "labelled", tuple(evaluator.left), tuple(evaluator.right), labels, nothing, nothing
        )
    assert isinstance(evaluator, TripletEvaluator)
    negatives = [
        (anchor, text)
        for anchor, own in zip(evaluator.anchors, evaluator.negatives, strict=True)
        for text in own
    ]
    left = (*evaluator.anchors, *(anchor for anchor, _ in negatives))
    right = (*evaluator.positives, *(text for _, text in negatives))
    labels = np.array([1.0] * len(evaluator) + [0.0] * len(negatives))
    return PairEvidence("labelled", left, right, labels, nothing, nothing)


def _cosines(pairs: PairEvidence, encode: Encode) -> np.ndarray:
    left, right = encode(list(pairs.left)), encode(list(pairs.right))
    # Rounding can give a cosine above 1, which would stretch the axis of a plot.
    return np.clip(pairwise_similarity(left, right), -1, 1).astype(np.float64)


def _retrieval_evidence(evaluator: RetrievalEvaluator, base: Encode, tuned: Encode) -> PairEvidence:
    before, after = (_answers(evaluator, encode) for encode in (base, tuned))
    answers = tuple(evaluator.documents[index] for index in after.documents)
    seen = np.zeros(len(evaluator)) if evaluator.seen is None else evaluator.seen.astype(np.float64)
    ranks = (found.ranks.astype(np.float64) for found in (before, after))
    return PairEvidence("search", tuple(evaluator.queries), answers, seen, *ranks)


def _answers(evaluator: RetrievalEvaluator, encode: Encode) -> FirstAnswers:
    documents = encode(evaluator.documents, prompt="document")
    queries = encode(evaluator.queries, prompt="query")
    return first_answers(queries, documents, evaluator.relevant, evaluator.excluded)
