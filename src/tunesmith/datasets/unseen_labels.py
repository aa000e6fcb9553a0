"""Labels of a test or validation file that do not occur in the training data."""

from collections.abc import Collection, Sequence

from tunesmith.data.checks.context import Context
from tunesmith.data.checks.spellings import label_spellings, loose_label, rows_by_label, visible
from tunesmith.datasets.inspection import Inspection
from tunesmith.errors import DataError
from tunesmith.kinds import Examples, Labelled, Multilabel
from tunesmith.results.finding import Finding, Severity
from tunesmith.wording import listing, plural

_SHOWN = 5


def unseen_labels(
    train: Examples, other: Examples, *, names: tuple[str, str], role: str
) -> tuple[Finding, ...]:
    """Find labels of another file that do not occur in the training data.

    Parameters
    ----------
    train
        Examples of the training file.
    other
        Examples of the other file.
    names
        Names of the training file and of the other file.
    role
        Purpose of the other file, such as ``"test"``.

    Raises
    ------
    DataError
        The files have no label in common.
    """
    if not isinstance(train, Labelled | Multilabel) or not isinstance(other, Labelled | Multilabel):
        return ()
    known = set(train.classes)
    unseen = [label for label in other.classes if label not in known]
    if not unseen:
        return ()
    if len(unseen) == len(other.classes):
        raise DataError(
            f"{names[1]} has no label in common with {names[0]}: its labels are "
            f"{listing(unseen, shown=_SHOWN)}",
            hint="use the same spelling, or set the label column with `columns`",
            file=names[1],
            option="columns",
        )
    rows = rows_by_label(other)
    affected = len({row for label in unseen for row in rows.get(label, ())})
    return (
        Finding(
            code="unseen-label",
            severity=Severity.WARNING,
            count=affected,
            message=f"{names[1]}: {plural(len(unseen), 'label')} of the {role} file not in the "
            f"training data, in {affected:,} of {plural(len(other), 'row')}: "
            f"{listing(unseen, shown=_SHOWN)}.",
            advice=_advice(unseen, train.classes),
        ),
    )


def with_known_spellings(inspection: Inspection, train: Examples) -> tuple[Finding, ...]:
    """Return the findings of a file of tests; those on spellings prefer the training data's."""
    if not isinstance(train, Labelled | Multilabel):
        return inspection.findings
    context = Context(inspection.detected, inspection.loaded)
    preferred = label_spellings(context, frozenset(train.classes))
    return tuple(
        preferred if preferred is not None and finding.code == preferred.code else finding
        for finding in inspection.findings
    )


def _advice(unseen: Sequence[str], known: Collection[str]) -> str:
    wrong = "Every model gets these rows wrong: "
    spelled = {loose_label(label): label for label in known}
    same = [
        (label, spelled[loose_label(label)]) for label in unseen if loose_label(label) in spelled
    ]
    if not same:
        return f"{wrong}add training rows, or check the spelling."
    shown = [f"{visible(label)} → {visible(name)}" for label, name in same]
    others = " and add training rows for the others" if len(same) < len(unseen) else ""
    return f"{wrong}use the spelling of the training data ({listing(shown, shown=_SHOWN)}){others}."
