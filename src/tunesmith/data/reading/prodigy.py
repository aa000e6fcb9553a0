"""Read Prodigy's exports: the accepted options of a choice, or the answer for one label a row.

Only the answer ``accept`` confirms a task. Rows with another answer have no label, so that the
check reports them.
"""

import ast
import json
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from tunesmith.data.loaded import Records
from tunesmith.data.reading.annotations import one_each, other_columns, with_columns
from tunesmith.errors import UnreadableFile
from tunesmith.wording import plural

_ACCEPT: Final = "accept"
_ANSWERS: Final = frozenset([_ACCEPT, "reject", "ignore"])
_OWN: Final = (
    _ACCEPT, "answer", "label", "options", "config", "spans", "tokens", "html", "score", "priority",
)  # fmt: skip
_MARKS: Final = frozenset(["_input_hash", "_task_hash", "_view_id", "spans", "tokens", "relations"])
_MOSTLY: Final = 0.9


def prodigy(records: Records, name: str) -> Records | None:
    """Turn the answers of annotators into a column ``label``.

    Raises
    ------
    UnreadableFile
        The annotations are not labels of texts.
    """
    names = set(records.table.column_names)
    decided = "answer" in names and _are_decisions(records.table["answer"].to_pylist())
    if _ACCEPT in names and (decided or "options" in names):
        return _chosen(records)
    if not decided:
        return None
    if "label" in names:
        return _judged(records)
    if names & _MARKS:
        raise UnreadableFile(
            f"{name} is a Prodigy export without labels of texts",
            hint="only classifications can be used: choices (`accept`), or a `label` per row",
            file=name,
        )
    return None


def _are_decisions(answers: Sequence[Any]) -> bool:
    given = [answer for answer in answers if answer is not None]
    known = sum(_word(answer) in _ANSWERS for answer in given)
    return bool(given) and known >= _MOSTLY * len(given)


def _chosen(records: Records) -> Records:
    """Take the accepted options; ids that are numbers stand for the texts of the options."""
    table = records.table
    cells = [_listed(cell) for cell in table[_ACCEPT].to_pylist()]
    names = _option_texts(table, cells)
    labels = [
        [names.get(option, option) for option in cell] if answer == _ACCEPT else None
        for cell, answer in zip(cells, _answers(table), strict=True)
    ]
    several = _takes_several(table) or any(len(row or ()) > 1 for row in labels)
    if not several:  # nothing chosen is no answer
        labels = [row or None for row in labels]
    return _labelled(records, list(labels) if several else one_each(labels), "accepted options")


def _judged(records: Records) -> Records:
    """Take the label of each accepted row; a single label is accepted or rejected."""
    table = records.table
    labels = [None if label is None else str(label) for label in table["label"].to_pylist()]
    answers = _answers(table)
    pairs = list(zip(labels, answers, strict=True))
    if len(set(labels)) == 1 and "reject" in answers and labels[0] is not None:
        meaning = {_ACCEPT: labels[0], "reject": f"not {labels[0]}"}
        return _labelled(records, [meaning.get(answer) for _, answer in pairs], "answers")
    accepted = [label if answer == _ACCEPT else None for label, answer in pairs]
    return _labelled(records, accepted, "accepted labels")


def _labelled(records: Records, labels: list[Any], source: str) -> Records:
    table = records.table
    own = [name for name in table.column_names if name.startswith("_")]
    columns = {**other_columns(table, (*_OWN, *own)), "label": labels}
    missing = sum(label is None for label in labels)
    note = f"Prodigy: labels are the {source}, other fields are left out"
    if missing:
        note += f"; no label for {plural(missing, 'row')} with another answer"
    return with_columns(records, columns, note)


def _answers(table: pa.Table) -> list[str]:
    if "answer" not in table.column_names:
        return [_ACCEPT] * int(table.num_rows)
    return [_word(answer) for answer in table["answer"].to_pylist()]


def _word(answer: Any) -> str:
    return str(answer).strip().lower()


def _listed(cell: Any) -> list[str]:
    """Return the options in a cell, which may be a list as text, as in a CSV file."""
    found = _parsed(cell) if isinstance(cell, str) else cell
    if found is None:
        return []
    return [str(option) for option in (found if isinstance(found, list) else [found])]


def _parsed(cell: str) -> Any:
    for parse in (json.loads, ast.literal_eval):
        try:
            return parse(cell)
        except (ValueError, SyntaxError, RecursionError):
            continue
    return cell


def _option_texts(table: pa.Table, accepted: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return the text of each option if the accepted ids are numbers, which say nothing."""
    if "options" not in table.column_names:
        return {}
    if not all(option.isdecimal() for cell in accepted for option in cell):
        return {}
    rows = [_parsed(row) if isinstance(row, str) else row for row in table["options"].to_pylist()]
    options = (option for row in rows if isinstance(row, list) for option in row)
    return {
        str(option["id"]): option["text"]
        for option in options
        if isinstance(option, dict) and option.get("text") and "id" in option
    }


def _takes_several(table: pa.Table) -> bool:
    """Return whether the options were shown with boxes, so that none of them is an answer, too."""
    if "config" not in table.column_names:
        return False
    rows = [_parsed(row) if isinstance(row, str) else row for row in table["config"].to_pylist()]
    return any(isinstance(row, dict) and row.get("choice_style") == "multiple" for row in rows)
