"""Tests of `tunesmith mine`: triplets from pairs, and errors before a model is loaded."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import Result

Run = Callable[..., Result]

PAIRS = [
    "my card is late,where is my card",
    "refund me,I want my money",
    "cancel my order,stop the order",
    "login is broken,I cannot login",
]
COLUMNS = ["anchor", "positive", "negatives", "similarity", "similarities", "row"]


def write(folder: Path, name: str, *lines: str) -> str:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def pairs(tmp_path: Path) -> str:
    """Four pairs in a CSV file."""
    return write(tmp_path, "pairs.csv", "anchor,positive", *PAIRS)


def test_pairs_become_triplets(run: Run, tiny_model: Path, pairs: str, tmp_path: Path) -> None:
    """Parquet and JSONL hold the same rows, and both are detected as triplets."""
    found = []
    for name in ("out.parquet", "out.jsonl"):
        out = tmp_path / name
        result = run("mine", str(tiny_model), pairs, "-o", str(out), "-n", "2", "--margin", "-2")
        assert result.exit_code == 0, result.stderr
        assert "8 negatives for 4 anchors, from 4 texts" in result.stdout
        assert "known positives" in result.stdout
        inspected = json.loads(run("inspect", str(out), "--json").stdout)
        assert (inspected["kind"], inspected["rows"]) == ("triplets", 4)
        found.append(out)
    rows = pq.read_table(found[0]).to_pylist()
    lines = [json.loads(line) for line in found[1].read_text("utf-8").splitlines()]
    assert list(rows[0]) == list(lines[0]) == COLUMNS
    for row, line, number in zip(rows, lines, range(1, 5), strict=True):
        assert [row[name] for name in COLUMNS[:3]] == [line[name] for name in COLUMNS[:3]]
        assert row["row"] == line["row"] == number
        assert len(row["negatives"]) == len(row["similarities"]) == 2
        assert row["similarities"] == sorted(row["similarities"], reverse=True)
        assert row["similarities"] == pytest.approx(line["similarities"], abs=1e-6)


def test_the_report_as_json(run: Run, tiny_model: Path, pairs: str, tmp_path: Path) -> None:
    """One document; a pair with fewer negatives has as many similarities."""
    out, corpus = tmp_path / "out.jsonl", write(tmp_path, "corpus.txt", "late pay", "order card")
    words = ["mine", str(tiny_model), pairs, "-o", str(out), "--corpus", corpus]
    result = run(*words, "--margin", "-2", "--json")
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert (report["anchors"], report["corpus"], report["found"]) == (4, 2, 8)
    assert report["path"] == str(out)
    for line in out.read_text("utf-8").splitlines():
        row = json.loads(line)
        assert set(row["negatives"]) == {"late pay", "order card"}
        assert len(row["similarities"]) == 2


def test_lists_of_different_lengths(run: Run, tiny_model: Path, tmp_path: Path) -> None:
    """Parquet files hold them too, and markup in texts is not changed."""
    lines = ["[bold]a,<script>", "[bold]a,../../etc", "=1+1,{{ 7 }}", "card late,pay money"]
    source = write(tmp_path, "odd.csv", "anchor,positive", *lines)
    out = tmp_path / "odd.parquet"
    words = ["mine", str(tiny_model), source, "--kind", "pairs", "-n", "3", "--margin", "-2"]
    result = run(*words, "-o", str(out))
    assert result.exit_code == 0, result.stderr
    rows = pq.read_table(out).to_pylist()
    assert [len(row["negatives"]) for row in rows] == [2, 2, 3, 3]
    assert rows[0]["negatives"][0] in {"{{ 7 }}", "pay money"}


LABELS = ["card", "money"] * 2
SOURCES: dict[str, tuple[str, list[str]]] = {
    "answers beside labels": (
        "question,answer,category",
        [f"{pair},{label}" for pair, label in zip(PAIRS, LABELS, strict=True)],
    ),
    "documents beside labels": (
        "query,document,intent",
        [f"{pair},{label}" for pair, label in zip(PAIRS, LABELS, strict=True)],
    ),
    "an unused text": ("question,answer,text", [f"{pair},more of it here" for pair in PAIRS]),
    "a row without a positive": ("anchor,positive", [*PAIRS, "a text without an answer,"]),
    "HTML": ("anchor,positive", [*PAIRS, "<b>late</b> again,is it &nbsp; late"]),
}


@pytest.mark.parametrize("case", SOURCES)
def test_findings_are_those_of_inspect(
    run: Run, tiny_model: Path, case: str, tmp_path: Path
) -> None:
    """Kind, columns and findings are shown before the result, as text and as JSON."""
    header, rows = SOURCES[case]
    source = write(tmp_path, "source.csv", header, *rows)
    inspected = json.loads(run("inspect", source, "--base", str(tiny_model), "--json").stdout)
    words = ["mine", str(tiny_model), source, "--margin", "-2"]
    shown = run(*words, "-o", str(tmp_path / "a.jsonl"))
    assert shown.exit_code == 0, shown.stderr
    report = json.loads(run(*words, "-o", str(tmp_path / "b.jsonl"), "--json").stdout)
    for name in ("kind", "columns", "findings"):
        assert report[name] == inspected[name]
    lines = shown.stdout.splitlines()
    assert lines[0].startswith(f"source.csv  {inspected['kind']}")
    assert [line.split()[1] for line in lines if line[2:3] in {"!", "✗", "·"}] == [
        finding["severity"] for finding in inspected["findings"]
    ]


def test_rows_without_a_text_are_skipped_as_in_a_fit(
    run: Run, tiny_model: Path, tmp_path: Path
) -> None:
    """So are invalid rows on request; the numbers of the other rows stay."""
    rows = ["a b c,d e f,1", "g h i,,1", "m n o,p q r,maybe", "s t u,v w x,1"]
    source = write(tmp_path, "source.csv", "sentence1,sentence2,label", *rows)
    out = tmp_path / "out.jsonl"
    words = ["mine", str(tiny_model), source, "-o", str(out), "--margin", "-2", "--skip-invalid"]
    result = run(*words)
    assert result.exit_code == 0, result.stderr
    assert [json.loads(line)["row"] for line in out.read_text("utf-8").splitlines()] == [1, 4]


# name, arguments, fragments of the message
BAD: list[tuple[str, list[str], list[str]]] = [
    ("raw texts", ["texts.txt"], ["texts", "positives", "labelled_pairs"]),
    ("scored pairs", ["scored.csv"], ["scored_pairs", "positives"]),
    ("a label that is no answer", ["odd.csv"], ["row 3", "--skip-invalid"]),
    ("no such file", ["nowhere.csv"], ["nowhere.csv"]),
    ("no output", ["pairs.csv", "-o", ""], [".parquet or .jsonl"]),
    ("a wrong suffix", ["pairs.csv", "-o", "out.csv"], ["out.csv", ".parquet or .jsonl"]),
    ("an existing output", ["pairs.csv", "-o", "old.jsonl"], ["old.jsonl", "give a new name"]),
    ("a missing folder", ["pairs.csv", "-o", "no/out.jsonl"], ["folder no"]),
    ("no such corpus", ["pairs.csv", "--corpus", "none.txt"], ["none.txt"]),
    ("an empty corpus", ["pairs.csv", "--corpus", "empty.txt"], ["empty.txt"]),
    (
        "a column without a corpus",
        ["pairs.csv", "--corpus-column", "text"],
        ["--corpus-column", "give --corpus"],
    ),
    ("a margin out of range", ["pairs.csv", "--margin", "3"], ["margin", "-2 to 2"]),
    ("no room for a band", ["pairs.csv", "--mode", "semi-hard", "--margin", "0"], ["above 0"]),
    ("an unknown mode", ["pairs.csv", "--mode", "soft"], ["soft", "semi-hard"]),
    ("no negatives", ["pairs.csv", "-n", "0"], ["negatives", "0"]),
    ("a depth too small", ["pairs.csv", "--depth", "3"], ["a depth of 5 or more"]),
    (
        "limits that cross",
        ["pairs.csv", "--min-similarity", "1", "--max-similarity", "0"],
        ["above 1 and below 0"],
    ),
    ("no such judge", ["pairs.csv", "--judge", "no/judge"], ["'no/judge'"]),
    ("a kind that does not fit", ["pairs.csv", "--kind", "nli"], ["nli"]),
]


@pytest.mark.parametrize(
    ("words", "message"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_bad_input_is_named_before_a_model_is_loaded(
    run: Run, words: list[str], message: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One error line and no files; the model does not even exist."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "pairs.csv", "anchor,positive", *PAIRS)
    answers = ["a b c,d e f,1", "g h i,j k l,0", "m n o,p q r,maybe"]
    write(tmp_path, "odd.csv", "sentence1,sentence2,label", *answers)
    write(tmp_path, "scored.csv", "text1,text2,score", "a b c,d e f,0.4", "g h i,j k l,0.7")
    write(tmp_path, "texts.txt", "some text of mine", "and another text")
    write(tmp_path, "old.jsonl", "years of work")
    write(tmp_path, "empty.txt", "")
    before = {path: path.read_bytes() for path in sorted(tmp_path.rglob("*"))}
    output = [] if "-o" in words else ["-o", "out.parquet"]
    result = run("mine", "no-such-model", *words, *output)
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert result.exit_code in {1, 2}
    assert len(errors) == 1
    assert "unexpected" not in errors[0]
    assert all(word in errors[0] for word in message), errors[0]
    assert {path: path.read_bytes() for path in sorted(tmp_path.rglob("*"))} == before


def test_a_missing_model_leaves_no_output(run: Run, pairs: str, tmp_path: Path) -> None:
    """The model is checked last."""
    out = tmp_path / "out.parquet"
    result = run("mine", "no-such-model", pairs, "-o", str(out))
    assert result.exit_code == 1
    assert "no-such-model" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pairs.csv"]
