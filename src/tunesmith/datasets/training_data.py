"""Load training data: read and check the files, and remove texts they have in common."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from tunesmith.data.checks.check import drop_faulty, raise_on_errors
from tunesmith.data.checks.overlap import overlap, overlap_with_queries
from tunesmith.data.checks.retrieval import own_positives
from tunesmith.data.reshaping.document_pairs import sentences
from tunesmith.data.reshaping.reshape import reshape
from tunesmith.data.reshaping.score_scale import scaled_to_1, usual_scale
from tunesmith.datasets.collection import is_collection
from tunesmith.datasets.dataset import Dataset
from tunesmith.datasets.inspection import (
    Inspection,
    check_again,
    inspect,
    inspect_like,
    name_without_skipped,
    remaining,
    without,
)
from tunesmith.datasets.unseen_labels import unseen_labels, with_known_spellings
from tunesmith.errors import DataError, UsageError
from tunesmith.events import Note, OnEvent
from tunesmith.kinds import Examples, Kind
from tunesmith.results.finding import Finding
from tunesmith.wording import plural

WITH_LABELS = frozenset({Kind.LABELLED, Kind.MULTILABEL})
TRAINING = "training rows"
DOMAIN = "domain"
# Texts of the first set of each pair are removed from the second. The domain texts follow later,
# after the training rows have been split.
DISJOINT = (("test", "validation"), ("test", TRAINING), ("validation", TRAINING))

MIN_DOCUMENTS = 30  # so that no set of a split is empty
# Findings that matter for training but not for evaluation.
UNTESTABLE = "tiny-class"
TRAINING_ONLY = frozenset({"few-rows", "one-class", UNTESTABLE, "label-per-row"})


@dataclass(frozen=True, eq=False)
class TrainingData:
    """The examples of a fit before they are split.

    Parameters
    ----------
    inspection
        The inspection of the main file.
    examples
        The rows of the main file, without skipped rows.
    test, validation
        The user's own test and validation examples, or None.
    domain
        The user's examples for domain adaptation, or None.
    findings
        The findings in all files, including overlaps.
    digest
        A digest of the contents and roles of all files.

    Examples
    --------
    >>> from tunesmith.events import ignore
    >>> base = "all-MiniLM-L6-v2"
    >>> data = load_training_data("examples/tickets.csv", {}, DataOptions(), base, ignore)
    >>> data.labelled, len(data.examples)
    (True, 647)
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
        """Whether the examples are single texts with labels."""
        return self.examples.kind in WITH_LABELS


@dataclass(frozen=True)
class DataOptions:
    """Options for reading the files; ``strict`` and ``skip_invalid`` as for a data set."""

    kind: Kind | str | None = None
    columns: Mapping[str, str] | None = None
    skip_invalid: bool = False
    strict: bool = False


def load_training_data(
    source: object,
    others: Mapping[str, object],
    options: DataOptions,
    base: str,
    on_event: OnEvent,
) -> TrainingData:
    """Read and check all files of a fit, without loading a model.

    Parameters
    ----------
    source
        The main file.
    others
        The user's own ``"validation"``, ``"test"`` and ``"domain"`` files, if any.
    options
        Options for reading the files.
    base
        The model whose maximum sequence length is used for the truncation check.
    on_event
        Function that receives the inspection and notes.

    Returns
    -------
    TrainingData
        The examples of all files, without overlaps, and the findings.

    Raises
    ------
    FaultyRows
        A file has errors and ``skip_invalid`` is off.
    UsageError
        A validation or test file has no supervision, or does not match the main file.
    DataError
        Too few documents, or no row left after removing overlaps.
    ModelError
        The base model cannot be found.

    Examples
    --------
    >>> from tunesmith.events import ignore
    >>> others = {"test": "examples/scored_pairs.csv"}
    >>> base = "all-MiniLM-L6-v2"
    >>> data = load_training_data("examples/pairs.csv", others, DataOptions(), base, ignore)
    >>> data.examples.kind, data.test.kind
    (<Kind.PAIRS: 'pairs'>, <Kind.SCORED_PAIRS: 'scored_pairs'>)
    """
    inspection = inspect(
        source, kind=options.kind, columns=options.columns, base=base, strict=options.strict
    )
    on_event(inspection.event)
    main = _Part(TRAINING, inspection, usable(inspection, options, on_event))
    if main.examples.kind is Kind.TEXTS and not {"test", "validation"} <= others.keys():
        _require_documents(main)
    parts = {
        name: _load_domain(part, main, options, base, on_event)
        if name == DOMAIN
        else _load_holdout(part, main, options, base, on_event)
        for name, part in others.items()
    }
    findings = inspection.findings + own_positives(main.examples)
    for name, part in parts.items():
        findings += _prefixed(part, main)
        findings += () if name == DOMAIN else _unseen_labels(main, part, name, on_event)
    parts[TRAINING] = main
    for holdout, other in DISJOINT:
        if holdout in parts and other in parts:
            parts[other], shared = _without_overlap(parts[other], parts[holdout], holdout, on_event)
            if other == TRAINING and shared:
                findings = without({UNTESTABLE}, findings)  # those of the remaining rows follow
            findings += shared
    examples = {name: part.examples for name, part in parts.items()}
    return TrainingData(
        inspection,
        examples[TRAINING],
        examples.get("test"),
        examples.get("validation"),
        examples.get(DOMAIN),
        findings,
        _digest(parts),
    )


