"""The table of commands, and what happens before and after each of them."""

import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from tunesmith import __version__
from tunesmith.cli import (
    advise,
    cache,
    classify,
    demo,
    distill,
    embed,
    evaluate,
    export,
    fit,
    inspect,
    mine,
    models,
    new,
    plot,
    push,
    rerank,
    search,
    show,
    similarity,
)
from tunesmith.cli.errors import reported
from tunesmith.cli.help import Command, write_help
from tunesmith.cli.quiet import quieten_libraries

COMMANDS: Final[tuple[tuple[str, tuple[ModuleType, ...]], ...]] = (
    ("From text to a model", (inspect, advise, fit, distill, new, mine, demo)),
    ("Use a model", (embed, classify, similarity, search, rerank, evaluate, plot)),
    ("Look after models", (models, show, export, push, cache)),
)
EXAMPLES: Final = """
tunesmith demo                                   # see it work, in a minute
tunesmith inspect tickets.csv                    # what is in the file, and what is wrong with it
tunesmith fit tickets.csv --budget 5m            # a model, proven better or kept as it was
tunesmith classify tickets-3f2a1c "card lost"    # use it
"""


class Application(TyperGroup):
    """The group of all commands; every error leaves it as one line and an exit code."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **named: Any) -> Any:
        """Run a command and end the process with its exit code."""
        words = sys.argv[1:] if args is None else list(args)
        options = words[: words.index("--")] if "--" in words else words
        named["standalone_mode"] = False
        quieten_libraries()
        sys.exit(reported(lambda: super(Application, self).main(words, *rest, **named), options))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the overview of all commands."""
        del formatter  # what goes through it loses its colours
        write_help(self, ctx, EXAMPLES)


app = typer.Typer(
    name="tunesmith",
    cls=Application,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tunesmith {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def overview(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Turn the text you have into an embedding model that is measurably better on it.

    Everything runs on this machine. Nothing is sent anywhere, unless you push a model.
    """
    del version
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _add(panel: str, module: ModuleType) -> None:
    name = module.__name__.rpartition(".")[2]
    command = app.command(name, cls=Command, rich_help_panel=panel, epilog=module.EXAMPLES)
    command(getattr(module, name))


for _panel, _modules in COMMANDS:
    for _module in _modules:
        _add(_panel, _module)
