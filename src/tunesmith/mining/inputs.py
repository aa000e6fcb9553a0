"""What negatives are mined for, what they are taken from, and what is known of both."""

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

_LONGEST_CHAIN = 50  # texts

Judged = tuple[str, str, bool]
"""Two texts, and whether they belong together."""


@dataclass(frozen=True, eq=False)
class Relation:
    """Which texts are known to stand in a relation, in either direction.

    Parameters
    ----------
    codes
        Two keys of texts as one number, sorted and distinct, shape (c,).
    size
        How many keys there are.

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
        """Return the relation of these pairs of keys."""
        left, right = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        return cls(np.unique(np.concatenate([left * size + right, right * size + left])), size)

    def holds(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell for keys of two shapes that broadcast together whether it holds between them."""
        wanted = left * self.size + right
        if not len(self.codes):
            return np.zeros(wanted.shape, dtype=np.bool_)
        places = np.minimum(np.searchsorted(self.codes, wanted), len(self.codes) - 1)
        return np.asarray(self.codes[places] == wanted)

    def chained(self, longest: int) -> "Relation":
        """Return this and what follows from it: texts that a chain of related texts links.

        Chains that link more than ``longest`` texts are left alone: step by step they wander off.
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
        """Return what of this does not hold in another one."""
        return Relation(np.setdiff1d(self.codes, other.codes, assume_unique=True), self.size)

    def count(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return with how many texts each of these keys stands in the relation."""
        ends = np.searchsorted(self.codes, [keys * self.size, (keys + 1) * self.size])
        return np.asarray(ends[1] - ends[0], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Search:
    """Pairs whose negatives come from the same texts.

    Parameters
    ----------
    pairs
        Their positions, shape (p,).
    pool
        The positions of those texts in the pool; None for all of them.
    """

    pairs: NDArray[np.int64]
    pool: NDArray[np.int64] | None = None


@dataclass(frozen=True, eq=False)
class MiningInput:
    """Pairs, the texts that their negatives are taken from, and what is known.

    Texts that differ in case, punctuation and spaces alone have one key; the pool holds one text
    of each.

    Parameters
    ----------
    pairs
        What negatives are mined for, n of them.
    pool
        What they are taken from, m texts.
    anchor_keys, pool_keys
        Shapes (n,) and (m,).
    alike
        Texts that belong together: none of them becomes the other's negative.
    apart
        Texts that are known not to belong together.
    settled
        Texts of the pool that are known not to belong to any anchor that searches among them,
        because their labels say so, shape (m,).
    searches
        Every pair stands in one of them.
    """

    pairs: Pairs
    pool: list[str]
    anchor_keys: NDArray[np.int64]
    pool_keys: NDArray[np.int64]
    alike: Relation
    apart: Relation
    settled: NDArray[np.bool_]
    searches: tuple[Search, ...]

    def __len__(self) -> int:
        return len(self.pairs)

    def texts(self, role: str, pairs: NDArray[np.int64]) -> list[str]:
        """Return the anchors or the positives of some pairs."""
        return self.pairs.take(pairs).texts(role)


def mining_input(examples: Examples, corpus: Any, *, seed: int) -> MiningInput:
    """Return what is mined for these examples.

    Parameters
    ----------
    examples
        Of any kind that can become pairs.
    corpus
        The texts to take negatives from, in any form that an encoder takes; by default those of
        the examples.
    seed
        Of the partners that texts of one label are given.

    Raises
    ------
    UnknownKind
        The kind names no positives.
    DataError
        A text or a label is missing (the row is named), or there are no positives.
    UsageError
        The corpus holds no text, or is a single string.
    """
    if examples.kind is Kind.TEXTS or Kind.PAIRS not in possible_kinds(examples.kind):
        raise UnknownKind(
            f"{examples.kind} name no positives: negatives are mined for "
            "labelled, pairs, labelled_pairs, nli, triplets and retrieval"
        )
    _require_texts(examples)
    pairs = reshape(examples, Kind.PAIRS, seed=seed)
    assert isinstance(pairs, Pairs)
    keys = _Keys()
    pool = _distinct(_pool(examples) if corpus is None else as_texts(corpus), keys)
    if not pool:
        raise UsageError("the corpus holds no text: give some")
    pool_keys, anchor_keys = keys.of(pool), keys.of(pairs.texts("anchor"))
    labels = _labels(examples, keys)
    alike, apart = _known(examples, keys)
    return MiningInput(
        pairs=pairs,
        pool=pool,
        anchor_keys=anchor_keys,
        pool_keys=pool_keys,
        alike=alike,
        apart=apart,
        settled=np.array([key in labels for key in pool_keys.tolist()], dtype=np.bool_),
        searches=_searches(anchor_keys, pool_keys, labels),
    )


class _Keys:
    """A number for each text, the same for those that are equal once normalised."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def one(self, text: str) -> int:
        return self.numbers.setdefault(normalise(text), len(self.numbers))

    def of(self, texts: Iterable[str]) -> NDArray[np.int64]:
        return np.array([self.one(text) for text in texts], dtype=np.int64)

    def pairs(self, judged: Iterable[Judged], wanted: bool) -> list[tuple[int, int]]:
        return [
            (self.one(left), self.one(right)) for left, right, answer in judged if answer is wanted
        ]


def _require_texts(examples: Examples) -> None:
    roles = (*examples.text_roles, *(("label",) if isinstance(examples, Labelled) else ()))
    for role in roles:
        for row, text in zip(examples.rows, examples.table[role].to_pylist(), strict=True):
            if text is None or not text.strip():
                raise DataError(f"row {row} has no {role}: complete it or leave it out")


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


def _known(examples: Examples, keys: _Keys) -> tuple[Relation, Relation]:
    """Return what belongs together and what does not; labels are looked at elsewhere.

    Of judged pairs also what follows from them: a duplicate's duplicate is one, unless the two
    were judged otherwise.
    """
    judge = _JUDGED.get(examples.kind)
    judged = [] if judge is None else list(judge(examples))
    pairs = {answer: keys.pairs(judged, answer) for answer in (True, False)}
    alike, apart = (Relation.of(pairs[answer], len(keys.numbers)) for answer in (True, False))
    if examples.kind is Kind.LABELLED_PAIRS:
        said = apart.without(alike)
        alike = alike.chained(_LONGEST_CHAIN).without(said)
    return alike, apart


def _from_pairs(examples: Examples) -> Iterator[Judged]:
    for anchor, positive in _rows(examples, "anchor", "positive"):
        yield anchor, positive, True


def _from_triplets(examples: Examples) -> Iterator[Judged]:
    for anchor, positive, negatives in _rows(examples, "anchor", "positive", "negatives"):
        yield anchor, positive, True
        yield from ((anchor, negative, False) for negative in negatives or () if negative)


def _from_judged_pairs(examples: Examples) -> Iterator[Judged]:
    for one, other, label in _rows(examples, "text1", "text2", "label"):
        if label is not None:
            yield one, other, bool(label)


def _from_nli(examples: Examples) -> Iterator[Judged]:
    for premise, hypothesis, label in _rows(examples, "premise", "hypothesis", "label"):
        if label in {"entailment", "contradiction"}:
            yield premise, hypothesis, label == "entailment"


def _from_retrieval(examples: Examples) -> Iterator[Judged]:
    """Take the judgements of all splits: what a test calls relevant is no negative either."""
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


_JUDGED: dict[Kind, Callable[[Examples], Iterator[Judged]]] = {
    Kind.PAIRS: _from_pairs,
    Kind.TRIPLETS: _from_triplets,
    Kind.LABELLED_PAIRS: _from_judged_pairs,
    Kind.NLI: _from_nli,
    Kind.RETRIEVAL: _from_retrieval,
}


def _labels(examples: Examples, keys: _Keys) -> dict[int, frozenset[str]]:
    """Return the labels of each key; nothing where the kind has none."""
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
    """Let anchors of a label search among all texts but those of this label."""
    if not labels:
        return (Search(np.arange(len(anchor_keys))),)
    asking: dict[frozenset[str], list[int]] = defaultdict(list)
    for place, key in enumerate(anchor_keys.tolist()):
        asking[labels[key]].append(place)
    names = [labels.get(key, frozenset()) for key in pool_keys.tolist()]
    return tuple(
        Search(np.array(pairs), np.flatnonzero([own.isdisjoint(other) for other in names]))
        for own, pairs in asking.items()
    )
