"""Queries are held out so that closed and open corpora are both evaluated fairly."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tunesmith.datasets.training_data import DataOptions, TrainingData, load_training_data
from tunesmith.errors import DataError
from tunesmith.evaluation.pairs.evaluators import RetrievalEvaluator
from tunesmith.events import ignore
from tunesmith.fitting.pairs.search_split import SearchSplit, as_pairs, split_search
from tunesmith.kinds import CorpusType

CORPUS_TYPES: tuple[CorpusType, ...] = ("open", "closed")


def gather(source: object, base: Path, **others: object) -> TrainingData:
    return load_training_data(source, others, DataOptions(), str(base), ignore)


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


def relevant_documents(evaluator: RetrievalEvaluator) -> set[int]:
    return set(np.concatenate(evaluator.relevant).tolist())


def all_queries(split: SearchSplit) -> list[str]:
    return split.train.queries + split.validation.queries + split.test.queries


@pytest.mark.parametrize("corpus_type", CORPUS_TYPES)
def test_every_query_is_in_one_split(answers: TrainingData, corpus_type: CorpusType) -> None:
    """All splits search all documents, and the same seed gives the same splits."""
    split = split_search(answers, corpus_type, seed=3)
    assert sorted(all_queries(split)) == sorted(answers.examples.texts("anchor"))
    for part in (split.train, split.validation, split.test):
        assert len(part.documents) == 60
    again = split_search(answers, corpus_type, seed=3)
    assert all_queries(again) == all_queries(split)


def test_seen_queries_share_a_document_with_training(answers: TrainingData) -> None:
    """For the test, validation queries count as training queries."""
    split = split_search(answers, "open", seed=0)
    known = relevant_documents(split.train)
    assert split.validation.seen is not None
    for own, seen in zip(split.validation.relevant, split.validation.seen, strict=True):
        assert seen == bool(known & set(own.tolist()))
    known |= relevant_documents(split.validation)
    assert split.test.seen is not None
    for own, seen in zip(split.test.relevant, split.test.seen, strict=True):
        assert seen == bool(known & set(own.tolist()))


def test_an_open_corpus_is_validated_on_unseen_documents_too(answers: TrainingData) -> None:
    """About half of the validation queries have documents without training queries."""
    opened, closed = (split_search(answers, name, seed=0).validation for name in CORPUS_TYPES)
    assert opened.seen is not None
    assert closed.seen is not None
    assert 0.2 < opened.seen.mean() < 0.8
    assert closed.seen.all()


def test_the_test_split_of_a_retrieval_folder_is_used(examples: Path, tiny_model: Path) -> None:
    """Its test queries are the test set."""
    data = gather(examples / "retrieval", tiny_model)
    split = split_search(data, "closed", seed=0)
    marked = data.examples.table.filter(pa.compute.field("split") == "test")
    assert len(split.test) == len(set(marked["query"].to_pylist()))
    assert not set(split.test.queries) & set(split.train.queries)


def test_pairs_contain_every_query_with_every_relevant_document(answers: TrainingData) -> None:
    """Recipes train on these pairs."""
    train = split_search(answers, "closed", seed=0).train
    pairs = as_pairs(train)
    assert len(pairs) == sum(map(len, train.relevant))
    assert set(pairs.texts("anchor")) == set(train.queries)


def test_too_few_queries_are_refused(tiny_model: Path) -> None:
    """The error comes before training, and gives the minimum."""
    table = pa.table(
        {
            "anchor": [f"query {n} x" for n in range(12)],
            "positive": [f"reply {n} y" for n in range(12)],
        }
    )
    with pytest.raises(DataError, match="at least 5"):
        split_search(gather(table, tiny_model), "closed", seed=0)


def test_queries_of_a_test_folder_are_removed_from_training(
    examples: Path, tiny_model: Path
) -> None:
    """Queries are matched by their text; documents may be shared."""
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
