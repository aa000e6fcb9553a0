"""Turn the files of other tools into plain columns: fastText, chats, annotation tools.

Each converter returns None for other files. Where annotators disagree, the label is missing, so
that the check reports the rows.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tunesmith.data.column_names import LABEL, LABELS, names_identifier, plain_name
from tunesmith.data.loaded import Records
from tunesmith.data.reading.annotations import (
    Row,
    holds_objects,
    one_each,
    other_columns,
    with_columns,
)
from tunesmith.data.reading.chats import chats
from tunesmith.data.reading.fasttext import fasttext, is_marked
from tunesmith.data.reading.json_rows import arrow_column
from tunesmith.data.reading.prodigy import prodigy
from tunesmith.errors import UnreadableFile

_SET: Final = "set"
_RESPONSES: Final = ".responses"
_SUGGESTION: Final = "-suggestion"
_SEVERAL: Final = re.compile(r'\{\s*"choices"\s*:')
_QRELS: Final = re.compile(r"\s*\S+\s+(?:0|Q0)\s+\S+\s+-?\d+\s*")

_Converter = Callable[[Records, str], Records | None]


def plain_records(records: Records, name: str) -> Records:
    """Return the records of another tool's file as plain columns; others unchanged.

    Raises
    ------
    UnreadableFile
        The file is of a known tool, but holds no labels of texts.
    """
    converters: tuple[_Converter, ...] = (
        fasttext, _qrels, chats, _label_studio, _label_studio_min, _argilla,
        prodigy, _sets,
    )  # fmt: skip
    found = (converter(records, name) for converter in converters)
    return next((converted for converted in found if converted is not None), records)


def begins_with_known_format(path: Path) -> bool:
    """Return whether the first line of a UTF-8 file is that of another tool's file."""
    with path.open("rb") as file:
        line = next(filter(bytes.strip, file), b"").strip()
    text = line.decode(errors="replace")
    if is_marked(text) or _QRELS.fullmatch(text):
        return True
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return False
    if not isinstance(row, dict):
        return False
    table = pa.table({name: arrow_column([value]) for name, value in row.items()})
    records = Records(table, np.ones(1, dtype=np.int64))
    return plain_records(records, path.name) is not records


def _qrels(records: Records, name: str) -> None:
    """Refuse judgements in TREC's format, which hold ids instead of texts."""
    if records.has_header or records.table.num_columns not in (1, 4):
        return
    rows = zip(*(column.to_pylist() for column in records.table.columns), strict=True)
    if all(_QRELS.fullmatch(" ".join(map(str, row))) for row in rows):
        raise UnreadableFile(
            f"{name} holds TREC judgements (query, 0, document, grade): ids without texts",
            hint="pass a BEIR folder: corpus.jsonl and queries.jsonl, with this file in qrels/",
            file=name,
        )


def _sets(records: Records, name: str) -> Records | None:
    """Turn sets of matching texts into pairs of the first text with each of the others."""
    del name
    table = records.table
    others = [each for each in table.column_names if each != _SET]
    if len(others) == len(table.column_names) or not all(map(names_identifier, others)):
        return None
    if not pa.types.is_list(table[_SET].type) or not pa.types.is_string(
        table[_SET].type.value_type
    ):
        return None
    sets = [texts or [None] for texts in table[_SET].to_pylist()]
    columns = {
        "anchor": [texts[0] for texts in sets],
        "positive": [texts[1:] for texts in sets],
    }
    note = "sets of matching texts: the first text of each is paired with the others"
    return with_columns(records, other_columns(table, [_SET]) | columns, note)


def _label_studio(records: Records, name: str) -> Records | None:
    """Take the choices of the annotations of tasks that were not skipped."""
    table = records.table
    if not {"data", "annotations"} <= set(table.column_names):
        return None
    if not holds_objects(table["annotations"], "result"):
        return None
    tasks = [_choices(task or ()) for task in table["annotations"].to_pylist()]
    questions = dict.fromkeys(question for task in tasks for question in task)
    if not questions:
        raise UnreadableFile(
            f"{name} is a Label Studio export without choices",
            hint="only classifications can be used, such as <Choices> for a text",
            file=name,
        )
    names = {each: each for each in questions} if len(questions) > 1 else _label_name(*questions)
    labels = {
        name: one_each([_agreed(task.get(each, [])) for task in tasks])
        for each, name in names.items()
    }
    columns = {"data": table["data"]} | labels
    renamed = [f"; {each!r} is named {name}" for each, name in names.items() if each != name]
    return with_columns(records, columns, "".join([_annotated("Label Studio", tasks), *renamed]))


def _label_name(question: str) -> dict[str, str]:
    """Return the name of the column of the only choices, which are labels whatever their name."""
    plain = plain_name(question)
    return {question: question if plain in LABEL or plain in LABELS else "label"}


