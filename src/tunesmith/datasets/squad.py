"""Questions with the contexts that answer them, as in SQuAD, as retrieval data."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tunesmith.data.column_names import plain_name
from tunesmith.data.detection.cell_values import as_strings, is_string, parsed, yes_or_no
from tunesmith.data.loaded import Loaded, RetrievalFiles
from tunesmith.errors import DataError
from tunesmith.kinds import Kind

_ANSWERS: Final = ("answers_text", "answers")
_IMPOSSIBLE: Final = "is_impossible"
_NO_TEXT: Final = re.compile(r"""['"]text['"]\s*:\s*(?:array\()?\[\s*\]""")
_SPLIT: Final = "all"


def with_contexts(
    loaded: Loaded, kind: Kind | str | None, columns: Mapping[str, str] | None
) -> Loaded:
    """Return SQuAD's rows as questions and the contexts of all of them; other data unchanged.

    Questions without an answer in their context are left out, but their contexts are documents.

    Parameters
    ----------
    loaded
        A source with the columns ``question``, ``context``, and ``answers`` or ``is_impossible``.
    kind, columns
        What the user asked for: with another kind or with columns, the rows stay as they are.

    Raises
    ------
    DataError
        No question has an answer.

    Examples
    --------
    >>> from tunesmith.data import read
    >>> row = {"question": "Who?", "context": "Ann did.", "answers": {"text": ["Ann"]}}
    >>> with_contexts(read([row]), None, None).table["query-id"].to_pylist()
    ['row 1']
    """
    own = None if loaded.retrieval is None else loaded.retrieval.rows
    if kind not in (None, Kind.RETRIEVAL) or columns:
        return own or loaded
    named = {plain_name(name): name for name in reversed(loaded.table.column_names)}
    if loaded.retrieval is not None or not _are_squad(loaded.table, named):
        return loaded
    return _joined(loaded, named)


def _are_squad(table: pa.Table, named: Mapping[str, str]) -> bool:
    texts = [named.get(name) for name in ("question", "context")]
    if not all(name is not None and is_string(table[name].type) for name in texts):
        return False
    return _IMPOSSIBLE in named or any(name in named for name in _ANSWERS)


def _joined(loaded: Loaded, named: Mapping[str, str]) -> Loaded:
    table = loaded.table
    questions, contexts = (
        as_strings(table[named[name]]).to_pylist() for name in ("question", "context")
    )
    answered, numbers = _answered(table, named), loaded.rows.tolist()
    documents = _first_rows(contexts, numbers)
    rows = list(zip(numbers, questions, contexts, answered, strict=True))
    used = [row for row in rows if row[1] and row[2] and row[3]]
    queries = _first_rows([row[1] for row in used], [row[0] for row in used])
    if not used:
        raise DataError(f"no question of {loaded.name} has an answer", file=loaded.name)
    texts = RetrievalFiles(
        _strings(id=_ids("row", queries), text=list(queries)),
        _strings(id=_ids("context", documents), title=[None] * len(documents), text=[*documents]),
        "SQuAD's questions and contexts",
        incomplete=tuple(row[0] for row in rows if not (row[1] and row[2])),
        unanswered=tuple(row[0] for row in rows if row[1] and row[2] and not row[3]),
        rows=loaded,
    )
    judgements = _strings(
        **{
            "query-id": [f"row {queries[row[1]]}" for row in used],
            "corpus-id": [f"context {documents[row[2]]}" for row in used],
            "score": ["1"] * len(used),
            "split": [_SPLIT] * len(used),
        }
    )
    kept = np.array([row[0] for row in used], dtype=np.int64)
    note = "queries from 'question', documents from 'context'; answers and titles are not used"
    notes = (*loaded.notes, note)
    return replace(loaded, table=judgements, rows=kept, notes=notes, retrieval=texts)


def _first_rows(texts: Sequence[str | None], numbers: Sequence[int]) -> dict[str, int]:
    """Return the number of the first row of each text."""
    found: dict[str, int] = {}
    for text, number in zip(texts, numbers, strict=True):
        if text:
            found.setdefault(text, number)
    return found


def _ids(what: str, texts: Mapping[str, int]) -> list[str]:
    return [f"{what} {number}" for number in texts.values()]


def _strings(**columns: Sequence[str | None]) -> pa.Table:
    return pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})


def _answered(table: pa.Table, named: Mapping[str, str]) -> list[bool]:
    """Return whether each question has an answer; it has if the file says nothing about it."""
    column = next((named[name] for name in _ANSWERS if name in named), None)
    found = [True] * int(table.num_rows)
    if column is not None and table[column].null_count < table.num_rows:
        found = [_has_text(cell) for cell in table[column].to_pylist()]
    if _IMPOSSIBLE in named:
        flags = as_strings(table[named[_IMPOSSIBLE]]).to_pylist()
        found = [answer and yes_or_no(flag) != 1 for answer, flag in zip(found, flags, strict=True)]
    return found


def _has_text(cell: Any) -> bool:
    """Return whether a cell holds an answer; objects may be written as Python or NumPy does."""
    if isinstance(cell, str):
        if _NO_TEXT.search(cell):
            return False
        cell = parsed(cell) if cell.lstrip()[:1] in ("[", "{") else cell
        if cell is None:  # with arrays of NumPy
            return True
    texts = cell.get("text") if isinstance(cell, Mapping) else cell
    return any(texts) if isinstance(texts, list) else texts is not None
