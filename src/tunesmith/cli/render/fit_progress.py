"""Progress of a fit in a terminal or log."""

from collections.abc import Sequence

from rich.text import Text

from tunesmith.cli.render.describe import severity_counts, write_findings, write_plan, write_rung
from tunesmith.cli.render.output import Output
from tunesmith.events import Inspected
from tunesmith.results.summary import Rung, Severity
from tunesmith.wording import clean, duration, plural


class TerminalEvents:
    """Write each step of a fit; implements :class:`tunesmith.events.Events`.

    Parameters
    ----------
    output
        Output to write to; standard error if standard output is used for JSON.
    """

    def __init__(self, output: Output) -> None:
        self._output = output

    def inspected(self, file: Inspected) -> None:
        """Write the detected kind, and errors and warnings."""
        write_detection(self._output, file)
        self._output.item(Text("  check    ", style="dim"), severity_counts(file.findings))
        serious = [item for item in file.findings if item.severity is not Severity.NOTE]
        write_findings(self._output, serious)

    def divided(self, train: int, validation: int, test: int) -> None:
        """Write the number of rows in each split."""
        sizes = f"{train:,} training, {validation:,} validation, {test:,} held-out test"
        self._output.item(Text("  split    ", style="dim"), sizes)

    def planned(self, rungs: Sequence[Rung], budget: float | None) -> None:
        """Write the candidates with their time estimates."""
        write_plan(self._output, rungs, budget)
        self._output.heading("Candidates (validation score, time)")

    def started(self, rung: Rung) -> None:
        """Write the current candidate, if its result can replace the line."""
        if self._output.rich:
            self._output.line((f"  ▸ {rung.title}, about {duration(rung.estimate)}", "dim"))

    def finished(self, rung: Rung) -> None:
        """Write the result of the candidate."""
        if rung.seconds:
            self._output.erase_last_line()
        write_rung(self._output, rung)

    def note(self, sentence: str) -> None:
        """Write any other message."""
        self._output.item(Text("  note     ", style="dim"), clean(sentence))


def write_detection(output: Output, file: Inspected) -> None:
    """Write the detected kind of a file, the reason, and how it was read."""
    rows = plural(file.rows, "row")
    size = f"{rows}, {plural(file.classes, 'class')}" if file.classes else rows
    output.line((clean(file.name), "bold"), "  ", (file.kind, "bold cyan"), f"  {size}")
    output.item(Text("  reason   ", style="dim"), clean(file.reason))
    roles = ", ".join(f"{role} = {name}" for role, name in file.columns.items())
    if roles:
        output.item(Text("  columns  ", style="dim"), clean(roles))
    if file.notes:
        output.item(Text("  read as  ", style="dim"), clean("; ".join(file.notes)))
    if file.rejected:
        output.item(Text("  rejected ", style="dim"), plural(file.rejected, "line"))
