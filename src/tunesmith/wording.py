"""How numbers, changes and texts are written: the same in the report and in the model card."""

import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePosixPath, PureWindowsPath

from tunesmith.results.summary import Change, Outcome, Summary, Verdict

MINUS = "\N{MINUS SIGN}"
NONE = "\N{EN DASH}"
JOINER = "\N{ZERO WIDTH JOINER}"
LONGEST_TEXT = 200
SHOWN = 5
"""How many lines or names a message lists."""

_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
)
_CORRELATIONS = ("Spearman", "Pearson")
_PARTS = {
    "all": "All queries",
    "seen": "Seen: a document was asked for in training",
    "unseen": "Unseen: no document was asked for in training",
}
_ITEMS = {"nDCG@10": "query", "triplet accuracy": "triplet"}
_NAMES = {
    Outcome.BETTER: "Better",
    Outcome.NO_PROVEN_CHANGE: "No proven change",
    Outcome.WORSE: "Worse",
    Outcome.UNPROVEN: "Unproven",
}


def number(value: float | None, digits: int = 3) -> str:
    """Return ``0.905``; an en dash where there is no number.

    Examples
    --------
    >>> number(0.9049), number(None)
    ('0.905', '–')
    """
    if value is None or not math.isfinite(value):
        return NONE
    return _without_negative_zero(f"{value:.{digits}f}").replace("-", MINUS)


def signed(value: float | None, digits: int = 3) -> str:
    """Return ``+0.031`` or ``−0.113``; no sign where nothing is left after rounding.

    Examples
    --------
    >>> signed(0.0312), signed(-0.1126), signed(-0.0001)
    ('+0.031', '−0.113', '0.000')
    """
    if value is None or not math.isfinite(value):
        return NONE
    text = _without_negative_zero(f"{value:+.{digits}f}").replace("-", MINUS)
    return text if text.strip("+0.") else text.lstrip("+")


def _without_negative_zero(text: str) -> str:
    return text.lstrip("-") if not text.strip("-0.") else text


def share(value: float, digits: int = 1) -> str:
    """Return a share of 1 as ``34.9%``."""
    return f"{number(100 * value, digits)}%"


def count(value: int) -> str:
    """Return a whole number with its thousands set apart: ``10,003``."""
    return f"{value:,}"


def plural(value: int, noun: str, many: str | None = None) -> str:
    """Return ``1 class`` or ``3 classes``.

    Examples
    --------
    >>> plural(1, "row"), plural(1200, "row"), plural(2, "class")
    ('1 row', '1,200 rows', '2 classes')
    """
    return f"{count(value)} {noun if value == 1 else many or pluralise(noun)}"


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


def tested(summary: Summary) -> str:
    """Return what one item of the sealed test is: a text, pair, query or triplet."""
    return _item(summary, summary.verdict.headline.metric)


def chosen_by(summary: Summary) -> str:
    """Return the metric on validation that decided between the rungs."""
    own = summary.pairs.chosen_by if summary.pairs else ""
    return own or summary.verdict.headline.metric


def validated(summary: Summary) -> str:
    """Return what one item of validation is: a text, pair, query or triplet."""
    return _item(summary, chosen_by(summary))


def _item(summary: Summary, metric: str) -> str:
    return "text" if summary.pairs is None else _ITEMS.get(metric, "pair")


def part_name(name: str) -> str:
    """Return what the queries of a part of a search have in common.

    Examples
    --------
    >>> part_name("seen")
    'Seen: a document was asked for in training'
    """
    return _PARTS.get(name, name)


def kind_name(kind: str) -> str:
    """Return a kind of data as a person would write it.

    Examples
    --------
    >>> kind_name("scored_pairs"), kind_name("nli")
    ('scored pairs', 'NLI')
    """
    return "NLI" if kind == "nli" else kind.replace("_", " ")


def judged_by(told: str) -> str:
    """Return what a test is made of, its kind as a person would write it and no path in it.

    Examples
    --------
    >>> judged_by("scored_pairs held out of /srv/my_pairs.csv")
    'scored pairs held out of my_pairs.csv'
    """
    kind, _, rest = clean(told).partition(" ")
    where, held_out, place = rest.partition("held out of ")
    return f"{kind_name(kind)} {where}{held_out}{name_only(place) if held_out else place}".strip()


def listing(items: Iterable[object], *, shown: int = SHOWN, quoted: bool = False) -> str:
    """Return the first items as words, and how many more there are.

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
    """Return the text on one line, cut to a width.

    Examples
    --------
    >>> shorten("many words and more", width=11)
    'many words…'
    """
    line = " ".join(text[: 4 * width].split())
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def percent(share: float) -> str:
    """Return a share as per cent, never rounded to 0 or 100 where it is not.

    Examples
    --------
    >>> percent(0.5), percent(0.0001), percent(0.9999)
    ('50%', 'less than 1%', 'more than 99%')
    """
    if 0 < share < 0.01:
        return "less than 1%"
    return "more than 99%" if 0.99 < share < 1 else f"{share:.0%}"


def duration(seconds: float) -> str:
    """Return a time as a person would say it: ``0.4 s``, ``41 s``, ``2 min 05 s``.

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


