"""Evaluators for pairs, triplets and retrieval data, and how to build them from examples."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import UnknownKind
from tunesmith.evaluation.evaluator import Encode, Evaluator
from tunesmith.evaluation.item_scores import MeanScores
from tunesmith.evaluation.pairs.pair_classification import (
    AVERAGE_PRECISION,
    PairClassificationResult,
    checked_labels,
    evaluate_pair_classification,
)
from tunesmith.evaluation.pairs.retrieval import NDCG, check_relevant, evaluate_retrieval
from tunesmith.evaluation.pairs.similarity import (
    SimilarityResult,
    checked_scores,
    evaluate_similarity,
)
from tunesmith.evaluation.pairs.triplets import TRIPLET_ACCURACY, evaluate_triplets
from tunesmith.kinds import Examples, Kind, Retrieval
from tunesmith.vectors.similarity import Metric


def held_out(evaluator: Evaluator) -> list[str]:
    """Return the texts of an evaluator that must not be trained on.

    For retrieval these are the queries only, because the corpus is known before the queries.
    """
    return evaluator.queries if isinstance(evaluator, RetrievalEvaluator) else evaluator.texts


@dataclass(frozen=True, eq=False)
class SimilarityEvaluator:
    """Pairs of texts and their similarity scores, shape (n,).

    Examples
    --------
    >>> def encode(texts, *, prompt=None):
    ...     return np.float32([[text.count(letter) for letter in "abc"] for text in texts])
    >>> scores = np.array([1.0, 0.5, 0.0])
    >>> evaluator = SimilarityEvaluator(["a", "a", "a"], ["aa", "ab", "c"], scores)
    >>> round(evaluator.evaluate(encode).spearman(), 3)
    1.0
    """

    left: list[str]
    right: list[str]
    scores: NDArray[np.float64]
    measures: tuple[Metric, ...] = ("cosine",)

    headline = "Spearman, cosine"

    def __len__(self) -> int:
        return len(self.left)

    @property
    def texts(self) -> list[str]:
        """The distinct texts."""
        return list(dict.fromkeys(self.left + self.right))

    def evaluate(self, encode: Encode) -> SimilarityResult:
        """Return the similarities of the pairs together with the scores."""
        left, right = encode(self.left), encode(self.right)
        return evaluate_similarity(left, right, self.scores, self.measures)


@dataclass(frozen=True, eq=False)
class PairClassificationEvaluator:
    """Pairs of texts, and whether each pair is positive, bool, shape (n,)."""

    left: list[str]
    right: list[str]
    positive: NDArray[np.bool_]

    headline = AVERAGE_PRECISION

    def __len__(self) -> int:
        return len(self.left)

    @property
    def texts(self) -> list[str]:
        """The distinct texts."""
        return list(dict.fromkeys(self.left + self.right))

    def evaluate(self, encode: Encode) -> PairClassificationResult:
        """Return the similarities of the pairs together with the labels."""
        return evaluate_pair_classification(encode(self.left), encode(self.right), self.positive)


@dataclass(frozen=True, eq=False)
class TripletEvaluator:
    """Anchors, each with a positive and at least one negative."""

    anchors: list[str]
    positives: list[str]
    negatives: list[list[str]]

    headline = TRIPLET_ACCURACY

    def __len__(self) -> int:
        return len(self.anchors)

    @property
    def texts(self) -> list[str]:
        """The distinct texts."""
        return list(dict.fromkeys(self.anchors + self.positives + self._flat()))

    def evaluate(self, encode: Encode) -> MeanScores:
        """Return, for each anchor, the share of negatives less similar than its positive."""
        rows = np.repeat(np.arange(len(self)), [len(own) for own in self.negatives])
        anchors, positives = encode(self.anchors), encode(self.positives)
        return evaluate_triplets(anchors, positives, encode(self._flat()), rows)

    def _flat(self) -> list[str]:
        return [text for own in self.negatives for text in own]


@dataclass(frozen=True, eq=False)
class RetrievalEvaluator:
    """Queries, documents, and for each query the indices of its relevant documents.

    ``seen`` marks the queries that share a relevant document with a training query, bool, shape
    (queries,); None if unknown. ``gains`` holds the grades of the relevant documents, in the same
    order; None if all are 1. ``excluded`` holds the indices of the documents that are not
    candidates for each query; None if there are none.

    Examples
    --------
    >>> def encode(texts, *, prompt=None):
    ...     return np.float32([[text.count(letter) for letter in "abc"] for text in texts])
    >>> relevant = (np.array([0]), np.array([1]))
    >>> evaluator = RetrievalEvaluator(["a", "cb"], ["aa", "bc", "bcb"], relevant)
    >>> evaluator.evaluate(encode).items["MRR@10"].tolist()
    [1.0, 1.0]
    """

    queries: list[str]
    documents: list[str]
    relevant: tuple[NDArray[np.int64], ...]
    seen: NDArray[np.bool_] | None = None
    gains: tuple[NDArray[np.float64], ...] | None = None
    excluded: tuple[NDArray[np.int64], ...] | None = None

    headline = NDCG

    def __len__(self) -> int:
        return len(self.queries)

    @property
    def texts(self) -> list[str]:
        """The distinct texts."""
        return list(dict.fromkeys(self.queries + self.documents))

    def evaluate(self, encode: Encode) -> MeanScores:
        """Return the retrieval metrics of each query over all documents."""
        documents = encode(self.documents, prompt="document")
        queries = encode(self.queries, prompt="query")
        return evaluate_retrieval(queries, documents, self.relevant, self.gains, self.excluded)

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> "RetrievalEvaluator":
        """Return the evaluator with some of its queries and all documents."""
        chosen = np.arange(len(self))[rows]
        return RetrievalEvaluator(
            [self.queries[row] for row in chosen],
            self.documents,
            tuple(self.relevant[row] for row in chosen),
            None if self.seen is None else self.seen[chosen],
            None if self.gains is None else tuple(self.gains[row] for row in chosen),
            None if self.excluded is None else tuple(self.excluded[row] for row in chosen),
        )

    def join(self, other: "RetrievalEvaluator") -> "RetrievalEvaluator":
        """Return the evaluator with the queries of both, which share their documents."""
        return RetrievalEvaluator(
            self.queries + other.queries,
            self.documents,
            (*self.relevant, *other.relevant),
            gains=_join(self, other, self.gains, other.gains, np.ones),
            excluded=_join(self, other, self.excluded, other.excluded, _no_documents),
        )

    def with_documents(
        self, documents: list[str], indices: NDArray[np.int64]
    ) -> "RetrievalEvaluator":
        """Return the evaluator over another corpus.

        ``indices`` holds the new index of each document, or -1; relevant ones must have one.
        """
        relevant = [indices[own] for own in self.relevant]
        orders = [np.argsort(own) for own in relevant]
        placed = [indices[own] for own in self.excluded or ()]
        return replace(
            self,
            documents=documents,
            relevant=tuple(own[order] for own, order in zip(relevant, orders, strict=True)),
            gains=self.gains
            and tuple(own[order] for own, order in zip(self.gains, orders, strict=True)),
            excluded=self.excluded and tuple(own[own >= 0] for own in placed),
        )


Part = TypeVar("Part", bound=np.generic)


def _join(
    one: RetrievalEvaluator,
    other: RetrievalEvaluator,
    first: tuple[NDArray[Part], ...] | None,
    second: tuple[NDArray[Part], ...] | None,
    default: Callable[[int], NDArray[Part]],
) -> tuple[NDArray[Part], ...] | None:
    if first is None and second is None:
        return None
    parts = ((one, first), (other, second))
    return tuple(
        values
        for each, given in parts
        for values in (given or [default(len(own)) for own in each.relevant])
    )


def _no_documents(_: int) -> NDArray[np.int64]:
    return np.empty(0, np.int64)


def build_evaluator(examples: Examples) -> Evaluator:
    """Return the evaluator for the kind of the examples.

    Parameters
    ----------
    examples
        Scored pairs (correlation of similarity and score), labelled pairs and NLI (average
        precision; entailment against the rest), triplets (accuracy), pairs (retrieval of each
        anchor's positives among all positives) or retrieval data.

    Raises
    ------
    UnknownKind
        The examples are labelled or unlabelled text.
    DataError
        The examples cannot be evaluated: all scores or labels are equal, or no query has a
        relevant document.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from tunesmith.kinds import Pairs
    >>> table = pa.table({"anchor": ["a", "b"], "positive": ["c", "c"], "row": [1, 2]})
    >>> len(build_evaluator(Pairs(table)).documents)
    1
    """
    make = _EVALUATORS.get(examples.kind)
    if make is None:
        raise UnknownKind(
            f"{examples.kind} data does not show which texts are similar, so it cannot be "
            f"evaluated",
            hint=f"give {', '.join(_EVALUATORS)}, or set `documents` for queries that name them",
        )
    return make(examples)


def _similarity(examples: Examples) -> SimilarityEvaluator:
    scores = np.array(examples.table["score"].to_pylist(), dtype=np.float64)
    given = checked_scores(scores)
    return SimilarityEvaluator(examples.texts("text1"), examples.texts("text2"), given)


def _labelled_pairs(examples: Examples) -> PairClassificationEvaluator:
    positive = np.array([bool(label) for label in examples.table["label"].to_pylist()])
    labels = checked_labels(positive)
    return PairClassificationEvaluator(examples.texts("text1"), examples.texts("text2"), labels)


def _nli(examples: Examples) -> PairClassificationEvaluator:
    labels = examples.table["label"].to_pylist()
    positive = checked_labels(np.array([label == "entailment" for label in labels]))
    return PairClassificationEvaluator(
        examples.texts("premise"), examples.texts("hypothesis"), positive
    )


def _triplets(examples: Examples) -> TripletEvaluator:
    negatives = examples.table["negatives"].to_pylist()
    return TripletEvaluator(examples.texts("anchor"), examples.texts("positive"), negatives)


def _pairs(examples: Examples) -> RetrievalEvaluator:
    """Return an evaluator in which equal anchors are one query, equal positives one document."""
    documents = list(dict.fromkeys(examples.texts("positive")))
    index = {text: position for position, text in enumerate(documents)}
    grades: dict[str, dict[int, float]] = {}
    for query, document in zip(examples.texts("anchor"), examples.texts("positive"), strict=True):
        grades.setdefault(query, {})[index[document]] = 1.0
    return _search(documents, grades)


def _retrieval(examples: Examples) -> RetrievalEvaluator:
    """Return an evaluator in which equal query texts are one query, and likewise documents."""
    assert isinstance(examples, Retrieval)
    queries, corpus = (
        {
            name: text or ""
            for name, text in zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True)
        }
        for table in (examples.queries, examples.corpus)
    )
    documents = list(dict.fromkeys(corpus.values()))
    index = {text: position for position, text in enumerate(documents)}
    columns = (examples.table[name].to_pylist() for name in ("query", "document", "score"))
    grades: dict[str, dict[int, float]] = {}
    for query, document, score in zip(*columns, strict=True):
        if score is not None and score > 0:
            own, place = grades.setdefault(queries[query], {}), index[corpus[document]]
            own[place] = max(float(score), own.get(place, 0.0))
    evaluator = _search(documents, grades)
    excluded = _own_copies(examples.own_copies(), queries, corpus)
    if not excluded:
        return evaluator
    out = [
        np.array(sorted(map(index.__getitem__, excluded.get(text, ()))), dtype=np.int64)
        for text in evaluator.queries
    ]
    return replace(evaluator, excluded=tuple(out))


def _own_copies(
    ids: frozenset[str], queries: dict[str, str], corpus: dict[str, str]
) -> dict[str, set[str]]:
    """Return the document texts that are not candidates, by query text.

    A text that another document has, too, remains a candidate.
    """
    if not ids:
        return {}
    holders = Counter(corpus.values())
    askers: dict[tuple[str, str], int] = Counter((queries[name], corpus[name]) for name in ids)
    found: dict[str, set[str]] = {}
    for (query, document), count in askers.items():
        if count == holders[document]:
            found.setdefault(query, set()).add(document)
    return found


def _search(documents: list[str], grades: dict[str, dict[int, float]]) -> RetrievalEvaluator:
    """Return an evaluator, given the grades of each query's relevant documents."""
    relevant = tuple(np.array(sorted(own), dtype=np.int64) for own in grades.values())
    check_relevant(len(grades), relevant)
    gains = tuple(np.array([own[each] for each in sorted(own)]) for own in grades.values())
    graded = any((own != 1).any() for own in gains)
    return RetrievalEvaluator(list(grades), documents, relevant, gains=gains if graded else None)


_EVALUATORS: dict[Kind, Callable[[Examples], Evaluator]] = {
    Kind.SCORED_PAIRS: _similarity,
    Kind.LABELLED_PAIRS: _labelled_pairs,
    Kind.NLI: _nli,
    Kind.TRIPLETS: _triplets,
    Kind.PAIRS: _pairs,
    Kind.RETRIEVAL: _retrieval,
}
