"""Check whether raw texts hold labels, such as ``lift: it is stuck`` or ``it is stuck [lift]``.

They are not read as labels, because names of speakers and prose look the same.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tunesmith.data.checks.context import Context
from tunesmith.kinds import Texts
from tunesmith.results.finding import Finding, Severity
from tunesmith.wording import listing, plural

_MARKS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"\s*\[([^\[\]\n]{1,40})\]\s*\S",
        r"\s*([^\s:：\n][^:：\n]{0,39}?)\s*(?:[:：]|\s[-–—|]|=>|->|→)\s*\S",
        r"\s*#(\w{1,40})\s+\S",
        r".*\S\s*[\[(（【]([^\[\]()（）【】\n]{1,40})[\])）】]\s*$",
        r".*\S\s+#(\w{1,40})\s*$",
        r".*\S\s*(?:\s[-–—|]|=>|->|→)\s+(\S[^\n]{0,39})$",
    )
)
_MOSTLY: Final = 0.9
_ROWS_OF_EACH: Final = 3
_MAX_WORDS: Final = 4
_FEWEST: Final = 6


def labels_in_texts(context: Context) -> Finding | None:
    """Find texts that begin or end with one of a few words and a colon, dash or bracket."""
    if not isinstance(context.examples, Texts) or context.loaded.documents is not None:
        return None
    labels = _labels(context.texts["text"])
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
    return next((labels for mark in _MARKS if (labels := _marked(texts, mark))), None)


def _marked(texts: Sequence[str], mark: re.Pattern[str]) -> list[str] | None:
    found = [match[1].strip() for text in texts if (match := mark.match(text))]
    counts = Counter(label for label in found if _may_be_label(label))
    frequent = [label for label, count in counts.most_common() if count >= _ROWS_OF_EACH]
    covered = sum(counts[label] for label in frequent)
    return frequent if len(frequent) > 1 and covered >= _MOSTLY * len(texts) else None


def _may_be_label(label: str) -> bool:
    return len(label.split()) <= _MAX_WORDS and any(map(str.isalpha, label))
