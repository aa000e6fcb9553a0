"""Turn fastText's training files into plain columns."""

import re
from collections.abc import Sequence
from typing import Final

from tunesmith.data.loaded import Records
from tunesmith.data.reading.annotations import one_each, with_columns

FASTTEXT: Final = "__label__"
_SEPARATORS: Final = (",", ";", "|")
_MARKED: Final = re.compile(rf"(?:(?<=\s)|^){FASTTEXT}(\S+)\s*")
_AT_END: Final = re.compile(rf"\s{FASTTEXT}\S+\s*$")
_QUOTED: Final = re.compile(r'"(?:[^"]|"")*"')


def fasttext(records: Records, name: str) -> Records | None:
    """Split lines such as ``__label__lift __label__urgent the lift is stuck``.

    White space ends a label, as in fastText, and so does a comma, semicolon or vertical bar that
    follows the labels of every line, as in a table. Labels may also follow the text.
    """
    del name
    if records.table.column_names != ["text"] or records.has_header:
        return None
    lines = [str(line).strip() for line in records.table["text"].to_pylist()]
    marked = [line for line in lines if is_marked(line)]
    if len(marked) < 0.9 * len(lines):
        return None
    first = [line for line in marked if line.startswith(FASTTEXT)]
    separator = _separator(first) if first else None
    split = [_split_at(line, separator) if separator else _split(line) for line in lines]
    columns = {"text": [text for _, text in split], "label": one_each([one for one, _ in split])}
    after = f", and followed by {separator!r}" if separator else ""
    return with_columns(records, columns, f"fastText: labels are marked by {FASTTEXT}{after}")


def is_marked(line: str) -> bool:
    """Return whether a line begins or ends with a label of fastText.

    Examples
    --------
    >>> is_marked("__label__lift it is stuck"), is_marked("it is stuck __label__lift")
    (True, True)
    """
    return line.startswith(FASTTEXT) or bool(_AT_END.search(line))


def _split(line: str) -> tuple[list[str] | None, str]:
    return _MARKED.findall(line) or None, _MARKED.sub("", line).strip()


def _separator(lines: Sequence[str]) -> str | None:
    """Return the separator that follows the labels of every line, or ``None``.

    Examples
    --------
    >>> _separator(["__label__lift,it is stuck", "__label__water, a leak"])
    ','
    """
    found = (each for each in _SEPARATORS if all(map(_labels_before(each).match, lines)))
    return next(found, None)


def _labels_before(separator: str) -> re.Pattern[str]:
    """Return the pattern of labels, each perhaps followed by the separator, and the last surely."""
    label = rf"{FASTTEXT}[^\s{separator}]+\s*"
    return re.compile(rf"((?:{label}[{separator}]?\s*)*{label}[{separator}])(.*)", re.DOTALL)


def _split_at(line: str, separator: str) -> tuple[list[str] | None, str]:
    found = _labels_before(separator).fullmatch(line)
    if found is None:
        return None, line
    labels = re.findall(rf"{FASTTEXT}([^\s{separator}]+)", found[1])
    text = found[2].strip()
    return labels, text[1:-1].replace('""', '"') if _QUOTED.fullmatch(text) else text
