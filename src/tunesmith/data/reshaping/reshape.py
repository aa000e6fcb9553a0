"""From one kind of examples to another: what a loss needs, made of what there is.

A made example keeps the row number of the one that it was made of.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tunesmith.data.reshaping.document_pairs import part_pairs
from tunesmith.errors import DataError, UnknownKind
from tunesmith.kinds import (
    Examples,
    Kind,
    Pairs,
    Retrieval,
    ScoredPairs,
    Texts,
    Triplets,
)

_TRIES = 100


def reshape(examples: Examples, kind: Kind | str, *, seed: int = 0) -> Examples:
    """Return examples as another kind.

    Parameters
    ----------
    examples
        Any kind; its own is given back as it is.
    kind
        The kind wanted.
    seed
        Of whatever is drawn: partners of one label, and negatives where no harder ones are known.

    Raises
    ------
    UnknownKind
        The one cannot be made of the other; what can be is named.
    DataError
        Nothing is left: no entailments, no two texts of one label, no text that may be a negative.

    Examples
    --------
    >>> from tunesmith.kinds import Labelled
    >>> table = pa.table({"text": ["a", "b", "c"], "label": ["x", "x", "y"], "row": [1, 2, 3]})
    >>> reshape(Labelled(table), "pairs").texts("positive")
    ['b', 'a']
    """
    if examples.kind == kind:
        return examples
    made = _WAYS.get((examples.kind, Kind(kind)))
    if made is None:
        possible = [str(to) for start, to in _WAYS if start is examples.kind]
        raise UnknownKind(
            f"{examples.kind} cannot be made into {kind}: "
            + (
                f"they can become {', '.join(possible)}"
                if possible
                else "nothing can be made of it"
            )
        )
    result = made(examples, np.random.default_rng(seed))
    if not len(result):
        raise DataError(
            f"no {kind} can be made of these {len(examples)} {examples.kind} rows{_why(examples)}"
        )
    return result


def possible_kinds(kind: Kind) -> tuple[Kind, ...]:
    """Return what examples of a kind can be made into, itself first."""
    return (kind, *(to for start, to in _WAYS if start is kind))


def _why(examples: Examples) -> str:
    return ": each is a single sentence" if isinstance(examples, Texts) else ""


@dataclass(frozen=True)
class _Pair:
    anchor: str
    positive: str
    row: int


@dataclass(frozen=True, eq=False)
class _Negatives:
    """Where negatives come from.

    Parameters
    ----------
    pool
        All texts that may be drawn.
    alike
        For each anchor the texts that must not be: those known to belong to it.
    hard
        For some anchors the texts that are known not to belong to it.
    """

    pool: Sequence[str]
    alike: Mapping[str, Set[str]]
    hard: Mapping[str, list[str]]

    def of(self, anchor: str, generator: np.random.Generator) -> list[str]:
        """Return the hard ones, or one that is drawn, or none where there is none."""
        alike = self.alike.get(anchor, frozenset())

        def may_be(text: str) -> bool:
            return text != anchor and text not in alike

        known = [text for text in dict.fromkeys(self.hard.get(anchor, ())) if may_be(text)]
        if known:
            return known
        for _ in range(_TRIES):
            drawn = self.pool[int(generator.integers(len(self.pool)))]
            if may_be(drawn):
                return [drawn]
        return [text for text in self.pool if may_be(text)][:1]


def _nli_to_scored(examples: Examples, _: np.random.Generator) -> ScoredPairs:
    labels = examples.table["label"].to_pylist()
    table = pa.table(
        {
            "text1": examples.table["premise"],
            "text2": examples.table["hypothesis"],
            "score": pa.array([float(label == "entailment") for label in labels]),
            "row": examples.table["row"],
        }
    )
    return ScoredPairs(table)


def _nli_to_pairs(examples: Examples, _: np.random.Generator) -> Pairs:
    return _pairs(_entailed(examples))


def _nli_to_triplets(examples: Examples, generator: np.random.Generator) -> Triplets:
    pairs = _entailed(examples)
    hard = defaultdict(list)
    for premise, hypothesis, label in _columns(examples, "premise", "hypothesis", "label"):
        if label == "contradiction":
            hard[premise].append(hypothesis)
    negatives = _Negatives(examples.texts("hypothesis"), _alike(pairs), hard)
    return _triplets(pairs, negatives, generator)


def _entailed(examples: Examples) -> list[_Pair]:
    rows = _columns(examples, "premise", "hypothesis", "label", "row")
    return [_Pair(one, other, row) for one, other, label, row in rows if label == "entailment"]


def _labels_to_pairs(examples: Examples, generator: np.random.Generator) -> Pairs:
    return _pairs(_partners(examples, generator))


def _labels_to_triplets(examples: Examples, generator: np.random.Generator) -> Triplets:
    alike: dict[str, Set[str]] = {}
    for group in _members(examples).values():
        of_label = frozenset(text for text, _ in group)  # one set for all of them
        for text in of_label:
            alike[text] = alike[text] | of_label if text in alike else of_label
    negatives = _Negatives(examples.texts("text"), alike, {})
    return _triplets(_partners(examples, generator), negatives, generator)


def _partners(examples: Examples, generator: np.random.Generator) -> list[_Pair]:
    """Give each text another one of its label, each once a positive."""
    pairs = []
    for group in _members(examples).values():
        order = generator.permutation(len(group))
        for place, following in zip(order, np.roll(order, -1), strict=True):
            (anchor, row), (positive, _) = group[place], group[following]
            if anchor != positive:
                pairs.append(_Pair(anchor, positive, row))
    return sorted(pairs, key=lambda pair: pair.row)


def _members(examples: Examples) -> dict[str, list[tuple[str, int]]]:
    members: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for text, label, row in _columns(examples, "text", "label", "row"):
        members[label].append((text, row))
    return members


def _labelled_pairs_to_pairs(examples: Examples, _: np.random.Generator) -> Pairs:
    return _pairs(_judged_alike(examples))


def _labelled_pairs_to_triplets(examples: Examples, generator: np.random.Generator) -> Triplets:
    """Pairs judged 1, with the texts that either was judged 0 with as negatives of it."""
    pairs = _judged_alike(examples)
    hard = defaultdict(list)
    for one, other, label in _columns(examples, "text1", "text2", "label"):
        if not label:
            hard[one].append(other)
            hard[other].append(one)
    pool = examples.texts("text1") + examples.texts("text2")
    return _triplets(pairs, _Negatives(pool, _alike(pairs), hard), generator)


def _labelled_pairs_to_scored(examples: Examples, _: np.random.Generator) -> ScoredPairs:
    scores = examples.table["label"].cast(pa.float64())
    columns = {name: examples.table[name] for name in ("text1", "text2", "row")}
    return ScoredPairs(pa.table({**columns, "score": scores}))


def _judged_alike(examples: Examples) -> list[_Pair]:
    rows = _columns(examples, "text1", "text2", "label", "row")
    return [_Pair(one, other, row) for one, other, label, row in rows if label]


def _pairs_to_triplets(examples: Examples, generator: np.random.Generator) -> Triplets:
    pairs = [_Pair(*row) for row in _columns(examples, "anchor", "positive", "row")]
    return _triplets(pairs, _Negatives(examples.texts("positive"), _alike(pairs), {}), generator)


def _triplets_to_pairs(examples: Examples, _: np.random.Generator) -> Pairs:
    return Pairs(examples.table.select(["anchor", "positive", "row"]))


def _retrieval_to_pairs(examples: Examples, _: np.random.Generator) -> Pairs:
    return _pairs(_answers(examples))


def _retrieval_to_triplets(examples: Examples, generator: np.random.Generator) -> Triplets:
    pairs = _answers(examples)
    return _triplets(pairs, _Negatives(examples.texts("document"), _alike(pairs), {}), generator)


def _answers(examples: Examples) -> list[_Pair]:
    """Take queries and what is judged to answer them: of the training judgements, if marked."""
    assert isinstance(examples, Retrieval)
    texts = [
        dict(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))
        for table in (examples.queries, examples.corpus)
    ]
    found = list(_columns(examples, "query", "document", "score", "split", "row"))
    splits = {split for *_, split, _ in found}
    wanted = {"train"} & splits or splits
    return [
        _Pair(texts[0][query], texts[1][document], row)
        for query, document, score, split, row in found
        if score > 0 and split in wanted and query in texts[0] and document in texts[1]
    ]


def _texts_to_pairs(examples: Examples, generator: np.random.Generator) -> Pairs:
    rows = examples.rows
    found = part_pairs(examples.texts("text"), generator)
    return _pairs(_Pair(one, other, int(rows[place])) for place, one, other in found)


def _to_texts(examples: Examples, _: np.random.Generator) -> Texts:
    """Take every text once, with the row in which it stands first."""
    first: dict[str, int] = {}
    for texts in _lists_of_texts(examples):
        for text, row in texts:
            first[text] = min(row, first.get(text, row))
    columns = {"text": pa.array(list(first), pa.string()), "row": pa.array([*first.values()])}
    return Texts(pa.table(columns))


def _lists_of_texts(examples: Examples) -> Iterable[Iterable[tuple[str, int]]]:
    if isinstance(examples, Retrieval):
        for role in ("document", "query"):
            yield [(text, row) for row, text in enumerate(examples.texts(role), start=1)]
    for role in examples.text_roles:
        yield zip(examples.texts(role), examples.rows.tolist(), strict=True)
    if isinstance(examples, Triplets):
        lists = _columns(examples, "negatives", "row")
        yield [(str(text), row) for negatives, row in lists for text in negatives]


def _columns(examples: Examples, *names: str) -> Iterable[tuple]:  # type: ignore[type-arg]  # the width depends on the roles
    return zip(*(examples.table[name].to_pylist() for name in names), strict=True)


def _alike(pairs: Iterable[_Pair]) -> dict[str, set[str]]:
    """Return for each text those that it is known to belong with, in both directions."""
    alike: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        alike[pair.anchor].add(pair.positive)
        alike[pair.positive].add(pair.anchor)
    return alike


def _pairs(pairs: Iterable[_Pair]) -> Pairs:
    made = list(pairs)
    table = {
        "anchor": pa.array([pair.anchor for pair in made], pa.string()),
        "positive": pa.array([pair.positive for pair in made], pa.string()),
        "row": pa.array([pair.row for pair in made], pa.int64()),
    }
    return Pairs(pa.table(table))


def _triplets(
    pairs: Sequence[_Pair], negatives: _Negatives, generator: np.random.Generator
) -> Triplets:
    """Return the pairs with their negatives; one that can have none is left out."""
    found = [(pair, negatives.of(pair.anchor, generator)) for pair in pairs]
    made = [(pair, texts) for pair, texts in found if texts]
    lists = pa.array([texts for _, texts in made], pa.list_(pa.string()))
    table = _pairs(pair for pair, _ in made).table
    return Triplets(table.add_column(2, "negatives", lists))


_Way = Callable[[Examples, np.random.Generator], Examples]
_WAYS: dict[tuple[Kind, Kind], _Way] = {
    (Kind.LABELLED, Kind.PAIRS): _labels_to_pairs,
    (Kind.LABELLED, Kind.TRIPLETS): _labels_to_triplets,
    (Kind.PAIRS, Kind.TRIPLETS): _pairs_to_triplets,
    (Kind.LABELLED_PAIRS, Kind.PAIRS): _labelled_pairs_to_pairs,
    (Kind.LABELLED_PAIRS, Kind.SCORED_PAIRS): _labelled_pairs_to_scored,
    (Kind.LABELLED_PAIRS, Kind.TRIPLETS): _labelled_pairs_to_triplets,
    (Kind.NLI, Kind.PAIRS): _nli_to_pairs,
    (Kind.NLI, Kind.SCORED_PAIRS): _nli_to_scored,
    (Kind.NLI, Kind.TRIPLETS): _nli_to_triplets,
    (Kind.TRIPLETS, Kind.PAIRS): _triplets_to_pairs,
    (Kind.RETRIEVAL, Kind.PAIRS): _retrieval_to_pairs,
    (Kind.RETRIEVAL, Kind.TRIPLETS): _retrieval_to_triplets,
    (Kind.TEXTS, Kind.PAIRS): _texts_to_pairs,
    **{(kind, Kind.TEXTS): _to_texts for kind in Kind if kind is not Kind.TEXTS},
}
