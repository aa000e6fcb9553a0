"""Queries are held out so that a fixed and a growing collection are both judged fairly."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tunesmith.datasets.training_data import DataOptions, Material, gather_material
from tunesmith.errors import DataError
from tunesmith.evaluation.pairs.evaluators import RetrievalExam
from tunesmith.events import Silence
from tunesmith.fitting.pairs.search_split import SearchSides, as_pairs, divide_search
from tunesmith.kinds import Collection

COLLECTIONS: tuple[Collection, ...] = ("growing", "fixed")


def gather(source: object, base: Path, **others: object) -> Material:
    return gather_material(source, others, DataOptions(), str(base), Silence())


@pytest.fixture
def answers(tiny_model: Path) -> Material:
    """Sixty questions about twenty answers, three each, and forty about one answer each."""
    shared = [
        (f"question {n} on topic {n % 20} please", f"answer {n % 20} here") for n in range(60)
    ]
    alone = [(f"lonely wish {n} number", f"single reply {n} there") for n in range(40)]
    anchors, positives = zip(*shared, *alone, strict=True)
    table = pa.table({"anchor": list(anchors), "positive": list(positives)})
    return gather(table, tiny_model)


def asked(exam: RetrievalExam) -> set[int]:
    return set(np.concatenate(exam.relevant).tolist())


def all_queries(sides: SearchSides) -> list[str]:
    return sides.train.queries + sides.validation.queries + sides.test.queries


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_query_stands_on_one_side(answers: Material, collection: Collection) -> None:
    """Over all documents, and the same for the same seed."""
    sides = divide_search(answers, collection, seed=3)
    assert sorted(all_queries(sides)) == sorted(answers.examples.texts("anchor"))
    for side in (sides.train, sides.validation, sides.test):
        assert len(side.documents) == 60
    again = divide_search(answers, collection, seed=3)
    assert all_queries(again) == all_queries(sides)


def test_what_was_seen_is_told_by_documents(answers: Material) -> None:
    """Of validation by the training side; of the test by training and validation together."""
    sides = divide_search(answers, "growing", seed=0)
    known = asked(sides.train)
    assert sides.validation.seen is not None
    for own, seen in zip(sides.validation.relevant, sides.validation.seen, strict=True):
        assert seen == bool(known & set(own.tolist()))
    known |= asked(sides.validation)
    assert sides.test.seen is not None
    for own, seen in zip(sides.test.relevant, sides.test.seen, strict=True):
        assert seen == bool(known & set(own.tolist()))


def test_a_growing_collection_is_chosen_by_new_documents_too(answers: Material) -> None:
    """Half of validation asks for documents of which no training query is left."""
    growing, fixed = (divide_search(answers, name, seed=0).validation for name in COLLECTIONS)
    assert growing.seen is not None
    assert fixed.seen is not None
    assert 0.2 < growing.seen.mean() < 0.8
    assert fixed.seen.all()


def test_marked_judgements_stay_as_they_are(examples: Path, tiny_model: Path) -> None:
    """A retrieval folder's own test queries are the test."""
    material = gather(examples / "retrieval", tiny_model)
    sides = divide_search(material, "fixed", seed=0)
    marked = material.examples.table.filter(pa.compute.field("split") == "test")
    assert len(sides.test) == len(set(marked["query"].to_pylist()))
    assert not set(sides.test.queries) & set(sides.train.queries)


def test_pairs_of_a_side_are_its_queries_with_all_answers(answers: Material) -> None:
    """As recipes take them."""
    train = divide_search(answers, "fixed", seed=0).train
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
        divide_search(gather(table, tiny_model), "fixed", seed=0)


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
    material = gather(table, tiny_model, test=examples / "retrieval")
    assert set(material.examples.texts("anchor")) <= set(own)
    assert "overlap" in {finding.code for finding in material.findings}
