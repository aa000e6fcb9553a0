"""The command line as a whole: light to start, clear when something is wrong, quiet in a pipe."""

import errno
import json
import os
import subprocess
import sys
from ast import literal_eval
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import Result

from tunesmith import __version__
from tunesmith.cli.app import COMMANDS
from tunesmith.cli.errors import describe
from tunesmith.cli.help import first_sentence
from tunesmith.errors import DataError

Run = Callable[..., Result]
NAMES = [name for panel in COMMANDS.values() for name in panel]
HEAVY = (
    "torch", "sentence_transformers", "transformers", "sklearn", "scipy", "duckdb", "pandas",
    "pyarrow", "numpy", "datasets", "matplotlib",
)  # fmt: skip


def start(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the real command in a process of its own."""
    command = [sys.executable, "-m", "tunesmith", *words]
    env = os.environ | settings
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", check=False, env=env
    )


@pytest.mark.parametrize(
    ("words", "allowed"), [(["--help"], set()), (["fit", "--help"], {"numpy", "pyarrow"})]
)
def test_help_loads_no_heavy_library(words: list[str], allowed: set[str]) -> None:
    """The overview loads none of the large libraries, a command's help none that is slow."""
    code = f"import sys; from tunesmith.cli.app import app\ntry: app({words!r})\n"
    code += f"except SystemExit: print([name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(literal_eval(found.stdout.splitlines()[-1])) <= allowed


@pytest.mark.parametrize(
    ("name", "summary"), [item for panel in COMMANDS.values() for item in panel.items()]
)
def test_the_overview_says_what_the_command_says(name: str, summary: str) -> None:
    """The overview loads no command, so its summaries are written a second time."""
    module = import_module(f"tunesmith.cli.commands.{name}")
    assert first_sentence(getattr(module, name).__doc__) == summary


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_with_examples(run: Run, name: str) -> None:
    """`-h` says what `--help` says: a sentence, options, and examples that name the command."""
    result = run(name, "-h")
    assert result.exit_code == 0
    assert result.stdout == run(name, "--help").stdout
    assert f"tunesmith {name}" in result.stdout.partition("Examples")[2]
    assert all(len(line) <= 80 for line in result.stdout.partition("Examples")[0].splitlines())


def test_alone_it_shows_the_help(run: Run) -> None:
    """Without a command all commands are listed."""
    assert run().stdout == run("--help").stdout
    assert all(f"  {name} " in run().stdout for name in NAMES)


def test_version(run: Run) -> None:
    """`--version` prints it and nothing else."""
    assert run("--version").stdout == f"tunesmith {__version__}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fit"], "missing argument 'FILE'"),
        (["fti"], "no such command 'fti'. Did you mean 'fit'?"),
        (["models", "--wrong"], "no such option: --wrong"),
        (["fit", "a.csv", "--for", "fun"], "'fun' is not one of 'classify', 'search'"),
        (["fit", "a.csv", "--folds", "1"], "--folds"),
        (["fit", "a.csv", "--columns", "text"], "is not of the form text=query,label=intent"),
        (["search", "all-MiniLM-L6-v2", "late"], "missing option '--corpus'"),
        (["similarity", "all-MiniLM-L6-v2", "late"], "give two texts or more"),
        (["embed", "all-MiniLM-L6-v2", "late", "-o", "vectors.doc"], ".parquet, .npy or .jsonl"),
        (["embed", "all-MiniLM-L6-v2", "late", "--columns", "text"], "--columns names a column"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(run: Run, words: list[str], message: str) -> None:
    """No usage dump, no box, no trace: one line that says what is wrong."""
    result = run(*words)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fit", "nowhere.csv"], "nowhere.csv"),
        (["inspect", "nowhere.csv"], "nowhere.csv"),
        (["embed", "all-MiniLM-L6-v2", "nowhere.csv"], "there is no file nowhere.csv"),
        (["embed", "no-such-model", "late"], "there is no model 'no-such-model'"),
        (["classify", "no-such-model", "late"], "there is no model 'no-such-model'"),
        (["show", "../../etc"], "there is no model '../../etc'"),
        (["search", "all-MiniLM-L6-v2", "late", "-c", "."], ". is a folder"),
        (["plot", "all-MiniLM-L6-v2", "nowhere.csv", "-o", "map.png"], "nowhere.csv"),
    ],
)
def test_failures_are_one_line_and_exit_code_1(run: Run, words: list[str], message: str) -> None:
    """Also with `--json`: then standard output holds the error as JSON."""
    result = run(*words)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_errors_are_json_when_asked(run: Run) -> None:
    """A script finds the error on standard output, a person on standard error."""
    result = run("show", "nothing", "--json")
    assert result.exit_code == 1
    error = json.loads(result.stdout)["error"]
    assert result.stderr == f"error: {error}\n"


