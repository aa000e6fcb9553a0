"""The table of commands, and the setup and error handling that all commands share."""

import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any, Final, TextIO

import typer
from typer.core import TyperGroup
from typer.main import get_command

from tunesmith.cli.errors import run_command
from tunesmith.cli.help import Command, write_help
from tunesmith.cli.server import SERVER, require_remote
from tunesmith.version import __version__

# The summaries repeat the first sentences of the commands' docstrings, so that the overview imports
# no command. A test compares the two.
COMMANDS: Final[dict[str, dict[str, str]]] = {
    "Train a model": {
        "inspect": "Detect a file's format and check it for problems",
        "advise": "Recommend training options for a file, with time estimates and a learning curve",
        "fit": "Fine-tune a model on a file of text and test whether it is better",
        "distill": "Distill a model into a static one (~100× faster)",
        "new": "Build an encoder from a transformer, pooling and a dense layer",
        "mine": "Mine hard negatives: texts similar to an anchor that are not positives",
        "demo": "Fit a model to the bundled example",
    },
    "Use a model": {
        "embed": "Compute embeddings of texts or of a file",
        "classify": "Predict labels for texts or for each row of a file",
        "similarity": "Compute the similarity of texts",
        "search": "Search a file for the texts most similar to a query",
        "rerank": "Rerank search results with a cross-encoder",
        "evaluate": "Compare models on your own data",
        "plot": "Plot a 2-D map of embeddings before and after tuning",
    },
    "Manage models": {
        "models": "List fitted models, newest first",
        "show": "Show a model's verdict, scores and settings",
        "export": "Export a model as a zip file, or the encoder of its queries as a folder",
        "push": "Upload a model to the Hugging Face Hub",
        "cache": "Show or clear the cache of vectors and ONNX files",
    },
    "Run a server": {
        "ui": "Open the dashboard in a browser",
        "serve": "Start an HTTP server for data sets, fits and models",
        "worker": "Run fits of a server, one at a time, in this process",
        "server": "Back up a server to a tar file, or restore it from one",
        "keys": "List, create or revoke the API keys of a server",
    },
}
EXAMPLES: Final = """
tunesmith demo                                   # try it on an example, in two minutes
tunesmith inspect tickets.csv                    # format, classes and problems
tunesmith fit tickets.csv --budget 5m            # train a model and test it on held-out rows
tunesmith classify tickets-3f2a1c "card lost"    # predict a label
"""
_DEBUG: Final = "--debug"
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
    """The commands by name; the module of a command is imported on first use."""

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
    """The group of all commands; errors become one line and an exit code."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": LazyCommands()})

    def main(self, args: Sequence[str] | None = None, *rest: Any, **named: Any) -> Any:
        """Run a command and exit with its exit code."""
        arguments = sys.argv[1:] if args is None else list(args)
        options = arguments[: arguments.index("--")] if "--" in arguments else arguments
        if _DEBUG in options:  # allowed anywhere, also after the command
            os.environ["TUNESMITH_DEBUG"] = "1"
            arguments.remove(_DEBUG)
        named["standalone_mode"] = False
        quieten_libraries()
        sys.exit(
            run_command(lambda: super(Application, self).main(arguments, *rest, **named), options)
        )

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the overview of all commands."""
        del formatter  # the formatter would drop the colours
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
    debug: Annotated[
        bool,
        typer.Option(
            _DEBUG,
            help="Show tracebacks and the messages of libraries; also allowed after a command.",
        ),
    ] = False,
    server: Annotated[
        str,
        typer.Option(
            "--server",
            metavar="URL",
            envvar="TUNESMITH_SERVER",
            help="Run fit, embed, classify, similarity, search, models or show on this server.",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Fine-tune text embedding models and test on held-out data whether they improve.

    Everything runs on this machine. No data leaves it unless you push a model.
    """
    del version, debug
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
    elif server:
        require_remote(context.invoked_subcommand)
        before = SERVER.set(server)
        context.call_on_close(lambda: SERVER.reset(before))


def quieten_libraries() -> None:
    """Silence libraries before they are imported, unless TUNESMITH_DEBUG is set."""
    if os.environ.get("TUNESMITH_DEBUG"):
        return
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
        warnings.filterwarnings("default", module=r"tunesmith\.", category=RuntimeWarning)
        warnings.showwarning = _show_warning


def _show_warning(
    message: Warning | str,
    category: type[Warning],  # noqa: ARG001 - the signature is the warnings module's
    filename: str,  # noqa: ARG001 - as above
    lineno: int,  # noqa: ARG001 - as above
    file: TextIO | None = None,
    line: str | None = None,  # noqa: ARG001 - as above
) -> None:
    (file or sys.stderr).write(f"warning: {message}\n")
