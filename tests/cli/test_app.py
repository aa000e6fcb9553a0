"""The command line as a whole: start-up, errors and pipes."""

import errno
import json
import os
import shutil
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
from tunesmith.home import Home

Run = Callable[..., Result]
NAMES = [name for panel in COMMANDS.values() for name in panel]
HEAVY = (
    "torch", "sentence_transformers", "transformers", "sklearn", "scipy", "duckdb", "pandas",
    "pyarrow", "numpy", "datasets", "matplotlib",
)  # fmt: skip


def start(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a separate process."""
    command = [sys.executable, "-m", "tunesmith", *arguments]
    env = os.environ | settings
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", check=False, env=env
    )


@pytest.mark.parametrize(
    ("words", "allowed"), [(["--help"], set()), (["fit", "--help"], {"numpy", "pyarrow"})]
)
def test_help_loads_no_heavy_library(words: list[str], allowed: set[str]) -> None:
    """The overview loads no large library, and the help of a command no slow one."""
    code = f"import sys; from tunesmith.cli.app import app\ntry: app({words!r})\n"
    code += f"except SystemExit: print([name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(literal_eval(found.stdout.splitlines()[-1])) <= allowed


@pytest.mark.parametrize(
    ("name", "summary"), [item for panel in COMMANDS.values() for item in panel.items()]
)
def test_overview_summaries_match_docstrings(name: str, summary: str) -> None:
    """The overview imports no command, so the summaries are duplicated."""
    module = import_module(f"tunesmith.cli.commands.{name}")
    assert first_sentence(getattr(module, name).__doc__) == summary


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_with_examples(run: Run, name: str) -> None:
    """`-h` equals `--help`, and the examples use the command."""
    result = run(name, "-h")
    assert result.exit_code == 0
    assert result.stdout == run(name, "--help").stdout
    assert f"tunesmith {name}" in result.stdout.partition("Examples")[2]
    assert all(len(line) <= 80 for line in result.stdout.partition("Examples")[0].splitlines())


def test_without_a_command_help_is_shown(run: Run) -> None:
    """All commands are listed."""
    assert run().stdout == run("--help").stdout
    assert all(f"  {name} " in run().stdout for name in NAMES)


def test_version(run: Run) -> None:
    """`--version` prints only the version."""
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
        (["fit", "a.csv", "--columns", "text=a,b"], "a plus, such as text=subject+body"),
        (["fit", "a.csv", "--text", "body"], "no such option: --text; name a column with"),
        (["inspect", "a.csv", "--label-column", "x"], "--columns label=NAME"),
        (["mine", "m", "a.csv", "--positive_col", "x"], "--columns positive=NAME"),
        (["search", "all-MiniLM-L6-v2", "late"], "missing option '--corpus'"),
        (["similarity", "all-MiniLM-L6-v2", "late"], "give two or more texts"),
        (["embed", "all-MiniLM-L6-v2", "late", "-o", "vectors.doc"], ".parquet, .npy or .jsonl"),
        (["embed", "all-MiniLM-L6-v2", "late", "--columns", "text"], "--columns"),
    ],
)
def test_usage_errors_are_one_line_with_exit_code_2(
    run: Run, words: list[str], message: str
) -> None:
    """One line with the problem, without usage, box or traceback."""
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
        (["embed", "all-MiniLM-L6-v2", "nowhere.csv"], "nowhere.csv"),
        (["embed", "no-such-model", "late"], "'no-such-model'"),
        (["classify", "no-such-model", "late"], "'no-such-model'"),
        (["show", "../../etc"], "'../../etc'"),
        (["search", "all-MiniLM-L6-v2", "late", "-c", "bench"], "folder"),
        (["plot", "all-MiniLM-L6-v2", "nowhere.csv", "-o", "map.png"], "nowhere.csv"),
    ],
)
def test_failures_are_one_line_with_exit_code_1(run: Run, words: list[str], message: str) -> None:
    """One line that names the file or model."""
    result = run(*words)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_errors_are_json_with_json_option(run: Run, examples: Path) -> None:
    """The error is on standard output as JSON and on standard error as text."""
    result = run("show", "nothing", "--json")
    assert result.exit_code == 1
    error = json.loads(result.stdout)["error"]
    assert result.stderr == f"error: {error.pop('text')}\n"
    assert error.pop("message") == "there is no fitted model 'nothing'"
    assert error == {"code": "unknown-model", "hint": "fit one first"}
    refused = json.loads(
        run("fit", str(examples / "tickets.csv"), "--domain", "b.txt", "--json").stdout
    )["error"]
    assert refused["code"] == "usage"
    assert (refused["option"], refused["hint"]) == ("--domain", "add --recipe adapt")


def test_an_option_after_two_dashes_is_an_argument(run: Run) -> None:
    """`-- --json` does not request JSON."""
    assert run("show", "--", "--json").stdout == ""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(errno.ENOSPC, "No space"), "no space left on device"),
        (PermissionError(errno.EACCES, "Denied", "out.csv"), "out.csv: permission denied"),
        (MemoryError(), "out of memory: use a smaller file or close other programs"),
        (DataError("row 3\nhas \x1b[31mno label"), "row 3 has [31mno label"),
    ],
)
def test_system_errors_have_plain_messages(error: Exception, line: str) -> None:
    """Messages are one line without control characters."""
    assert describe(error) == line


@pytest.fixture
def unreadable_model(tiny_encoder: Path, tmp_path: Path) -> Path:
    """A model whose tokenizer has a word that the weights lack."""
    folder = tmp_path / "unreadable"
    shutil.copytree(tiny_encoder, folder)
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["model"]["vocab"]["zebra"] = 9_999
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    return folder


def test_an_unexpected_error_is_a_line_and_a_file(
    run: Run, home: Path, unreadable_model: Path
) -> None:
    """The line names the command and the file, which holds what a bug report needs."""
    result = run("similarity", str(unreadable_model), "zebra", "card", "--json")
    assert result.exit_code == 1
    line = result.stderr
    assert line.startswith("error: unexpected ")
    assert line.count("\n") == 1
    assert f"in `tunesmith similarity {unreadable_model}`" in line
    assert "please report it" in line
    [report] = (home / "errors").iterdir()
    assert str(report) in line
    error = json.loads(result.stdout)["error"]
    assert (error["code"], error["report"]) == ("unexpected", str(report))
    content = report.read_text(encoding="utf-8")
    assert "command: tunesmith similarity" in content
    assert "Traceback (most recent call last)" in content


@pytest.mark.parametrize("place", [0, 1, 3])
def test_debug_shows_the_traceback_instead(
    run: Run, home: Path, unreadable_model: Path, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    """The option may be anywhere; no file is written."""
    monkeypatch.setenv("TUNESMITH_DEBUG", "")  # restored afterwards
    words = ["embed", str(unreadable_model), "zebra"]
    words.insert(place, "--debug")
    result = run(*words)
    assert result.exception is not None
    assert not isinstance(result.exception, SystemExit)
    assert not (home / "errors").exists()


def test_a_home_that_cannot_be_written_to_hides_no_error(
    run: Run, tmp_path: Path, unreadable_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The traceback is then in the temporary folder."""
    (tmp_path / "file").write_text("a file, not a folder", encoding="utf-8")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("tunesmith.cli.crash.current_home", lambda: Home(tmp_path / "file"))
    assert run("embed", str(unreadable_model), "zebra").exit_code == 1
    assert len(list(tmp_path.glob("error-*.txt"))) == 1


def test_a_panic_of_a_library_is_reported(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rust's panics are no Exceptions in Python."""

    class PanicException(BaseException):
        pass

    def broken() -> list[Path]:
        raise PanicException("index out of bounds")

    monkeypatch.setattr("tunesmith.cli.commands.models.installed", broken)
    result = run("models")
    assert result.exit_code == 1
    assert "index out of bounds" in result.stderr


def test_an_unexpected_error_explains_how_to_get_a_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TUNESMITH_DEBUG turns the one-line error into a traceback."""

    def broken() -> list[Path]:
        raise RuntimeError("boom [bold]")

    monkeypatch.setattr("tunesmith.cli.commands.models.installed", broken)
    result = run("models")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: unexpected RuntimeError: boom [bold] (")
    assert "--debug" in result.stderr
    assert result.stderr.count("\n") == 1
    monkeypatch.setenv("TUNESMITH_DEBUG", "1")
    assert isinstance(run("models").exception, RuntimeError)


def test_ctrl_c_writes_one_word(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit code is 130, as shells expect."""

    def interrupted() -> list[Path]:
        raise KeyboardInterrupt

    monkeypatch.setattr("tunesmith.cli.commands.models.installed", interrupted)
    result = run("models")
    assert (result.exit_code, result.stderr) == (130, "interrupted\n")


def test_sigint_ends_the_process() -> None:
    """A real signal in a separate process gives exit code 130 and no traceback."""
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


def test_a_closed_pipe_is_not_an_error() -> None:
    """`tunesmith --help | head -1` writes nothing to standard error."""
    command = f"{sys.executable} -m tunesmith --help | head -1"
    found = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert (found.stdout, found.stderr) == ("Usage: tunesmith COMMAND [options]\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_reported() -> None:
    """A failure to write to standard output is a one-line error."""
    command = f"{sys.executable} -m tunesmith models > /dev/full"
    found = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert found.stderr == "error: no space left on device\n"


def test_colours_are_for_terminals_only(
    run: Run, fitted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe gets no colours, and NO_COLOR disables them in a terminal."""
    assert "\x1b[" not in run("show", fitted.name).stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32m" in run("show", fitted.name).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in run("show", fitted.name).stdout


def test_main_names_the_program() -> None:
    """The program name is tunesmith, however it was started."""
    assert start("cache", "--help").stdout.startswith("Usage: tunesmith cache [options]")
