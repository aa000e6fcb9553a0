"""Checks for labels: missing, unknown, too few, too many, inconsistently spelled."""

from collections import Counter

import numpy as np

from tunesmith.data.checks.context import Context
from tunesmith.data.checks.spellings import visible
from tunesmith.data.splits.training_only import untestable_classes
from tunesmith.data.statistics import label_text
from tunesmith.kinds import Examples, Labelled, LabelledPairs, Multilabel, Nli
from tunesmith.results.finding import Finding, Severity
from tunesmith.wording import count, listing, plural

NLI_LABELS = ("entailment", "neutral", "contradiction")
"""The three relations between a premise and a hypothesis."""

_FEW_ROWS, _TOO_FEW_ROWS = 40, 10
_FEW_OF_A_CLASS = 5
_NAMED_CLASSES = 10
_MISSING_WORDS = frozenset(
    [
        "nan", "NaN", "NAN", "null", "Null", "NULL", "None", "NONE", r"\N", "NA", "N/A", "n/a",
        "N.A.", "n.a.", "#N/A", "#NA", "<NA>", "<na>", "NaT", "nil", "undefined", "(null)",
    ]
)  # fmt: skip


def few_rows(context: Context) -> Finding | None:
    """Find a file with too few rows."""
    rows = len(context.examples)
    if rows >= _FEW_ROWS:
        return None
    too_few = rows < _TOO_FEW_ROWS
    return context.finding(
        "few-rows",
        Severity.ERROR if too_few else Severity.WARNING,
        [],
        _rows_left(rows, context.loaded.table.num_rows),
        f"Add rows: at least {_TOO_FEW_ROWS} are required, and with fewer than {_FEW_ROWS} a test "
        "is rarely conclusive.",
        count=rows,
    )


def _rows_left(rows: int, all_rows: int) -> str:
    if rows:
        return f"Only {plural(rows, 'row')}."
    return f"No usable rows: all {count(all_rows)} are skipped." if all_rows else "No rows."


def missing_labels(context: Context) -> Finding | None:
    """Find rows without a label; they are skipped unless strict."""
    if not _has_one_label(context.examples):
        return None
    raw = map(label_text, context.raw_values("label"))
    both = enumerate(zip(context.labels, raw, strict=True))
    found = [position for position, cells in both if cells == (None, None)]
    if not found:
        return None
    return context.finding(
        "missing-label",
        context.lenient_severity,
        found,
        f"No label in {plural(len(found), 'row')}.",
        "Fill in the label or drop the row."
        if context.strict
        else "Rows without a label are skipped: fill in the label to use them.",
        role="label",
        drop=True,
    )


def words_for_missing(context: Context) -> Finding | None:
    """Find classes whose name is a word for a missing value, such as ``NULL``."""
    if not isinstance(context.examples, Labelled | Multilabel):
        return None
    present = (
        context.examples.classes if isinstance(context.examples, Multilabel) else context.labels
    )
    names = [name for name in dict.fromkeys(present) if name in _MISSING_WORDS]
    if not names:
        return None
    found = _rows_of(context, names)
    return context.finding(
        "missing-word",
        Severity.WARNING,
        found,
        f"{listing(names, quoted=True)} {'is a class' if len(names) == 1 else 'are classes'} of "
        f"{plural(len(found), 'row')}, but may mean that the label is missing.",
        "If so, leave these labels empty: empty labels are treated as missing.",
        role=context.examples.roles[-1],
    )


def no_known_label(context: Context) -> Finding | None:
    """Find multi-label rows in which every label is unknown."""
    if not isinstance(context.examples, Multilabel):
        return None
    found = [position for position, row in enumerate(context.values("labels")) if not row]
    if not found:
        return None
    return context.finding(
        "no-known-label",
        Severity.WARNING,
        found,
        f"Every label is unknown in {plural(len(found), 'row')}.",
        "Set at least one label to 1 or 0; until then the rows do not contribute to training.",
        role="labels",
    )


