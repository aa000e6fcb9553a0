"""Input of mining: pairs, the pool of candidates, and known relations between texts."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.reshaping.reshape import possible_kinds, reshape
from tunesmith.data.splits.near_duplicates import normalise
from tunesmith.encoders.inputs import as_texts
from tunesmith.errors import DataError, UnknownKind, UsageError
from tunesmith.kinds import Examples, Kind, Labelled, Pairs, Retrieval

_LONGEST_CHAIN = 50  # texts in a chain

Judgement = tuple[str, str, bool]
"""Two texts, and whether they are a positive pair."""


@dataclass(frozen=True, eq=False)
class Relation:
    """A symmetric relation between texts.

    Parameters
    ----------
    codes
        Pairs of text keys, each encoded as one integer, sorted and distinct, shape (c,).
    size
        Number of keys.

    Examples
    --------
    >>> known = Relation.of([(0, 2)], size=3)
    >>> known.holds(np.array([[2], [1]]), np.array([[0, 1], [0, 2]])).tolist()
    [[True, False], [False, False]]
    >>> known.count(np.array([0, 1]))
    array([1, 0])
    """

    codes: NDArray[np.int64]
    size: int

    @classmethod
    def of(cls, pairs: Sequence[tuple[int, int]], size: int) -> "Relation":
        """Return the relation that consists of these pairs of keys."""
        left, right = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        return cls(np.unique(np.concatenate([left * size + right, right * size + left])), size)

    def holds(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether the relation holds between two broadcastable arrays of keys."""
        codes = left * self.size + right
        if not len(self.codes):
            return np.zeros(codes.shape, dtype=np.bool_)
        indices = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        return np.asarray(self.codes[indices] == codes)

    def transitive_closure(self, longest: int) -> "Relation":
        """Return the transitive closure of the relation.

        Chains of more than ``longest`` texts are not closed, because meaning drifts along them.
        """
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        ends = np.divmod(self.codes, self.size)
        links = coo_array((np.ones(len(self.codes), dtype=np.int8), ends), shape=(self.size,) * 2)
        chain = connected_components(links, directed=False)[1]
        order = np.argsort(chain, kind="stable")
        chains = np.split(order, np.flatnonzero(np.diff(chain[order])) + 1)
        found = [self.codes]
        for members in chains:
            if 2 < len(members) <= longest:
                codes = members[:, None] * self.size + members
                found.append(codes[~np.eye(len(members), dtype=np.bool_)])
        return Relation(np.unique(np.concatenate(found)), self.size)

    def without(self, other: "Relation") -> "Relation":
        """Return the pairs of this relation that are not in another one."""
        return Relation(np.setdiff1d(self.codes, other.codes, assume_unique=True), self.size)

    def count(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the number of texts related to each of these keys."""
        ends = np.searchsorted(self.codes, [keys * self.size, (keys + 1) * self.size])
        return np.asarray(ends[1] - ends[0], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Search:
    """Pairs whose negatives come from the same candidates.

    Parameters
    ----------
    pairs
        Indices of the pairs, shape (p,).
    pool
        Indices of the candidates in the pool; None for all.
    """

    pairs: NDArray[np.int64]
    pool: NDArray[np.int64] | None = None


@dataclass(frozen=True, eq=False)
class MiningInput:
    """Pairs, the pool of candidates for negatives, and known relations.

    Texts that differ only in case, punctuation and spaces share a key; the pool holds one text per
    key.

    Parameters
    ----------
    pairs
        n pairs to mine negatives for.
    pool
        m texts from which negatives are taken.
    anchor_keys, pool_keys
        Keys of anchors and pool texts, shapes (n,) and (m,).
    known_positive
        Known positive pairs of texts, which never become negatives.
    known_negative
        Known negative pairs of texts.
    settled
        Whether the label of a pool text makes it a negative of every anchor that searches it,
        bool, shape (m,).
    searches
        Searches, one of which contains each pair.
    """

    pairs: Pairs
    pool: list[str]
    anchor_keys: NDArray[np.int64]
    pool_keys: NDArray[np.int64]
    known_positives: Relation
    known_negatives: Relation
    negative_by_label: NDArray[np.bool_]
    searches: tuple[Search, ...]

    def __len__(self) -> int:
        return len(self.pairs)

    def texts(self, role: str, pairs: NDArray[np.int64]) -> list[str]:
        """Return the anchors or positives of a subset of the pairs."""
        return self.pairs.take(pairs).texts(role)


def mining_input(examples: Examples, corpus: Any, *, seed: int) -> MiningInput:
    """Return the input of mining for these examples.

    Parameters
    ----------
    examples
        Examples of any kind that can be reshaped into pairs.
    corpus
        Texts to take negatives from, in any form that an encoder accepts; by default those of the
        examples.
    seed
        Random seed for pairing texts of the same label.

    Raises
    ------
    UnknownKind
        The kind has no positives.
    DataError
        A text or label is missing (the message names the row), or there are no positives.
    UsageError
        The corpus contains no text, or is a single string.
    """
    if examples.kind is Kind.TEXTS or Kind.PAIRS not in possible_kinds(examples.kind):
        raise UnknownKind(
            f"{examples.kind} have no positives: mining supports "
            "labelled, pairs, labelled_pairs, nli, triplets and retrieval"
        )
    _require_texts(examples)
    pairs = reshape(examples, Kind.PAIRS, seed=seed)
    assert isinstance(pairs, Pairs)
    keys = _Keys()
    pool = _distinct(_pool(examples) if corpus is None else as_texts(corpus), keys)
    if not pool:
        raise UsageError("the corpus contains no text", hint="give at least one", option="corpus")
    pool_keys, anchor_keys = keys.of(pool), keys.of(pairs.texts("anchor"))
    labels = _labels(examples, keys)
    known_positives, known_negatives = _known_relations(examples, keys)
    return MiningInput(
        pairs=pairs,
        pool=pool,
        anchor_keys=anchor_keys,
        pool_keys=pool_keys,
        known_positives=known_positives,
        known_negatives=known_negatives,
        negative_by_label=np.array([key in labels for key in pool_keys.tolist()], dtype=np.bool_),
        searches=_searches(anchor_keys, pool_keys, labels),
    )


class _Keys:
    """Integer keys of texts; texts that are equal after normalisation share a key."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def one(self, text: str) -> int:
        return self.numbers.setdefault(normalise(text), len(self.numbers))

    def of(self, texts: Iterable[str]) -> NDArray[np.int64]:
        return np.array([self.one(text) for text in texts], dtype=np.int64)

    def pairs(self, judgements: Iterable[Judgement], positive: bool) -> list[tuple[int, int]]:
        return [
            (self.one(left), self.one(right))
            for left, right, answer in judgements
            if answer is positive
        ]


def _require_texts(examples: Examples) -> None:
    roles = (*examples.text_roles, *(("label",) if isinstance(examples, Labelled) else ()))
    for role in roles:
        for row, text in zip(examples.rows, examples.table[role].to_pylist(), strict=True):
            if text is None or not text.strip():
                raise DataError(
                    f"row {row} has no {role}", hint="complete the row or remove it", row=row
                )


def _distinct(texts: Iterable[str | None], keys: _Keys) -> list[str]:
    first: dict[int, str] = {}
    for text in texts:
        if text is not None and text.strip():
            first.setdefault(keys.one(text), text)
    return list(first.values())


_POOL_ROLES: dict[Kind, tuple[str, ...]] = {
    Kind.LABELLED: ("text",),
    Kind.PAIRS: ("positive",),
    Kind.LABELLED_PAIRS: ("text1", "text2"),
    Kind.NLI: ("hypothesis",),
    Kind.TRIPLETS: ("positive",),
}


def _pool(examples: Examples) -> Iterator[str | None]:
    if isinstance(examples, Retrieval):
        yield from examples.corpus["text"].to_pylist()
        return
    for role in _POOL_ROLES[examples.kind]:
        yield from examples.table[role].to_pylist()
    if examples.kind is Kind.TRIPLETS:
        yield from chain.from_iterable(row or () for row in examples.table["negatives"].to_pylist())


def _known_relations(examples: Examples, keys: _Keys) -> tuple[Relation, Relation]:
    """Return known positive and known negative pairs; labels are handled separately.

    For labelled pairs, positives are closed transitively: a duplicate of a duplicate is a
    duplicate, unless the pair is labelled otherwise.
    """
    read_judgements = _JUDGEMENTS.get(examples.kind)
    judgements = [] if read_judgements is None else list(read_judgements(examples))
    pairs = {answer: keys.pairs(judgements, answer) for answer in (True, False)}
    known_positives, known_negatives = (
        Relation.of(pairs[answer], len(keys.numbers)) for answer in (True, False)
    )
    if examples.kind is Kind.LABELLED_PAIRS:
        contradicted = known_negatives.without(known_positives)
        known_positives = known_positives.transitive_closure(_LONGEST_CHAIN).without(contradicted)
    return known_positives, known_negatives


def _from_pairs(examples: Examples) -> Iterator[Judgement]:
    for anchor, positive in _rows(examples, "anchor", "positive"):
        yield anchor, positive, True


def _from_triplets(examples: Examples) -> Iterator[Judgement]:
    for anchor, positive, negatives in _rows(examples, "anchor", "positive", "negatives"):
        yield anchor, positive, True
        yield from ((anchor, negative, False) for negative in negatives or () if negative)


def _from_labelled_pairs(examples: Examples) -> Iterator[Judgement]:
    for one, other, label in _rows(examples, "text1", "text2", "label"):
        if label is not None:
            yield one, other, bool(label)


def _from_nli(examples: Examples) -> Iterator[Judgement]:
    for premise, hypothesis, label in _rows(examples, "premise", "hypothesis", "label"):
        if label in {"entailment", "contradiction"}:
            yield premise, hypothesis, label == "entailment"


def _from_retrieval(examples: Examples) -> Iterator[Judgement]:
    """Yield the judgements of all splits, so that test positives do not become negatives."""
    assert isinstance(examples, Retrieval)
    queries, documents = (
        dict(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))
        for table in (examples.queries, examples.corpus)
    )
    for query, document, score in _rows(examples, "query", "document", "score"):
        if score is not None and query in queries and document in documents:
            yield queries[query], documents[document], score > 0


