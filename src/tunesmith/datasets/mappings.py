"""Retrieval data in memory: mappings of queries, documents and judgements."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tunesmith.data.loaded import Loaded, RetrievalFiles
from tunesmith.data.reading.beir import judgement_columns
from tunesmith.data.reading.in_memory import as_table, table_digest
from tunesmith.data.reading.query_documents import judgements_of
from tunesmith.data.reading.read import read
from tunesmith.datasets.collection import read_documents
from tunesmith.errors import UsageError

_JUDGED: Final = ("qrels", "relevant_docs", "judgements")
_SPLIT: Final = "all"


def loaded_mapping(source: Mapping[Any, Any]) -> Loaded:
    """Return a mapping as a source: retrieval data, or queries with the documents they refer to.

    Parameters
    ----------
    source
        ``queries``, ``corpus`` and ``qrels``, each a mapping by id or a table; or a mapping of each
        query to an id, a list of ids, or a mapping of id to grade.

    Raises
    ------
    DataError
        A part cannot be read.
    UsageError
        The mapping is empty.

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
    rows = [
        row for query, found in source.items() for row in judgements_of(str(query), found, _NAME)
    ]
    return read(_table(rows, ("query", "document", "score")))


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