def one_class(context: Context) -> Finding | None:
    """Find data with a single class, apart from classes with a single row."""
    if isinstance(context.examples, Multilabel):
        return _constant_labels(context)
    if not _has_one_label(context.examples):
        return None
    counts = _counts(context)
    names, rare = set(counts), 0
    if isinstance(context.examples, Labelled) and not _is_id_like(context):
        names = set(_large_classes(counts)) or names
        rare = len(counts) - len(names)
    if len(names) != 1:
        return None
    rest = f", except in {plural(rare, 'class')} with a single row" if rare else ""
    all_positive = isinstance(context.examples, LabelledPairs) and names <= {"1", "1.0", "true"}
    return context.finding(
        "one-class",
        Severity.ERROR,
        [],
        f"Every row has the same label, {listing(names, quoted=True)}{rest}.",
        "Add rows with another label"
        + (', or use `kind="pairs"` if all pairs are positive.' if all_positive else "."),
        role="label",
        count=len(context.examples),
    )


def _constant_labels(context: Context) -> Finding | None:
    if any(yes and no for yes, no in _yes_and_no(context).values()):
        return None
    return context.finding(
        "one-class",
        Severity.ERROR,
        [],
        "No label takes both values, 1 and 0.",
        f'{_constant_advice(context)} Or use `kind="labelled"`.',
        role="labels",
        count=len(context.examples),
    )


def _constant_advice(context: Context) -> str:
    rows = [row for row in context.values("labels") if row]
    if all(len(row) == len(rows[0]) for row in rows):
        return "Add rows to which these labels do not apply, or with other labels."
    return "Write 0 where a label does not apply: an empty cell means that this is unknown."


def label_per_row(context: Context) -> Finding | None:
    """Find nearly as many labels as rows: an id or free text used as the label."""
    if not _is_id_like(context):
        return None
    counts = _counts(context)
    return context.finding(
        "label-per-row",
        Severity.ERROR,
        [],
        f"{plural(len(counts), 'distinct label')} in {plural(len(context.examples), 'row')}, "
        f"such as {listing(list(counts)[:3], quoted=True)}: they look like an id or free text.",
        "Set the label column with `columns`.",
        role="label",
        count=len(counts),
    )


def tiny_classes(context: Context) -> Finding | None:
    """Find classes with a single text, which cannot be in both the training and the test set."""
    names = _tiny_classes(context)
    if not names:
        return None
    rows = _rows_of(context, names)
    what = "a single row" if len(rows) == len(names) else "a single distinct text"
    return context.finding(
        "tiny-class",
        context.lenient_severity,
        rows,
        f"{plural(len(names), 'class')} with {what}: "
        f"{listing(list(map(visible, names)), shown=_NAMED_CLASSES)}.",
        "Add rows, merge the class with another or drop it: the training and test sets each need "
        "a row."
        if context.strict
        else "Such rows are used for training only, and the class cannot be tested without a "
        "separate `test` file: add rows, or merge the class with another.",
        role=context.examples.roles[-1],
        drop=context.strict,
    )


def _tiny_classes(context: Context) -> list[str]:
    """Return the classes with one near-duplicate group, if there are others that can be tested."""
    if not isinstance(context.examples, Labelled | Multilabel) or _is_id_like(context):
        return []
    if isinstance(context.examples, Multilabel):
        return list(untestable_classes(context.examples, context.groups))
    counts = _counts(context)
    names = untestable_classes(context.examples, context.groups)
    return [name for name in names if name in counts] if _large_classes(counts) else []