def moment(written: str) -> str:
    """Return an ISO 8601 time as ``21 November 2026, 02:10 UTC``, and anything else as it stands.

    Examples
    --------
    >>> moment("2026-11-21T02:10:00+00:00")
    '21 November 2026, 02:10 UTC'
    """
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        return clean(written)
    return f"{time.day} {time:%B %Y, %H:%M %Z}".strip()


def printable(text: str) -> str:
    """Return a text with replacement characters for what no page and no UTF-8 file can hold."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def clean(text: str) -> str:
    """Return a printable text on one line."""
    return " ".join(printable(text).split())


def cut(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return a text on one line of at most ``longest`` characters, an ellipsis where it is cut.

    Examples
    --------
    >>> cut("a text that is too long", 15)
    'a text that is…'
    """
    line = clean(text)
    if len(line) <= longest:
        return line
    end = longest - 1
    last_word = line.rfind(" ", 0, longest)
    if last_word > 0.8 * longest:
        end = last_word
    while end and (_continues(line[end]) or line[end - 1] == JOINER):
        end -= 1
    return line[:end].rstrip() + "…"


def _continues(character: str) -> bool:
    """Whether a character only completes the one before it: an accent, a part of an emoji."""
    modifier = "\U0001f3fb" <= character <= "\U0001f3ff"
    return modifier or character in (JOINER, "\ufe0f") or unicodedata.combining(character) > 0


def name_only(place: str) -> str:
    r"""Return the last part of a path, and a name or hub name as it stands.

    Examples
    --------
    >>> name_only("/home/ann/tickets.csv"), name_only(r"C:\data\tickets.csv")
    ('tickets.csv', 'tickets.csv')
    >>> name_only("sentence-transformers/all-MiniLM-L6-v2")
    'sentence-transformers/all-MiniLM-L6-v2'
    """
    if is_hub_name(place):
        return clean(place)
    return clean(PurePosixPath(PureWindowsPath(place).as_posix()).name or place)


def is_hub_name(place: str) -> bool:
    """Whether this looks like ``owner/model`` rather than like a path."""
    owner, slash, rest = place.partition("/")
    looks_so = re.fullmatch(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", place, re.ASCII)
    return bool(slash and rest and looks_so) and owner != "models"


def in_points(change: Change) -> bool:
    """Whether a metric is a share of 1, whose changes are spoken of in percentage points."""
    if not change.higher_is_better or change.metric.startswith(_CORRELATIONS):
        return False
    return all(0 <= value <= 1 for value in (change.base, change.tuned))


def _size(change: Change, value: float) -> str:
    return signed(100 * value, 1) if in_points(change) else signed(value)


def titled(metric: str) -> str:
    """Return a metric's name with a capital, where it has none of its own.

    Examples
    --------
    >>> titled("best F1"), titled("nDCG@10")
    ('Best F1', 'nDCG@10')
    """
    return metric if metric[1:2].isupper() else metric[:1].upper() + metric[1:]


def format_metric(metric: str) -> str:
    """Return a metric's name so that it stands in a sentence.

    Examples
    --------
    >>> format_metric("Spearman, cosine"), format_metric("nDCG@10")
    ('Spearman (cosine)', 'nDCG@10')
    """
    name, comma, measure = metric.partition(", ")
    return f"{name} ({measure})" if comma else metric


def format_change(change: Change) -> str:
    """Return ``+3.1 points of accuracy``, ``+0.040 Spearman (cosine)`` or ``−0.113 log loss``."""
    link = " points of " if in_points(change) else " "
    return f"{_size(change, change.difference)}{link}{format_metric(change.metric)}"


def format_interval(change: Change) -> str:
    """Return ``95% interval +1.2 to +5.0``, in the unit of :func:`format_change`."""
    return f"95% interval {_size(change, change.low)} to {_size(change, change.high)}"


def outcome_name(outcome: Outcome) -> str:
    """Return the outcome as a heading: ``Better``, ``No proven change``, ``Worse``."""
    return _NAMES[Outcome(outcome)]


def headline(verdict: Verdict) -> str:
    """Return the verdict in one line.

    Examples
    --------
    >>> change = Change("accuracy", 0.874, 0.905, 0.012, 0.05)
    >>> headline(Verdict(Outcome.BETTER, change, "It is better."))
    'Better: +3.1 points of accuracy (95% interval +1.2 to +5.0)'
    """
    change = verdict.headline
    name = outcome_name(verdict.outcome)
    return f"{name}: {format_change(change)} ({format_interval(change)})"


# What both templates may call by name.
FILTERS = {
    function.__name__: function
    for function in (
        number,
        signed,
        share,
        count,
        plural,
        pluralise,
        kind_name,
        part_name,
        judged_by,
        duration,
        time_spent,
        moment,
        clean,
        cut,
        name_only,
        titled,
        format_metric,
        format_change,
        format_interval,
        outcome_name,
        tested,
        validated,
        chosen_by,
    )
}


def size(value: float) -> str:
    """Return a number of bytes as people say it.

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
