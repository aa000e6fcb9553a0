"""The report of a check as a page shows it: counts with bars, findings with the texts of rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tunesmith.datasets.remedies import Remedy, remedies
from tunesmith.results.finding import Finding
from tunesmith.results.summary import ClassCount
from tunesmith.wording import capitalised

_SHOWN_CLASSES = 40


@dataclass(frozen=True)
class Row:
    """A row of the file: its number from 1 without the header, and its cells."""

    number: int
    cells: tuple[str, ...]


RowsOf = Callable[[Finding], Sequence[Row]]


@dataclass(frozen=True)
class CountBar:
    """The number of rows of a class, and the length of its bar in percent."""

    row: ClassCount
    width: float


@dataclass(frozen=True)
class FindingView:
    """A finding, some of the rows that it is about, and what resolves it."""

    finding: Finding
    rows: tuple[Row, ...]
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True)
class CheckView:
    """The check of a file.

    Parameters
    ----------
    report
        The report, as :meth:`~tunesmith.datasets.inspection.Inspection.to_dict` returns it.
    counts
        The largest classes, with bars.
    hidden
        The number of classes that are not in ``counts``.
    findings
        The findings with their rows, errors first.
    """

    report: Mapping[str, Any]
    counts: tuple[CountBar, ...]
    hidden: int
    findings: tuple[FindingView, ...]

    @property
    def reason(self) -> str:
        """Why this kind was detected, without the kind itself."""
        reason = str(self.report["reason"]).removeprefix(f"{self.report['kind']}: ")
        return capitalised(reason)


def no_rows(_finding: Finding) -> tuple[Row, ...]:
    """Return the rows of a finding in a file that cannot be read."""
    return ()


def check_view(report: Mapping[str, Any], rows_of: RowsOf) -> CheckView:
    """Return the check of a file as a page shows it.

    Parameters
    ----------
    report
        The report of the check.
    rows_of
        Returns the rows of a finding.
    """
    classes = msgspec.convert(report["classes"], tuple[ClassCount, ...])
    findings = msgspec.convert(report["findings"], tuple[Finding, ...])
    largest = max((row.count for row in classes), default=0) or 1
    shown = sorted(classes, key=lambda row: -row.count)[:_SHOWN_CLASSES]
    return CheckView(
        report=report,
        counts=tuple(CountBar(row, round(100 * row.count / largest, 2)) for row in shown),
        hidden=len(classes) - len(shown),
        findings=tuple(
            FindingView(each, tuple(rows_of(each)), remedies(each, report["kind"]))
            for each in findings
        ),
    )
