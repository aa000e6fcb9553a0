"""Texts without HTML tags, invisible and control characters, and spaces at their ends."""

import re
from collections.abc import Collection
from html import unescape

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.data.checks.texts import HTML
from tunesmith.data.detection.cell_values import is_string
from tunesmith.datasets.label_cells import replaced

_INLINE = re.compile(r"</?(?:a|abbr|b|code|em|font|i|small|span|strong|sub|sup|u)\b", re.IGNORECASE)
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2060\ufeff]")
_SPACES = re.compile(r"[ \t]{2,}")


def clean_text(text: str) -> str:
    r"""Return a text without tags and invisible characters; entities are decoded.

    Zero-width joiners stay: emojis and several scripts need them.

    Examples
    --------
    >>> clean_text(" my <b>card</b>&nbsp;&amp; \u200border<br />"), clean_text("a < b, <3")
    ('my card & order', 'a < b, <3')
    """
    text = _HIDDEN.sub("", text)
    if HTML.search(text):
        plain = unescape(HTML.sub(_plain, text)).replace("\u00a0", " ")
        text = _SPACES.sub(" ", plain)
    return text.strip()


def clean_columns(
    table: pa.Table, names: Collection[str], positions: NDArray[np.int64]
) -> tuple[pa.Table, int]:
    """Return a table with clean texts at these positions of columns, and how many rows changed."""
    changed = np.zeros(len(positions), dtype=bool)
    for name in sorted(set(names).intersection(table.column_names)):
        if not is_string(table[name].type):
            continue
        old = table[name].take(pa.array(positions)).to_pylist()
        new = [None if cell is None else clean_text(cell) for cell in old]
        changed |= np.array([one != other for one, other in zip(old, new, strict=True)], bool)
        table = replaced(table, name, positions, new)
    return table, int(changed.sum())


def _plain(match: re.Match[str]) -> str:
    """Return what is left of a tag, comment or entity: a tag of a block divides words."""
    if match[0].startswith("&"):
        return match[0]
    return "" if _INLINE.match(match[0]) else " "
