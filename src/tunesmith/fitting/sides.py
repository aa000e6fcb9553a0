"""From files to the three sides of a fit: train, validation and the sealed test."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from tunesmith.data.check import check, drop_faulty, overlap, raise_on_errors
from tunesmith.data.duplicates import groups
from tunesmith.data.split import split
from tunesmith.errors import DataError, UsageError
from tunesmith.fitting.inspection import Inspection, inspect
from tunesmith.fitting.listener import Listener
from tunesmith.kinds import Examples, Kind, Labelled, Multilabel
from tunesmith.results import Finding

WithLabels: TypeAlias = Labelled | Multilabel

TEST_SHARE = 0.2
VALIDATION_SHARE = 0.15


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
        Of all files' contents.
    """

    inspection: Inspection
    examples: WithLabels
    test: WithLabels | None
    validation: WithLabels | None
    findings: tuple[Finding, ...]
    digest: str


@dataclass(frozen=True, eq=False)
class Sides:
    """Three sets of examples that share no text, nor nearly the same text."""

    train: WithLabels
    validation: WithLabels
    test: WithLabels


@dataclass(frozen=True)
class DataOptions:
    """How the files are to be read."""

    kind: Kind | str | None = None
    columns: Mapping[str, str] | None = None
    keep_going: bool = False


def gather_material(
    source: object,
    test: object | None,
    validation: object | None,
    options: DataOptions,
    base: str,
    listener: Listener,
) -> Material:
    """Read and check every file; nothing is loaded that takes longer than the files.

    Raises
    ------
    FaultyRows
        When a file has errors and ``keep_going`` is off.
    UsageError
        When the kind is one that cannot be fitted.
    """
    inspection = inspect(source, kind=options.kind, columns=options.columns, base=base)
    listener.inspected(inspection)
    examples = _usable(inspection, options, listener)
    others = {
        name: _other(part, inspection, options, base, listener)
        for name, part in (("validation", validation), ("test", test))
        if part is not None
    }
    findings, digest = inspection.findings, inspection.loaded.digest
    for name, (other, other_examples) in others.items():
        shared = overlap(examples, other_examples, f"the {name} file {other.name}")
        examples = _without(examples, shared)
        findings += shared + tuple(
            replace(item, message=f"{other.name}: {item.message}") for item in other.findings
        )
        digest += other.loaded.digest
        for finding in shared:
            listener.note(f"{finding.message} They are left out of the training rows.")
    own = {name: other_examples for name, (_, other_examples) in others.items()}
    return Material(inspection, examples, own.get("test"), own.get("validation"), findings, digest)


def divide(material: Material, seed: int) -> Sides:
    """Divide the examples; the user's own test and validation files stay as they are."""
    examples = material.examples
    division = split(
        examples,
        seed=seed,
        test=TEST_SHARE if material.test is None else 0.0,
        validation=VALIDATION_SHARE if material.validation is None else 0.0,
        groups=groups(examples.texts()),
    )
    sides = Sides(
        examples.take(division.train),
        material.validation or examples.take(division.validation),
        material.test or examples.take(division.test),
    )
    for name, side in (
        ("training", sides.train),
        ("validation", sides.validation),
        ("test", sides.test),
    ):
        if not len(side):
            raise DataError(
                f"{material.inspection.name} has too few rows for a {name} side: add examples, "
                "or give --test and --validation files"
            )
    return sides


def _other(
    source: object, main: Inspection, options: DataOptions, base: str, listener: Listener
) -> tuple[Inspection, WithLabels]:
    kind = main.detected.kind
    columns = dict(options.columns) if options.columns else None
    inspection = inspect(source, kind=kind, columns=columns, base=base)
    return inspection, _usable(inspection, options, listener)


def _usable(inspection: Inspection, options: DataOptions, listener: Listener) -> WithLabels:
    examples: Examples = inspection.examples
    if not isinstance(examples, Labelled | Multilabel):
        raise UsageError(
            f"{inspection.name} holds {examples.kind}; fit trains labelled and multilabel data. "
            "If it is one of these, say so with --kind and --columns"
        )
    if not options.keep_going:
        raise_on_errors(inspection.findings, inspection.name)
        return examples
    kept = drop_faulty(examples, inspection.findings)
    _tell_dropped(inspection, kept, listener)
    # What is left may be too little, or of one class only.
    left = check(replace(inspection.detected, examples=kept), inspection.loaded)
    raise_on_errors(left, inspection.name)
    return kept


def _tell_dropped(inspection: Inspection, kept: WithLabels, listener: Listener) -> None:
    dropped = np.setdiff1d(inspection.examples.rows, kept.rows)
    if len(dropped):
        shown = ", ".join(str(row) for row in dropped[:10]) + (" …" if len(dropped) > 10 else "")
        listener.note(f"{inspection.name}: left out {len(dropped)} rows at fault: {shown}")


def _without(examples: WithLabels, findings: tuple[Finding, ...]) -> WithLabels:
    return drop_faulty(examples, findings) if findings else examples
