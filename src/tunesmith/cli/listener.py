"""A fit as it happens, in a terminal or a log."""

from collections.abc import Sequence

from rich.text import Text

from tunesmith.cli.describe import how_many, write_findings, write_plan, write_rung
from tunesmith.cli.output import Output
from tunesmith.fitting.inspection import Inspection
from tunesmith.report.words import clean, duration, plural
from tunesmith.results import Rung, Severity


class TerminalListener:
    """Writes each step of a fit; a :class:`tunesmith.fitting.listener.Listener`.

    Parameters
    ----------
    output
        Where to write: standard error when standard output is for JSON.
    """

    def __init__(self, output: Output) -> None:
        self._output = output

    def inspected(self, inspection: Inspection) -> None:
        """Write what the data is, and its errors and warnings."""
        write_decision(self._output, inspection)
        self._output.item(Text("  check    ", style="dim"), how_many(inspection.findings))
        serious = [item for item in inspection.findings if item.severity is not Severity.NOTE]
        write_findings(self._output, serious)

    def divided(self, train: int, validation: int, test: int) -> None:
        """Write how many rows stand on each side."""
        sides = f"{train:,} to train, {validation:,} to choose, {test:,} sealed for the test"
        self._output.item(Text("  split    ", style="dim"), sides)

    def planned(self, rungs: Sequence[Rung], budget: float) -> None:
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


def write_decision(output: Output, inspection: Inspection) -> None:
    """Write what a file was taken for, why, and how it was read."""
    detected, loaded = inspection.detected, inspection.loaded
    rows = plural(len(inspection.examples), "row")
    classes = plural(len(inspection.counts), "class", "classes") if inspection.counts else ""
    size = f"{rows}, {classes}" if classes else rows
    output.line(
        (clean(inspection.name), "bold"), "  ", (str(detected.kind), "bold cyan"), f"  {size}"
    )
    output.item(Text("  because  ", style="dim"), clean(detected.reason))
    roles = ", ".join(f"{role} = {name}" for role, name in detected.columns.items())
    if roles:
        output.item(Text("  columns  ", style="dim"), clean(roles))
    if loaded.notes:
        output.item(Text("  read as  ", style="dim"), clean("; ".join(loaded.notes)))
    if loaded.rejected:
        output.item(Text("  rejected ", style="dim"), plural(len(loaded.rejected), "line"))
