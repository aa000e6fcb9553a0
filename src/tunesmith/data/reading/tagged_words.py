"""Refuse files with a word and its tags on each line, as CoNLL has them."""

import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from tunesmith.errors import UnreadableFile

_SAMPLE: Final = 400
_FEWEST: Final = 8
_MOSTLY: Final = 0.95
_MAX_FIELDS: Final = 14
_IGNORED: Final = ("#", "-DOCSTART-")
_ENTITY: Final = re.compile(r"O|[BIESLU]-\S+")
_TAG: Final = re.compile(r"[A-Z][A-Z0-9$.:+-]*|[^\w\s]+")
_UNIVERSAL: Final = 10
_NUMBER: Final = re.compile(r"\d+([-.]\d+)?")


def refuse_tagged_words(path: Path, name: str) -> None:
    """Raise an error for a UTF-8 file whose lines are words with tags.

    Raises
    ------
    UnreadableFile
        Its lines are words with tags.
    """
    with path.open("rb") as file:
        lines = [line.decode(errors="replace").strip() for line in islice(file, _SAMPLE)]
    if are_tagged_words(lines):
        raise UnreadableFile(
            f"{name} has a word and its tags on each line (CoNLL)",
            hint="labels of words cannot be trained: save whole texts, each with one label, as CSV",
            file=name,
        )


def are_tagged_words(lines: Sequence[str]) -> bool:
    """Return whether nearly all lines are a word and tags, with a blank line between sentences.

    Examples
    --------
    >>> are_tagged_words(["my O", "card B-THING", "", "is O", "late O"] * 3)
    True
    >>> are_tagged_words(["my card", "is late", "", "a refund", "of fees"] * 3)
    False
    """
    rows = [line.split() for line in lines if line and not line.startswith(_IGNORED)]
    widths = {len(row) for row in rows}
    if len(rows) < _FEWEST or len(widths) > 1 or not 2 <= min(widths) <= _MAX_FIELDS:
        return False
    entities = [row[-1] for row in rows if _ENTITY.fullmatch(row[-1])]
    apart = "" in lines[:-1]
    if len(entities) >= _MOSTLY * len(rows) and (apart or len(set(entities)) > 1):
        return True
    if widths == {_UNIVERSAL} and all(_NUMBER.fullmatch(row[0]) for row in rows):
        return True
    tags = [row[1] for row in rows if _TAG.fullmatch(row[1])]
    return apart and len(tags) >= _MOSTLY * len(rows) and 2 * len(set(tags)) <= len(tags)
