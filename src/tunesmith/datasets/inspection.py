"""Inspect a file without loading a model: its kind, its findings and its statistics."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tunesmith.data.checks.check import check, drop_faulty
from tunesmith.data.checks.retrieval import own_positives
from tunesmith.data.detection.detect import Detected
from tunesmith.data.reading.read import Loaded
from tunesmith.data.statistics import (
    ScoreSpread,
    SplitSize,
    sample,
    score_spread,
    split_sizes,
)
from tunesmith.datasets.collection import Documents
from tunesmith.datasets.dataset import Dataset, read, with_fixes
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.errors import UsageError
from tunesmith.events import Inspected
from tunesmith.kinds import Examples, Kind
from tunesmith.results.finding import Finding, Severity
from tunesmith.results.summary import ClassCount
from tunesmith.results.to_json import plain
from tunesmith.wording import plural


@dataclass(frozen=True, eq=False, repr=False)
class Inspection:
    """The detected kind of a file, its findings and some statistics.

    Parameters
    ----------
    loaded
        The file as read, including rejected lines.
    detected
        The kind, the columns and the examples.
    counts
        The number of examples for each label; empty for kinds without labels.
    findings
        The findings of the check, errors first.
    samples
        A few sample rows, as role to value.
    skip_invalid
        Whether rows with errors are skipped instead of raising an error.
    strict
        Whether rows without a text or label, and classes that cannot be tested, are errors.
    encoding
        The encoding that was given for the file, or None.
    documents
        All documents, if they were given with a file of queries.
    fixes
        The fixes that were applied to the examples.

    Examples
    --------
    >>> inspection = inspect("examples/tickets.csv")
    >>> inspection.counts[0].label, inspection.errors
    ('delivery_late', ())
    """

    loaded: Loaded
    detected: Detected
    counts: tuple[ClassCount, ...]
    findings: tuple[Finding, ...]
    samples: tuple[Mapping[str, Any], ...]
    skip_invalid: bool = False
    strict: bool = False
    encoding: str | None = None
    documents: Documents | None = None
    fixes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file's name."""
        return self.loaded.name

    @property
    def examples(self) -> Examples:
        """The rows in the schema of their kind."""
        return self.detected.examples

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes about the file format, and what its rows are searched among."""
        more = (f"{each.message} {each.advice}" for each in own_positives(self.examples))
        return (*self.loaded.notes, *more)

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
            notes=self.notes,
            rejected=len(self.loaded.rejected),
            findings=self.findings,
        )

    @property
    def scores(self) -> ScoreSpread | None:
        """The distribution of the scores of pairs; ``None`` for other kinds."""
        return score_spread(self.examples)

    @property
    def splits(self) -> tuple[SplitSize, ...]:
        """The size of each judgement file of a BEIR folder; empty for other kinds."""
        return split_sizes(self.examples)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that prevent a fit."""
        return tuple(item for item in self.findings if item.severity is Severity.ERROR)

    def to_dict(self) -> dict[str, Any]:
        """Return the inspection as JSON values; ``samples`` holds texts of the data.

        Examples
        --------
        >>> inspect("examples/pairs.csv").to_dict()["columns"]
        {'anchor': 'anchor', 'positive': 'positive'}
        """
        loaded, detected = self.loaded, self.detected
        document: dict[str, Any] = plain(
            {
                "file": self.name,
                "kind": detected.kind,
                "reason": detected.reason,
                "columns": detected.columns,
                "rows": len(self.examples),
                "notes": self.notes,
                "rejected": loaded.rejected,
                "documents": loaded.documents,
                "classes": self.counts,
                "scores": self.scores,
                "splits": self.splits,
                "findings": self.findings,
                "samples": self.samples,
            }
        )
        return document

    def __repr__(self) -> str:
        """Return name, kind, rows and the number of findings, without any text of the data."""
        facts = f"{self.detected.kind}, {len(self.examples)} rows, {len(self.findings)} findings"
        return f"Inspection({self.name}: {facts})"


