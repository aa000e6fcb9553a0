"""Rows that stand in two files: what was learned from cannot be measured on."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.data.checks.context import FIRST_ROWS
from tunesmith.data.splits.near_duplicates import groups
from tunesmith.kinds import Examples, Retrieval, Triplets
from tunesmith.results.summary import Finding, Severity
from tunesmith.wording import plural


def overlap(train: Examples, other: Examples, other_name: str) -> tuple[Finding, ...]:
    """Find rows of ``train`` that also stand, equal or nearly so, in ``other``.

    Parameters
    ----------
    train
        What a model learns from.
    other
        What it is measured on.
    other_name
        The other file's name, for the message.

    Returns
    -------
    At most one finding. ``faulty`` holds the positions in ``train`` to leave out, so that the
    model is measured on texts it has not seen.
    """
    whole = [[("\n".join(row),) for row in _rows(examples)] for examples in (train, other)]
    return _finding(train, *_shared(whole[0], [*chain.from_iterable(whole[1])]), other_name)


def overlap_with_queries(train: Examples, other: Examples, other_name: str) -> tuple[Finding, ...]:
    """Find rows of ``train`` any text of which is, or nearly is, a query of ``other``.

    Its documents are there before anyone asks for them. Parameters and result are those of
    :func:`overlap`; the query of a row is its first text.
    """
    queries = list(dict.fromkeys(row[0] for row in _rows(other)))
    return _finding(train, *_shared(_all_texts(train), queries), other_name)


def rows_with(examples: Examples, texts: Sequence[str]) -> NDArray[np.bool_]:
    """Return which rows have a text that is, or nearly is, one of these; shape (n,).

    Examples
    --------
    >>> from tunesmith.kinds import Texts
    >>> table = pa.table({"text": ["Where is my card?", "Close my account"], "row": [1, 2]})
    >>> rows_with(Texts(table), ["where is my card"]).tolist()
    [True, False]
    """
    return _shared(_all_texts(examples), texts)[0]


def _shared(rows: Sequence[Sequence[str]], texts: Sequence[str]) -> tuple[NDArray[np.bool_], int]:
    """Return which rows have one of the texts, and how many of the texts are in one of the rows."""
    group = groups([*chain.from_iterable(rows), *texts])
    place = np.repeat(np.arange(len(rows)), [len(own) for own in rows])
    mine, theirs = group[: len(place)], group[len(place) :]
    shared = np.zeros(len(rows), dtype=np.bool_)
    shared[place[np.isin(mine, theirs)]] = True
    return shared, int(np.isin(theirs, mine).sum())


def _finding(
    train: Examples, shared: NDArray[np.bool_], there: int, name: str
) -> tuple[Finding, ...]:
    places = np.flatnonzero(shared)
    if not len(places):
        return ()
    return (
        Finding(
            code="overlap",
            severity=Severity.WARNING,
            count=len(places),
            message=f"{plural(there, 'row')} of {name} also, or almost, in "
            f"{plural(len(places), 'row')} of the training data.",
            advice="Leave those rows out of the training, so that the measurement stays honest.",
            rows=tuple(train.rows[places[:FIRST_ROWS]].tolist()),
            faulty=tuple(places.tolist()),
        ),
    )


def _rows(examples: Examples) -> list[tuple[str, ...]]:
    """Return the texts of each row; of a judgement those of its query and its document."""
    if isinstance(examples, Retrieval):
        tables = {"query": examples.queries, "document": examples.corpus}
        columns = [_looked_up(examples, role, table) for role, table in tables.items()]
    else:
        columns = [examples.texts(role) for role in examples.text_roles]
    return list(zip(*columns, strict=True))


def _looked_up(examples: Examples, role: str, table: pa.Table) -> list[str]:
    names, texts = (table[column].to_pylist() for column in ("id", "text"))
    known = dict(zip(names, texts, strict=True))
    return [known[name] or "" for name in examples.table[role].to_pylist()]


def _all_texts(examples: Examples) -> list[tuple[str, ...]]:
    """Return the texts of each row, the negatives of triplets among them."""
    if not isinstance(examples, Triplets):
        return _rows(examples)
    negatives = examples.table["negatives"].to_pylist()
    return [(*row, *own) for row, own in zip(_rows(examples), negatives, strict=True)]
