"""The text of a row: one column, joined columns, or a value within an object."""

import pytest

from tunesmith.data.text_column import missing_part, text_reader

NAMES = ["id", "subject", "body", "mail", "a+b"]
CELLS = (7, "Refund", None, {"text": {"plain": "Where is it?"}}, "whole")


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("subject", "Refund"),
        ("body", None),
        ("id", "7"),
        ("subject+body", "Refund"),
        ("body+body", None),
        ("mail.text.plain", "Where is it?"),
        ("mail.text.html", None),
        ("subject+mail.text.plain", "Refund\nWhere is it?"),
        ("a+b", "whole"),
    ],
)
def test_the_text_of_a_row(column: str, text: str | None) -> None:
    """A column's own name comes before the parts of a joined one."""
    assert missing_part(NAMES, column) is None
    assert text_reader(NAMES, column)(CELLS) == text


@pytest.mark.parametrize(
    ("column", "missing"),
    [("title", "title"), ("subject+title", "title"), ("post.text", "post.text")],
)
def test_a_missing_part_is_named(column: str, missing: str) -> None:
    """The part, not the whole."""
    assert missing_part(NAMES, column) == missing
