"""Every bad input gives a one-line error without a traceback or leftover files."""

import gzip
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tunesmith.cli.app import app
from tunesmith.home import current_home

ROWS = [
    f"word{number} and word{number * 7} went to town{number},{'ab'[number % 2]}"
    for number in range(60)
]
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00"
PICKLE = b"\x80\x04\x95\x1f\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93"


def csv(folder: Path, content: str | bytes | list[str], name: str = "data.csv") -> str:
    path = folder / name
    if isinstance(content, list):
        content = "\n".join(["text,label", *content]) + "\n"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def strict(*extra: str) -> Callable[[Path], list[str]]:
    return lambda folder: ["fit", csv(folder, [*ROWS, *extra]), "--strict"]


def content(data: str | bytes, name: str = "data.csv") -> Callable[[Path], list[str]]:
    return lambda folder: ["fit", csv(folder, data, name)]


def with_options(*options: str) -> Callable[[Path], list[str]]:
    return lambda folder: ["fit", csv(folder, ROWS), *options]


def foreign_folder(folder: Path) -> list[str]:
    csv(folder, "years of work", "thesis.txt")
    return ["fit", csv(folder, ROWS), "--output", str(folder)]


def long_line(folder: Path) -> list[str]:
    path = folder / "long.csv"
    with path.open("wb") as file:
        file.write(b"text,label\n")
        for _ in range(200):
            file.write(b"x" * 1_000_000)
    return ["fit", str(path)]


