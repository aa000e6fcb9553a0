"""Interpret cell values: numbers, yes and no, NLI relations, labels."""

import ast
import json
import re
import unicodedata
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_FLAGS_YES = frozenset(
    [
        "1", "true", "yes", "y", "t", "ja", "j", "wahr", "oui", "vrai", "si", "sí", "sim",
        "verdadero", "verdadeiro", "vero", "tak", "evet", "да", "是", "真", "はい", "예", "네",
        "참", "ใช่",
    ]
)  # fmt: skip
_FLAGS_NO = frozenset(
    [
        "0", "false", "no", "n", "f", "nein", "falsch", "non", "faux", "não", "nao", "falso",
        "nie", "hayır", "нет", "否", "不是", "假", "いいえ", "아니오", "아니요", "거짓",
        "ไม่", "ไม่ใช่",
    ]
)  # fmt: skip
FLAGS = _FLAGS_YES | _FLAGS_NO
"""Values that say yes or no, in some languages."""
MARKS = frozenset(["x", "×", "✓", "✔", "☑", "✗", "✘", "☒", "*", "•"])
"""Values that tick a box; an empty cell then means no."""

YES = _FLAGS_YES | {
    "duplicate", "duplicates", "paraphrase", "similar", "same", "match", "equivalent",
    "entailment", "positive", "relevant", "pos",
}  # fmt: skip
NO = _FLAGS_NO | {
    "not_duplicate", "non_duplicate", "not_paraphrase", "different", "dissimilar", "no_match",
    "mismatch", "not_equivalent", "not_entailment", "negative", "irrelevant", "neg", "unrelated",
}  # fmt: skip
RELATIONS = {
    "entailment": "entailment",
    "entails": "entailment",
    "entailed": "entailment",
    "e": "entailment",
    "neutral": "neutral",
    "n": "neutral",
    "contradiction": "contradiction",
    "contradicts": "contradiction",
    "contradictory": "contradiction",
    "c": "contradiction",
    **dict.fromkeys(("蕴含", "蕴涵", "含意", "함의"), "entailment"),
    **dict.fromkeys(("中立", "중립"), "neutral"),
    **dict.fromkeys(("矛盾", "모순"), "contradiction"),
}
NUMBERED_RELATIONS = {"0": "entailment", "1": "neutral", "2": "contradiction"}

_NUMBER = r"^\s*([+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity))\s*$"
_PERCENT = r"^[\s\p{Z}]*%[\s\p{Z}]*|[\s\p{Z}]*[%٪％﹪][\s\p{Z}]*$"  # before it in Turkish
_GROUPED = r"^\s*[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?\s*$"
_DECIMAL_COMMA = r"^\s*[+-]?\d*,\d*([eE][+-]?\d+)?\s*$"
_HUNDREDS = r"^\s*[+-]?[1-9]\d{2}(\.\d*)?\s*$"
_MOSTLY = 0.9
_STRING = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
_NUMPY_STRINGS = re.compile(rf"\s*\[\s*(?:{_STRING.pattern})(?:\s+(?:{_STRING.pattern}))+\s*\]\s*")
_SQL_ITEM = r'\s*(?:"(?:[^"\\]|\\.)*"|[^",{}:]+)\s*'
_SQL_ARRAY = re.compile(rf"\s*\{{{_SQL_ITEM}(?:,{_SQL_ITEM})*\}}\s*")
_WHOLE = re.compile(r"([+-]?\d+)\.0*")

