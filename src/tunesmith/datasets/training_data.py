"""From files to examples that may be fitted: read, checked, and apart from each other."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tunesmith.data.checks.check import drop_faulty, raise_on_errors
from tunesmith.data.checks.overlap import overlap, overlap_with_queries
from tunesmith.data.reshaping.document_pairs import sentences
from tunesmith.data.reshaping.reshape import reshape
from tunesmith.data.reshaping.score_scale import scaled_to_1, usual_scale
from tunesmith.datasets.inspection import (
    Inspection,
    check_again,
    inspect,
    inspect_like,
    remaining,
    without,
)
from tunesmith.errors import DataError, UsageError
from tunesmith.events import Events
from tunesmith.kinds import Examples, Kind, Labelled, Multilabel
from tunesmith.results.summary import Finding, Severity
from tunesmith.wording import plural

WITH_LABELS = frozenset({Kind.LABELLED, Kind.MULTILABEL})
TRAINING = "training rows"
DOMAIN = "domain"
# What stands in the first of each pair leaves the second; the domain, once the rows are divided.
HELD_APART = (("test", "validation"), ("test", TRAINING), ("validation", TRAINING))

FEWEST_DOCUMENTS = 30  # so that each side of a split has some
# What is too little to learn from may still be enough to measure on.
OF_TRAINING_ONLY = frozenset({"few-rows", "one-class", "tiny-class", "label-per-row"})


@dataclass(frozen=True, eq=False)
class TrainingData:
    """The examples of a fit before they are divided.

    Parameters
    ----------
    inspection
        Of the main file.
    examples
        Its rows, those at fault left out.
    test, validation
        The user's own, or None.
    domain
        What the base is trained on first; None where the user gave nothing.
    findings
        Of all files, overlaps included.
    digest
        Of all files' contents and the part that each plays.
    """

    inspection: Inspection
    examples: Examples
    test: Examples | None
    validation: Examples | None
    domain: Examples | None
    findings: tuple[Finding, ...]
    digest: str

    @property
    def labelled(self) -> bool:
        """Whether single texts carry labels, and not pairs of them a judgement."""
        return self.examples.kind in WITH_LABELS


@dataclass(frozen=True)
class DataOptions:
    """How the files are to be read."""

    kind: Kind | str | None = None
    columns: Mapping[str, str] | None = None
    skip_invalid: bool = False


def load_training_data(
    source: object,
    others: Mapping[str, object],
    options: DataOptions,
    base: str,
    events: Events,
) -> TrainingData:
    """Read and check every file; nothing is loaded that takes longer than the files.

    Parameters
    ----------
    source
        The main file.
    others
        The user's own ``"validation"``, ``"test"`` and ``"domain"``, where there are any.
    options
        How the files are to be read.
    base
        The model whose length limit the texts are held against.
    events
        Hears what was found.

    Raises
    ------
    FaultyRows
        When a file has errors and ``skip_invalid`` is off.
    UsageError
        When the kind is one that cannot be fitted, or two files do not go together.
    """
    inspection = inspect(source, kind=options.kind, columns=options.columns, base=base)
    events.inspected(inspection.event)
    main = _Part(TRAINING, inspection, usable(inspection, options, events))
    if main.examples.kind is Kind.TEXTS and not {"test", "validation"} <= others.keys():
        _require_parts(main)
    parts = {
        name: _domain(part, options, base, events)
        if name == DOMAIN
        else _other(part, main, options, base, events)
        for name, part in others.items()
    }
    findings = inspection.findings
    for name, part in parts.items():
        findings += _named(part) + (() if name == DOMAIN else _unseen_labels(main, part, name))
    parts[TRAINING] = main
    for held, seen in HELD_APART:
        if held in parts and seen in parts:
            parts[seen], shared = _apart(parts[seen], parts[held], held, events)
            findings += shared
    left = {name: part.examples for name, part in parts.items()}
    return TrainingData(
        inspection,
        left[TRAINING],
        left.get("test"),
        left.get("validation"),
        left.get(DOMAIN),
        findings,
        _digest(parts),
    )


@dataclass(frozen=True, eq=False)
class _Part:
    title: str
    inspection: Inspection
    examples: Examples


def _other(source: object, main: _Part, options: DataOptions, base: str, events: Events) -> _Part:
    """Read another file: as the main one if it has its columns, or as what it is itself."""
    inspection = (
        inspect_like(source, main.inspection, options.columns, base)
        if main.examples.kind in WITH_LABELS
        else _of_any_kind(source, main, base)
    )
    _require_judgement(inspection)
    examples = usable(inspection, options, events, OF_TRAINING_ONLY)
    if (examples.kind in WITH_LABELS) != (main.examples.kind in WITH_LABELS):
        raise UsageError(
            f"{inspection.name} holds {examples.kind} and {main.inspection.name} "
            f"{main.examples.kind}: what is learned from the one cannot be judged by the other: "
            "give labels to judge labels by, else pairs, scores, triplets or judgements"
        )
    return _Part(f"rows of {inspection.name}", inspection, examples)


def _domain(source: object, options: DataOptions, base: str, events: Events) -> _Part:
    """Read texts, or pairs of them, that nothing is judged by."""
    inspection = inspect(source, base=base)
    examples = usable(inspection, options, events, OF_TRAINING_ONLY)
    title = f"domain {inspection.name}"
    if examples.kind in WITH_LABELS:
        return _Part(title, inspection, reshape(examples, Kind.TEXTS))
    return _Part(title, inspection, examples)


def _of_any_kind(source: object, main: _Part, base: str) -> Inspection:
    """Take a file for what it is: pairs may be learned from and scores judge the result."""
    detected = main.inspection.detected
    if detected.kind is Kind.TEXTS:
        return inspect(source, base=base)
    try:
        return inspect(source, kind=detected.kind, columns=detected.columns, base=base)
    except (UsageError, DataError):
        return inspect(source, base=base)


def usable(
    inspection: Inspection,
    options: DataOptions,
    events: Events,
    ignored: frozenset[str] = frozenset(),
) -> Examples:
    """Return the rows that may be fitted, their scores brought to 0 to 1.

    Raises
    ------
    FaultyRows
        When there are errors and ``skip_invalid`` is off.
    """
    left = remaining(inspection, ignored, skip_invalid=options.skip_invalid)
    _tell_dropped(inspection, left.examples, events)
    raise_on_errors(left.findings, inspection.name)
    return _told_scaled(inspection, left.examples, events)


def _require_parts(main: _Part) -> None:
    count = sum(len(sentences(text)) > 1 for text in main.examples.texts())
    if count < FEWEST_DOCUMENTS:
        raise DataError(
            f"{main.inspection.name} holds {plural(count, 'raw text')} of several sentences, and "
            f"{FEWEST_DOCUMENTS} is the least whose parts can be looked for by one another: add "
            "documents; or, if there are labels or pairs, name them with --kind and --columns; or "
            "give --validation and --test files that say what belongs together"
        )


def _require_judgement(inspection: Inspection) -> None:
    if inspection.examples.kind is Kind.TEXTS:
        raise UsageError(
            f"{inspection.name} holds raw texts, which do not say what belongs together: give "
            "pairs, scores, triplets or judgements to test and validate on"
        )


def _told_scaled(inspection: Inspection, examples: Examples, events: Events) -> Examples:
    scaled = scaled_to_1(examples)
    if scaled is not examples:
        usual = usual_scale(examples)
        assert usual is not None
        events.note(f"{inspection.name}: scores are brought to 0 to 1: {usual.conversion}")
    return scaled


def _tell_dropped(inspection: Inspection, kept: Examples, events: Events) -> None:
    dropped = np.setdiff1d(inspection.examples.rows, kept.rows)
    if len(dropped):
        shown = ", ".join(str(row) for row in dropped[:10]) + (" …" if len(dropped) > 10 else "")
        events.note(f"{inspection.name}: left out {len(dropped)} rows at fault: {shown}")


def _named(part: _Part) -> tuple[Finding, ...]:
    name = part.inspection.name
    findings = without(OF_TRAINING_ONLY, part.inspection.findings)
    return tuple(replace(item, message=f"{name}: {item.message}") for item in findings)


def _unseen_labels(main: _Part, part: _Part, role: str) -> tuple[Finding, ...]:
    """Find labels of a test or validation file that no training row carries."""
    theirs = part.examples
    if not isinstance(main.examples, Labelled | Multilabel):
        return ()
    assert isinstance(theirs, Labelled | Multilabel)
    known = set(main.examples.classes)
    unseen = [label for label in theirs.classes if label not in known]
    if not unseen:
        return ()
    name, shown = part.inspection.name, ", ".join(unseen[:5]) + (" …" if len(unseen) > 5 else "")
    if len(unseen) == len(theirs.classes):
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
    part: _Part, held: _Part, role: str, events: Events
) -> tuple[_Part, tuple[Finding, ...]]:
    """Take rows out of a part whose texts also stand in what is held against it."""
    shared = _shared(part, held, f"the {role} file {held.inspection.name}")
    if not shared:
        return part, ()
    events.note(f"{shared[0].message} They are left out of the {part.title}.")
    examples = drop_faulty(part.examples, shared)
    left = f"{part.inspection.name}, without {shared[0].count} rows that {held.inspection.name} has"
    if not len(examples):
        raise DataError(f"{left}, has no row left: give files that do not share all their texts")
    if part.title == TRAINING:
        raise_on_errors(check_again(part.inspection, examples), left)
    return replace(part, examples=examples), shared


def _shared(part: _Part, held: _Part, name: str) -> tuple[Finding, ...]:
    """Find rows of a part that the other has too; raw texts in any column of it.

    Of a search these are its queries: documents that both have are told apart in the result.
    """
    kind = held.examples.kind
    if kind is Kind.RETRIEVAL or (kind is Kind.PAIRS and part.examples.kind is not Kind.TEXTS):
        return overlap_with_queries(part.examples, held.examples, name)
    if part.examples.kind is Kind.TEXTS:
        return overlap(part.examples, reshape(held.examples, Kind.TEXTS), name)
    return overlap(part.examples, held.examples, name)


def _digest(parts: Mapping[str, _Part]) -> str:
    roles = {name: part.inspection.loaded.digest for name, part in parts.items()}
    return hashlib.sha256(json.dumps(roles, sort_keys=True).encode()).hexdigest()
