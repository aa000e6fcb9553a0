"""Each kind of examples has its evaluator."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DataError, UnknownKind
from tunesmith.evaluation.item_scores import value
from tunesmith.evaluation.pairs.evaluators import (
    PairClassificationEvaluator,
    RetrievalEvaluator,
    SimilarityEvaluator,
    build_evaluator,
)
from tunesmith.kinds import KINDS, Examples, Kind, LabelledPairs, Pairs, Retrieval, ScoredPairs

WORDS = ("card", "late", "money", "login")


def count_words(texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
    """Return vectors of word counts and a constant."""
    return np.array([[*(text.count(word) for word in WORDS), 0.1] for text in texts], np.float32)


def retrieval(*judgements: tuple[str, str, float | None]) -> Retrieval:
    """Retrieval data with two queries and three documents, the last two with the same text."""
    queries = pa.table({"id": ["q1", "q2"], "text": ["card?", "late?"]})
    corpus = pa.table({"id": ["d1", "d2", "d3"], "text": ["a card", "so late", "so late"]})
    names = ("query", "document", "score")
    columns = dict(zip(names, map(list, zip(*judgements, strict=True)), strict=True))
    rows = len(judgements)
    table = pa.table({**columns, "split": ["test"] * rows, "row": list(range(1, rows + 1))})
    return Retrieval(table, queries=queries, corpus=corpus)


@pytest.mark.parametrize(
    ("file", "metric"),
    [
        ("scored_pairs.csv", "Spearman, cosine"),
        ("labelled_pairs.csv", "average precision"),
        ("nli.jsonl", "average precision"),
        ("triplets.jsonl", "triplet accuracy"),
        ("pairs.csv", "nDCG@10"),
        ("retrieval", "nDCG@10"),
    ],
)
def test_every_kind_of_pairs_has_an_evaluator(
    examples: Path, tiny_model: Path, file: str, metric: str
) -> None:
    """Scores are per item, texts are distinct, and the headline is the first metric."""
    evaluator = build_evaluator(detect(read(examples / file)).examples)
    found = evaluator.evaluate(SentenceEncoder(tiny_model, cache=False).encode)
    assert evaluator.headline == found.metrics[0] == metric
    assert len(found) == len(evaluator) > 10
    assert len(evaluator.texts) == len(set(evaluator.texts))
    assert all(-1 <= value(found, name) <= 1 for name in found.metrics)


@pytest.mark.parametrize("kind", [Kind.LABELLED, Kind.MULTILABEL, Kind.TEXTS])
def test_other_kinds_have_no_evaluator(kind: Kind) -> None:
    """The error lists the kinds that have one."""
    cls: type[Examples] = KINDS[kind]
    with pytest.raises(UnknownKind, match=r"cannot be evaluated.*scored_pairs"):
        build_evaluator(cls(pa.table({"row": [1]})))


def test_an_anchor_is_one_query_for_all_its_positives() -> None:
    """A positive may be relevant to several anchors."""
    table = pa.table(
        {"anchor": ["a", "a", "b"], "positive": ["x", "y", "y"], "row": [1, 2, 3]},
    )
    evaluator = build_evaluator(Pairs(table))
    assert isinstance(evaluator, RetrievalEvaluator)
    assert (evaluator.queries, evaluator.documents) == (["a", "b"], ["x", "y"])
    assert [own.tolist() for own in evaluator.relevant] == [[0, 1], [1]]


def test_documents_with_equal_text_are_merged() -> None:
    """A judgement of one counts for the other, and a score of 0 means not relevant."""
    evaluator = build_evaluator(retrieval(("q1", "d1", 1.0), ("q2", "d3", 2.0), ("q2", "d1", 0.0)))
    assert isinstance(evaluator, RetrievalEvaluator)
    assert evaluator.documents == ["a card", "so late"]
    assert [own.tolist() for own in evaluator.relevant] == [[0], [1]]
    assert value(evaluator.evaluate(count_words), "recall@1") == 1
    assert evaluator.take(np.array([False, True])).queries == ["late?"]


def test_a_judgement_without_a_score_is_ignored() -> None:
    """A missing text is treated as empty."""
    examples = retrieval(("q1", "d1", None), ("q2", "d2", 1.0))
    evaluator = build_evaluator(examples)
    assert isinstance(evaluator, RetrievalEvaluator)
    assert evaluator.queries == ["late?"]
    texts = pa.table({"id": ["d1", "d2", "d3"], "text": [None, "so late", None]})
    evaluator = build_evaluator(Retrieval(examples.table, queries=examples.queries, corpus=texts))
    assert isinstance(evaluator, RetrievalEvaluator)
    assert evaluator.documents == ["", "so late"]


def test_data_that_cannot_be_evaluated_is_rejected_before_encoding() -> None:
    """Examples are equal scores, equal labels and queries without relevant documents."""
    texts = {"text1": ["a", "b", "c"], "text2": ["d", "e", "f"], "row": [1, 2, 3]}
    with pytest.raises(DataError, match=r"all 3 pairs have the score 0\.5"):
        build_evaluator(ScoredPairs(pa.table({**texts, "score": [0.5] * 3})))
    with pytest.raises(DataError, match="all 3 pairs are positive"):
        build_evaluator(LabelledPairs(pa.table({**texts, "label": [1] * 3})))
    with pytest.raises(DataError, match="there is no query"):
        build_evaluator(retrieval(("q1", "d1", 0.0), ("q2", "d2", 0.0)))


def test_evaluators_take_any_encoder() -> None:
    """An encoder is any function from texts to vectors."""
    left, right = ["card", "late", "money"], ["card card", "late money", "login"]
    similarity = SimilarityEvaluator(left, right, np.array([5.0, 3.0, 0.0]))
    assert value(similarity.evaluate(count_words), "Spearman, cosine") == pytest.approx(1)
    pairs = PairClassificationEvaluator(left, right, np.array([True, True, False]))
    assert pairs.evaluate(count_words).average_precision == 1