@dataclass(frozen=True, eq=False)
class _Part:
    title: str
    inspection: Inspection
    examples: Examples


def _load_holdout(
    source: object, main: _Part, options: DataOptions, base: str, on_event: OnEvent
) -> _Part:
    """Load a test or validation file, as the kind of the main file if possible."""
    inspection = (
        inspect_like(source, main.inspection, options.columns, base)
        if main.examples.kind in WITH_LABELS
        else _inspect_any_kind(source, main, base)
    )
    _require_supervision(inspection)
    examples = usable(inspection, options, on_event, TRAINING_ONLY)
    if (examples.kind in WITH_LABELS) != (main.examples.kind in WITH_LABELS):
        raise UsageError(
            f"{inspection.name} contains {examples.kind} but {main.inspection.name} contains "
            f"{main.examples.kind}",
            hint=(
                "if the training data is labelled, test on labelled texts; otherwise, test on "
                "pairs, scored pairs, triplets or retrieval data"
            ),
        )
    return _Part(f"rows of {inspection.name}", inspection, examples)


def _load_domain(
    source: object, main: _Part, options: DataOptions, base: str, on_event: OnEvent
) -> _Part:
    """Load texts or pairs for domain adaptation; their labels are ignored."""
    whole = main.inspection
    inspection = inspect(source, base=base, strict=whole.strict, encoding=whole.encoding)
    examples = usable(inspection, options, on_event, TRAINING_ONLY)
    title = f"domain {inspection.name}"
    if examples.kind in WITH_LABELS:
        return _Part(title, inspection, reshape(examples, Kind.TEXTS))
    return _Part(title, inspection, examples)


def _inspect_any_kind(source: object, main: _Part, base: str) -> Inspection:
    """Inspect a file whose kind may differ, such as scored pairs that test a fit on pairs."""
    whole, detected = main.inspection, main.inspection.detected
    if isinstance(source, Dataset):
        return inspect(source, base=base)
    like = partial(inspect, source, base=base, strict=whole.strict, encoding=whole.encoding)
    if whole.documents is not None and not is_collection(source):
        return like(documents=whole.documents)
    if detected.kind is Kind.TEXTS:
        return like()
    try:
        return like(kind=detected.kind, columns=detected.columns)
    except (UsageError, DataError):
        return like()


def usable(
    inspection: Inspection,
    options: DataOptions,
    on_event: OnEvent,
    ignored: frozenset[str] = frozenset(),
) -> Examples:
    """Return the valid rows, with scores rescaled to 0 to 1.

    Raises
    ------
    FaultyRows
        There are errors and ``skip_invalid`` is off.
    """
    kept = remaining(inspection, ignored, skip_invalid=options.skip_invalid)
    _report_skipped(inspection, kept.examples, on_event)
    raise_on_errors(kept.findings, name_without_skipped(inspection, kept.examples))
    return _rescaled(inspection, kept.examples, on_event)