def test_an_option_after_two_dashes_is_a_text(run: Run) -> None:
    """`-- --json` is a text, so that the error is not JSON."""
    assert run("show", "--", "--json").stdout == ""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(errno.ENOSPC, "No space"), "no space is left on the device"),
        (PermissionError(errno.EACCES, "Denied", "out.csv"), "out.csv: permission is denied"),
        (
            MemoryError(),
            "the memory does not suffice: give a smaller file, or close other programs",
        ),
        (DataError("row 3\nhas \x1b[31mno label"), "row 3 has [31mno label"),
    ],
)
def test_an_error_is_told_in_plain_words(error: Exception, line: str) -> None:
    """What the system says is put into words, on one line and without control characters."""
    assert describe(error) == line


def test_an_unexpected_error_names_the_way_to_its_trace(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback, but how to get one; and with TUNESMITH_DEBUG there it is."""

    def broken() -> list[Path]:
        raise RuntimeError("boom [bold]")

    monkeypatch.setattr("tunesmith.cli.commands.models.installed", broken)
    result = run("models")
    assert result.exit_code == 1
    assert result.stderr == (
        "error: unexpected RuntimeError: boom [bold] (run with TUNESMITH_DEBUG=1 for the trace)\n"
    )
    monkeypatch.setenv("TUNESMITH_DEBUG", "1")
    assert isinstance(run("models").exception, RuntimeError)


def test_ctrl_c_is_one_word(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends with the exit code that shells give to an interrupted command."""

    def interrupted() -> list[Path]:
        raise KeyboardInterrupt

    monkeypatch.setattr("tunesmith.cli.commands.models.installed", interrupted)
    result = run("models")
    assert (result.exit_code, result.stderr) == (130, "interrupted\n")


def test_a_real_ctrl_c_ends_at_once() -> None:
    """The signal itself, in a process of its own: exit code 130, one word, no trace."""
    code = (
        "import os, signal, time; from tunesmith.cli.commands import models;"
        "from tunesmith.cli import main;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"  # a background job ignores it
        "models.installed = lambda: (os.kill(os.getpid(), signal.SIGINT), time.sleep(30));"
        "main()"
    )
    command = [sys.executable, "-c", code, "models"]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (found.returncode, found.stdout, found.stderr) == (130, "", "interrupted\n")


def test_a_reader_that_leaves_early_is_no_error() -> None:
    """`tunesmith --help | head -1` says nothing on standard error."""
    command = f"{sys.executable} -m tunesmith --help | head -1"
    found = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert (found.stdout, found.stderr) == ("Usage: tunesmith COMMAND [options]\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_told() -> None:
    """What cannot be written to standard output is an error of one line."""
    command = f"{sys.executable} -m tunesmith models > /dev/full"
    found = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert found.stderr == "error: no space is left on the device\n"


def test_colours_are_for_terminals_and_can_be_refused(
    run: Run, fitted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe gets none; a terminal does; NO_COLOR takes them away."""
    assert "\x1b[" not in run("show", fitted.name).stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32m" in run("show", fitted.name).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in run("show", fitted.name).stdout


def test_main_names_the_program() -> None:
    """The entry point is called tunesmith, however it was started."""
    assert start("cache", "--help").stdout.startswith("Usage: tunesmith cache [options]")
