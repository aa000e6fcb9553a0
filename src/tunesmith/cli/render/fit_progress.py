"""A fit as it happens, in a terminal or a log."""

from collections.abc import Sequence

from rich.text import Text

from tunesmith.cli.render.describe import how_many, write_findings, write_plan, write_rung
from tunesmith.cli.render.output import Output
from tunesmith.events import Inspected
from tunesmith.results.summary import Rung, Severity
from tunesmith.wording import clean, duration, plural


class TerminalEvents:
    """Writes each step of a fit; a :class:`tunesmith.events.Events`.

    Parameters
    ----------
    output
        Where to write: standard error when standard output is for JSON.
    """

    def __init__(self, output: Output) -> None:
        self._output = output

    def inspected(self, file: Inspected) -> None:
        """Write what the data is, and its errors and warnings."""
        write_decision(self._output, file)
        self._output.item(Text("  check    ", style="dim"), how_many(file.findings))
        serious = [item for item in file.findings if item.severity is not Severity.NOTE]
        write_findings(self._output, serious)

    def divided(self, train: int, validation: int, test: int) -> None:
        """Write how many rows stand on each side."""
        sides = f"{train:,} to train, {validation:,} to choose, {test:,} sealed for the test"
        self._output.item(Text("  split    ", style="dim"), sides)

    def planned(self, rungs: Sequence[Rung], budget: float | None) -> None:
        """Write the rungs with their estimates."""
        write_plan(self._output, rungs, budget)
        self._output.heading("Ladder (score on validation, time)")

    def started(self, rung: Rung) -> None:
        """Write what runs now; only where the line can be replaced by its result."""
        if self._output.rich:
            self._output.line((f"  ▸ {rung.title}, about {duration(rung.estimate)}", "dim"))

    def finished(self, rung: Rung) -> None:
        """Write how it ended."""
        if rung.seconds:
            self._output.take_back_line()
        write_rung(self._output, rung)

    def note(self, sentence: str) -> None:
        """Write anything else."""
        self._output.item(Text("  note     ", style="dim"), clean(sentence))


def write_decision(output: Output, file: Inspected) -> None:
    """Write what a file was taken for, why, and how it was read."""
    rows = plural(file.rows, "row")
    size = f"{rows}, {plural(file.classes, 'class')}" if file.classes else rows
    output.line((clean(file.name), "bold"), "  ", (file.kind, "bold cyan"), f"  {size}")
    output.item(Text("  because  ", style="dim"), clean(file.reason))
    roles = ", ".join(f"{role} = {name}" for role, name in file.columns.items())
    if roles:
        output.item(Text("  columns  ", style="dim"), clean(roles))
    if file.notes:
        output.item(Text("  read as  ", style="dim"), clean("; ".join(file.notes)))
    if file.rejected:
        output.item(Text("  rejected ", style="dim"), plural(file.rejected, "line"))
