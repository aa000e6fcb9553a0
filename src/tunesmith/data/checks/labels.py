"""Checks of labels: missing, unknown, too few, too many, spelt in two ways."""

from collections import Counter, defaultdict

import numpy as np

from tunesmith.data.checks.context import Context
from tunesmith.data.statistics import label_text
from tunesmith.kinds import Examples, Labelled, LabelledPairs, Multilabel, Nli
from tunesmith.results.summary import Finding, Severity
from tunesmith.wording import listing, plural

NLI_LABELS = ("entailment", "neutral", "contradiction")
"""What a premise can say about a hypothesis."""

_FEW_ROWS, _TOO_FEW_ROWS = 40, 10
_FEW_OF_A_CLASS = 5


def few_rows(context: Context) -> Finding | None:
    """Find a file with too little in it."""
    rows = len(context.examples)
    if rows >= _FEW_ROWS:
        return None
    too_few = rows < _TOO_FEW_ROWS
    return context.finding(
        "few-rows",
        Severity.ERROR if too_few else Severity.WARNING,
        [],
        f"Only {plural(rows, 'row')}." if rows else "No rows at all.",
        f"Add rows: {_TOO_FEW_ROWS} are the least, and under {_FEW_ROWS} little can be proven.",
        count=rows,
    )


def missing_labels(context: Context) -> Finding | None:
    """Find rows without a label."""
    if not _has_one_label(context.examples):
        return None
    written = map(label_text, context.written("label"))
    both = enumerate(zip(context.labels, written, strict=True))
    found = [position for position, cells in both if cells == (None, None)]
    if not found:
        return None
    return context.finding(
        "missing-label",
        Severity.ERROR,
        found,
        f"No label in {plural(len(found), 'row')}.",
        "Fill the label in or drop the row.",
        role="label",
        drop=True,
    )


def no_known_label(context: Context) -> Finding | None:
    """Find rows of multi-label data in which every label is unknown."""
    if not isinstance(context.examples, Multilabel):
        return None
    found = [position for position, row in enumerate(context.values("labels")) if not row]
    if not found:
        return None
    return context.finding(
        "no-known-label",
        Severity.WARNING,
        found,
        f"No label is known in {plural(len(found), 'row')}.",
        "Give at least one label a 1 or a 0 there; until then nothing is learned from them.",
        role="labels",
    )


def one_class(context: Context) -> Finding | None:
    """Find data in which there is nothing to tell apart."""
    if isinstance(context.examples, Multilabel):
        return _one_sided(context)
    if not _has_one_label(context.examples):
        return None
    names = set(_counts(context))
    if len(names) != 1:
        return None
    alike = isinstance(context.examples, LabelledPairs) and names <= {"1", "1.0", "true"}
    return context.finding(
        "one-class",
        Severity.ERROR,
        [],
        f"Every row has the same label, {listing(names, quoted=True)}.",
        "Add rows of another label"
        + (", or leave the label out with --kind pairs if all belong together." if alike else "."),
        role="label",
        count=len(context.examples),
    )


def _one_sided(context: Context) -> Finding | None:
    sides = _sides(context)
    if any(yes and no for yes, no in sides.values()):
        return None
    return context.finding(
        "one-class",
        Severity.ERROR,
        [],
        "No label has both a 1 in one row and a 0 in another.",
        "Add rows of which a label does not hold, or give --kind labelled.",
        role="labels",
        count=len(context.examples),
    )


def label_per_row(context: Context) -> Finding | None:
    """Find labels nearly as many as rows: an id or free text taken for the label."""
    if not _is_id_like(context):
        return None
    counts = _counts(context)
    return context.finding(
        "label-per-row",
        Severity.ERROR,
        [],
        f"{plural(len(counts), 'different label')} in {plural(len(context.examples), 'row')}, "
        f"such as {listing(list(counts)[:3], quoted=True)}: they look like an id or free text.",
        "Name the column that holds the label with --columns.",
        role="label",
        count=len(counts),
    )


def tiny_classes(context: Context) -> Finding | None:
    """Find classes of a single row, which can be learned or tested but not both."""
    if not isinstance(context.examples, Labelled) or _is_id_like(context):
        return None
    names = [name for name, rows in _counts(context).items() if rows < 2]
    if not names or len(_counts(context)) == 1:
        return None
    return context.finding(
        "tiny-class",
        Severity.ERROR,
        _rows_of(context, names),
        f"{plural(len(names), 'class')} with a single row: {listing(names, quoted=True)}.",
        "Add rows of the class, merge it with another or drop it: what is tested must be learned.",
        role="label",
        drop=True,
    )


