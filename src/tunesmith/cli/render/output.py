"""Output of commands: tables and panels in a terminal, plain lines in a pipe, or JSON."""

import io
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, RenderableType
from rich.control import Control
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.segment import ControlType
from rich.table import Table
from rich.text import Text

from tunesmith.results.to_json import plain

Cell = str | Text
BAR_WIDTH = 20
# In a pipe, lines are not wrapped: each item stays on one line.
UNLIMITED_WIDTH = 1_000_000


@dataclass(frozen=True)
class TableColumn:
    """A column of a table.

    Parameters
    ----------
    name
        Heading.
    right
        Whether the column is right-aligned, as for numbers.
    style
        Style in a terminal.
    fold
        Whether cells may wrap in a narrow terminal.
    """

    name: str
    right: bool = False
    style: str = ""
    fold: bool = False


class Output:
    """Human-readable output to standard output or standard error.

    Parameters
    ----------
    to_stderr
        Whether to write to standard error, to keep standard output for JSON.
    """

    def __init__(self, *, to_stderr: bool = False) -> None:
        self._stream = sys.stderr if to_stderr else sys.stdout
        self.console = Console(file=self._stream, highlight=False, markup=False, emoji=False)

    @property
    def rich(self) -> bool:
        """Whether the stream is an interactive terminal."""
        return self.console.is_terminal

    def line(self, *parts: Cell | tuple[str, str]) -> None:
        """Write a line of texts or (text, style) pairs; markup in them is not interpreted."""
        self._write(Text.assemble(*parts))

    def item(self, lead: Cell, *parts: Cell | tuple[str, str]) -> None:
        """Write a line with a hanging indent as wide as its lead."""
        start = Text(lead) if isinstance(lead, str) else lead
        if not self.rich:
            self.line(start, *parts)
            return
        grid = Table.grid()
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(start, Text.assemble(*parts))
        self.console.print(grid)

    def heading(self, title: str) -> None:
        """Write a heading after an empty line."""
        self.line()
        self.line((title, "bold"))

    def facts(self, facts: Mapping[str, str]) -> None:
        """Write names and values, one pair per line."""
        width = max(map(len, facts))
        for name, value in facts.items():
            self.item(Text(f"  {name.ljust(width)}  ", style="dim"), value)

    def table(self, columns: Sequence[TableColumn], rows: Sequence[Sequence[Cell]]) -> None:
        """Write a table; in a pipe, as plain text columns."""
        style = box.SIMPLE_HEAD if self.rich else None
        table = Table(
            box=style, header_style="dim", show_edge=False, pad_edge=self.rich, padding=(0, 1)
        )
        cells = [[Text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
        for index, column in enumerate(columns):
            widest = max((row[index].cell_len for row in cells), default=0)
            table.add_column(
                Text(column.name),
                justify="right" if column.right else "left",
                style=column.style,
                no_wrap=not (column.fold and self.rich),
                overflow="fold",
                min_width=None if column.fold else widest,
            )
        for row in cells:
            table.add_row(*row)
        self._write(table)

    def panel(self, title: str, lines: Sequence[Cell], *, style: str) -> None:
        """Write lines in a coloured box; in a pipe, the title and the lines."""
        if self.rich:
            body = Text("\n").join(Text(line) if isinstance(line, str) else line for line in lines)
            title_text = f"[bold {style}] {escape(title)} [/]"
            panel = Panel(body, title=title_text, title_align="left", border_style=style)
            self.console.print(Padding(panel, (1, 0, 0, 0)))
            return
        self.heading(title)
        for line in lines:
            self.line(line)

    def bar(self, share: float, width: int = BAR_WIDTH) -> Text:
        """Return a bar for a fraction of 1, empty in a pipe."""
        if not self.rich or not math.isfinite(share):
            return Text("")
        eighths = round(min(max(share, 0.0), 1.0) * width * 8)
        partial = " ▏▎▍▌▋▊▉"[eighths % 8].strip()
        return Text("█" * (eighths // 8) + partial, style="cyan")

    def erase_last_line(self) -> None:
        """Erase the last line so that it can be replaced; do nothing in a pipe."""
        if self.rich:
            self.console.control(
                Control.move(0, -1),
                Control((ControlType.ERASE_IN_LINE, 2), ControlType.CARRIAGE_RETURN),
            )

    def _write(self, content: RenderableType) -> None:
        if self.rich:
            self.console.print(content)
            return
        buffer = io.StringIO()
        Console(
            file=buffer,
            width=UNLIMITED_WIDTH,
            highlight=False,
            markup=False,
            emoji=False,
            no_color=True,
        ).print(content)
        lines = (line.rstrip() for line in buffer.getvalue().splitlines())
        self._stream.write("".join(f"{line}\n" for line in lines))
        self._stream.flush()


def write_json(value: object) -> None:
    """Write one JSON document to standard output."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=1) + "\n")


def write_json_line(value: object) -> None:
    """Write one JSON value as a single line to standard output."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False) + "\n")
