"""Texts without HTML tags, invisible and control characters, and spaces at their ends."""

import re
from collections.abc import Collection
from html import unescape

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tunesmith.data.checks.texts import HTML
from tunesmith.data.detection.cell_values import is_string

_INLINE = re.compile(r"</?(?:a|abbr|b|code|em|font|i|small|span|strong|sub|sup|u)\b", re.IGNORECASE)
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2060\ufeff]")
_SPACES = re.compile(r"[ \t\u00a0]{2,}")


def clean_text(text: str) -> str:
    r"""Return a text without tags and characters that nobody sees; entities are decoded.

    Zero-width joiners stay: emojis and several scripts need them.

    Examples
    --------
    >>> clean_text(" my <b>card</b>&nbsp;&amp; \u200border<br />"), clean_text("a < b, <3")
    ('my card & order', 'a < b, <3')
    """
    text = _HIDDEN.sub("", text)
    if HTML.search(text):
        text = _SPACES.sub(" ", unescape(HTML.sub(_plain, text)))
    return text.strip()


def clean_columns(table: pa.Table, names: Collection[str]) -> tuple[pa.Table, int]:
    """Return a table with clean texts in these columns, and the number of rows that changed."""
    changed = np.zeros(table.num_rows, dtype=bool)
    for name in sorted(set(names).intersection(table.column_names)):
        old = table[name]
        if not is_string(old.type):
            continue
        cells = old.to_pylist()
        new = pa.array([None if cell is None else clean_text(cell) for cell in cells], old.type)
        changed |= pc.fill_null(pc.not_equal(old, new), False).to_numpy(zero_copy_only=False)
        table = table.set_column(table.column_names.index(name), name, new)
    return table, int(changed.sum())


def _plain(match: re.Match[str]) -> str:
    """Return what is left of a tag, comment or entity: a tag of a block divides words."""
    if match[0].startswith("&"):
        return match[0]
    return "" if _INLINE.match(match[0]) else " "
