"""Remedies for findings of the check: rows to drop, labels to merge or set, texts to clean."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from tunesmith.data.checks.fixes import LABEL_SPELLING, apply_fixes
from tunesmith.data.splits.near_duplicates import normalise
from tunesmith.datasets.changes import RowChanges
from tunesmith.datasets.dataset import Dataset
from tunesmith.errors import UsageError
from tunesmith.kinds import Kind, Labelled
from tunesmith.results.finding import Finding
from tunesmith.wording import count, plural

DROP: Final = "drop"
MERGE: Final = "merge"
RELABEL: Final = "relabel"
CLEAN: Final = "clean"
SCORE_RANGE: Final = "score-range"
_DROPPED: Mapping[str, str] = {
    "duplicate": "repeated {rows}",
    "near-duplicate": "nearly repeated {rows}",
    "empty-text": "{rows} without a text",
    "missing-label": "{rows} without a label",
    "no-known-label": "{rows} without a known label",
    "unknown-label": "{rows} with an unknown label",
    "missing-score": "{rows} without a score",
    SCORE_RANGE: "{rows} with a score out of range",
    "conflict": "{rows} with conflicting labels",
    "small-class": "{rows} of small classes",
    "tiny-class": "{rows} of classes with one text",
    "equal-sides": "{rows} of two equal texts",
    "false-negative": "{rows} with a false negative",
}
"""The findings whose rows can be dropped, with what such rows are called."""


@dataclass(frozen=True)
class Remedy:
    """Something that resolves a finding.

    Parameters
    ----------
    code
        The code of the finding.
    name
        ``"drop"``, ``"merge"``, ``"relabel"`` or ``"clean"``.
    action
        What it does, with the number of rows, as on a button.

    Examples
    --------
    >>> Remedy("duplicate", "drop", "Drop 14 repeated rows").name
    'drop'
    """

    code: str
    name: str
    action: str


@dataclass(frozen=True)
class Applied:
    """A remedy as changes of rows, or fixes while reading, and what it did in words."""

    rows: RowChanges
    fixes: tuple[str, ...]
    note: str


def remedies(finding: Finding, kind: Kind | str) -> tuple[Remedy, ...]:
    """Return the remedies for a finding; none if only a person can resolve it.

    Examples
    --------
    >>> from tunesmith import read
    >>> found = {each.code: each for each in read("examples/tickets.csv").findings}
    >>> [each.action for each in remedies(found["duplicate"], "labelled")]
    ['Drop 6 repeated rows']
    """
    if kind == Kind.RETRIEVAL or (not finding.rows and finding.code != LABEL_SPELLING):
        return ()
    rows, found = plural(finding.count, "row"), []
    if finding.code == LABEL_SPELLING:
        found.append((MERGE, f"Merge the spellings in {rows}"))
    if finding.code == "html":
        found.append((CLEAN, f"Remove the HTML from {rows}"))
    if finding.code == "conflict" and kind == Kind.LABELLED:
        found.append((RELABEL, f"Use the most frequent label of each text, in at most {rows}"))
    if _can_drop(finding):
        found.append((DROP, f"Drop {_rows(finding.count, finding.code)}"))
    return tuple(Remedy(finding.code, name, action) for name, action in found)


def applied(data: Dataset, code: str, name: str) -> Applied:
    """Return what a remedy changes.

    Parameters
    ----------
    data
        The data set.
    code, name
        The finding and the remedy, as in :class:`Remedy`.

    Raises
    ------
    UsageError
        There is no such finding or remedy, or it changes nothing.

    Examples
    --------
    >>> from tunesmith import read
    >>> applied(read("examples/tickets.csv"), "duplicate", "drop").note
    'Dropped 6 repeated rows'
    """
    if (code, name) == (LABEL_SPELLING, MERGE):
        return _merged(data)
    rows = data.row_numbers(code)
    make = _MAKERS.get(name)
    found = [each for each in data.findings if each.code == code]
    if make is None or not rows or (name == DROP and not any(map(_can_drop, found))):
        raise UsageError(
            f"there is no finding {code!r} with the remedy {name!r}",
            hint="load the page again: the data set may have another version",
        )
    return make(data, code, rows)


def _can_drop(finding: Finding) -> bool:
    """Whether the rows of a finding can be dropped; of scores out of range, only outliers can."""
    return finding.code in _DROPPED and (finding.code != SCORE_RANGE or bool(finding.faulty))


def _merged(data: Dataset) -> Applied:
    """Give rows the merged label; several labels of a row are merged when the file is read."""
    note, examples = "Merged labels with several spellings", data.examples
    fixed = apply_fixes(examples, (LABEL_SPELLING,)).examples
    if not isinstance(examples, Labelled) or not isinstance(fixed, Labelled):
        return Applied(RowChanges(), (LABEL_SPELLING,), note)
    rows = zip(examples.rows.tolist(), examples.labels, fixed.labels, strict=True)
    new = {row: str(label) for row, old, label in rows if old != label}
    return Applied(RowChanges(relabel=new), (), f"{note} in {plural(len(new), 'row')}")


def _dropped(_data: Dataset, code: str, rows: tuple[int, ...]) -> Applied:
    drop = frozenset(rows)
    return Applied(RowChanges(drop=drop), (), f"Dropped {_rows(len(drop), code)}")


def _cleaned(_data: Dataset, _code: str, rows: tuple[int, ...]) -> Applied:
    clean = frozenset(rows)
    return Applied(RowChanges(clean=clean), (), f"Removed HTML from {plural(len(clean), 'row')}")


def _relabelled(data: Dataset, _code: str, rows: tuple[int, ...]) -> Applied:
    """Give each text the label that most of its rows have, if there is one."""
    if not isinstance(data.examples, Labelled):
        raise UsageError(f"{data.kind} data cannot be relabelled by their most frequent label")
    part = data.examples.take(np.flatnonzero(np.isin(data.examples.rows, rows)))
    labels: dict[str, dict[int, str]] = defaultdict(dict)
    for row, text, label in zip(part.rows.tolist(), part.texts(), part.labels, strict=True):
        labels[normalise(text)][row] = str(label)
    new = {row: to for found in labels.values() for row, to in _outvoted(found).items()}
    if not new:
        raise UsageError(
            "no text has a most frequent label", hint="decide row by row, or drop the rows"
        )
    note = f"Used the most frequent label of each text in {plural(len(new), 'row')}"
    return Applied(RowChanges(relabel=new), (), note)


def _outvoted(labels: Mapping[int, str]) -> dict[int, str]:
    """Return the rows of a text that lack its most frequent label, with that label."""
    (best, most), *others = Counter(labels.values()).most_common()
    if others and others[0][1] == most:
        return {}
    return {row: best for row, label in labels.items() if label != best}


def _rows(number: int, code: str) -> str:
    """Return a number of rows, and what they have in common."""
    return f"{count(number)} {_DROPPED[code].format(rows='row' if number == 1 else 'rows')}"


_MAKERS: Mapping[str, Callable[[Dataset, str, tuple[int, ...]], Applied]] = {
    DROP: _dropped,
    CLEAN: _cleaned,
    RELABEL: _relabelled,
}
