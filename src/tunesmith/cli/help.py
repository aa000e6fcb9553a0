"""Help pages: usage, description, options by panel and examples.

They are rendered here instead of by typer, so that a terminal, a pipe and the documentation show
the same text.
"""

import io
import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from typer.core import TyperArgument, TyperCommand, TyperGroup

from tunesmith.cli.arguments.options import DATA, METHOD, OUTPUT

MAX_WIDTH = 100
PANELS = ("Arguments", DATA, METHOD, OUTPUT)
LAST_PANEL = "Options"

Rows = list[tuple[Text, Text]]


class Command(TyperCommand):
    """A command whose epilog holds its examples, one per line."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the command's help."""
        del formatter  # the formatter would drop the colours
        write_help(self, ctx, self.epilog or "")


def write_help(
    command: TyperCommand | TyperGroup,
    context: Any,
    examples: str,
    commands: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> None:
    """Write the help of a command or command group to standard output.

    Parameters
    ----------
    command, context
        The typer objects.
    examples
        One command line per line, followed by ``# description``.
    commands
        Name and summary of each command by panel; only for a group.
    """
    terminal = Console()
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=min(terminal.width, MAX_WIDTH),
        force_terminal=terminal.is_terminal,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(_usage(command, context))
    for paragraph in (command.help or "").split("\n\n"):
        console.print()
        console.print(Text(" ".join(paragraph.split())))
    _write_sections(console, _sections(command, context, commands))
    _write_examples(console, examples.strip().splitlines())
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines()))


def first_sentence(text: str) -> str:
    """Return the first sentence of a docstring on one line, without its full stop."""
    return " ".join(text.split("\n\n", maxsplit=1)[0].split()).partition(". ")[0].rstrip(".")


def _usage(command: TyperCommand | TyperGroup, context: Any) -> Text:
    text = Text.assemble(("Usage: ", "dim"), (context.command_path, "bold"))
    for argument in _arguments(command):
        text.append(f" {argument.metavar}", style="cyan")
    if isinstance(command, TyperGroup):
        text.append(" COMMAND", style="cyan")
    return text.append(" [options]", style="dim")


def _arguments(command: TyperCommand | TyperGroup) -> list[TyperArgument]:
    return [item for item in command.params if isinstance(item, TyperArgument)]


def _sections(
    command: TyperCommand | TyperGroup, context: Any, commands: Mapping[str, Mapping[str, str]]
) -> dict[str, Rows]:
    sections: dict[str, Rows] = defaultdict(list)
    for argument in _arguments(command):
        sections["Arguments"].append((_name(argument.metavar or ""), _description(argument)))
    for panel, summaries in commands.items():
        sections[panel] += [(_name(name), Text(text)) for name, text in summaries.items()]
    for option in command.get_params(context):
        if option.param_type_name == "option":
            panel = getattr(option, "rich_help_panel", None) or LAST_PANEL
            sections[panel].append((_option_names(option), _description(option)))
    order = [panel for panel in PANELS if panel in sections]
    order += [panel for panel in sections if panel not in (*PANELS, LAST_PANEL)]
    return {panel: sections[panel] for panel in (*order, LAST_PANEL)}


def _name(name: str) -> Text:
    return Text(name, style="cyan")


def _option_names(option: Any) -> Text:
    long = "/".join([max(option.opts, key=len), *option.secondary_opts])
    short = min(option.opts, key=len)
    single = len(option.opts) == 1
    text = _name(
        short if single and len(short) == 2 else f"    {long}" if single else f"{short}, {long}"
    )
    return text if option.is_flag else text.append(f" {option.metavar}", style="yellow")


def _description(parameter: Any) -> Text:
    text = Text(" ".join((parameter.help or "").split()))
    hidden = parameter.default is False or parameter.default in (None, (), "")
    if hidden or not parameter.show_default:
        return text
    return text.append(f" [default: {parameter.default}]", style="dim")


def _write_sections(console: Console, sections: dict[str, Rows]) -> None:
    width = max(len(name) for rows in sections.values() for name, _ in rows)
    for title, rows in sections.items():
        console.print(Text(f"\n{title}", style="bold"))
        grid = Table.grid(padding=(0, 2))
        grid.add_column(no_wrap=True, min_width=width)
        grid.add_column(overflow="fold")
        for row in rows:
            grid.add_row(*row)
        console.print(Padding(grid, (0, 0, 0, 2)))


def _write_examples(console: Console, lines: list[str]) -> None:
    console.print(Text("\nExamples", style="bold"))
    for line in lines:
        command, remark = re.split(r"\s+# ", line, maxsplit=1)
        console.print(Text(f"  {command}", style="cyan"), soft_wrap=True)
        console.print(Text(f"    {remark}", style="dim"), soft_wrap=True)