_TIME = r"\d{1,2}:\d\d(:\d\d([.,]\d+)?)?( ?[ap]\.?m\.?)?"
_MONTH = r"[^\W\d_]{3,9}\.?"
_DATE = re.compile(
    rf"\d{{4}}([-./])\d\d?\1\d\d?([T ].*)?|\d{{1,2}}([-./])\d{{1,2}}\3\d{{2,4}}([T ].*)?|{_TIME}"
    rf"|(?=.*\b\d{{4}}\b)({_MONTH},? )?({_MONTH} \d{{1,2}}|\d{{1,2}}\.? {_MONTH}),?( \d{{4}})?"
    rf"(,? {_TIME})?( [A-Z]{{2,5}}| [+-]\d\d:?\d\d)?( \d{{4}})?"
    r"|\d{4}年\d{1,2}月\d{1,2}日.*|\d{4}년 ?\d{1,2}월 ?\d{1,2}일.*",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(https?://|ftp://|www\.)\S+|(mailto:)?[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+")


def is_date_or_address(cell: str) -> bool:
    """Return whether a cell is a date, a time, a URL or an e-mail address, not a text.

    Examples
    --------
    >>> [is_date_or_address(cell) for cell in ("Mon Apr 06 22:19 2009", "a@b.org", "level 5")]
    [True, True, False]
    """
    return any(pattern.fullmatch(cell.strip()) is not None for pattern in (_DATE, _ADDRESS))


def is_string(kind: pa.DataType) -> bool:
    """Return whether an Arrow type is one of the string types."""
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def is_number(kind: pa.DataType) -> bool:
    """Return whether an Arrow type is numeric or boolean."""
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )


def is_list(kind: pa.DataType) -> bool:
    """Return whether an Arrow type is one of the list types."""
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


def as_strings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as strings, keeping nulls; whole numbers have no decimal point."""
    if is_string(column.type):
        return column.cast(pa.string())
    if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        strings = [None if value is None else word(value) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(strings, pa.string())])
    try:
        return column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        texts = [None if value is None else str(value) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])


def as_numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as float64. NaN stays NaN, and anything but a number becomes null.

    A decimal comma is accepted, and so are commas between thousands if all commas can be such. In a
    column of percentages, ``45%`` is 0.45.
    """
    if not is_string(column.type):
        return column.cast(pa.int8() if pa.types.is_boolean(column.type) else column.type).cast(
            pa.float64(), safe=False
        )
    strings = column.cast(pa.string())
    if not are_percentages(column):
        return _plain_numbers(strings)
    ends = pc.match_substring_regex(strings, _PERCENT)
    figures = pc.replace_substring_regex(strings, _PERCENT, "")
    return pc.divide(_plain_numbers(pc.if_else(ends, figures, pa.scalar(None, pa.string()))), 100.0)


def are_percentages(column: pa.ChunkedArray) -> bool:
    """Return whether nearly all values of a column end with a percent sign.

    Examples
    --------
    >>> [are_percentages(pa.chunked_array([cells])) for cells in (["45%", "7 %"], ["45%", "7"])]
    [True, False]
    """
    if not is_string(column.type) or column.null_count == len(column):
        return False
    share = pc.mean(pc.match_substring_regex(column.cast(pa.string()), _PERCENT)).as_py()
    return bool(share >= _MOSTLY)


def _plain_numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    strings = _without_groups(column)
    valid = pc.match_substring_regex(strings, _NUMBER, ignore_case=True)
    trimmed = pc.utf8_lower(pc.utf8_trim_whitespace(pc.replace_substring(strings, ",", ".")))
    unsigned = pc.replace_substring_regex(trimmed, r"^\+", "")
    return pc.if_else(valid, unsigned, pa.scalar(None, pa.string())).cast(pa.float64())


def _without_groups(strings: pa.ChunkedArray) -> pa.ChunkedArray:
    """Remove commas between thousands; ``1,204`` alone is a decimal, next to ``950`` it is not."""
    grouped = pc.match_substring_regex(strings, _GROUPED)
    if not pc.any(grouped).as_py():
        return strings
    decimal = pc.and_not(pc.match_substring_regex(strings, _DECIMAL_COMMA), grouped)
    hundreds = pc.match_substring_regex(strings, _HUNDREDS)
    if pc.any(decimal).as_py() or not pc.any(hundreds).as_py():
        return strings
    return pc.if_else(grouped, pc.replace_substring(strings, ",", ""), strings)


def word(value: object) -> str:
    """Return a label, boolean or relation in the normalised form used for comparison.

    Examples
    --------
    >>> word(True), word(1.0), word(" Entailment "), word("not duplicate")
    ('true', '1', 'entailment', 'not_duplicate')
    """
    plain = unicodedata.normalize("NFC", str(value)).strip().lower().replace(" ", "_")
    if not plain.startswith("-"):
        plain = plain.replace("-", "_")
    whole = _WHOLE.fullmatch(plain)
    return whole[1] if whole else plain


def yes_or_no(value: object) -> int | None:
    """Return 1 for yes, 0 for no, and ``None`` for anything else."""
    if value is None:
        return None
    plain = word(value)
    return 1 if plain in YES else 0 if plain in NO else None


def relation(value: object) -> str | None:
    """Return entailment, neutral or contradiction, and ``None`` for anything else."""
    if value is None:
        return None
    plain = word(value)
    return RELATIONS.get(plain) or NUMBERED_RELATIONS.get(plain)


def parsed(cell: object) -> Any:
    """Return the value of a JSON cell, or ``None`` if it is not valid JSON.

    Lists and objects as Python and NumPy write them are read, too, and arrays of PostgreSQL.

    Examples
    --------
    >>> parsed('["lift", 1]'), parsed("['lift', None]"), parsed("['lift' 'water']")
    (['lift', 1], ['lift', None], ['lift', 'water'])
    >>> parsed('{lift,"hot water"}')
    ['lift', 'hot water']
    """
    if not isinstance(cell, str):
        return cell
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return _python_value(cell)


def _python_value(cell: str) -> Any:
    if cell.lstrip()[:1] not in ("[", "{"):
        return None
    if _NUMPY_STRINGS.fullmatch(cell):  # Python would join strings without commas
        return [ast.literal_eval(text) for text in _STRING.findall(cell)]
    try:
        value = ast.literal_eval(cell.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return _sql_array(cell)
    return sorted(value, key=str) if isinstance(value, set) else value


def _sql_array(cell: str) -> list[str | None] | None:
    if not _SQL_ARRAY.fullmatch(cell):
        return None
    items = [item.strip() for item in re.findall(_SQL_ITEM, cell.strip()[1:-1])]
    return [_sql_text(item) for item in items]


def _sql_text(item: str) -> str | None:
    if item.startswith('"'):
        return re.sub(r"\\(.)", r"\1", item[1:-1])
    return None if item == "NULL" else item
