"""Progress of a fit in a terminal or log."""

from rich.text import Text

from tunesmith.bars import Bars
from tunesmith.cli.flags import with_flags
from tunesmith.cli.render.describe import severity_counts, write_findings, write_plan, write_rung
from tunesmith.cli.render.output import Output
from tunesmith.events import (
    CandidateFinished,
    CandidateStarted,
    Event,
    Inspected,
    Note,
    Planned,
    Split,
)
from tunesmith.results.finding import Severity
from tunesmith.results.summary import Rung
from tunesmith.watching import Progress
from tunesmith.wording import clean, duration, plural


class TerminalEvents:
    """Write each event of a fit, and draw bars for the progress of its computations.

    Parameters
    ----------
    output
        Output to write to; standard error if standard output is used for JSON.
    """

    def __init__(self, output: Output) -> None:
        self._output, self._bars = output, Bars()
        self._folds = 0

    def __call__(self, event: Event) -> None:
        """Write one event."""
        match event:
            case Progress():
                self._bars(event)
            case Inspected():
                self._write_inspected(event)
            case Split():
                self._write_split(event)
            case Planned():
                write_plan(self._output, event.candidates, event.budget)
                score = "score out of fold" if self._folds else "validation score"
                self._output.heading(f"Candidates ({score}, time)")
            case CandidateStarted():
                self._write_started(event.candidate)
            case CandidateFinished():
                self._write_finished(event.candidate)
            case Note():
                self._output.item(Text("  note     ", style="dim"), with_flags(clean(event.text)))

    def _write_inspected(self, file: Inspected) -> None:
        write_detection(self._output, file)
        self._output.item(Text("  check    ", style="dim"), severity_counts(file.findings))
        serious = [item for item in file.findings if item.severity is not Severity.NOTE]
        write_findings(self._output, serious)

    def _write_split(self, event: Split) -> None:
        self._folds = event.folds
        self._output.item(Text("  split    ", style="dim"), _describe_split(event))

    def _write_started(self, rung: Rung) -> None:
        """Write the current candidate, if its result can replace the line."""
        if self._output.rich:
            self._output.line((f"  ▸ {rung.title}, about {duration(rung.estimate)}", "dim"))

    def _write_finished(self, rung: Rung) -> None:
        if rung.seconds:
            self._output.erase_last_line()
        write_rung(self._output, rung)


def _describe_split(event: Split) -> str:
    if not event.folds:
        sizes = f"{event.train:,} training, {event.validation:,} validation"
        return f"{sizes}, {event.test:,} held-out test"
    return f"{event.train:,} training rows in {event.folds} folds, {event.test:,} tested"


def write_detection(output: Output, file: Inspected) -> None:
    """Write the detected kind of a file, the reason, and how it was read."""
    rows = plural(file.rows, "row")
    size = f"{rows}, {plural(file.classes, 'class')}" if file.classes else rows
    output.line((clean(file.name), "bold"), "  ", (file.kind, "bold cyan"), f"  {size}")
    output.item(Text("  reason   ", style="dim"), with_flags(clean(file.reason)))
    roles = ", ".join(f"{role} = {name}" for role, name in file.columns.items())
    if roles:
        output.item(Text("  columns  ", style="dim"), clean(roles))
    if file.notes:
        output.item(Text("  read as  ", style="dim"), with_flags(clean("; ".join(file.notes))))
    if file.rejected:
        output.item(Text("  rejected ", style="dim"), plural(file.rejected, "line"))
