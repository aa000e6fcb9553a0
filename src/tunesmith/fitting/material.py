"""From files to examples that may be fitted: read, checked, and apart from each other."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from tunesmith.data.check import check, drop_faulty, overlap, raise_on_errors
from tunesmith.errors import DataError, UsageError
from tunesmith.fitting.inspection import Inspection, inspect
from tunesmith.fitting.listener import Listener
from tunesmith.kinds import Kind, Labelled, Multilabel
from tunesmith.results import Finding, Severity

WithLabels: TypeAlias = Labelled | Multilabel

TRAINING = "training rows"
# What stands in the first of each pair leaves the second.
HELD_APART = (("test", "validation"), ("test", TRAINING), ("validation", TRAINING))

# What is too little to learn from may still be enough to measure on.
OF_TRAINING_ONLY = frozenset({"few-rows", "one-class", "tiny-class", "label-per-row"})


@dataclass(frozen=True, eq=False)
class Material:
    """The examples of a fit before they are divided.

    Parameters
    ----------
    inspection
        Of the main file.
    examples
        Its rows, those at fault left out.
    test, validation
        The user's own, or None.
    findings
        Of all files, overlaps included.
    digest
        Of all files' contents and the part that each plays.
    """

    inspection: Inspection
    examples: WithLabels
    test: WithLabels | None
    validation: WithLabels | None
    findings: tuple[Finding, ...]
    digest: str


@dataclass(frozen=True)
class DataOptions:
    """How the files are to be read."""

    kind: Kind | str | None = None
    columns: Mapping[str, str] | None = None
    keep_going: bool = False


def gather_material(
    source: object,
    others: Mapping[str, object],
    options: DataOptions,
    base: str,
    listener: Listener,
) -> Material:
    """Read and check every file; nothing is loaded that takes longer than the files.

    Parameters
    ----------
    source
        The main file.
    others
        The user's own ``"validation"`` and ``"test"``, where there are any.
    options
        How the files are to be read.
    base
        The model whose length limit the texts are held against.
    listener
        Hears what was found.

    Raises
    ------
    FaultyRows
        When a file has errors and ``keep_going`` is off.
    UsageError
        When the kind is one that cannot be fitted.
    """
    inspection = inspect(source, kind=options.kind, columns=options.columns, base=base)
    listener.inspected(inspection)
    main = _Part(TRAINING, inspection, _usable(inspection, options, listener))
    parts = {name: _other(part, main, options, base, listener) for name, part in others.items()}
    findings = inspection.findings
    for name, part in parts.items():
        findings += _named(part) + _unseen_labels(main, part, name)
    parts[TRAINING] = main
    for held, seen in HELD_APART:
        if held in parts and seen in parts:
            parts[seen], shared = _apart(parts[seen], parts[held], held, listener)
            findings += shared
    left = {name: part.examples for name, part in parts.items()}
    return Material(
        inspection,
        left[TRAINING],
        left.get("test"),
        left.get("validation"),
        findings,
        _digest(parts),
    )


@dataclass(frozen=True, eq=False)
class _Part:
    title: str
    inspection: Inspection
    examples: WithLabels


def _other(
    source: object, main: _Part, options: DataOptions, base: str, listener: Listener
) -> _Part:
    """Read another file as the main one was read: same kind, same columns if it has them."""
    detected = main.inspection.detected
    columns = options.columns or detected.columns
    try:
        inspection = inspect(source, kind=detected.kind, columns=columns, base=base)
    except UsageError:
        if options.columns:
            raise
        inspection = inspect(source, kind=detected.kind, base=base)
    examples = _usable(inspection, options, listener, ignored=OF_TRAINING_ONLY)
    return _Part(f"rows of {inspection.name}", inspection, examples)


def _usable(
    inspection: Inspection,
    options: DataOptions,
    listener: Listener,
    ignored: frozenset[str] = frozenset(),
) -> WithLabels:
    examples = inspection.examples
    if not isinstance(examples, Labelled | Multilabel):
        raise UsageError(
            f"{inspection.name} holds {examples.kind}; fit trains labelled and multilabel data. "
            "If it is one of these, say so with --kind and --columns"
        )
    findings = _without(ignored, inspection.findings)
    # What is left after rows were dropped may be too little, or of one class only.
    while options.keep_going and any(_is_curable(item) for item in findings):
        examples = drop_faulty(examples, [item for item in findings if _is_curable(item)])
        findings = _without(ignored, _checked(inspection, examples))
    _tell_dropped(inspection, examples, listener)
    raise_on_errors(findings, inspection.name)
    return examples


def _is_curable(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR and bool(finding.faulty)


def _without(codes: frozenset[str], findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(item for item in findings if item.code not in codes)


def _checked(inspection: Inspection, examples: WithLabels) -> tuple[Finding, ...]:
    return check(replace(inspection.detected, examples=examples), inspection.loaded)


def _tell_dropped(inspection: Inspection, kept: WithLabels, listener: Listener) -> None:
    dropped = np.setdiff1d(inspection.examples.rows, kept.rows)
    if len(dropped):
        shown = ", ".join(str(row) for row in dropped[:10]) + (" …" if len(dropped) > 10 else "")
        listener.note(f"{inspection.name}: left out {len(dropped)} rows at fault: {shown}")


def _named(part: _Part) -> tuple[Finding, ...]:
    name = part.inspection.name
    findings = _without(OF_TRAINING_ONLY, part.inspection.findings)
    return tuple(replace(item, message=f"{name}: {item.message}") for item in findings)


def _unseen_labels(main: _Part, part: _Part, role: str) -> tuple[Finding, ...]:
    """Find labels of a test or validation file that no training row carries."""
    known = set(main.examples.classes)
    unseen = [label for label in part.examples.classes if label not in known]
    if not unseen:
        return ()
    name, shown = part.inspection.name, ", ".join(unseen[:5]) + (" …" if len(unseen) > 5 else "")
    if len(unseen) == len(part.examples.classes):
        raise DataError(
            f"{name} has no label in common with {main.inspection.name}: it has {shown}; "
            "spell them alike, or name the column with --columns"
        )
    return (
        Finding(
            code="unseen-label",
            severity=Severity.WARNING,
            count=len(unseen),
            message=f"{name}: {len(unseen)} labels of the {role} file never occur in training: "
            f"{shown}.",
            advice="Such rows count as errors of every model: add training rows, or check the "
            "spelling.",
        ),
    )


def _apart(
    part: _Part, held: _Part, role: str, listener: Listener
) -> tuple[_Part, tuple[Finding, ...]]:
    """Take rows out of a part whose texts also stand in what is held against it."""
    shared = overlap(part.examples, held.examples, f"the {role} file {held.inspection.name}")
    if not shared:
        return part, ()
    listener.note(f"{shared[0].message} They are left out of the {part.title}.")
    examples = drop_faulty(part.examples, shared)
    left = f"{part.inspection.name}, without {shared[0].count} rows that {held.inspection.name} has"
    if not len(examples):
        raise DataError(f"{left}, has no row left: give files that do not share all their texts")
    if part.title == TRAINING:
        raise_on_errors(_checked(part.inspection, examples), left)
    return replace(part, examples=examples), shared


def _digest(parts: Mapping[str, _Part]) -> str:
    roles = {name: part.inspection.loaded.digest for name, part in parts.items()}
    return hashlib.sha256(json.dumps(roles, sort_keys=True).encode()).hexdigest()