def truncated_gzip(folder: Path) -> list[str]:
    whole = gzip.compress("\n".join(["text,label", *ROWS]).encode())
    return ["fit", csv(folder, whole[: len(whole) // 2], "data.csv.gz")]


def many_labels(folder: Path) -> list[str]:
    rows = [
        f"ticket about thing {number} in town {number % 97},label{number}"
        for number in range(4_000)
    ]
    return ["fit", csv(folder, rows)]


def misspelled(folder: Path) -> list[str]:
    csv(folder, ROWS, "tickets.csv")
    return ["fit", str(folder / "tickts.csv")]


def empty_folder(folder: Path) -> list[str]:
    (folder / "nothing").mkdir()
    return ["fit", str(folder / "nothing")]


# name, command, words that the message must contain
BAD: list[tuple[str, Callable[[Path], list[str]], list[str]]] = [
    ("empty file", content(""), ["data.csv", "empty"]),
    ("header only", content("text,label\n"), ["data.csv"]),
    (
        "one column",
        content("text\n" + "\n".join(row.split(",")[0] for row in ROWS)),
        ["data.csv", "--kind"],
    ),
    (
        "one class",
        lambda folder: ["fit", csv(folder, [f"{row[:-1]}a" for row in ROWS])],
        ["the same label"],
    ),
    ("too few rows", lambda folder: ["fit", csv(folder, ROWS[:4])], []),
    ("binary file", content(PNG * 50), ["data.csv"]),
    ("a pickle", content(PICKLE * 9, "model.pkl"), ["model.pkl"]),
    ("a line of 200 MB", long_line, ["long.csv", "line"]),
    ("empty text", strict(",a"), ["61", "--skip-invalid"]),
    ("missing label", strict("text without label,"), ["61", "--skip-invalid"]),
    ("a class of one", strict("a lonely text in the file,lonely"), ["lonely", "61"]),
    (
        "no text at all",
        lambda folder: ["fit", csv(folder, [f",{'ab'[n % 2]}" for n in range(60)])],
        ["No usable rows", "60 skipped rows"],
    ),
    ("4,000 labels", many_labels, []),
    (
        "ids for texts",
        lambda folder: ["fit", csv(folder, [f"{n},{'ab'[n % 2]}" for n in range(60)])],
        ["text"],
    ),
    ("truncated gzip", truncated_gzip, ["data.csv.gz"]),
    ("broken json", content('[{"text": "a", "label": ', "data.json"), ["data.json", "line"]),
    ("json of numbers", content("[1, 2, 3]", "data.json"), ["data.json"]),
    ("not parquet", content("text,label\n", "data.parquet"), ["data.parquet"]),
    ("misspelled file", misspelled, ["tickts.csv", "tickets.csv"]),
    (
        "unknown hub name",
        lambda _: ["fit", "somebody/some-dataset"],
        ["somebody/some-dataset", "offline"],
    ),
    ("empty folder", empty_folder, ["has no documents", "is empty"]),
    ("NUL bytes", content("text,label\n" + "a\x00b,c\x00\n" * 30), ["data.csv"]),
    (
        "label column missing",
        with_options("--columns", "text=text,label=intent"),
        ["intent", "label"],
    ),
    ("unknown role", with_options("--columns", "txt=text"), ["txt"]),
    ("malformed columns", with_options("--columns", "text"), ["text=query,label=intent"]),
    ("unknown kind", with_options("--kind", "poems"), ["poems", "labelled"]),
    ("kind that does not fit", with_options("--kind", "triplets"), ["triplets"]),
    ("unknown base offline", with_options("--base", "nobody/no-model"), ["nobody/no-model"]),
    (
        "base that is not a model",
        lambda folder: ["fit", csv(folder, ROWS), "--base", str(folder)],
        [],
    ),
    ("not a duration", with_options("--budget", "soon"), ["soon", "5m"]),
    ("one fold", with_options("--cross-validate", "1"), ["folds"]),
    ("more folds than rows", with_options("--cross-validate", "500"), ["folds"]),
    ("negative seed", with_options("--seed", "-1"), ["seed"]),
    ("unknown goal", with_options("--for", "fun"), ["classify"]),
    ("test file missing", with_options("--test", "/no/such/file.csv"), ["file.csv"]),
    ("folder of something else", foreign_folder, ["not a model"]),
    ("unwritable output", with_options("--output", "/proc/tunesmith"), ["/proc/tunesmith"]),
    ("output under a file", with_options("--output", "/dev/null/model"), ["/dev/null/model"]),
    ("unknown option", with_options("--bugdet", "5m"), ["--bugdet"]),
    ("unknown model", lambda _: ["classify", "no-such-model", "text"], ["no-such-model"]),
    ("model path outside the home", lambda _: ["show", "../../etc"], ["../../etc"]),
]


@pytest.mark.parametrize(
    ("command", "words"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_bad_input_gives_one_clear_line(
    command: Callable[[Path], list[str]], words: list[str], tmp_path: Path
) -> None:
    """The message names the problem; no model, workspace or output remains."""
    argv = command(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    result = CliRunner().invoke(app, argv)
    message = next(line for line in result.stderr.splitlines() if line.startswith("error: "))
    assert result.exit_code in {1, 2}, result.stderr
    assert "Traceback" not in result.output + result.stderr
    assert "unexpected" not in message
    assert all(word in message for word in words), message
    assert sorted(tmp_path.rglob("*")) == before
    assert not current_home().models.exists() or not any(current_home().models.iterdir())
    assert not list(current_home().work.glob("[!.]*/*"))


ODD = [
    "👩‍🚀 took off 🚀 with no 🧑‍🍳",
    "שלום, איפה ההזמנה שלי? 42",
    "<script>alert(1)</script> and <b>more",
    "../../no/such/passwd",
    "{{ 7 * 7 }} {% raw %}",
    "'; DROP TABLE texts; --",
    "\u202egnirts desrever",
    "=HYPERLINK(1)",
]


@pytest.mark.slow
def test_strange_texts_are_texts(tiny_model: Path, tmp_path: Path) -> None:
    """Emoji, right-to-left text, markup, paths and formulas are treated as ordinary text."""
    rows = [f'"{odd} number {number}",{"ab"[number % 2]}' for number in range(4) for odd in ODD]
    source = csv(tmp_path, rows)
    out = tmp_path / "model"
    words = ["fit", source, "--base", str(tiny_model), "--cross-validate", "off"]
    result = CliRunner().invoke(app, [*words, "--budget", "none", "-o", str(out)])
    assert result.exit_code == 0, result.stderr
    report = (out / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in report
    classified = CliRunner().invoke(app, ["classify", str(out), *ODD])
    assert classified.exit_code == 0, classified.stderr


@pytest.mark.slow
def test_a_full_disk_leaves_no_model(tiny_model: Path, tmp_path: Path) -> None:
    """If a file cannot grow, the command reports it and removes the incomplete folder."""
    source, out = csv(tmp_path, ROWS), tmp_path / "models" / "model"

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, limits[1]))
    try:
        words = ["fit", source, "--base", str(tiny_model), "--cross-validate", "off"]
        result = CliRunner().invoke(app, [*words, "--output", str(out)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert result.exit_code == 1
    assert "error: " in result.stderr
    assert "Traceback" not in result.stderr
    assert not out.exists()
    assert not out.parent.exists() or list(out.parent.iterdir()) == []


def test_a_model_folder_with_a_missing_file(tiny_model: Path, tmp_path: Path) -> None:
    """The command that loads it names the file."""
    broken = tmp_path / "broken"
    shutil.copytree(tiny_model, broken)
    (broken / "model.safetensors").unlink()
    result = CliRunner().invoke(app, ["embed", str(broken), "some text"])
    assert result.exit_code == 1
    assert "model.safetensors" in result.stderr or "weights" in result.stderr
