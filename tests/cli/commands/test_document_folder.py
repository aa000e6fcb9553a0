"""A folder of 400 Markdown files goes through every command by one path."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tunesmith.datasets import read
from tunesmith.datasets.training_data import DataOptions, load_training_data
from tunesmith.events import ignore

Run = Callable[..., Result]
FILES = 400
SUBJECTS = ("card", "order", "refund", "login", "money")


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 Markdown files in folders by subject; every fortieth is too long for one passage."""
    folder = tmp_path_factory.mktemp("written") / "docs"
    draw = random.Random(3)
    for number in range(FILES):
        subject = SUBJECTS[number % len(SUBJECTS)]
        path = folder / subject / f"{number:03}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        count = 20 if number % 40 == 0 else 2
        text = " ".join(
            f"The {subject} {draw.randint(100, 999)} is late or broken." for _ in range(count)
        )
        path.write_text(f"# About {subject} {number}\n\n{text}\n\n## Cancel\n\nPay *now*.\n")
    (folder / "empty.md").touch()
    return folder


def test_inspect(run: Run, tiny_model: Path, docs: Path) -> None:
    """The numbers of files, passages and files left out are in the output."""
    result = run("inspect", str(docs), "--base", str(tiny_model))
    assert result.exit_code == 0, result.stderr
    found = json.loads(run("inspect", str(docs), "--base", str(tiny_model), "--json").stdout)
    passages = found["rows"]
    assert passages > FILES
    assert f"400 documents, cut into {passages} passages" in result.stdout
    assert "1 file left out: empty.md (empty)." in result.stdout
    assert len(found["documents"]["paths"]) == FILES
    assert found["documents"]["left_out"] == [{"path": "empty.md", "reason": "empty"}]
    assert "truncated" not in [each["code"] for each in found["findings"]]


def test_embed_and_search(run: Run, tiny_model: Path, docs: Path, tmp_path: Path) -> None:
    """Each passage has a vector and an id that leads back to the file."""
    out = tmp_path / "vectors.jsonl"
    result = run("embed", str(tiny_model), str(docs), "-o", str(out))
    assert result.exit_code == 0, result.stderr
    assert "1 file left out: empty.md" in result.stderr
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert rows[0]["id"] == "card/000.md#1"
    assert {row["id"].split("#")[0] for row in rows} == {
        path.relative_to(docs).as_posix() for path in docs.rglob("*/*.md")
    }
    query = f"{rows[0]['title']} {rows[0]['text']}"
    words = ["search", str(tiny_model), query, "--corpus", str(docs), "-k", "3", "--json"]
    found = json.loads(run(*words).stdout)
    hit = found[0]["hits"][0]
    assert (hit["columns"]["id"], hit["columns"]["title"]) == ("card/000.md#1", "About card 0")
    assert hit["text"].startswith("About card 0 The card ")


def test_mine(run: Run, tiny_model: Path, docs: Path, tmp_path: Path) -> None:
    """Titles and headings are anchors, and the passages of one title are no negatives."""
    out = tmp_path / "triplets.jsonl"
    words = ["mine", str(tiny_model), str(docs), "-o", str(out), "-n", "2", "--margin", "-2"]
    result = run(*words)
    assert result.exit_code == 0, result.stderr
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert rows[0]["anchor"] == "About card 0"
    assert rows[0]["positive"].startswith("The card ")
    assert all(len(row["negatives"]) == 2 for row in rows)


def test_negatives_from_a_folder(
    run: Run, tiny_model: Path, docs: Path, clicks: Path, tmp_path: Path
) -> None:
    """`mine --corpus` takes a folder: its passages are the candidates."""
    pairs, out = tmp_path / "pairs.csv", tmp_path / "out.jsonl"
    pairs.write_text("anchor,positive\nmy card,it is lost\nthe fee,it is high\n")
    words = ["mine", str(tiny_model), str(pairs), "--corpus", str(docs), "-o", str(out)]
    result = run(*words, "--margin", "-2", "-n", "1")
    assert result.exit_code == 0, result.stderr
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert all(row["negatives"][0].startswith("About ") for row in rows)


def test_fit(run: Run, tiny_model: Path, docs: Path, tmp_path: Path) -> None:
    """A folder is raw text, in passages of the base's length; the model reads it again."""
    out = tmp_path / "model"
    words = ["fit", str(docs), "--base", str(tiny_model), "--budget", "1s", "-o", str(out)]
    result = run(*words)
    assert result.exit_code == 0, result.stderr
    assert "400 documents" in result.stdout
    summary = json.loads((out / "tunesmith.json").read_text("utf-8"))
    assert summary["columns"] == {"text": "title+text"}
    again = run("search", str(out), "card late", "--corpus", str(docs), "--json")
    assert again.exit_code == 0, again.stderr


def test_similarity_needs_pairs(run: Run, tiny_model: Path, docs: Path) -> None:
    """A folder holds no pairs."""
    result = run("similarity", str(tiny_model), str(docs))
    assert result.exit_code == 2
    assert "docs is a folder of documents, not a file of pairs" in result.stderr