def _require_documents(main: _Part) -> None:
    count = sum(len(sentences(text)) > 1 for text in main.examples.texts())
    if count < MIN_DOCUMENTS:
        raise DataError(
            f"{main.inspection.name} contains {plural(count, 'text')} with more than one sentence, "
            f"but unlabelled text needs at least {MIN_DOCUMENTS}",
            hint="add documents; if the file has labels or pairs, set `kind` and `columns`; or "
            "provide `validation` and `test` files with pairs, scored pairs, triplets or retrieval "
            "data",
            option="kind",
        )


def _require_supervision(inspection: Inspection) -> None:
    if inspection.examples.kind is Kind.TEXTS:
        raise UsageError(
            f"{inspection.name} contains unlabelled texts, which cannot be used for testing",
            hint="provide pairs, scored pairs, triplets or retrieval data",
        )


def _rescaled(inspection: Inspection, examples: Examples, on_event: OnEvent) -> Examples:
    scaled = scaled_to_1(examples)
    if scaled is not examples:
        scale = usual_scale(examples)
        assert scale is not None
        on_event(Note(f"{inspection.name}: scores rescaled to 0 to 1: {scale.conversion}"))
    return scaled


def _report_skipped(inspection: Inspection, kept: Examples, on_event: OnEvent) -> None:
    skipped = np.setdiff1d(inspection.examples.rows, kept.rows)
    if len(skipped):
        shown = ", ".join(str(row) for row in skipped[:10]) + (" …" if len(skipped) > 10 else "")
        on_event(Note(f"{inspection.name}: skipped {plural(len(skipped), 'invalid row')}: {shown}"))


def _prefixed(part: _Part, main: _Part) -> tuple[Finding, ...]:
    """Return the findings that matter for a holdout file, prefixed with its name."""
    name = part.inspection.name
    findings = without(TRAINING_ONLY, with_known_spellings(part.inspection, main.examples))
    return tuple(replace(item, message=f"{name}: {item.message}") for item in findings)


def _unseen_labels(main: _Part, part: _Part, role: str, on_event: OnEvent) -> tuple[Finding, ...]:
    """Find labels that only a test or validation file has, and report them at once."""
    names = (main.inspection.name, part.inspection.name)
    found = unseen_labels(main.examples, part.examples, names=names, role=role)
    for finding in found:
        on_event(Note(f"{finding.message} {finding.advice}"))
    return found


def _without_overlap(
    part: _Part, holdout: _Part, role: str, on_event: OnEvent
) -> tuple[_Part, tuple[Finding, ...]]:
    """Drop the rows whose texts also occur in a holdout file, and return the findings."""
    shared = _shared(part, holdout, f"the {role} file {holdout.inspection.name}")
    if not shared:
        return part, ()
    on_event(Note(f"{shared[0].message} They are dropped from the {part.title}."))
    examples = drop_faulty(part.examples, shared)
    rows = plural(shared[0].count, "row")
    name = f"{part.inspection.name} (without {rows} shared with {holdout.inspection.name})"
    if not len(examples):
        raise DataError(f"{name} has no row left", hint="use files with different texts", file=name)
    if part.title == TRAINING:
        again = check_again(part.inspection, examples)
        raise_on_errors(again, name)
        shared += tuple(item for item in again if item.code == UNTESTABLE)
    return replace(part, examples=examples), shared


def _shared(part: _Part, holdout: _Part, name: str) -> tuple[Finding, ...]:
    """Find rows shared with a holdout file; for unlabelled texts, in any of its columns.

    For retrieval, only queries must not be shared. The results are reported separately for queries
    with seen and with unseen documents.
    """
    kind = holdout.examples.kind
    if kind is Kind.RETRIEVAL or (kind is Kind.PAIRS and part.examples.kind is not Kind.TEXTS):
        return overlap_with_queries(part.examples, holdout.examples, name)
    if part.examples.kind is Kind.TEXTS:
        return overlap(part.examples, reshape(holdout.examples, Kind.TEXTS), name)
    return overlap(part.examples, holdout.examples, name)


def _digest(parts: Mapping[str, _Part]) -> str:
    roles = {name: part.inspection.loaded.digest for name, part in parts.items()}
    return hashlib.sha256(json.dumps(roles, sort_keys=True).encode()).hexdigest()
