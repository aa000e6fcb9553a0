"""Rows that occur in two files: a model must not be tested on its training data."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.data.splits.near_duplicates import groups
from tunesmith.kinds import Examples, Retrieval, Triplets
from tunesmith.results.finding import FIRST_ROWS, Finding, Severity
from tunesmith.wording import plural


def overlap(train: Examples, other: Examples, other_name: str) -> tuple[Finding, ...]:
    """Find rows of ``train`` that are duplicates or near-duplicates of rows of ``other``.

    Parameters
    ----------
    train
        The training data.
    other
        The evaluation data.
    other_name
        The other file's name, for the message.

    Returns
    -------
    At most one finding. ``faulty`` holds the positions in ``train`` to drop, so that the model is
    evaluated on unseen texts.
    """
    whole = [[("\n".join(row),) for row in _rows(examples)] for examples in (train, other)]
    return _finding(train, *_shared(whole[0], [*chain.from_iterable(whole[1])]), other_name)


def overlap_with_queries(train: Examples, other: Examples, other_name: str) -> tuple[Finding, ...]:
    """Find rows of ``train`` with a text that is a near-duplicate of a query of ``other``.

    Shared documents are allowed, because a corpus is known before anyone searches it. Parameters
    and result are those of :func:`overlap`; the first text of a row is its query.
    """
    queries = list(dict.fromkeys(row[0] for row in _rows(other)))
    return _finding(train, *_shared(_all_texts(train), queries), other_name)


def rows_with(examples: Examples, texts: Sequence[str]) -> NDArray[np.bool_]:
    """Return whether each row has a near-duplicate of one of these texts, shape (n,).

    Examples
    --------
    >>> from tunesmith.kinds import Texts
    >>> table = pa.table({"text": ["Where is my card?", "Close my account"], "row": [1, 2]})
    >>> rows_with(Texts(table), ["where is my card"]).tolist()
    [True, False]
    """
    return _shared(_all_texts(examples), texts)[0]


def _shared(rows: Sequence[Sequence[str]], texts: Sequence[str]) -> tuple[NDArray[np.bool_], int]:
    """Return which rows contain one of the texts, and how many of the texts occur in a row."""
    group = groups([*chain.from_iterable(rows), *texts])
    row_of = np.repeat(np.arange(len(rows)), [len(own) for own in rows])
    row_groups, text_groups = group[: len(row_of)], group[len(row_of) :]
    shared = np.zeros(len(rows), dtype=np.bool_)
    shared[row_of[np.isin(row_groups, text_groups)]] = True
    return shared, int(np.isin(text_groups, row_groups).sum())


def _finding(
    train: Examples, shared: NDArray[np.bool_], count: int, name: str
) -> tuple[Finding, ...]:
    indices = np.flatnonzero(shared)
    if not len(indices):
        return ()
    return (
        Finding(
            code="overlap",
            severity=Severity.WARNING,
            count=len(indices),
            message=f"{plural(count, 'row')} of {name} also found in "
            f"{plural(len(indices), 'row')} of the training data (duplicates or near-duplicates).",
            advice="Drop those rows from the training data, so that the test remains unbiased.",
            rows=tuple(train.rows[indices[:FIRST_ROWS]].tolist()),
            faulty=tuple(indices.tolist()),
        ),
    )


def _rows(examples: Examples) -> list[tuple[str, ...]]:
    """Return the texts of each row; for a relevance judgement, its query and its document."""
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
    """Return the texts of each row, including the negatives of triplets."""
    if not isinstance(examples, Triplets):
        return _rows(examples)
    negatives = examples.table["negatives"].to_pylist()
    return [(*row, *own) for row, own in zip(_rows(examples), negatives, strict=True)]