def _label_studio_min(records: Records, name: str) -> Records | None:
    """Read columns in which a cell with several choices is ``{"choices": [...]}``."""
    del name
    table, columns = records.table, {}
    for column in table.column_names:
        cells = table[column].to_pylist() if pa.types.is_string(table[column].type) else []
        if any(isinstance(cell, str) and _SEVERAL.match(cell) for cell in cells):
            columns[column] = one_each([_chosen(cell) for cell in cells])
    if not columns:
        return None
    kept = {each: columns.get(each, table[each]) for each in table.column_names}
    return with_columns(records, kept, "Label Studio: cells with several choices are lists")


def _chosen(cell: str | None) -> list[str] | None:
    if not cell:
        return None
    try:
        return [str(choice) for choice in json.loads(cell)["choices"]]
    except (ValueError, TypeError, KeyError):
        return [cell]


def _choices(annotations: Sequence[Row]) -> dict[str, list[list[str]]]:
    """Return the choices of each annotator for each question."""
    answers: dict[str, list[list[str]]] = {}
    for annotation in annotations:
        if annotation.get("was_cancelled"):
            continue
        for result in annotation.get("result") or ():
            chosen = (result.get("value") or {}).get("choices")
            if chosen:
                answers.setdefault(str(result.get("from_name")), []).append(list(chosen))
    return answers


def _argilla(records: Records, name: str) -> Records | None:
    """Take the submitted responses to each question; suggestions are left out."""
    del name
    table = records.table
    rows: list[Row] = []
    if {"fields", "responses"} <= set(table.column_names):
        rows = [_by_question(row) for row in table["responses"].to_pylist()]
        columns: dict[str, Any] = {"fields": table["fields"]}
    elif ends := [each for each in table.column_names if _holds_responses(table, each)]:
        rows = [dict(zip(ends, row, strict=True)) for row in _rows_of(table, ends)]
        others = (*ends, *(each for each in table.column_names if _SUGGESTION in each))
        columns = other_columns(table, others)
    else:
        ends = [each for each in table.column_names if each.endswith(_RESPONSES)]
        questions = [each.removesuffix(_RESPONSES) for each in ends]
        if not ends or not all(f"{each}.suggestion" in table.column_names for each in questions):
            return None
        rows = [dict(zip(questions, row, strict=True)) for row in _rows_of(table, ends)]
        columns = {
            each: table[each]
            for each in table.column_names
            if not any(each.startswith(f"{question}.") for question in questions)
        }
    tasks = [{key: _submitted(found or ()) for key, found in row.items()} for row in rows]
    names = dict.fromkeys(key for task in tasks for key in task)
    labels = {
        str(each): one_each([_agreed(task.get(each, [])) for task in tasks]) for each in names
    }
    return with_columns(records, columns | labels, _annotated("Argilla", tasks))


def _rows_of(table: pa.Table, names: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    return zip(*(table[each].to_pylist() for each in names), strict=True)


def _holds_responses(table: pa.Table, column: str) -> bool:
    """Return whether a column holds the responses to a question, as Argilla 1 writes data sets."""
    suggested = f"{column}{_SUGGESTION}" in table.column_names
    return suggested and holds_objects(table[column], "value")


def _by_question(responses: Any) -> Row:
    """Return the responses to each question; Argilla 1 lists those of each annotator instead."""
    if not isinstance(responses, list):
        return responses or {}
    questions: dict[str, list[Row]] = {}
    for response in responses:
        for question, given in (response.get("values") or {}).items():
            answer = {"value": (given or {}).get("value"), "status": response.get("status")}
            questions.setdefault(question, []).append(answer)
    return questions


def _submitted(responses: Sequence[Any]) -> list[list[str]]:
    """Return the values of responses; each is a value, or an object with its status."""
    values = []
    for response in responses:
        given = response.get("value") if isinstance(response, dict) else response
        status = response.get("status") if isinstance(response, dict) else None
        if given is not None and status in (None, "submitted"):
            values.append([str(one) for one in given] if isinstance(given, list) else [str(given)])
    return values


def _agreed(answers: Sequence[list[str]]) -> list[str] | None:
    """Return the answer of all annotators, or None if they differ or there is none."""
    first = sorted(answers[0]) if answers else None
    return first if all(sorted(answer) == first for answer in answers) else None


def _annotated(tool: str, tasks: Sequence[Mapping[str, list[list[str]]]]) -> str:
    differing = sum(
        any(answers and _agreed(answers) is None for answers in task.values()) for task in tasks
    )
    note = f"{tool}: labels are the submitted annotations, other fields are left out"
    return note + (f"; annotators disagree in {differing:,} rows" if differing else "")