def inspect(
    source: object,
    *,
    kind: Kind | str | None = None,
    columns: Mapping[str, str] | None = None,
    base: str | Path = DEFAULT_BASE,
    strict: bool = False,
    encoding: str | None = None,
    documents: object | None = None,
    fixes: Collection[str] = (),
) -> Inspection:
    """Read a file, detect its kind and check it; only the tokenizer of ``base`` is loaded.

    Parameters
    ----------
    source
        A file, a BEIR folder, a folder of documents, a pandas or Arrow table, a Hugging Face
        dataset or its name, or a
        :class:`~tunesmith.datasets.Dataset`.
    kind, columns
        The kind and columns of the data; detected if None.
    base
        The model whose maximum sequence length is used for the truncation check.
    strict
        Whether rows without a text or label, and classes with a single text, are errors.
    encoding
        The encoding of a text file, such as ``"gb18030"``; detected if None.
    documents
        All documents, for queries with their relevant documents, as for :func:`tunesmith.read`.
    fixes
        Fixes to apply to the examples, such as ``"label-spelling"``.

    Returns
    -------
    Inspection
        The kind, the columns, the findings and some statistics.

    Raises
    ------
    DataError
        The file cannot be read, or no kind fits.
    UsageError
        The given kind or columns do not fit the file.
    ModelError
        The base model cannot be found.

    Examples
    --------
    >>> inspect("examples/tickets.csv").detected.kind
    <Kind.LABELLED: 'labelled'>
    """
    data = read(
        source,
        kind=kind,
        columns=columns,
        strict=strict,
        encoding=encoding,
        base=base,
        documents=documents,
        fixes=fixes,
    )
    return _inspected(data, base)


def _inspected(data: Dataset, base: str | Path) -> Inspection:
    return Inspection(
        loaded=data.loaded,
        detected=data.detected,
        counts=data.counts,
        findings=data.findings_for(base),
        samples=sample(data.examples),
        skip_invalid=data.skip_invalid,
        strict=data.strict,
        encoding=data.encoding,
        documents=data.documents,
        fixes=data.fixes,
    )


def inspect_like(
    source: object, main: Inspection, columns: Mapping[str, str] | None, base: str | Path
) -> Inspection:
    """Inspect another file as ``main`` was, with its kind, and its columns if they exist.

    If labels are merged, those of ``main`` decide how they are spelled.

    Parameters
    ----------
    source, base
        As for :func:`inspect`.
    main
        The inspection of the main file.
    columns
        The columns specified by the user, which the other file must have.
    """
    data = _read_like(source, main, columns)
    labels = getattr(main.examples, "classes", ()) if main.fixes else ()
    return _inspected(with_fixes(data, main.fixes, labels), base)


def _read_like(source: object, main: Inspection, columns: Mapping[str, str] | None) -> Dataset:
    if isinstance(source, Dataset):
        return source  # its kind and columns were settled when it was read
    detected = main.detected
    like = partial(read, source, kind=detected.kind, strict=main.strict, encoding=main.encoding)
    try:
        return like(columns=columns or detected.columns)
    except UsageError:
        if columns:
            raise
        return like()


@dataclass(frozen=True, eq=False)
class Remaining:
    """The rows of a file that are kept, and the findings in them."""

    examples: Examples
    findings: tuple[Finding, ...]


def remaining(inspection: Inspection, ignored: Set[str], *, skip_invalid: bool) -> Remaining:
    """Skip rows without a text or label, and invalid rows if requested; check the remaining ones.

    Parameters
    ----------
    inspection
        The inspection of the file.
    ignored
        Codes of findings to ignore.
    skip_invalid
        Whether to skip invalid rows, even if the data set does not say so.
    """
    skip_invalid = skip_invalid or inspection.skip_invalid
    kept = Remaining(inspection.examples, without(ignored, inspection.findings))
    # Dropping rows can cause new errors, such as too few rows.
    while faulty := [item for item in kept.findings if _is_skipped(item, skip_invalid)]:
        examples = drop_faulty(kept.examples, faulty)
        kept = Remaining(examples, without(ignored, check_again(inspection, examples)))
    return kept


def name_without_skipped(inspection: Inspection, kept: Examples) -> str:
    """Return the file's name for an error message, with the number of rows that were skipped."""
    skipped = len(inspection.examples) - len(kept)
    return (
        f"{inspection.name} (without {plural(skipped, 'skipped row')})"
        if skipped
        else inspection.name
    )


def check_again(inspection: Inspection, examples: Examples) -> tuple[Finding, ...]:
    """Return the findings in a subset of a file's rows."""
    detected = replace(inspection.detected, examples=examples)
    return check(detected, inspection.loaded, strict=inspection.strict)


def without(codes: Set[str], findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings whose code is not among ``codes``."""
    return tuple(item for item in findings if item.code not in codes)


def _is_skipped(finding: Finding, skip_invalid: bool) -> bool:
    return bool(finding.faulty) and (skip_invalid or finding.severity is not Severity.ERROR)
