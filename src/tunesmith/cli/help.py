"""How help looks: usage, a sentence, options by group, examples.

It is drawn here and not by typer's boxes, so that it reads the same in a terminal, in a pipe and
in the documentation.
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

WIDEST = 100
GROUPS = ("Arguments", DATA, METHOD, OUTPUT)
LAST_GROUP = "Options"

Rows = list[tuple[Text, Text]]


class Command(TyperCommand):
    """A command whose epilogue holds its examples, one a line."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the command's help."""
        del formatter  # what goes through it loses its colours
        write_help(self, ctx, self.epilog or "")


def write_help(
    command: TyperCommand | TyperGroup,
    context: Any,
    examples: str,
    commands: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> None:
    """Write the help of a command, or of the group of commands, to standard output.

    Parameters
    ----------
    command, context
        As typer gives them.
    examples
        A command line on each line, with ``# what it does`` behind it.
    commands
        For a group: the name and summary of each command, by panel.
    """
    there = Console()
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=min(there.width, WIDEST),
        force_terminal=there.is_terminal,
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
    """Return a docstring's first sentence on one line, without its full stop."""
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
        sections["Arguments"].append((_name(argument.metavar or ""), _described(argument)))
    for panel, summaries in commands.items():
        sections[panel] += [(_name(name), Text(text)) for name, text in summaries.items()]
    for option in command.get_params(context):
        if option.param_type_name == "option":
            group = getattr(option, "rich_help_panel", None) or LAST_GROUP
            sections[group].append((_option_names(option), _described(option)))
    order = [group for group in GROUPS if group in sections]
    order += [group for group in sections if group not in (*GROUPS, LAST_GROUP)]
    return {group: sections[group] for group in (*order, LAST_GROUP)}


def _name(name: str) -> Text:
    return Text(name, style="cyan")


def _option_names(option: Any) -> Text:
    long = "/".join([max(option.opts, key=len), *option.secondary_opts])
    short = min(option.opts, key=len)
    alone = len(option.opts) == 1
    text = _name(
        short if alone and len(short) == 2 else f"    {long}" if alone else f"{short}, {long}"
    )
    return text if option.is_flag else text.append(f" {option.metavar}", style="yellow")


def _described(parameter: Any) -> Text:
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
