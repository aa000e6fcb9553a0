"""Queries are held out so that a fixed and a growing collection are both judged fairly."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tunesmith.datasets.training_data import DataOptions, TrainingData, load_training_data
from tunesmith.errors import DataError
from tunesmith.evaluation.pairs.evaluators import RetrievalEvaluator
from tunesmith.events import NullEvents
from tunesmith.fitting.pairs.search_split import SearchSplit, as_pairs, split_search
from tunesmith.kinds import CorpusType

COLLECTIONS: tuple[CorpusType, ...] = ("open", "closed")


def gather(source: object, base: Path, **others: object) -> TrainingData:
    return load_training_data(source, others, DataOptions(), str(base), NullEvents())


@pytest.fixture
def answers(tiny_model: Path) -> TrainingData:
    """Sixty questions about twenty answers, three each, and forty about one answer each."""
    shared = [
        (f"question {n} on topic {n % 20} please", f"answer {n % 20} here") for n in range(60)
    ]
    alone = [(f"lonely wish {n} number", f"single reply {n} there") for n in range(40)]
    anchors, positives = zip(*shared, *alone, strict=True)
    table = pa.table({"anchor": list(anchors), "positive": list(positives)})
    return gather(table, tiny_model)


def asked(evaluator: RetrievalEvaluator) -> set[int]:
    return set(np.concatenate(evaluator.relevant).tolist())


def all_queries(sides: SearchSplit) -> list[str]:
    return sides.train.queries + sides.validation.queries + sides.test.queries


@pytest.mark.parametrize("corpus_type", COLLECTIONS)
def test_every_query_stands_on_one_side(answers: TrainingData, corpus_type: CorpusType) -> None:
    """Over all documents, and the same for the same seed."""
    sides = split_search(answers, corpus_type, seed=3)
    assert sorted(all_queries(sides)) == sorted(answers.examples.texts("anchor"))
    for side in (sides.train, sides.validation, sides.test):
        assert len(side.documents) == 60
    again = split_search(answers, corpus_type, seed=3)
    assert all_queries(again) == all_queries(sides)


def test_what_was_seen_is_told_by_documents(answers: TrainingData) -> None:
    """Of validation by the training side; of the test by training and validation together."""
    sides = split_search(answers, "open", seed=0)
    known = asked(sides.train)
    assert sides.validation.seen is not None
    for own, seen in zip(sides.validation.relevant, sides.validation.seen, strict=True):
        assert seen == bool(known & set(own.tolist()))
    known |= asked(sides.validation)
    assert sides.test.seen is not None
    for own, seen in zip(sides.test.relevant, sides.test.seen, strict=True):
        assert seen == bool(known & set(own.tolist()))


def test_a_growing_collection_is_chosen_by_new_documents_too(answers: TrainingData) -> None:
    """Half of validation asks for documents of which no training query is left."""
    growing, fixed = (split_search(answers, name, seed=0).validation for name in COLLECTIONS)
    assert growing.seen is not None
    assert fixed.seen is not None
    assert 0.2 < growing.seen.mean() < 0.8
    assert fixed.seen.all()


def test_marked_judgements_stay_as_they_are(examples: Path, tiny_model: Path) -> None:
    """A retrieval folder's own test queries are the test."""
    data = gather(examples / "retrieval", tiny_model)
    sides = split_search(data, "closed", seed=0)
    marked = data.examples.table.filter(pa.compute.field("split") == "test")
    assert len(sides.test) == len(set(marked["query"].to_pylist()))
    assert not set(sides.test.queries) & set(sides.train.queries)


def test_pairs_of_a_side_are_its_queries_with_all_answers(answers: TrainingData) -> None:
    """As recipes take them."""
    train = split_search(answers, "closed", seed=0).train
    pairs = as_pairs(train)
    assert len(pairs) == sum(map(len, train.relevant))
    assert set(pairs.texts("anchor")) == set(train.queries)


def test_too_few_queries_are_refused(tiny_model: Path) -> None:
    """Before anything is trained, with the least that is needed."""
    table = pa.table(
        {
            "anchor": [f"query {n} x" for n in range(12)],
            "positive": [f"reply {n} y" for n in range(12)],
        }
    )
    with pytest.raises(DataError, match="5 is the least"):
        split_search(gather(table, tiny_model), "closed", seed=0)


def test_queries_of_a_test_folder_leave_the_training(examples: Path, tiny_model: Path) -> None:
    """Known by their ids there and by nothing but themselves here; documents may be the same."""
    test = gather(examples / "retrieval", tiny_model).examples
    queries = test.texts("query")
    documents = test.texts("document")
    own = [f"what else may be asked about part {n}" for n in range(30)]
    table = pa.table(
        {
            "anchor": [*own, *(query.upper() for query in queries)],
            "positive": [*documents[:30], *(documents[n % 30] for n in range(len(queries)))],
        }
    )
    data = gather(table, tiny_model, test=examples / "retrieval")
    assert set(data.examples.texts("anchor")) <= set(own)
    assert "overlap" in {finding.code for finding in data.findings}
