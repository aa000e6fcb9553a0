"""Convert examples from one kind to the kind that a loss requires.

A converted example keeps the row number of its source.
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

_MAX_DRAWS = 100


def reshape(examples: Examples, kind: Kind | str, *, seed: int = 0) -> Examples:
    """Convert examples to another kind.

    Parameters
    ----------
    examples
        Examples of any kind; returned unchanged if they have the requested kind.
    kind
        The kind to convert to.
    seed
        Random seed for drawing positives of the same label, and negatives if no hard ones exist.

    Returns
    -------
    The examples of the requested kind, each with the row number of its source.

    Raises
    ------
    UnknownKind
        The conversion is not supported; the message lists those that are.
    DataError
        No example is left: no entailments, no two texts with one label, or no possible negative.

    Examples
    --------
    >>> from tunesmith.kinds import Labelled
    >>> table = pa.table({"text": ["a", "b", "c"], "label": ["x", "x", "y"], "row": [1, 2, 3]})
    >>> reshape(Labelled(table), "pairs").texts("positive")
    ['b', 'a']
    """
    if examples.kind == kind:
        return examples
    convert = _CONVERSIONS.get((examples.kind, Kind(kind)))
    if convert is None:
        possible = [str(target) for source, target in _CONVERSIONS if source is examples.kind]
        raise UnknownKind(
            f"{examples.kind} cannot be converted to {kind}"
            + (f", only to {', '.join(possible)}" if possible else ", or to any other kind")
        )
    result = convert(examples, np.random.default_rng(seed))
    if not len(result):
        reason = ": each is a single sentence" if isinstance(examples, Texts) else ""
        raise DataError(
            f"these {len(examples)} rows of kind {examples.kind} yield no {kind}{reason}"
        )
    return result


def possible_kinds(kind: Kind) -> tuple[Kind, ...]:
    """Return the kinds that a kind can be converted to, itself first.

    Examples
    --------
    >>> [str(kind) for kind in possible_kinds(Kind.LABELLED)]
    ['labelled', 'pairs', 'triplets', 'texts']
    """
    return (kind, *(target for source, target in _CONVERSIONS if source is kind))


@dataclass(frozen=True)
class _Pair:
    anchor: str
    positive: str
    row: int


@dataclass(frozen=True, eq=False)
class _Negatives:
    """The source of negatives.

    Parameters
    ----------
    pool
        All texts that can be drawn as negatives.
    positives
        The known positives of each anchor, which must not become negatives.
    hard
        The known hard negatives of some anchors.
    """

    pool: Sequence[str]
    positives: Mapping[str, Set[str]]
    hard: Mapping[str, list[str]]

    def of(self, anchor: str, generator: np.random.Generator) -> list[str]:
        """Return the hard negatives, or one random negative, or an empty list if none exists."""
        positives = self.positives.get(anchor, frozenset())

        def allowed(text: str) -> bool:
            return text != anchor and text not in positives

        hard = [text for text in dict.fromkeys(self.hard.get(anchor, ())) if allowed(text)]
        if hard:
            return hard
        for _ in range(_MAX_DRAWS):
            drawn = self.pool[int(generator.integers(len(self.pool)))]
            if allowed(drawn):
                return [drawn]
        return [text for text in self.pool if allowed(text)][:1]


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
    negatives = _Negatives(examples.texts("hypothesis"), _known_positives(pairs), hard)
    return _triplets(pairs, negatives, generator)


def _entailed(examples: Examples) -> list[_Pair]:
    rows = _columns(examples, "premise", "hypothesis", "label", "row")
    return [_Pair(one, other, row) for one, other, label, row in rows if label == "entailment"]


def _labels_to_pairs(examples: Examples, generator: np.random.Generator) -> Pairs:
    return _pairs(_partners(examples, generator))


def _labels_to_triplets(examples: Examples, generator: np.random.Generator) -> Triplets:
    positives: dict[str, Set[str]] = {}
    for group in _by_label(examples).values():
        same_label = frozenset(text for text, _ in group)  # shared, to save memory
        for text in same_label:
            positives[text] = positives[text] | same_label if text in positives else same_label
    negatives = _Negatives(examples.texts("text"), positives, {})
    return _triplets(_partners(examples, generator), negatives, generator)


def _partners(examples: Examples, generator: np.random.Generator) -> list[_Pair]:
    """Pair each text with another of the same label; each text is a positive once."""
    pairs = []
    for group in _by_label(examples).values():
        order = generator.permutation(len(group))
        for current, following in zip(order, np.roll(order, -1), strict=True):
            (anchor, row), (positive, _) = group[current], group[following]
            if anchor != positive:
                pairs.append(_Pair(anchor, positive, row))
    return sorted(pairs, key=lambda pair: pair.row)


def _by_label(examples: Examples) -> dict[str, list[tuple[str, int]]]:
    texts: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for text, label, row in _columns(examples, "text", "label", "row"):
        texts[label].append((text, row))
    return texts


def _labelled_pairs_to_pairs(examples: Examples, _: np.random.Generator) -> Pairs:
    return _pairs(_positive_pairs(examples))


def _labelled_pairs_to_triplets(examples: Examples, generator: np.random.Generator) -> Triplets:
    """Take pairs labelled 1, and as negatives the texts paired with the anchor and labelled 0."""
    pairs = _positive_pairs(examples)
    hard = defaultdict(list)
    for one, other, label in _columns(examples, "text1", "text2", "label"):
        if not label:
            hard[one].append(other)
            hard[other].append(one)
    pool = examples.texts("text1") + examples.texts("text2")
    return _triplets(pairs, _Negatives(pool, _known_positives(pairs), hard), generator)


def _labelled_pairs_to_scored(examples: Examples, _: np.random.Generator) -> ScoredPairs:
    scores = examples.table["label"].cast(pa.float64())
    columns = {name: examples.table[name] for name in ("text1", "text2", "row")}
    return ScoredPairs(pa.table({**columns, "score": scores}))


def _positive_pairs(examples: Examples) -> list[_Pair]:
    rows = _columns(examples, "text1", "text2", "label", "row")
    return [_Pair(one, other, row) for one, other, label, row in rows if label]


def _pairs_to_triplets(examples: Examples, generator: np.random.Generator) -> Triplets:
    pairs = [_Pair(*row) for row in _columns(examples, "anchor", "positive", "row")]
    return _triplets(
        pairs, _Negatives(examples.texts("positive"), _known_positives(pairs), {}), generator
    )


def _triplets_to_pairs(examples: Examples, _: np.random.Generator) -> Pairs:
    return Pairs(examples.table.select(["anchor", "positive", "row"]))


def _retrieval_to_pairs(examples: Examples, _: np.random.Generator) -> Pairs:
    return _pairs(_answers(examples))


def _retrieval_to_triplets(examples: Examples, generator: np.random.Generator) -> Triplets:
    pairs = _answers(examples)
    return _triplets(
        pairs, _Negatives(examples.texts("document"), _known_positives(pairs), {}), generator
    )


def _answers(examples: Examples) -> list[_Pair]:
    """Pair queries with relevant documents, from the training judgements if there is a split."""
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
    return _pairs(_Pair(one, other, int(rows[position])) for position, one, other in found)


def _to_texts(examples: Examples, _: np.random.Generator) -> Texts:
    """Take each text once, with the row of its first occurrence."""
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


def _known_positives(pairs: Iterable[_Pair]) -> dict[str, set[str]]:
    """Return the known positives of each text, in both directions."""
    positives: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        positives[pair.anchor].add(pair.positive)
        positives[pair.positive].add(pair.anchor)
    return positives


def _pairs(pairs: Iterable[_Pair]) -> Pairs:
    listed = list(pairs)
    table = {
        "anchor": pa.array([pair.anchor for pair in listed], pa.string()),
        "positive": pa.array([pair.positive for pair in listed], pa.string()),
        "row": pa.array([pair.row for pair in listed], pa.int64()),
    }
    return Pairs(pa.table(table))


def _triplets(
    pairs: Sequence[_Pair], negatives: _Negatives, generator: np.random.Generator
) -> Triplets:
    """Return the pairs with their negatives, skipping pairs without a possible negative."""
    found = [(pair, negatives.of(pair.anchor, generator)) for pair in pairs]
    complete = [(pair, texts) for pair, texts in found if texts]
    lists = pa.array([texts for _, texts in complete], pa.list_(pa.string()))
    table = _pairs(pair for pair, _ in complete).table
    return Triplets(table.add_column(2, "negatives", lists))


_Conversion = Callable[[Examples, np.random.Generator], Examples]
_CONVERSIONS: dict[tuple[Kind, Kind], _Conversion] = {
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
