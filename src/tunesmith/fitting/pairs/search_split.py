"""Split queries into training, validation and holdout-out test sets.

A closed corpus already contains every document that will be searched, and training queries cover
its documents. An open corpus also gets documents without training queries. So validation holds out
queries in two ways: single queries whose documents have other training queries, and all queries
that share a document.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.data.splits.near_duplicates import groups
from tunesmith.datasets.training_data import TrainingData
from tunesmith.errors import DataError
from tunesmith.evaluation.pairs.evaluators import RetrievalEvaluator, build_evaluator
from tunesmith.kinds import CorpusType, Examples, Pairs, Retrieval
from tunesmith.tuners.relevance import document_groups
from tunesmith.wording import plural

TEST_SHARE = 0.2
VALIDATION_SHARE = 0.2
MOST_TEST = 2_000
MOST_VALIDATION = 400
FEWEST = 5
_TRAINING, _VALIDATION, _TEST = ("train",), ("dev", "validation", "valid", "val"), ("test",)


@dataclass(frozen=True, eq=False)
class SearchSplit:
    """Three sets of queries over the same documents.

    ``seen`` of validation and test marks the queries that share a relevant document with a
    training query. For the test, validation queries count as training queries.
    """

    train: RetrievalEvaluator
    validation: RetrievalEvaluator
    test: RetrievalEvaluator


def split_search(data: TrainingData, corpus_type: CorpusType, seed: int) -> SearchSplit:
    """Split the queries; test and validation files, and marked judgements, are used as they are.

    Raises
    ------
    DataError
        There are too few queries.
    """
    random = np.random.default_rng(seed)
    rest, validation, test = predefined_queries(data)
    if test is None:
        rest, test = _random_split(rest, TEST_SHARE, MOST_TEST, random)
    if validation is None:
        rest, validation = _hold_out(rest, corpus_type, random)
    for name, part in (("training", rest), ("validation", validation), ("test", test)):
        if len(part) < FEWEST:
            raise DataError(
                f"{data.inspection.name} leaves only {plural(len(part), 'query')} for the {name} "
                f"set, but at least {FEWEST} are needed",
                hint="add queries with their documents",
            )
    return SearchSplit(rest, with_seen(validation, rest), with_seen(test, rest.join(validation)))


def as_pairs(evaluator: RetrievalEvaluator) -> Pairs:
    """Return each query paired with each of its relevant documents."""
    rows = [
        (evaluator.queries[query], evaluator.documents[document])
        for query, own in enumerate(evaluator.relevant)
        for document in own
    ]
    anchors, positives = zip(*rows, strict=True)
    return Pairs(
        pa.table(
            {
                "anchor": pa.array(anchors, pa.string()),
                "positive": pa.array(positives, pa.string()),
                "row": pa.array(range(1, len(rows) + 1), pa.int64()),
            }
        )
    )


def predefined_queries(
    data: TrainingData,
) -> tuple[RetrievalEvaluator, RetrievalEvaluator | None, RetrievalEvaluator | None]:
    """Return the training queries, and the validation and test queries if the user gave any."""
    whole = _evaluator(data.examples)
    own = [_evaluator(part) if part is not None else None for part in (data.validation, data.test)]
    documents = _distinct(
        whole.documents, *(evaluator.documents for evaluator in own if evaluator is not None)
    )
    rest, validation, test = _by_split(data.examples, whole)
    evaluators = (rest, own[0] or validation, own[1] or test)
    training, *others = (
        evaluator and _with_documents(evaluator, documents) for evaluator in evaluators
    )
    assert training is not None
    return training, others[0], others[1]


def has_test_split(examples: Retrieval) -> bool:
    """Whether the relevance judgements have both a training and a test split."""
    splits = set(examples.table["split"].to_pylist())
    return bool(splits.intersection(_TRAINING)) and bool(splits.intersection(_TEST))


def _by_split(
    examples: Examples, whole: RetrievalEvaluator
) -> tuple[RetrievalEvaluator, RetrievalEvaluator | None, RetrievalEvaluator | None]:
    if not isinstance(examples, Retrieval):
        return whole, None, None
    splits = np.array(examples.table["split"].to_pylist())
    named = [np.flatnonzero(np.isin(splits, names)) for names in (_TRAINING, _VALIDATION, _TEST)]
    if not len(named[0]):
        return whole, None, None  # without a training split, the queries are split here
    parts = [_evaluator(examples.take(rows)) if len(rows) else None for rows in named]
    assert parts[0] is not None
    return parts[0], parts[1], parts[2]


def _evaluator(examples: Examples) -> RetrievalEvaluator:
    evaluator = build_evaluator(examples)
    if not isinstance(evaluator, RetrievalEvaluator):
        raise DataError(
            f"retrieval cannot be evaluated on {examples.kind}",
            hint="give pairs or a retrieval folder for test and validation",
        )
    return evaluator


def _with_documents(evaluator: RetrievalEvaluator, documents: list[str]) -> RetrievalEvaluator:
    """Return the evaluator over a larger corpus."""
    index = {text: position for position, text in enumerate(documents)}
    indices = np.array([index[text] for text in evaluator.documents], dtype=np.int64)
    return evaluator.with_documents(documents, indices)


def _distinct(*lists: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for texts in lists for text in texts))


def _random_split(
    evaluator: RetrievalEvaluator, share: float, most: int, random: np.random.Generator
) -> tuple[RetrievalEvaluator, RetrievalEvaluator]:
    """Hold out a share of the queries; equal and nearly equal ones stay together."""
    group = groups(evaluator.queries)
    wanted = max(min(share * len(evaluator), most), FEWEST)
    taken = np.zeros(len(evaluator), dtype=bool)
    for number in random.permutation(int(group.max()) + 1):
        if taken.sum() >= wanted:
            break
        taken |= group == number
    return evaluator.take(~taken), evaluator.take(taken)


def _hold_out(
    evaluator: RetrievalEvaluator, corpus_type: CorpusType, random: np.random.Generator
) -> tuple[RetrievalEvaluator, RetrievalEvaluator]:
    wanted = max(FEWEST, int(min(VALIDATION_SHARE * len(evaluator), MOST_VALIDATION)))
    new = np.zeros(len(evaluator), dtype=bool)
    if corpus_type == "open":
        new = _unseen_queries(evaluator, wanted // 2, random)
    known = _seen_queries(evaluator, ~new, wanted - int(new.sum()), random)
    holdout = new | known
    if holdout.sum() < FEWEST:
        return _random_split(evaluator, VALIDATION_SHARE, MOST_VALIDATION, random)
    return evaluator.take(~holdout), evaluator.take(holdout)


def _unseen_queries(
    evaluator: RetrievalEvaluator, wanted: int, random: np.random.Generator
) -> NDArray[np.bool_]:
    """Hold out queries together with all that share a document, so that documents are unseen."""
    group = document_groups(evaluator.relevant, len(evaluator.documents))
    sizes = np.bincount(group)
    taken = np.zeros(len(evaluator), dtype=bool)
    for number in random.permutation(len(sizes)):
        if taken.sum() + sizes[number] <= wanted:
            taken |= group == number
    return taken


def _seen_queries(
    evaluator: RetrievalEvaluator,
    allowed: NDArray[np.bool_],
    wanted: int,
    random: np.random.Generator,
) -> NDArray[np.bool_]:
    """Hold out queries that leave a training query for one of their documents."""
    left = np.zeros(len(evaluator.documents), dtype=np.int64)
    for query in np.flatnonzero(allowed):
        left[evaluator.relevant[query]] += 1
    taken = np.zeros(len(evaluator), dtype=bool)
    for query in random.permutation(np.flatnonzero(allowed)):
        if taken.sum() >= wanted:
            break
        if (left[evaluator.relevant[query]] > 1).any():
            taken[query] = True
            left[evaluator.relevant[query]] -= 1
    return taken


def with_seen(evaluator: RetrievalEvaluator, train: RetrievalEvaluator) -> RetrievalEvaluator:
    """Return the evaluator with a mark at each query that shares a document with training."""
    seen = np.zeros(len(evaluator.documents), dtype=bool)
    seen[np.concatenate(train.relevant)] = True
    return replace(evaluator, seen=np.array([bool(seen[own].any()) for own in evaluator.relevant]))
