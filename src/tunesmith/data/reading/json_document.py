"""Read a JSON document: a list of rows, or an object of columns as pandas writes it."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tunesmith.data.column_names import TEXT, is_known, plain_name
from tunesmith.data.loaded import Records
from tunesmith.data.reading.json_lines import holds_json_lines, read_json_lines
from tunesmith.data.reading.json_rows import (
    NotARow,
    RowTable,
    arrow_column,
    parsed,
    reason,
    what,
)
from tunesmith.data.reading.lists_of_rows import (
    BY_LABEL,
    split_note,
    texts_by_label,
    training_split,
)
from tunesmith.data.reading.missing import known
from tunesmith.data.reading.squad import squad_records
from tunesmith.data.word_count import word_count
from tunesmith.errors import UnreadableFile
from tunesmith.wording import listing

MAX_DOCUMENT_BYTES = 128 * 2**20
"""Size limit for a JSON document, which is read whole; JSON Lines are read line by line."""

_FEWEST_PAIRS = 10
_UNFINISHED = re.compile(rb'\s*(?:[\[{]|\[\s*\{|\[\s*\{\s*".*\},)\s*')
_RASA = "rasa_nlu_data"
_SEVERAL = "save one list of objects, or JSON Lines with one object per line"
_RECORDS = "save it as a list of objects, such as with pandas' orient='records'"


def holds_json(path: Path) -> bool:
    """Return whether a file of another name is one JSON document, complete or not.

    An incomplete one counts if its first line can hardly be a text or a row of a table. JSON Lines
    do not count.
    """
    with path.open("rb") as file:
        first, *more = [*islice(filter(bytes.strip, file), 2)] or [b""]
    if first.lstrip()[:1] not in (b"[", b"{") or path.stat().st_size > MAX_DOCUMENT_BYTES:
        return False
    if more and _is_document(first):
        return False
    return bool(_UNFINISHED.fullmatch(first)) or _is_document(path.read_bytes())


def _is_document(content: bytes) -> bool:
    try:
        value = parsed(content)
    except (ValueError, RecursionError):
        return False
    first = next(iter(value), None) if isinstance(value, list | dict) else None
    return isinstance(first, dict | list | str)


def read_json(path: Path, name: str) -> Records:
    """Read a UTF-8 file with a list of objects or arrays, or one object of columns.

    A file that turns out to be JSON Lines is read as JSON Lines.

    Raises
    ------
    UnreadableFile
        The file is not valid JSON, larger than 128 MiB, or has another structure.
    """
    if path.stat().st_size > MAX_DOCUMENT_BYTES:
        raise UnreadableFile(
            f"{name} is a JSON document larger than {MAX_DOCUMENT_BYTES // 2**20} MiB",
            hint="save it as JSON Lines, with one object per line, in a .jsonl file",
            file=name,
        )
    try:
        document = parsed(path.read_bytes())
    except (ValueError, RecursionError) as error:
        if holds_json_lines(path):
            return read_json_lines(path, name)
        raise _invalid(error, name) from error
    return _document_rows(document, name)


def _invalid(error: ValueError | RecursionError, name: str) -> UnreadableFile:
    if not isinstance(error, json.JSONDecodeError):
        return UnreadableFile(f"{name} is not valid JSON: {reason(error)}", file=name)
    before = error.doc[: error.pos].rstrip()
    hint = _SEVERAL if error.msg == "Extra data" else ""
    return UnreadableFile(
        f"line {error.lineno} of {name} is not valid JSON: {error.msg} (column {error.colno})",
        hint="remove the comma before it" if before.endswith(",") else hint,
        file=name,
        line=error.lineno,
    )


def _document_rows(document: Any, name: str) -> Records:
    if (questions := squad_records(document, name)) is not None:
        return questions
    if isinstance(document, dict) and _RASA in document:
        raise UnreadableFile(
            f"{name} is training data of Rasa ({_RASA})",
            hint="save the list in its common_examples as a JSON file: text and intent are read",
            file=name,
        )
    if isinstance(document, dict) and document:
        return _from_object(document, name)
    if not isinstance(document, list) or not document:
        raise UnreadableFile(
            f"{name} contains {what(document)}",
            hint="it must be a list of objects, or an object of columns",
            file=name,
        )
    return _from_list(document, name)


def _from_list(document: list[Any], name: str) -> Records:
    rows = RowTable()
    for number, value in enumerate(document, start=1):
        try:
            rows.add(value, number)
        except NotARow as error:
            raise UnreadableFile(
                f"item {number} of {name} cannot be read: {error}", file=name, row=number
            ) from error
    return rows.records()


def _from_object(document: Mapping[str, Any], name: str) -> Records:
    if (records := _listed_records(document, name)) is not None:
        return records
    if all(isinstance(value, dict) and value for value in document.values()):
        nested = _nested_records(document, name)
        return nested if nested is not None else _from_keyed(document, name)
    if not all(isinstance(value, list) for value in document.values()):
        return _from_fields(document, name)
    return _from_columns(document, name)


def _listed_records(document: Mapping[str, Any], name: str) -> Records | None:
    """Return the rows of pandas' orients, of a training split, of labels, or of the only list."""
    rows = document.get("data")
    if isinstance(rows, list) and set(document) <= {"columns", "index", "data", "schema"}:
        return _from_data(document, rows, name)
    if (split := training_split(document)) is not None:
        return _noted(_document_rows(document[split], name), split_note(split, document))
    if (labelled := texts_by_label(document)) is not None:
        texts, labels = map(list, zip(*labelled, strict=True))
        return _noted(_table_records({"text": texts, "label": labels}), BY_LABEL)
    only = next(iter(document.values()))
    if len(document) == 1 and isinstance(only, list) and all(isinstance(row, dict) for row in only):
        return _document_rows(only, name)  # {"rows": [{…}, …]}
    return None


