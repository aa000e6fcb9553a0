"""Columns that a user specifies: several joined to one text, and mistakes that are named."""

from itertools import permutations
from typing import Any

import pyarrow as pa
import pytest

import tunesmith
from tests.data.checks.checked import sentences
from tunesmith.data.column_names import joined_text
from tunesmith.datasets.inspection import inspect, inspect_like
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.errors import UsageError
from tunesmith.kinds import Kind

NAMES = ["subject", "body", "Anmerkung", "内容"]
TABLE = pa.table(
    {
        "subject": sentences(24),
        "body": [None if row == 3 else f"Hello, {text}" for row, text in enumerate(sentences(24))],
        "Anmerkung": [f"{row}" for row in range(24)],
        "内容": [f"文本 {row}" for row in range(24)],
        "answer": sentences(48)[24:],
        "topic": ["a", "b", "c"] * 8,
    }
)


@pytest.mark.parametrize("plus", ["+", " + "])
@pytest.mark.parametrize("names", [*permutations(NAMES[:3]), *permutations(NAMES, 2)])
def test_columns_joined_to_one_text(names: tuple[str, ...], plus: str) -> None:
    """In the given order, without missing parts; numbers are parts, too."""
    data = tunesmith.read(TABLE, columns={"text": plus.join(names)})
    rows = zip(*(TABLE[name].to_pylist() for name in names), strict=True)
    assert data.kind is Kind.LABELLED
    assert data.columns == {"text": "+".join(names), "label": "topic"}
    assert data.examples.texts() == [joined_text(names, row) for row in rows]
    assert data.loaded.table.column_names == TABLE.column_names


@pytest.mark.parametrize("role", ["anchor", "positive"])
def test_columns_joined_in_a_pair(role: str) -> None:
    """Each text of a pair may have several columns."""
    other = "positive" if role == "anchor" else "anchor"
    data = tunesmith.read(TABLE, columns={role: "subject+body", other: "answer"})
    assert data.kind is Kind.PAIRS
    assert data.examples.texts(role)[0].endswith(f"\nHello, {sentences(24)[0]}")
    assert data.examples.texts(other) == sentences(48)[24:]


def test_another_file_is_joined_alike() -> None:
    """Validation and test files have the same columns."""
    main = inspect(TABLE, columns={"text": "subject+body"})
    other = inspect_like(TABLE.slice(3), main, None, DEFAULT_BASE)
    assert other.detected.columns == main.detected.columns


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("body", ["`columns`", '{"text": "body"}']),
        (["subject", "body"], ["`columns`"]),
        ({"text": ["subject", "body"]}, ["`columns`", "subject+body"]),
        ({"text": None}, ["`columns`"]),
        ({"text": "subject, body"}, ["no column 'subject, body'", "subject+body"]),
        ({"text": "subject,body,内容"}, ["subject+body+内容"]),
        ({"text": "subject+bdy"}, ["no column 'bdy'", "'body'"]),
        ({"label": "topic+subject"}, ["do not fit"]),
    ],
)
def test_mistakes_are_named(columns: Any, words: list[str]) -> None:
    """The error says what to write instead."""
    with pytest.raises(UsageError) as raised:
        tunesmith.read(TABLE, columns=columns)
    assert all(word in f"{raised.value}" for word in words)
