"""The result of a fit: summary, evidence and the model's folder."""

from dataclasses import dataclass
from pathlib import Path

from tunesmith.results.evidence import Evidence
from tunesmith.results.notebook import findings_html, show, summary_html
from tunesmith.results.summary import Summary, Verdict


@dataclass(frozen=True, eq=False, repr=False)
class FitResult:
    """The result of a fit; in a notebook it shows the verdict, the metrics and the findings.

    Parameters
    ----------
    summary
        Everything that was measured, without user texts.
    evidence
        The texts behind it, for the report.
    path
        The model's folder.

    Examples
    --------
    >>> result.report.name    # result = tunesmith.fit("tickets.csv")
    'report.html'
    """

    summary: Summary
    evidence: Evidence
    path: Path

    @property
    def verdict(self) -> Verdict:
        """The verdict on the held-out test set."""
        return self.summary.verdict

    @property
    def report(self) -> Path:
        """The path of the report."""
        return self.path / "report.html"

    def show(self) -> None:
        """Display the result in a notebook; elsewhere open the report in the browser."""
        show(self, self.report)

    def __repr__(self) -> str:
        """Return the summary and the folder, without any text of the data."""
        return f"FitResult({self.summary!r}, {str(self.path)!r})"

    def _repr_html_(self) -> str:
        return str(summary_html(self.summary, self.path) + findings_html(self.summary.findings))
