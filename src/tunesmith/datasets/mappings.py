"""Retrieval data in memory: mappings of queries, documents and judgements."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tunesmith.data.column_names import is_known
from tunesmith.data.loaded import Loaded, RetrievalFiles
from tunesmith.data.reading.beir import judgement_columns
from tunesmith.data.reading.in_memory import as_table, table_digest
from tunesmith.data.reading.lists_of_rows import BY_LABEL
from tunesmith.data.reading.query_documents import judgements_of
from tunesmith.data.reading.read import read
from tunesmith.data.word_count import word_count
from tunesmith.datasets.collection import read_documents
from tunesmith.errors import UsageError

_JUDGED: Final = ("qrels", "relevant_docs", "judgements")
_SPLIT: Final = "all"
_ROWS_OF_EACH: Final = 5
_LABEL_WORDS: Final = 3


def loaded_mapping(source: Mapping[Any, Any], *, of_documents: bool = False) -> Loaded:
    """Return a mapping as a source: retrieval data, queries with documents, or rows by number.

    Parameters
    ----------
    source
        ``queries``, ``corpus`` and ``qrels``, each a mapping by id or a table; a mapping of each
        query to an id, a list of ids, or a mapping of id to grade; or a mapping of each row's
        number or name to its text or to a dictionary of columns.
    of_documents
        Whether the documents are given as well, so that the keys must be queries.

    Raises
    ------
    DataError
        A part cannot be read.
    UsageError
        The mapping is empty, or it is not clear what its keys are.

    Examples
    --------
    >>> loaded = loaded_mapping({"my card is lost": ["d1", "d2"], "a fee": {"d2": 3}})
    >>> loaded.table.to_pylist()[-1]
    {'query': 'a fee', 'document': 'd2', 'score': '3'}
    """
    if not source:
        raise UsageError("the mapping is empty", hint="give at least one query", option="source")
    judged = next((source[name] for name in _JUDGED if name in source), None)
    if judged is not None and {"queries", "corpus"} <= source.keys():
        return _retrieval(source["queries"], source["corpus"], judged)
    if not of_documents and _holds_rows(source):
        return read(list(source.values()))
    if _mostly_numbers(source):
        raise UsageError(
            "the keys of the mapping are numbers: they are neither queries nor column names",
            hint="pass a list of rows, a dictionary of columns with names, or the queries' texts "
            "as keys; with ids, pass `queries`, `corpus` and `qrels`",
            option="source",
        )
    if not of_documents and (labels := _labelled_texts(source)) is not None:
        return labels
    rows = [
        row for query, found in source.items() for row in judgements_of(str(query), found, _NAME)
    ]
    table = _table(rows, ("query", "document", "score"))
    graded = any(isinstance(found, Mapping) for found in source.values())
    return read(table if graded else table.drop_columns("score"))


def _holds_rows(source: Mapping[Any, Any]) -> bool:
    """Return whether the values are rows: texts by number, or objects that hold texts.

    Examples
    --------
    >>> _holds_rows({1: "my card", 2: "a fee"}), _holds_rows({"a fee": {"d1": 2}})
    (True, False)
    """
    values = list(source.values())
    if all(isinstance(value, Mapping) for value in values):
        named = any(is_known(str(name)) for value in values for name in value)
        cells = (cell for value in values for cell in value.values())
        return (named or _mostly_numbers(source)) and any(isinstance(cell, str) for cell in cells)
    return _mostly_numbers(source) and all(isinstance(value, str | None) for value in values)


def _labelled_texts(source: Mapping[Any, Any]) -> Loaded | None:
    """Return texts with their labels; None if keys and values are not texts and labels.

    A text has a label that repeats; or a label has a list of many texts.
    """
    values = list(source.values())
    if all(isinstance(value, str) for value in values) and _are_labels(values):
        rows, note = list(source.items()), "keys are texts, values are labels"
    elif all(isinstance(value, list) for value in values):
        rows = [(text, label) for label, texts in source.items() for text in texts]
        note = BY_LABEL
        if not _are_labels([label for _, label in rows]) or _are_labels([row[0] for row in rows]):
            return None
    else:
        return None
    loaded = read([{"text": text, "label": str(label)} for text, label in rows])
    return replace(loaded, notes=(*loaded.notes, note))


def _are_labels(values: Sequence[Any]) -> bool:
    """Return whether values are short and repeat often, unlike ids of documents.

    Examples
    --------
    >>> _are_labels(["lift", "water"] * 5), _are_labels(["d1", "d2"] * 5)
    (True, False)
    """
    distinct = {str(value) for value in values}
    if len(distinct) < 2 or _ROWS_OF_EACH * len(distinct) > len(values):
        return False
    return all(
        word_count(value) <= _LABEL_WORDS and not any(map(str.isdigit, value)) for value in distinct
    )


def _mostly_numbers(keys: Collection[Any]) -> bool:
    numbers = sum(isinstance(key, int) or str(key).strip().isdecimal() for key in keys)
    return 2 * numbers > len(keys)


_NAME: Final = "the mapping"


def _retrieval(queries: object, corpus: object, judged: object) -> Loaded:
    texts, documents = (read_documents(part).corpus for part in (queries, corpus))
    names = ("query-id", "corpus-id", "score")
    if isinstance(judged, Mapping):
        rows = [
            row
            for query, found in judged.items()
            for row in judgements_of(str(query), found, _NAME)
        ]
        table = _table(rows, names)
    else:
        given = as_table(judged)
        table = given.select(judgement_columns(given.column_names, "qrels")).rename_columns(names)
        table = pa.table({name: table[name].cast(pa.string()) for name in names})
    splits = pa.array([_SPLIT] * table.num_rows, pa.string())
    return Loaded(
        table.append_column("split", splits),
        np.arange(1, table.num_rows + 1, dtype=np.int64),
        name="the mapping",
        digest=table_digest(pa.concat_tables([texts, documents])) + table_digest(table),
        retrieval=RetrievalFiles(
            texts.drop_columns(["title"]), documents, "queries, corpus and qrels"
        ),
    )


def _table(rows: list[tuple[str, str, str]], names: tuple[str, ...]) -> pa.Table:
    columns: Iterator[tuple[str, ...]] = zip(*rows, strict=True)
    return pa.table(
        {name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)}
    )
