"""Tests of `tunesmith evaluate`: table, JSON and errors."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import Result

Run = Callable[..., Result]
SCORED = ["text1,text2,score", *(f"a text {n},a word {n * 7},{n % 6}" for n in range(30))]
EQUAL = [f"some text {n},another {n * 7},0.5" for n in range(30)]


def write(folder: Path, name: str, *lines: str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def beir(folder: Path, judged: str) -> str:
    write(folder, "beir/corpus.jsonl", '{"_id": "d1", "text": "a card"}')
    write(folder, "beir/queries.jsonl", '{"_id": "q1", "text": "card?"}')
    write(folder, "beir/qrels/test.tsv", "query-id\tcorpus-id\tscore", judged)
    return str(folder / "beir")


def test_models_are_compared_in_one_table(
    run: Run, tiny_model: Path, fitted: Path, examples: Path, tmp_path: Path
) -> None:
    """A row per metric and model, thresholds, the headline, and per-example scores in a file."""
    items = tmp_path / "items.parquet"
    data = str(examples / "labelled_pairs.csv")
    result = run("evaluate", str(tiny_model), fitted.name, data, "--items", str(items))
    assert result.exit_code == 0, result.stderr
    rows = [line for line in result.stdout.splitlines() if line.startswith("average precision")]
    assert len(rows) == 2
    assert rows[1].split()[2] == fitted.name
    assert "no proven change" in rows[1]
    assert result.stdout.count("best F1 threshold") == 2
    assert f"{fitted.name} vs {tiny_model.name}" in result.stdout
    table = pq.read_table(items)
    assert table.column_names == ["text", tiny_model.name, fitted.name]
    assert table.num_rows == 60


def test_json_holds_all_results(run: Run, fitted: Path, examples: Path) -> None:
    """A single fitted model is compared with its base, with confidence intervals."""
    result = run("evaluate", fitted.name, str(examples / "retrieval"), "--split", "train", "--json")
    found = json.loads(result.stdout)
    assert found["models"][1] == fitted.name
    assert (found["kind"], found["split"], found["headline"]) == ("retrieval", "train", "nDCG@10")
    assert found["metrics"][1]["change"]["low"] <= found["metrics"][1]["change"]["high"]


# name, arguments (MODEL stands for an existing model), fragments of the message
BAD: list[tuple[str, Callable[[Path], list[str]], list[str]]] = [
    ("no such file", lambda _: ["MODEL", "nowhere.csv"], ["nowhere.csv"]),
    ("one argument", lambda _: ["MODEL"], ["give one or more models"]),
    (
        "raw texts",
        lambda folder: ["MODEL", write(folder, "a.txt", *(f"a text {n}" for n in range(20)))],
        ["texts", "scored_pairs"],
    ),
    (
        "unknown split",
        lambda folder: ["MODEL", beir(folder, "q1\td1\t1"), "--split", "dev"],
        ["'dev'", "test"],
    ),
    (
        "a split of a file",
        lambda folder: ["MODEL", write(folder, "p.csv", *SCORED), "--split", "test"],
        ["p.csv", "splits"],
    ),
    (
        "a folder that is not a model",
        lambda folder: [str(folder), write(folder, "p.csv", *SCORED)],
        ["sentence-transformers model"],
    ),
    (
        "unknown model",
        lambda folder: ["no-such-model", write(folder, "p.csv", *SCORED)],
        ["no-such-model"],
    ),
    (
        "a model twice",
        lambda folder: ["MODEL", "MODEL", write(folder, "p.csv", *SCORED)],
        ["twice"],
    ),
    (
        "equal scores",
        lambda folder: ["MODEL", write(folder, "p.csv", "text1,text2,score", *EQUAL)],
        ["same score"],
    ),
    (
        "queries without documents",
        lambda folder: ["MODEL", beir(folder, "q1\td1\t0")],
        ["1 query"],
    ),
    (
        "an unknown document",
        lambda folder: ["MODEL", beir(folder, "q1\td9\t1")],
        ["d9"],
    ),
    (
        "a strict evaluation of gaps",
        lambda folder: ["MODEL", write(folder, "p.csv", *SCORED, ",a word,3"), "--strict"],
        ["No text in 1 row", "row 31", "--skip-invalid"],
    ),
    (
        "training without labels",
        lambda folder: ["MODEL", write(folder, "p.csv", *SCORED), "--train", "t.csv"],
        ["scored_pairs", "labelled texts"],
    ),
    (
        "an unknown format of --items",
        lambda folder: ["MODEL", write(folder, "p.csv", *SCORED), "--items", "items.xlsx"],
        [".parquet, .jsonl or .csv"],
    ),
    ("a task and a split", lambda _: ["MODEL", "--mteb", "A", "--split", "b"], ["--mteb-data"]),
    ("--mteb-data without --mteb", lambda _: ["MODEL", "--mteb-data", "there"], ["name the task"]),
]


@pytest.mark.parametrize(
    ("command", "words"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_bad_input_gives_one_error_line(
    run: Run,
    tiny_model: Path,
    tmp_path: Path,
    command: Callable[[Path], list[str]],
    words: list[str],
) -> None:
    """The error names the problem, and no file is written."""
    argv = [str(tiny_model) if word == "MODEL" else word for word in command(tmp_path)]
    before = sorted(tmp_path.rglob("*"))
    result = run("evaluate", *argv)
    assert result.exit_code in {1, 2}
    message = result.stderr.splitlines()[-1]
    assert message.startswith("error: ")
    assert "unexpected" not in message
    assert all(word in message for word in words), message
    assert sorted(tmp_path.rglob("*")) == before
