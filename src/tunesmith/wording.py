"""Formatting of numbers and texts for the terminal, the report and the model card."""

import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePosixPath, PureWindowsPath

MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EN DASH}"
JOINER = "\N{ZERO WIDTH JOINER}"
MAX_CHARACTERS = 200
SHOWN = 5
"""Number of lines or names that a message lists."""

_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
)


def number(value: float | None, digits: int = 3) -> str:
    """Return a number such as ``0.905``, or an en dash if it is missing or not finite.

    Examples
    --------
    >>> number(0.9049), number(None)
    ('0.905', '–')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    return _without_negative_zero(f"{value:.{digits}f}").replace("-", MINUS)


def signed(value: float | None, digits: int = 3) -> str:
    """Return a number with its sign, such as ``+0.031``; a rounded zero has no sign.

    Examples
    --------
    >>> signed(0.0312), signed(-0.1126), signed(-0.0001)
    ('+0.031', '−0.113', '0.000')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    text = _without_negative_zero(f"{value:+.{digits}f}").replace("-", MINUS)
    return text if text.strip("+0.") else text.lstrip("+")


def _without_negative_zero(text: str) -> str:
    return text.lstrip("-") if not text.strip("-0.") else text


def share(value: float, digits: int = 1) -> str:
    """Return a fraction as a percentage, such as ``34.9%``."""
    return f"{number(100 * value, digits)}%"


def count(value: int) -> str:
    """Return an integer with thousands separators, such as ``10,003``."""
    return f"{value:,}"


def plural(value: int, noun: str, plural_noun: str | None = None) -> str:
    """Return a count with its noun, such as ``1 class`` or ``3 classes``.

    Examples
    --------
    >>> plural(1, "row"), plural(1200, "row"), plural(2, "class")
    ('1 row', '1,200 rows', '2 classes')
    """
    return f"{count(value)} {noun if value == 1 else plural_noun or pluralise(noun)}"


def pluralise(noun: str) -> str:
    """Return the plural of a noun.

    Examples
    --------
    >>> pluralise("test pair"), pluralise("query"), pluralise("class")
    ('test pairs', 'queries', 'classes')
    """
    if noun.endswith(("s", "x", "ch")):
        return noun + "es"
    return re.sub(r"(?<=[^aeiou])y$", "ie", noun) + "s"


def listing(items: Iterable[object], *, shown: int = SHOWN, quoted: bool = False) -> str:
    """Return the first items as a list in words, and the number of further items.

    Examples
    --------
    >>> listing([4, 17]), listing(range(7), shown=2)
    ('4 and 17', '0, 1 and 5 more')
    """
    words = [f"“{shorten(str(item))}”" if quoted else str(item) for item in items]
    if len(words) > shown:
        words = [*words[:shown], f"{len(words) - shown:,} more"]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def shorten(text: str, width: int = 60) -> str:
    """Return the text on one line, truncated to a width.

    Examples
    --------
    >>> shorten("many words and more", width=11)
    'many words…'
    """
    line = " ".join(text[: 4 * width].split())
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def percent(share: float) -> str:
    """Return a fraction in per cent; only 0 and 1 become 0% and 100%.

    Examples
    --------
    >>> percent(0.5), percent(0.0001), percent(0.9999)
    ('50%', 'less than 1%', 'more than 99%')
    """
    if 0 < share < 0.01:
        return "less than 1%"
    return "more than 99%" if 0.99 < share < 1 else f"{share:.0%}"


def duration(seconds: float) -> str:
    """Return a duration in readable units, such as ``0.4 s``, ``41 s`` or ``2 min 05 s``.

    Examples
    --------
    >>> duration(0.04), duration(9.96), duration(300), duration(125), duration(3780)
    ('0.04 s', '10 s', '5 min', '2 min 05 s', '1 h 03 min')
    """
    if seconds < 0.095:
        return f"{seconds:.2f} s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60:02d} s" if whole % 60 else "")
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def within(budget: float | None) -> str:
    """Return ``within 5 min``, or ``without a time limit``.

    Examples
    --------
    >>> within(300), within(None)
    ('within 5 min', 'without a time limit')
    """
    return "without a time limit" if budget is None else f"within {duration(budget)}"