def _from_fields(document: Mapping[str, Any], name: str) -> Records:
    """Return the rows of an object with other fields, or the object as the only row."""
    if (key := _rows_key(document)) is not None:
        return _noted(_document_rows(document[key], name), _rows_note(key))
    if (nested := _nested_records(document, name)) is not None:
        return nested
    if any(isinstance(value, str) for value in document.values()):
        return _from_texts(document) or _from_list([document], name)
    wrong = next(key for key, value in document.items() if not isinstance(value, list))
    raise UnreadableFile(
        f"{wrong!r} in {name} is not a list: the file must be a list of objects, or an object"
        " of columns",
        file=name,
        column=wrong,
    )


def _nested_records(document: Mapping[str, Any], name: str) -> Records | None:
    keys = _inner_rows_key(document)
    if keys is None:
        return None
    return _noted(_document_rows(document[keys[0]][keys[1]], name), _rows_note(".".join(keys)))


def _from_texts(document: Mapping[str, Any]) -> Records | None:
    """Return texts by number as a column, and texts by text as two; None for a row of columns."""
    if not all(isinstance(value, str) for value in document.values()):
        return None
    texts = [known(value) for value in document.values()]
    if all(map(str.isdecimal, document)):
        return _table_records({"text": texts})
    wordy = sum(len(key.split()) > 1 or word_count(key) >= 3 for key in document)
    if len(document) < _FEWEST_PAIRS or 2 * wordy < len(document) or any(map(is_known, document)):
        return None
    records = _table_records({"key": list(document), "value": texts})
    return replace(records, notes=("an object of texts: columns are named key, value",))


def _noted(records: Records, note: str) -> Records:
    return replace(records, notes=(*records.notes, *filter(None, [note])))


def _rows_note(key: str) -> str:
    return f"the rows are read from {key!r}, other fields are left out"


