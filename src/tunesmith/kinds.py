"""The nine kinds of training data, as frozen dataclasses over Arrow tables.

Each wraps one Arrow table with a fixed set of columns, named after their roles, and a column
``row``: the row number in the user's file, counted from 1 without the header.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar, Literal, Protocol, Self

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from tunesmith.errors import UsageError

LABEL_MAP = pa.map_(pa.string(), pa.int8())
"""The Arrow type of several labels: a map from name to 1 or 0; unknown labels are absent."""
CorpusType = Literal["open", "closed"]
"""Whether unseen documents will be added to the corpus (``"open"``) or not (``"closed"``)."""


class Kind(StrEnum):
    """The kind of training data."""

    LABELLED = "labelled"
    MULTILABEL = "multilabel"
    PAIRS = "pairs"
    LABELLED_PAIRS = "labelled_pairs"
    SCORED_PAIRS = "scored_pairs"
    NLI = "nli"
    TRIPLETS = "triplets"
    RETRIEVAL = "retrieval"
    TEXTS = "texts"


@dataclass(frozen=True, eq=False, repr=False)
class Examples:
    """Examples of one kind.

    Parameters
    ----------
    table
        An Arrow table with the columns of ``roles`` and the integer column ``row``.
    """

    kind: ClassVar[Kind]
    roles: ClassVar[tuple[str, ...]]
    text_roles: ClassVar[tuple[str, ...]]

    table: pa.Table

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __repr__(self) -> str:
        """Return kind, rows and roles, without any text of the data."""
        return f"{type(self).__name__}({len(self)} rows, {', '.join(self.roles)})"

    @property
    def rows(self) -> NDArray[np.int64]:
        """The row numbers in the user's file, shape (n,)."""
        return np.asarray(self.table["row"].to_numpy(), dtype=np.int64)

    def texts(self, role: str | None = None) -> list[str]:
        """Return the texts of one role, by default the first role."""
        return [str(text) for text in self.table[role or self.text_roles[0]].to_pylist()]

    def all_texts(self) -> list[str]:
        """Return the texts of all roles, one role after the other."""
        return [text for role in self.text_roles for text in self.texts(role)]

    def take(self, indices: Sequence[int] | NDArray[np.integer]) -> Self:
        """Return the examples at these positions, in this order."""
        positions = pa.array(np.asarray(indices, dtype=np.int64))
        return replace(self, table=self.table.take(positions))


@dataclass(frozen=True, eq=False, repr=False)
class Labelled(Examples):
    """A text and its label."""

    kind = Kind.LABELLED
    roles = ("text", "label")
    text_roles = ("text",)

    @property
    def labels(self) -> NDArray[np.str_]:
        """The labels as strings, shape (n,)."""
        return np.asarray([str(label) for label in self.table["label"].to_pylist()], dtype=np.str_)

    @property
    def classes(self) -> tuple[str, ...]:
        """The distinct labels, sorted."""
        return tuple(str(name) for name in np.unique(self.labels))