def small_classes(context: Context) -> Finding | None:
    """Find classes with under five rows; of several labels, those with under five 1s or 0s."""
    if isinstance(context.examples, Multilabel):
        names = [name for name, sides in _sides(context).items() if min(sides) < _FEW_OF_A_CLASS]
        what, found = f"under {_FEW_OF_A_CLASS} rows with 1 or with 0", []
    elif isinstance(context.examples, Labelled) and not _is_id_like(context):
        sizes = _counts(context)
        names = [name for name, rows in sizes.items() if 2 <= rows < _FEW_OF_A_CLASS]
        what, found = f"under {_FEW_OF_A_CLASS} rows", _rows_of(context, names)
    else:
        return None
    if not names:
        return None
    return context.finding(
        "small-class",
        Severity.WARNING,
        found,
        f"{plural(len(names), 'class')} with {what}: {listing(names, quoted=True)}.",
        "Add rows: so few say little about a class, and its test even less.",
        role=context.examples.roles[-1],
        count=len(found) or len(names),
    )


def label_spellings(context: Context) -> Finding | None:
    """Find labels that differ in case or spaces only."""
    if not isinstance(context.examples, Labelled | Multilabel):
        return None
    if isinstance(context.examples, Multilabel):
        sizes = {name: yes for name, (yes, _) in _sides(context).items()}
    else:
        sizes = dict(_counts(context))
    spellings: dict[str, list[str]] = defaultdict(list)
    for name in sizes:
        spellings[" ".join(name.casefold().split())].append(name)
    variants = [found for found in spellings.values() if len(found) > 1]
    if not variants:
        return None
    rare = [name for found in variants for name in sorted(found, key=lambda name: -sizes[name])[1:]]
    return context.finding(
        "label-spelling",
        Severity.WARNING,
        _rows_of(context, rare),
        f"{plural(len(variants), 'label')} spelt in more than one way, "
        f"such as {listing(variants[0], quoted=True)}.",
        "Spell a label in one way: each spelling counts as a class of its own.",
        role=context.examples.roles[-1],
    )


def unknown_nli_labels(context: Context) -> Finding | None:
    """Find labels that say neither entailment nor neutral nor contradiction."""
    if not isinstance(context.examples, Nli):
        return None
    return _unknown(context, NLI_LABELS, "Use entailment, neutral or contradiction")


def unknown_pair_labels(context: Context) -> Finding | None:
    """Find pairs whose label is neither 1 nor 0."""
    if not isinstance(context.examples, LabelledPairs):
        return None
    return _unknown(context, ("0", "1", "0.0", "1.0", "false", "true"), "Use 1 or 0")


def _unknown(context: Context, known: tuple[str, ...], advice: str) -> Finding | None:
    written = [label_text(cell) for cell in context.written("label")]
    found = [
        position
        for position, (label, cell) in enumerate(zip(context.labels, written, strict=True))
        if cell is not None and (label is None or label.strip().casefold() not in known)
    ]
    if not found:
        return None
    names = dict.fromkeys(written[position] for position in found)
    return context.finding(
        "unknown-label",
        Severity.ERROR,
        found,
        f"An unknown label in {plural(len(found), 'row')}: {listing(names, quoted=True)}.",
        f"{advice}, or drop the row.",
        role="label",
        drop=True,
    )


def absent_nli_labels(context: Context) -> Finding | None:
    """Find NLI data in which one of the three labels never comes."""
    if not isinstance(context.examples, Nli):
        return None
    there = {name.strip().casefold() for name in _counts(context)}
    absent = [name for name in NLI_LABELS if name not in there]
    # A label that is spelt wrongly throughout is found as unknown, not as absent.
    if not absent or len(there) < 2 or unknown_nli_labels(context):
        return None
    return context.finding(
        "absent-label",
        Severity.WARNING,
        [],
        f"No row is labelled {listing(absent, quoted=True)}.",
        "Add such rows if the model is to tell all three apart.",
        role="label",
        count=len(absent),
    )


def _has_one_label(examples: Examples) -> bool:
    return isinstance(examples, Labelled | LabelledPairs | Nli)


def _counts(context: Context) -> Counter[str]:
    return Counter(label for label in context.labels if label is not None)


def _is_id_like(context: Context) -> bool:
    rows = len(context.examples)
    if not isinstance(context.examples, Labelled) or rows < _TOO_FEW_ROWS:
        return False
    return len(_counts(context)) > rows / 2


def _sides(context: Context) -> dict[str, tuple[int, int]]:
    """How many rows say yes and how many no to each label of multi-label data."""
    assert isinstance(context.examples, Multilabel)
    matrix = context.examples.matrix()
    yes, no = (matrix == 1).sum(axis=0), (matrix == 0).sum(axis=0)
    return dict(
        zip(context.examples.classes, zip(yes.tolist(), no.tolist(), strict=True), strict=True)
    )


def _rows_of(context: Context, names: list[str]) -> list[int]:
    wanted = set(names)
    if isinstance(context.examples, Multilabel):
        matrix = context.examples.matrix(names)
        return np.flatnonzero((matrix == 1).any(axis=1)).tolist()
    return [position for position, label in enumerate(context.labels) if label in wanted]
