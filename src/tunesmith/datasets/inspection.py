"""Everything about a file that can be said without a model."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tunesmith.data.checks.check import check, drop_faulty
from tunesmith.data.detection.detect import Detected, detect
from tunesmith.data.reading.read import Loaded, read
from tunesmith.data.statistics import (
    ScoreSpread,
    SplitSize,
    class_counts,
    sample,
    score_spread,
    split_sizes,
)
from tunesmith.encoders.backends.tokenizer import FolderTokens
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.encoders.model_files.locate import locate
from tunesmith.errors import UsageError
from tunesmith.events import Inspected
from tunesmith.kinds import Examples, Kind
from tunesmith.results.summary import ClassCount, Finding, Severity


@dataclass(frozen=True, eq=False)
class Inspection:
    """What a file is, and what is wrong with it.

    Parameters
    ----------
    loaded
        What was read, rejected lines included.
    detected
        The kind, the columns and the examples.
    counts
        How many examples carry each label; empty for kinds without labels.
    findings
        What the check found, errors first.
    samples
        A few rows, as role to value.
    """

    loaded: Loaded
    detected: Detected
    counts: tuple[ClassCount, ...]
    findings: tuple[Finding, ...]
    samples: tuple[Mapping[str, Any], ...]

    @property
    def name(self) -> str:
        """The file's name."""
        return self.loaded.name

    @property
    def examples(self) -> Examples:
        """The rows in the form of their kind."""
        return self.detected.examples

    @property
    def event(self) -> Inspected:
        """The inspection as an event."""
        return Inspected(
            name=self.name,
            kind=str(self.detected.kind),
            reason=self.detected.reason,
            rows=len(self.examples),
            classes=len(self.counts),
            columns=self.detected.columns,
            notes=self.loaded.notes,
            rejected=len(self.loaded.rejected),
            findings=self.findings,
        )

    @property
    def scores(self) -> ScoreSpread | None:
        """How the scores of pairs lie; ``None`` for other kinds."""
        return score_spread(self.examples)

    @property
    def splits(self) -> tuple[SplitSize, ...]:
        """The size of each judgement file of a collection; empty for other kinds."""
        return split_sizes(self.examples)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop a fit."""
        return tuple(item for item in self.findings if item.severity is Severity.ERROR)


def inspect(
    source: object,
    *,
    kind: Kind | str | None = None,
    columns: Mapping[str, str] | None = None,
    base: str | Path = DEFAULT_BASE,
) -> Inspection:
    """Read, detect and check; no model is loaded, only the tokenizer of ``base``.

    Parameters
    ----------
    source
        A file, a BEIR folder, a pandas or Arrow table, a Hugging Face dataset or its name.
    kind, columns
        Override what would be detected.
    base
        The model whose length limit the texts are held against.

    Raises
    ------
    DataError
        When the file cannot be read or no kind fits.

    Examples
    --------
    >>> inspect("examples/tickets.csv").detected.kind    # doctest: +SKIP
    <Kind.LABELLED: 'labelled'>
    """
    loaded = read(source)
    detected = detect(loaded, kind=kind, columns=columns)
    return Inspection(
        loaded=loaded,
        detected=detected,
        counts=class_counts(detected.examples),
        findings=check(detected, loaded, tokens=FolderTokens(locate(base))),
        samples=sample(detected.examples),
    )


def inspect_like(
    source: object, main: Inspection, columns: Mapping[str, str] | None, base: str | Path
) -> Inspection:
    """Inspect another file as ``main`` was read: same kind, same columns if it has them.

    Parameters
    ----------
    source, base
        As for :func:`inspect`.
    main
        The file that was read before.
    columns
        Those that the user named, which the other file must have too.
    """
    detected = main.detected
    try:
        return inspect(source, kind=detected.kind, columns=columns or detected.columns, base=base)
    except UsageError:
        if columns:
            raise
        return inspect(source, kind=detected.kind, base=base)


@dataclass(frozen=True, eq=False)
class Remaining:
    """The rows of a file without those at fault, and what the check finds in them."""

    examples: Examples
    findings: tuple[Finding, ...]


def remaining(inspection: Inspection, ignored: Set[str], *, skip_invalid: bool) -> Remaining:
    """Leave out rows with errors, if that is wanted, and check what is left.

    Parameters
    ----------
    inspection
        Of the file.
    ignored
        Codes of findings that do not matter here.
    skip_invalid
        Whether to leave rows out.
    """
    left = Remaining(inspection.examples, without(ignored, inspection.findings))
    # What is left after rows were dropped may be too little, or of one class only.
    while skip_invalid and (faulty := [item for item in left.findings if _is_curable(item)]):
        examples = drop_faulty(left.examples, faulty)
        left = Remaining(examples, without(ignored, check_again(inspection, examples)))
    return left


def check_again(inspection: Inspection, examples: Examples) -> tuple[Finding, ...]:
    """Return what the check finds in some of a file's rows."""
    return check(replace(inspection.detected, examples=examples), inspection.loaded)


def without(codes: Set[str], findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings of other codes."""
    return tuple(item for item in findings if item.code not in codes)


def _is_curable(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR and bool(finding.faulty)
