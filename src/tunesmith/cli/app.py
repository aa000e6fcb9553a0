"""The table of commands, and what happens before and after each of them."""

import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any, Final, TextIO

import typer
from typer.core import TyperGroup
from typer.main import get_command

from tunesmith.cli.errors import reported
from tunesmith.cli.help import Command, write_help
from tunesmith.version import __version__

# Each summary is the first sentence of its command's docstring, so that the overview loads no
# command; a test compares the two.
COMMANDS: Final[dict[str, dict[str, str]]] = {
    "From text to a model": {
        "inspect": "Say what a file is, and find what is wrong with it",
        "advise": "Say what can be done with a file, what it costs here, and what more labels "
        "would bring",
        "fit": "Fit a model to a file of text, and prove whether it is better",
        "distill": "Make a static model, some hundred times as fast, of any model",
        "new": "Build an encoder from parts: a transformer, pooling, a dense layer",
        "mine": "Find hard negatives: texts like an anchor that do not belong to it",
        "demo": "Fit a model to the example that comes along",
    },
    "Use a model": {
        "embed": "Turn texts, or a file of texts, into vectors",
        "classify": "Give labels to texts, or to each row of a file",
        "similarity": "Tell how alike texts are",
        "search": "Find the texts of a file that are nearest to a query",
        "rerank": "Put what a search finds into the order of a cross-encoder",
        "evaluate": "Compare models on data of your own",
        "plot": "Draw texts in the plane, before and after",
    },
    "Look after models": {
        "models": "List the models that were fitted here, newest first",
        "show": "Show what is known about a model",
        "export": "Write a model as one zip file",
        "push": "Send a model to the Hugging Face hub",
        "cache": "Show or clear the cache of vectors and ONNX files",
    },
}
EXAMPLES: Final = """
tunesmith demo                                   # see it work, in a minute
tunesmith inspect tickets.csv                    # what is in the file, and what is wrong with it
tunesmith fit tickets.csv --budget 5m            # a model, proven better or kept as it was
tunesmith classify tickets-3f2a1c "card lost"    # use it
"""
_SETTINGS: Final[dict[str, Any]] = {"help_option_names": ["-h", "--help"]}
_QUIET: Final = {
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_VERBOSITY": "error",
    "TRANSFORMERS_VERBOSITY": "error",
    "DATASETS_VERBOSITY": "error",
}


class LazyCommands(Mapping[str, Any]):
    """The commands by name; a command's module is imported when the command is asked for."""

    names: Final = tuple(name for panel in COMMANDS.values() for name in panel)

    def __getitem__(self, name: str) -> Any:
        if name not in self.names:
            raise KeyError(name)
        module = import_module(f"tunesmith.cli.commands.{name}")
        single = typer.Typer(add_completion=False, context_settings=_SETTINGS)
        single.command(name, cls=Command, epilog=module.EXAMPLES)(getattr(module, name))
        return get_command(single)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


class Application(TyperGroup):
    """The group of all commands; every error leaves it as one line and an exit code."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": LazyCommands()})

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
        write_help(self, ctx, EXAMPLES, COMMANDS)


app = typer.Typer(
    name="tunesmith", cls=Application, add_completion=False, context_settings=_SETTINGS
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


def quieten_libraries() -> None:
    """Set it up, before any library is imported; with TUNESMITH_DEBUG set, let them speak."""
    if os.environ.get("TUNESMITH_DEBUG"):
        return
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
        warnings.filterwarnings("default", module=r"tunesmith\.", category=RuntimeWarning)
        warnings.showwarning = _show_in_one_line


def _show_in_one_line(
    message: Warning | str,
    category: type[Warning],  # noqa: ARG001 - the signature is the warnings module's
    filename: str,  # noqa: ARG001 - as above
    lineno: int,  # noqa: ARG001 - as above
    file: TextIO | None = None,
    line: str | None = None,  # noqa: ARG001 - as above
) -> None:
    (file or sys.stderr).write(f"warning: {message}\n")