def time_spent(seconds: float, budget: float | None) -> str:
    """Return ``41 s of 5 min``, or ``41 s, no limit``.

    Examples
    --------
    >>> time_spent(41, 300), time_spent(41, None)
    ('41 s of 5 min', '41 s, no limit')
    """
    limit = f" of {duration(budget)}" if budget is not None else ", no limit"
    return duration(seconds) + limit


def format_timestamp(written: str) -> str:
    """Return an ISO 8601 time as ``21 November 2026, 02:10 UTC``; other text is unchanged.

    Examples
    --------
    >>> format_timestamp("2026-11-21T02:10:00+00:00")
    '21 November 2026, 02:10 UTC'
    """
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        return clean(written)
    return f"{time.day} {time:%B %Y, %H:%M %Z}".strip()


def printable(text: str) -> str:
    """Replace characters that are not valid in HTML or UTF-8."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def clean(text: str) -> str:
    """Return a printable text on one line."""
    return " ".join(printable(text).split())


def capitalised(text: str) -> str:
    """Return a text whose first letter is a capital; the others stay as they are.

    Examples
    --------
    >>> capitalised("a PDF of tickets")
    'A PDF of tickets'
    """
    return text[:1].upper() + text[1:]


def cut(text: str, max_length: int = MAX_CHARACTERS) -> str:
    """Return a text on one line, truncated with an ellipsis to ``max_length`` characters.

    Examples
    --------
    >>> cut("a text that is too long", 15)
    'a text that is…'
    """
    line = clean(text)
    if len(line) <= max_length:
        return line
    end = max_length - 1
    last_word = line.rfind(" ", 0, max_length)
    if last_word > 0.8 * max_length:
        end = last_word
    return line[: _whole(line, end)].rstrip() + "…"


def cut_middle(name: str, max_length: int = MAX_CHARACTERS) -> str:
    """Return a name on one line, with an ellipsis in its middle if it is too long.

    Long names of labels often have the same beginning and other ends.

    Examples
    --------
    >>> cut_middle("card_payment_fee_charged_abroad", 20)
    'card_payme…ed_abroad'
    """
    line = clean(name)
    if len(line) <= max_length:
        return line
    ending = (max_length - 1) // 2
    start, end = _whole(line, max_length - 1 - ending), _whole(line, len(line) - ending)
    return f"{line[:start].rstrip()}…{line[end:].lstrip()}"


def _whole(line: str, end: int) -> int:
    """Return the nearest position before another that divides no character with its accents."""
    while end and (_continues(line[end]) or line[end - 1] == JOINER):
        end -= 1
    return end


def _continues(character: str) -> bool:
    """Whether a character modifies the previous one, as accents and emoji parts do."""
    modifier = "\U0001f3fb" <= character <= "\U0001f3ff"
    return modifier or character in (JOINER, "\ufe0f") or unicodedata.combining(character) > 0


def name_only(path: str) -> str:
    r"""Return the last part of a path; a model name or hub name is unchanged.

    Examples
    --------
    >>> name_only("/home/ann/tickets.csv"), name_only(r"C:\data\tickets.csv")
    ('tickets.csv', 'tickets.csv')
    >>> name_only("sentence-transformers/all-MiniLM-L6-v2")
    'sentence-transformers/all-MiniLM-L6-v2'
    """
    if is_hub_name(path):
        return clean(path)
    return clean(PurePosixPath(PureWindowsPath(path).as_posix()).name or path)


def is_hub_name(name: str) -> bool:
    """Whether this looks like ``owner/model`` rather than a path."""
    owner, slash, rest = name.partition("/")
    matches = re.fullmatch(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", name, re.ASCII)
    return bool(slash and rest and matches) and owner != "models"


def size(value: float) -> str:
    """Return a number of bytes in readable units.

    Examples
    --------
    >>> size(512), size(90_868_376)
    ('512 B', '91 MB')
    """
    for unit in ("B", "kB", "MB"):
        if value < 999.5:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