def _rows(examples: Examples, *roles: str) -> Iterator[tuple]:  # type: ignore[type-arg]  # the width depends on the roles
    return zip(*(examples.table[role].to_pylist() for role in roles), strict=True)


_JUDGEMENTS: dict[Kind, Callable[[Examples], Iterator[Judgement]]] = {
    Kind.PAIRS: _from_pairs,
    Kind.TRIPLETS: _from_triplets,
    Kind.LABELLED_PAIRS: _from_labelled_pairs,
    Kind.NLI: _from_nli,
    Kind.RETRIEVAL: _from_retrieval,
}


def _labels(examples: Examples, keys: _Keys) -> dict[int, frozenset[str]]:
    """Return the labels of each key; empty if the kind has none."""
    if not isinstance(examples, Labelled):
        return {}
    found: dict[int, frozenset[str]] = {}
    for text, label in _rows(examples, "text", "label"):
        key = keys.one(text)
        found[key] = found.get(key, frozenset()) | {label}
    return found


def _searches(
    anchor_keys: NDArray[np.int64], pool_keys: NDArray[np.int64], labels: dict[int, frozenset[str]]
) -> tuple[Search, ...]:
    """Group anchors by label; each group searches the texts without its labels."""
    if not labels:
        return (Search(np.arange(len(anchor_keys))),)
    pairs_by_labels: dict[frozenset[str], list[int]] = defaultdict(list)
    for index, key in enumerate(anchor_keys.tolist()):
        pairs_by_labels[labels[key]].append(index)
    names = [labels.get(key, frozenset()) for key in pool_keys.tolist()]
    return tuple(
        Search(np.array(pairs), np.flatnonzero([own.isdisjoint(other) for other in names]))
        for own, pairs in pairs_by_labels.items()
    )
