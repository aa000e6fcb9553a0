"""The pairs behind a verdict: what base and choice make of each."""

from dataclasses import replace

import numpy as np

from tunesmith.evaluation.evaluator import Encode, Exam
from tunesmith.evaluation.pairs.evaluators import (
    JudgedExam,
    RetrievalExam,
    SimilarityExam,
    TripletExam,
)
from tunesmith.evaluation.pairs.retrieval import FirstAnswers, first_answers
from tunesmith.results.evidence import PairEvidence
from tunesmith.vectors.similarity import pairwise_similarity


def gather_pairs(exam: Exam, base: Encode, tuned: Encode) -> PairEvidence:
    """Return each pair of a sealed test with its similarity, or place, under both models."""
    if isinstance(exam, RetrievalExam):
        return _of_search(exam, base, tuned)
    empty = _pairs(exam)
    return replace(empty, before=_cosines(empty, base), after=_cosines(empty, tuned))


def _pairs(exam: Exam) -> PairEvidence:
    nothing = np.zeros(0)
    if isinstance(exam, SimilarityExam):
        scores = (exam.scores - exam.scores.min()) / max(float(np.ptp(exam.scores)), 1e-12)
        return PairEvidence("scored", tuple(exam.left), tuple(exam.right), scores, nothing, nothing)
    if isinstance(exam, JudgedExam):
        said = exam.alike.astype(np.float64)
        return PairEvidence("judged", tuple(exam.left), tuple(exam.right), said, nothing, nothing)
    assert isinstance(exam, TripletExam)
    negatives = [
        (anchor, text)
        for anchor, own in zip(exam.anchors, exam.negatives, strict=True)
        for text in own
    ]
    left = (*exam.anchors, *(anchor for anchor, _ in negatives))
    right = (*exam.positives, *(text for _, text in negatives))
    said = np.array([1.0] * len(exam) + [0.0] * len(negatives))
    return PairEvidence("judged", left, right, said, nothing, nothing)


def _cosines(pairs: PairEvidence, encode: Encode) -> np.ndarray:
    left, right = encode(list(pairs.left)), encode(list(pairs.right))
    # Rounding takes a cosine beyond 1, and an axis with it.
    return np.clip(pairwise_similarity(left, right), -1, 1).astype(np.float64)


def _of_search(exam: RetrievalExam, base: Encode, tuned: Encode) -> PairEvidence:
    before, after = (_answers(exam, encode) for encode in (base, tuned))
    answers = tuple(exam.documents[place] for place in after.documents)
    seen = np.zeros(len(exam)) if exam.seen is None else exam.seen.astype(np.float64)
    places = (found.places.astype(np.float64) for found in (before, after))
    return PairEvidence("search", tuple(exam.queries), answers, seen, *places)


def _answers(exam: RetrievalExam, encode: Encode) -> FirstAnswers:
    documents = encode(exam.documents, prompt="document")
    return first_answers(encode(exam.queries, prompt="query"), documents, exam.relevant)