@dataclass(frozen=True, eq=False, repr=False)
class Multilabel(Examples):
    """A text and several labels, each 1, 0 or unknown.

    The column ``labels`` is an Arrow map from label name to 0 or 1. A label missing from a row's
    map is unknown.
    """

    kind = Kind.MULTILABEL
    roles = ("text", "labels")
    text_roles = ("text",)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of all labels, sorted."""
        return tuple(sorted({str(name) for row in self._maps() for name in row}))

    def matrix(self, classes: Sequence[str] | None = None) -> NDArray[np.float32]:
        """Return the labels as 1, 0 or NaN (unknown), float32, shape (n, labels)."""
        position = {name: column for column, name in enumerate(classes or self.classes)}
        known = np.full((len(self), len(position)), np.nan, dtype=np.float32)
        for index, row in enumerate(self._maps()):
            for name, value in row.items():
                if name in position:
                    known[index, position[name]] = value
        return known

    def _maps(self) -> list[dict[str, int]]:
        return [dict(row or ()) for row in self.table["labels"].to_pylist()]


@dataclass(frozen=True, eq=False, repr=False)
class Pairs(Examples):
    """A positive pair: an anchor and a matching text."""

    kind = Kind.PAIRS
    roles = ("anchor", "positive")
    text_roles = ("anchor", "positive")


@dataclass(frozen=True, eq=False, repr=False)
class LabelledPairs(Examples):
    """Two texts, and whether they match (1 or 0)."""

    kind = Kind.LABELLED_PAIRS
    roles = ("text1", "text2", "label")
    text_roles = ("text1", "text2")


@dataclass(frozen=True, eq=False, repr=False)
class ScoredPairs(Examples):
    """Two texts and their similarity score, 0 to 1."""

    kind = Kind.SCORED_PAIRS
    roles = ("text1", "text2", "score")
    text_roles = ("text1", "text2")


@dataclass(frozen=True, eq=False, repr=False)
class Nli(Examples):
    """A premise, a hypothesis, and their relation: entailment, neutral or contradiction."""

    kind = Kind.NLI
    roles = ("premise", "hypothesis", "label")
    text_roles = ("premise", "hypothesis")


@dataclass(frozen=True, eq=False, repr=False)
class Triplets(Examples):
    """An anchor, a positive, and a list of one or more negatives."""

    kind = Kind.TRIPLETS
    roles = ("anchor", "positive", "negatives")
    text_roles = ("anchor", "positive")


@dataclass(frozen=True, eq=False, repr=False)
class Retrieval(Examples):
    """Queries, a corpus, and relevance judgements.

    ``table`` holds the judgements, with the ids ``query`` and ``document``, the ``score``, and
    the judgement file's name as ``split``. ``queries`` and ``corpus`` hold the texts by id.
    """

    kind = Kind.RETRIEVAL
    roles = ("query", "document", "score", "split")
    text_roles = ()

    queries: pa.Table
    corpus: pa.Table

    def texts(self, role: str | None = None) -> list[str]:
        """Return the texts of all queries (the default) or, with ``"document"``, the corpus."""
        table = self.corpus if role == "document" else self.queries
        return [str(text) for text in table["text"].to_pylist()]

    def answered(self) -> set[str]:
        """Return the ids of the queries that have a relevant document."""
        return {query for query, _ in self._relevant()}

    def own_copies(self) -> frozenset[str]:
        """Return the ids of queries whose document of the same id is not a candidate for them.

        As in BEIR, a document with the query's id is the query itself. It is another document if
        it is relevant and has another text: then both are only numbered in the same way.
        """
        queries, documents = (
            dict(zip(map(str, table["id"].to_pylist()), table["text"].to_pylist(), strict=True))
            for table in (self.queries, self.corpus)
        )
        itself = {query for query, document in self._relevant() if query == document}
        shared = queries.keys() & documents.keys()
        return frozenset(
            name for name in shared if name not in itself or queries[name] == documents[name]
        )

    def repeated(self, role: str | None = None) -> int:
        """Return how many queries, or with ``"document"`` documents, repeat an earlier text.

        Equal texts have equal vectors, so they count as one query or one document.
        """
        texts = self.texts(role)
        return len(texts) - len(set(texts))

    def _relevant(self) -> Iterator[tuple[str, str]]:
        columns = (self.table[name].to_pylist() for name in ("query", "document", "score"))
        for query, document, score in zip(*columns, strict=True):
            if score is not None and score > 0:
                yield str(query), str(document)


@dataclass(frozen=True, eq=False, repr=False)
class Texts(Examples):
    """Unlabelled texts."""

    kind = Kind.TEXTS
    roles = ("text",)
    text_roles = ("text",)


KINDS: dict[Kind, type[Examples]] = {
    cls.kind: cls
    for cls in (
        Labelled,
        Multilabel,
        Pairs,
        LabelledPairs,
        ScoredPairs,
        Nli,
        Triplets,
        Retrieval,
        Texts,
    )
}


class HasExamples(Protocol):
    """Anything with examples, such as a data set."""

    @property
    def examples(self) -> Examples:
        """The rows in the schema of their kind."""
        ...


def labels_of_rows(examples: Multilabel, rows: Collection[int]) -> dict[int, set[str]]:
    """Return the labels of rows by their numbers; a row without an example has an empty set.

    Examples
    --------
    >>> data = labelled_examples(["a", "b"], [[1, 0], [1, 1]])
    >>> {row: sorted(names) for row, names in labels_of_rows(data, [2, 3]).items()}
    {2: ['0', '1'], 3: []}
    """
    found: dict[int, set[str]] = {row: set() for row in rows}
    cells = zip(examples.rows.tolist(), examples.table["labels"].to_pylist(), strict=True)
    for row, cell in cells:
        if row in found:
            found[row] = {name for name, value in cell or () if value}
    return found


def labelled_examples(texts: Sequence[str], labels: ArrayLike) -> Labelled | Multilabel:
    """Return texts and their labels as examples.

    Parameters
    ----------
    texts
        n texts.
    labels
        One label each, shape (n,); or 1, 0 and NaN for unknown, shape (n, labels).

    Raises
    ------
    UsageError
        The numbers of texts and labels differ.

    Examples
    --------
    >>> labelled_examples(["a card", "an order"], ["card", "order"]).classes
    ('card', 'order')
    >>> labelled_examples(["a card"], [[1, float("nan")]]).kind
    <Kind.MULTILABEL: 'multilabel'>
    """
    values = np.asarray(labels)
    if len(values) != len(texts):
        raise UsageError(f"there are {len(texts)} texts but {len(values)} labels")
    columns = {"text": pa.array(texts, pa.string()), "row": np.arange(1, len(texts) + 1)}
    if values.ndim == 1:
        names = pa.array([str(value) for value in values.tolist()], pa.string())
        return Labelled(pa.table({**columns, "label": names}))
    width = len(str(values.shape[1]))
    maps = [
        [(f"{index:0{width}}", int(one)) for index, one in enumerate(row) if one == one]  # noqa: PLR0124 - NaN is unknown
        for row in values.tolist()
    ]
    return Multilabel(pa.table({**columns, "labels": pa.array(maps, LABEL_MAP)}))