def test_plot(run: Run, tiny_model: Path, docs: Path, tmp_path: Path) -> None:
    """A map shows the passages."""
    out = tmp_path / "map.svg"
    result = run("plot", str(tiny_model), str(docs), "-o", str(out), "--limit", "50")
    assert result.exit_code == 0, result.stderr
    assert out.is_file()


@pytest.fixture(scope="module")
def clicks(docs: Path) -> Path:
    """Two queries about each of 60 documents, as paths; the queries name their subject."""
    path = docs.parent / "clicks.csv"
    files = sorted(file.relative_to(docs).as_posix() for file in docs.rglob("*/*.md"))[::7][:60]
    lines = [
        f'"{file[:4]} {n} is {word}",{file}'
        for n, file in enumerate(files)
        for word in ("late", "x")
    ]
    path.write_text("\n".join(["query,article", *lines]) + "\n", encoding="utf-8")
    return path


def test_clicks_are_searched_among_all_documents(
    run: Run, tiny_model: Path, docs: Path, clicks: Path, tmp_path: Path
) -> None:
    """inspect, advise, evaluate, mine and fit take clicks, and all documents beside them."""
    documents = ["--documents", str(docs)]
    base = ["--base", str(tiny_model)]
    found = json.loads(run("inspect", str(clicks), *documents, *base, "--json").stdout)
    assert found["kind"] == "retrieval"
    assert found["reason"].startswith("retrieval: queries, searched in docs, with 116")
    assert "left-out-file" in [each["code"] for each in found["findings"]]
    named = ["--columns", "query=query,document=article", "--json"]
    result = run("evaluate", str(tiny_model), str(clicks), *documents, *named)
    assert json.loads(result.stdout)["kind"] == "retrieval", result.stderr
    advice = json.loads(run("advise", str(clicks), *documents, *base, *named).stdout)
    assert (advice["kind"], f"--documents {docs}" in advice["command"]) == ("retrieval", True)
    out = tmp_path / "mined.jsonl"
    result = run("mine", str(tiny_model), str(clicks), *documents, "-o", str(out), "--margin", "-2")
    assert result.exit_code == 0, result.stderr
    model = tmp_path / "model"
    words = ["fit", str(clicks), *documents, *base, "--budget", "1s", "-o", str(model)]
    result = run(*words)
    assert result.exit_code == 0, result.stderr
    assert f"--corpus {docs}" in result.stdout
    summary = json.loads((model / "tunesmith.json").read_text("utf-8"))
    assert summary["columns"]["document"] == "corpus-id"


def test_the_latest_clicks_are_the_test(
    run: Run, tiny_model: Path, docs: Path, clicks: Path, tmp_path: Path
) -> None:
    """`--split-by` tests on the latest rows; it does not go with a test file."""
    dated = tmp_path / "dated.csv"
    head, *rows = clicks.read_text("utf-8").splitlines()
    days = [f"2026-{1 + n // 28:02}-{1 + n % 28:02}" for n in range(len(rows))]
    lines = [f"{row},{day}" for row, day in zip(rows, days, strict=True)]
    dated.write_text("\n".join([f"{head},date", *lines]) + "\n", encoding="utf-8")
    words = ["fit", str(dated), "--documents", str(docs), "--base", str(tiny_model)]
    words += ["--budget", "1s", "--split-by", "date"]
    result = run(*words, "-o", str(tmp_path / "model"))
    assert result.exit_code == 0, result.stderr
    summary = json.loads((tmp_path / "model" / "tunesmith.json").read_text("utf-8"))["summary"]
    assert summary["test"] == 24
    assert summary["folds"] == 0
    result = run(*words, "--test", str(clicks), "-o", str(tmp_path / "other"))
    assert (result.exit_code, "both choose the test rows" in result.stderr) == (2, True)


def test_titles_are_read_as_in_training(
    run: Run, tiny_model: Path, docs: Path, tmp_path: Path
) -> None:
    """A folder, a corpus file and a data set embed the same texts: title and text."""
    examples = read(docs, kind="texts", base=tiny_model)
    rows = examples.loaded.table.to_pylist()
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("\n".join(json.dumps({"_id": r["id"], **r}) for r in rows) + "\n")
    query = f"{rows[5]['title']} {rows[5]['text']}"
    judged = read({"a query": rows[5]["id"]}, documents=docs, base=tiny_model).examples
    assert query in judged.texts("document")
    for path in (docs, corpus):
        words = ["search", str(tiny_model), query, "--corpus", str(path), "-k", "1", "--json"]
        hit = json.loads(run(*words).stdout)[0]["hits"][0]
        assert (hit["text"], hit["columns"]["id"]) == (query, rows[5]["id"])


def test_a_folder_is_a_domain(docs: Path, tiny_model: Path) -> None:
    """Domain adaptation takes a folder as its texts, in passages of the base's length."""
    data = load_training_data(
        "examples/tickets.csv", {"domain": docs}, DataOptions(), str(tiny_model), ignore
    )
    assert data.domain is not None
    assert data.domain.kind == "texts"
    assert len(data.domain) == len(read(docs, base=tiny_model))