def small_classes(context: Context) -> Finding | None:
    """Find classes with fewer than five rows; in multi-label data, fewer than five 1s or 0s."""
    tiny = set(_tiny_classes(context))
    if isinstance(context.examples, Multilabel):
        sizes = {name: min(counts) for name, counts in _yes_and_no(context).items()}
        names = [name for name, rows in sizes.items() if rows < _FEW_OF_A_CLASS]
        names = [name for name in names if name not in tiny]
        what, found = f"fewer than {_FEW_OF_A_CLASS} rows with 1 or with 0", []
    elif isinstance(context.examples, Labelled) and not _is_id_like(context):
        small = [name for name, rows in _counts(context).items() if 2 <= rows < _FEW_OF_A_CLASS]
        names = [name for name in small if name not in tiny]
        what, found = f"fewer than {_FEW_OF_A_CLASS} rows", _rows_of(context, names)
    else:
        return None
    if not names:
        return None
    return context.finding(
        "small-class",
        Severity.WARNING,
        found,
        f"{plural(len(names), 'class')} with {what}: {listing(names, quoted=True)}.",
        "Add rows: with so few, a class is hard to learn and its test score is unreliable.",
        role=context.examples.roles[-1],
        count=len(found) or len(names),
    )


def unknown_nli_labels(context: Context) -> Finding | None:
    """Find NLI labels other than entailment, neutral and contradiction."""
    if not isinstance(context.examples, Nli):
        return None
    return _unknown(context, NLI_LABELS, "Use entailment, neutral or contradiction")


def unknown_pair_labels(context: Context) -> Finding | None:
    """Find pair labels other than 1 and 0."""
    if not isinstance(context.examples, LabelledPairs):
        return None
    return _unknown(context, ("0", "1", "0.0", "1.0", "false", "true"), "Use 1 or 0")


def _unknown(context: Context, known: tuple[str, ...], advice: str) -> Finding | None:
    raw = [label_text(cell) for cell in context.raw_values("label")]
    found = [
        position
        for position, (label, cell) in enumerate(zip(context.labels, raw, strict=True))
        if cell is not None and (label is None or label.strip().casefold() not in known)
    ]
    if not found:
        return None
    names = dict.fromkeys(raw[position] for position in found)
    return context.finding(
        "unknown-label",
        Severity.ERROR,
        found,
        f"Unknown label in {plural(len(found), 'row')}: {listing(names, quoted=True)}.",
        f"{advice}, or drop the row.",
        role="label",
        drop=True,
    )


def absent_nli_labels(context: Context) -> Finding | None:
    """Find NLI data in which one of the three labels never occurs."""
    if not isinstance(context.examples, Nli):
        return None
    present = {name.strip().casefold() for name in _counts(context)}
    absent = [name for name in NLI_LABELS if name not in present]
    # A label that is misspelled everywhere is reported as unknown, not as absent.
    if not absent or len(present) < 2 or unknown_nli_labels(context):
        return None
    return context.finding(
        "absent-label",
        Severity.WARNING,
        [],
        f"No row is labelled {listing(absent, quoted=True)}.",
        "Add such rows if the model should distinguish all three.",
        role="label",
        count=len(absent),
    )


def numbered_nli_labels(context: Context) -> Finding | None:
    """Say which label each number stands for, since data sets differ."""
    if not isinstance(context.examples, Nli):
        return None
    written = {str(cell).strip().removesuffix(".0") for cell in context.raw_values("label")}
    if not {"0", "1", "2"} & written or unknown_nli_labels(context):
        return None
    return context.finding(
        "numbered-label",
        Severity.NOTE,
        [],
        "The numbers 0, 1 and 2 are read as entailment, neutral and contradiction.",
        "If they stand for others, write the names in the file.",
        role="label",
        count=len(context.examples),
    )


def _has_one_label(examples: Examples) -> bool:
    return isinstance(examples, Labelled | LabelledPairs | Nli)


def _counts(context: Context) -> Counter[str]:
    return Counter(label for label in context.labels if label is not None)


def _large_classes(counts: Counter[str]) -> list[str]:
    return [name for name, rows in counts.items() if rows > 1]


def _is_id_like(context: Context) -> bool:
    rows = len(context.examples)
    if not isinstance(context.examples, Labelled) or rows < _TOO_FEW_ROWS:
        return False
    return len(_counts(context)) > rows / 2


def _yes_and_no(context: Context) -> dict[str, tuple[int, int]]:
    """Return the numbers of 1s and of 0s for each label of multi-label data."""
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