def _inner_rows_key(document: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the keys of the rows that are one object deeper, as in Elasticsearch's responses.

    Examples
    --------
    >>> hits = [{"_id": "1", "_source": {"body": "a"}}, {"_id": "2", "_source": {"body": "b"}}]
    >>> _inner_rows_key({"took": 3, "hits": {"total": 2, "hits": hits}})
    ('hits', 'hits')
    """
    inner = {key: value for key, value in document.items() if isinstance(value, dict) and value}
    found = [(key, rows) for key, value in inner.items() if (rows := _rows_key(value)) is not None]
    return found[0] if len(found) == 1 else None


def _rows_key(document: Mapping[str, Any]) -> str | None:
    """Return the key of the rows of a response of a web service, if no other field is a text.

    Examples
    --------
    >>> _rows_key({"status": "ok", "count": 2, "results": [{"body": "a"}, {"body": "b"}]})
    'results'
    """
    lists = [key for key, value in document.items() if isinstance(value, list)]
    named = any(
        isinstance(value, str) and plain_name(key) in TEXT for key, value in document.items()
    )
    if len(lists) != 1 or named:
        return None
    rows = document[lists[0]]
    return lists[0] if len(rows) > 1 and all(isinstance(row, dict) for row in rows) else None


def _from_data(document: Mapping[str, Any], rows: list[Any], name: str) -> Records:
    """Return the rows of pandas' orients ``split`` and ``table``, and of ``{"data": […]}``."""
    names = document.get("columns")
    if not isinstance(names, list):
        return _document_rows(rows, name)
    wrong = next((number for number, row in enumerate(rows, 1) if len(row) != len(names)), None)
    if wrong is not None:
        raise UnreadableFile(
            f"row {wrong} of {name} has {len(rows[wrong - 1])} values for {len(names)} columns",
            hint=_RECORDS,
            file=name,
            row=wrong,
        )
    return _document_rows([dict(zip(map(str, names), row, strict=True)) for row in rows], name)


def _from_columns(document: Mapping[str, list[Any]], name: str) -> Records:
    if all(isinstance(row, dict) for values in document.values() for row in values):
        raise UnreadableFile(
            f"{name} holds several lists of rows: {listing([repr(key) for key in document])}",
            hint="save each list in a file of its own",
            file=name,
        )
    heights = {key: len(values) for key, values in document.items()}
    if len(set(heights.values())) > 1 or not any(heights.values()):
        shown = ", ".join(f"{key!r} {height}" for key, height in heights.items())
        raise UnreadableFile(
            f"the columns of {name} must have the same length, at least 1; the lengths are {shown}",
            file=name,
        )
    return _table_records({key: known(values) for key, values in document.items()})


def _from_keyed(document: Mapping[str, Mapping[str, Any]], name: str) -> Records:
    """Return the rows of an object of objects: columns keyed by row, or rows keyed by name.

    Values of one row have the same key, whatever their order.
    """
    keys = list(dict.fromkeys(key for inner in document.values() for key in inner))
    if _are_columns(document, keys):
        return _table_records(
            {column: [known(cells.get(key)) for key in keys] for column, cells in document.items()}
        )
    if any(map(is_known, keys)) or all(map(str.isdigit, document)):
        return _from_list(list(document.values()), name)
    raise UnreadableFile(
        f"it is not clear whether the keys of {name}, such as {next(iter(document))!r}, name"
        " columns or rows",
        hint=_RECORDS,
        file=name,
    )


def _are_columns(document: Mapping[str, Any], keys: list[str]) -> bool:
    """Return whether the outer keys are the columns; row keys are numbers or no known names."""
    if all(map(str.isdigit, keys)):
        return True
    return any(map(is_known, document)) and not any(map(is_known, keys))


def _table_records(columns: Mapping[str, list[Any]]) -> Records:
    table = pa.table({key: arrow_column(values) for key, values in columns.items()})
    return Records(table, np.arange(1, table.num_rows + 1, dtype=np.int64))
