"""The pairs behind a verdict: what base and choice make of each."""

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
    """Return each pair of a sealed test with its similarity, or place, under both models."""
    if isinstance(evaluator, RetrievalEvaluator):
        return _of_search(evaluator, base, tuned)
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
        said = evaluator.alike.astype(np.float64)
        return PairEvidence(
            "judged", tuple(evaluator.left), tuple(evaluator.right), said, nothing, nothing
        )
    assert isinstance(evaluator, TripletEvaluator)
    negatives = [
        (anchor, text)
        for anchor, own in zip(evaluator.anchors, evaluator.negatives, strict=True)
        for text in own
    ]
    left = (*evaluator.anchors, *(anchor for anchor, _ in negatives))
    right = (*evaluator.positives, *(text for _, text in negatives))
    said = np.array([1.0] * len(evaluator) + [0.0] * len(negatives))
    return PairEvidence("judged", left, right, said, nothing, nothing)


def _cosines(pairs: PairEvidence, encode: Encode) -> np.ndarray:
    left, right = encode(list(pairs.left)), encode(list(pairs.right))
    # Rounding takes a cosine beyond 1, and an axis with it.
    return np.clip(pairwise_similarity(left, right), -1, 1).astype(np.float64)


def _of_search(evaluator: RetrievalEvaluator, base: Encode, tuned: Encode) -> PairEvidence:
    before, after = (_answers(evaluator, encode) for encode in (base, tuned))
    answers = tuple(evaluator.documents[place] for place in after.documents)
    seen = np.zeros(len(evaluator)) if evaluator.seen is None else evaluator.seen.astype(np.float64)
    places = (found.places.astype(np.float64) for found in (before, after))
    return PairEvidence("search", tuple(evaluator.queries), answers, seen, *places)


def _answers(evaluator: RetrievalEvaluator, encode: Encode) -> FirstAnswers:
    documents = encode(evaluator.documents, prompt="document")
    return first_answers(encode(evaluator.queries, prompt="query"), documents, evaluator.relevant)
