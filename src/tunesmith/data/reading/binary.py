"""Refuse files that decode as text, but hold no text."""

import re
from itertools import islice
from pathlib import Path
from typing import Final
from unicodedata import category

from tunesmith.errors import UnreadableFile

_SAMPLE_LINES: Final = 2_000
_SAMPLE_CHARACTERS: Final = 2**20
_MOST: Final = 0.05
_FEWEST: Final = 8
# Without tabs, line ends, separators of fields (1, 28 to 31) and colours of terminals (27).
_CONTROL: Final = re.compile("[\x00\x02-\x08\x0e-\x1a\x7f-\x9f]")
_BEYOND_LATIN: Final = re.compile("[^\x00-\u024f]")
_UNUSED: Final = frozenset(["Cn", "Co", "Cs"])


def refuse_binary(path: Path, name: str) -> None:
    """Raise an error for a UTF-8 file with more than a few characters that no text has.

    These are control characters, and those that Unicode leaves unassigned or to private use, which
    appear when other bytes are read as UTF-16.

    Raises
    ------
    UnreadableFile
        The file is not text; the message names the first such line.
    """
    strange = characters = first = 0
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for number, line in enumerate(islice(file, _SAMPLE_LINES), start=1):
            found = strange_characters(line)
            first = first or (number if found else 0)
            strange, characters = strange + found, characters + len(line)
            if characters > _SAMPLE_CHARACTERS:
                break
    if strange >= _FEWEST and strange > _MOST * characters:
        raise UnreadableFile(
            f"line {first} of {name} is binary, not text",
            hint="check that this is the intended file, or set `encoding`",
            file=name,
            line=first,
        )


def strange_characters(text: str) -> int:
    r"""Return the number of characters that no text has.

    Examples
    --------
    >>> strange_characters("a\tb\x1b[31m"), strange_characters("a\x02\x03\ue000")
    (0, 3)
    """
    beyond = _BEYOND_LATIN.findall(text)
    return len(_CONTROL.findall(text)) + sum(category(each) in _UNUSED for each in beyond)
