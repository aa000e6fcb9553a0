"""Check whether raw texts hold labels, such as ``lift: it is stuck`` or ``it is stuck@lift``.

They are not read as labels, because names of speakers and prose look the same.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from tunesmith.data.checks.context import Context
from tunesmith.data.column_meanings import LABEL_VALUES
from tunesmith.kinds import Texts
from tunesmith.results.finding import Finding, Severity
from tunesmith.wording import listing, plural

_KNOWN: Final = "|".join(sorted(LABEL_VALUES))
_MARKS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"\s*\[([^\[\]\n]{1,40})\]\s*\S",
        r"\s*([^\s:：\n][^:：\n]{0,39}?)\s*(?:[:：]|\s[-–—|]|=>|->|→)\s*\S",
        r"\s*#(\w{1,40})\s+\S",
        r".*\S\s*[\[(（【]([^\[\]()（）【】\n]{1,40})[\])）】]\s*$",
        r".*\S\s+#(\w{1,40})\s*$",
        r".*\S\s*(?:\s[-–—|]|=>|->|→)\s+(\S[^\n]{0,39})$",
        r".*\S\s*@\s*(\w[\w -]{0,39})$",
        rf"\s*(?i:({_KNOWN}))\s+\S",
        rf".*\S\s+(?i:({_KNOWN}))\s*$",
    )
)
_WEAK_MARKS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"\s*(\w[\w -]{0,39})[,;|~@]\s*\S",
        r".*\S\s*[,;|~]\s*(\w[\w -]{0,39})$",
    )
)
"""Marks that prose has, too, so that more rows need to have each label."""
_NUMBERS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"\s*([+-]?\d{1,2}(?:\.0)?)(?:\s*[,;|@]\s*|:(?!\d)\s*|\s+)\S",
        r".*\S(?:\s*[,;|@]\s*|\s+)([+-]?\d{1,2}(?:\.0)?)\s*$",
    )
)
_MOSTLY: Final = 0.9
_ROWS_OF_EACH: Final = 3
_ROWS_OF_EACH_IN_PROSE: Final = 8
_MAX_WORDS: Final = 4
_MAX_NUMBERS: Final = 12
_FEWEST: Final = 6


def labels_in_texts(context: Context) -> Finding | None:
    """Find texts that begin or end with one of a few words or numbers that look like labels."""
    if not isinstance(context.examples, Texts) or context.loaded.documents is not None:
        return None
    texts = context.texts["text"]
    labels = None if _have_tabs(texts) else _labels(texts)
    if labels is None:
        return None
    sample = f", such as {listing(labels, shown=3, quoted=True)}"
    finding = context.finding(
        "label-in-text",
        Severity.WARNING,
        [],
        f"The texts begin or end with {plural(len(labels), 'word')} that repeat like "
        f"labels{sample}.",
        "If they are labels, save a CSV file with the columns text and label, or mark each one as "
        "in fastText: __label__lift the text.",
        role="text",
        count=len(context.examples),
    )
    return replace(finding, sample=sample)


def tables_in_texts(context: Context) -> Finding | None:
    """Find raw texts that all contain a tab, as the rows of a table do."""
    if not isinstance(context.examples, Texts) or context.loaded.documents is not None:
        return None
    if not _have_tabs(context.texts["text"]):
        return None
    return context.finding(
        "table-in-text",
        Severity.WARNING,
        [],
        "Every text contains a tab, as the rows of a table do, but is read as one text.",
        "If the file is a table, rename it to .tsv.",
        role="text",
        count=len(context.examples),
    )


def _have_tabs(texts: Sequence[str]) -> bool:
    return len(texts) >= _ROWS_OF_EACH and all("\t" in text.strip() for text in texts)


def _labels(texts: Sequence[str]) -> list[str] | None:
    """Return the marked words of texts, most frequent first; None if they are not like labels.

    Examples
    --------
    >>> _labels(["lift: it is stuck", "water: it is cold", "lift: it fell"] * 3)
    ['lift', 'water']
    >>> _labels(["To be clear: we wait.", "Please note: go!", "It rains."] * 3) is None
    True
    """
    if len(texts) < _FEWEST:
        return None
    words = (_marked(texts, mark, _may_be_label) for mark in _MARKS)
    weak = (
        found
        for mark in _WEAK_MARKS
        if (found := _marked(texts, mark, _may_be_label))
        and _ROWS_OF_EACH_IN_PROSE * len(found) <= len(texts)
    )
    numbers = (_marked(texts, mark, lambda _: True) for mark in _NUMBERS)
    few = (found for found in numbers if found and len(found) <= _MAX_NUMBERS)
    return next((found for found in chain(words, weak, few) if found), None)


def _marked(
    texts: Sequence[str], mark: re.Pattern[str], test: Callable[[str], bool]
) -> list[str] | None:
    found = [match[1].strip() for text in texts if (match := mark.match(text))]
    counts = Counter(filter(test, found))
    frequent = [label for label, count in counts.most_common() if count >= _ROWS_OF_EACH]
    covered = sum(counts[label] for label in frequent)
    return frequent if len(frequent) > 1 and covered >= _MOSTLY * len(texts) else None


def _may_be_label(label: str) -> bool:
    return len(label.split()) <= _MAX_WORDS and any(map(str.isalpha, label))
