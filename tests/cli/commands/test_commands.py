"""Each command on real files, with text and JSON output."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from typer.testing import Result

from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.models import attach_pipeline, load
from tunesmith.models.familiar import FamiliarTexts, write_familiar
from tunesmith.models.suspects import write_suspects
from tunesmith.results.evidence import SuspectedLabel

Run = Callable[..., Result]
TEXTS = ["my card is late", "refund, please", "[bold]help[/bold]", "", "<script>café 🙂"]


def lines(result: Result) -> list[Any]:
    """Return the JSON lines on standard output."""
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def document(result: Result) -> Any:
    """Return the one JSON document on standard output."""
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


# embed


def test_embed_returns_a_vector_per_text(run: Run, tiny_model: Path) -> None:
    """The vectors equal those of the encoder."""
    found = lines(run("embed", str(tiny_model), *TEXTS[:3]))
    assert [row["text"] for row in found] == TEXTS[:3]
    assert [row["row"] for row in found] == [1, 2, 3]
    expected = SentenceEncoder(str(tiny_model)).encode(TEXTS[:3])
    assert np.allclose([row["vector"] for row in found], expected, atol=1e-6)


def test_embed_writes_files_and_reads_its_input(
    run: Run, tiny_model: Path, texts_file: Path, tmp_path: Path
) -> None:
    """A file to Parquet and NumPy, standard input to JSON lines: the same vectors."""
    model = str(tiny_model)
    for name in ("a.parquet", "a.npy"):
        result = run(
            "embed", model, str(texts_file), "--columns", "text=text", "-o", str(tmp_path / name)
        )
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.column_names == ["row", "id", "text", "vector"]
    assert table["text"].to_pylist() == [text or None for text in TEXTS]
    matrix = np.load(tmp_path / "a.npy")
    vectors = table["vector"].to_pylist()
    assert [vector is None for vector in vectors] == [not text for text in TEXTS]
    assert np.isnan(matrix).all(axis=1).tolist() == [not text for text in TEXTS]
    known = [number for number, text in enumerate(TEXTS) if text]
    assert np.array_equal(matrix[known], np.array([vectors[n] for n in known], dtype=np.float32))
    piped = lines(run("embed", model, "-", "--no-text", input="\n".join(TEXTS)))
    assert list(piped[0]) == ["row", "vector"]
    assert np.allclose([piped[n]["vector"] for n in known], matrix[known], atol=1e-6)


def test_embed_rejects_invalid_input(run: Run, tiny_model: Path, texts_file: Path) -> None:
    """A file among texts, empty input, and an output equal to the input."""
    model, name = str(tiny_model), str(texts_file)
    assert "is a file: give one file" in run("embed", model, "a", name).stderr
    assert "standard input" in run("embed", model, "-", input="").stderr
    jsonl = texts_file.with_suffix(".jsonl")
    jsonl.write_text('{"text": "a"}\n', encoding="utf-8")
    assert jsonl.name in run("embed", model, str(jsonl), "-o", str(jsonl)).stderr


def test_a_very_long_text_is_not_a_path(run: Run, tiny_model: Path) -> None:
    """Texts longer than a path may be, and texts with invalid bytes, are accepted."""
    assert len(lines(run("embed", str(tiny_model), "a " * 5000, "caf\udce9"))) == 2


# classify


def test_classify_shows_labels(run: Run, fitted: Path) -> None:
    """Markup in labels and texts is not interpreted."""
    result = run("classify", fitted.name, "my [bold]card", "refund", "--top", "2")
    assert result.exit_code == 0
    assert "my [bold]card" in result.stdout
    assert "[red]lost" in result.stdout


def test_classify_as_json(run: Run, fitted: Path) -> None:
    """One JSON line per text; the probabilities of all labels sum to one."""
    found = lines(run("classify", fitted.name, "card", "refund", "--top", "9", "--json"))
    assert [row["text"] for row in found] == ["card", "refund"]
    for row in found:
        assert row["labels"] == [row["top"][0]["label"]]
        assert row["probability"] == row["top"][0]["probability"]
        assert sum(item["probability"] for item in row["top"]) == pytest.approx(1, abs=1e-5)


def test_classify_a_file(run: Run, fitted: Path, texts_file: Path, tmp_path: Path) -> None:
    """CSV, JSON lines, Parquet and standard output hold the same labels for all rows."""
    words = ["classify", fitted.name, str(texts_file), "--columns", "text=text", "--top", "2"]
    stdout = run(*words).stdout
    rows = list(csv.DictReader(io.StringIO(stdout)))
    assert [row["text"] for row in rows] == TEXTS
    assert list(rows[0])[-4:] == ["top_1", "probability_1", "top_2", "probability_2"]
    for suffix in (".csv", ".jsonl", ".parquet"):
        assert run(*words, "-o", str(tmp_path / f"out{suffix}")).exit_code == 0
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == stdout
    labels = [row["label"] or None for row in rows]
    assert [label is None for label in labels] == [not text for text in TEXTS]
    assert pq.read_table(tmp_path / "out.parquet")["label"].to_pylist() == labels
    nested = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    expected = [None if label is None else [label] for label in labels]
    assert [json.loads(line)["labels"] for line in nested] == expected


def test_classify_abstains(run: Run, fitted: Path, tmp_path: Path) -> None:
    """No label below the minimum, in a table, CSV and JSON; the probability stays."""
    words = ["classify", fitted.name, "card", "refund", "--min-probability"]
    for minimum, label in (("1", None), ("0.5", "a label")):
        for row in lines(run(*words, minimum, "--json")):
            assert (row["labels"] is None) == (label is None)
            assert 0.5 <= row["probability"] < 1
    assert run(*words, "1").stdout.count("none (most likely") == 2
    run(*words, "1", "-o", str(tmp_path / "out.csv"))
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["", ""]
    refused = run(*words, "80")
    assert refused.exit_code == 2
    assert "--min-probability" in refused.stderr


def test_classify_marks_unfamiliar_texts(run: Run, fitted: Path, tmp_path: Path) -> None:
    """In the table, and as a column of CSV and JSON; nothing if no text is unfamiliar."""
    words, mark = ["classify", fitted.name, "card", "%%%% ^^^^"], "unlike the training texts"
    assert mark not in run(*words).stdout
    assert "familiar" not in lines(run(*words, "--json"))[0]
    write_familiar(fitted, FamiliarTexts(load(fitted).encode(["card"]), threshold=0.999))
    first, second = (line for line in run(*words).stdout.splitlines() if line[0] in "c%")
    assert mark not in first
    assert mark in second
    assert mark not in run("classify", fitted.name, "card").stdout
    assert [row["familiar"] for row in lines(run(*words, "--json"))] == [True, False]
    assert run(*words, "-o", str(tmp_path / "out.csv")).exit_code == 0
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        assert [row["familiar"] for row in csv.DictReader(file)] == ["True", "False"]


def test_classify_needs_a_fitted_model(run: Run, tiny_model: Path) -> None:
    """A plain encoder has no classifier."""
    refused = run("classify", str(tiny_model), "card")
    assert refused.exit_code == 2
    assert "has no classifier: use a model fitted on labelled text" in refused.stderr


# inspect --label-errors


@pytest.fixture
def suspicious(fitted: Path) -> Path:
    """The fitted model with 25 suspected label errors."""
    suspects = [SuspectedLabel(n, "late", "[red]lost", 0.9, TEXTS[2]) for n in range(1, 26)]
    write_suspects(fitted, suspects)
    return fitted


def test_label_errors_are_listed(run: Run, suspicious: Path) -> None:
    """The first twenty in a table, all in JSON; markup is not interpreted."""
    result = run("inspect", suspicious.name, "--label-errors")
    assert (result.exit_code, result.stdout.count("[red]lost")) == (0, 20)
    assert "[bold]help[/bold]" in result.stdout
    assert "and 5 more rows" in result.stdout
    found = document(run("inspect", suspicious.name, "--label-errors", "--json"))
    assert len(found["suspects"]) == 25
    assert found["suspects"][0] == {
        "row": 1, "given": "late", "likely": "[red]lost", "probability": 0.9, "text": TEXTS[2],
    }  # fmt: skip


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_label_errors_are_written(run: Run, suspicious: Path, tmp_path: Path, suffix: str) -> None:
    """All of them, also if there are none."""
    out = tmp_path / f"suspects{suffix}"
    result = run("inspect", suspicious.name, "--label-errors", "-o", str(out))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    if suffix == ".csv":
        rows = list(csv.DictReader(out.open(newline="", encoding="utf-8")))
    elif suffix == ".jsonl":
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    else:
        rows = pq.read_table(out).to_pylist()
    assert [int(row["row"]) for row in rows] == list(range(1, 26))
    assert list(rows[0]) == ["row", "given", "likely", "probability", "text"]
    write_suspects(suspicious, ())
    assert run("inspect", suspicious.name, "--label-errors", "-o", str(out)).exit_code == 0
    assert "no suspected label errors" in run("inspect", suspicious.name, "--label-errors").stdout


def test_label_errors_need_a_model_with_them(run: Run, fitted: Path, texts_file: Path) -> None:
    """A model without a list, a data file, and an output without the option."""
    refused = run("inspect", fitted.name, "--label-errors")
    assert refused.exit_code == 2
    assert "has no list of suspected label errors" in refused.stderr
    assert "no fitted model" in run("inspect", str(texts_file), "--label-errors").stderr
    assert "needs --label-errors" in run("inspect", str(texts_file), "-o", "a.csv").stderr


# similarity


def test_similarity_of_two_texts_is_one_number(run: Run, tiny_model: Path) -> None:
    """Standard output holds only the number."""
    assert float(run("similarity", str(tiny_model), "card", "card").stdout) == pytest.approx(1)


def test_similarity_of_several_is_a_matrix(run: Run, tiny_model: Path) -> None:
    """The matrix is symmetric with ones on the diagonal; the table shows the same numbers."""
    words = ["similarity", str(tiny_model), "card", "late", "refund"]
    matrix = np.array(document(run(*words, "--json"))["similarity"])
    assert np.allclose(matrix, matrix.T, atol=1e-6)
    assert np.allclose(np.diag(matrix), 1, atol=1e-6)
    table = run(*words).stdout.replace("\N{MINUS SIGN}", "-")
    assert f"{matrix[0, 1]:.3f}" in table


def test_similarity_of_a_file_of_pairs(
    run: Run, tiny_model: Path, examples: Path, tmp_path: Path
) -> None:
    """One score per row; columns are detected or given."""
    path, out = examples / "scored_pairs.csv", tmp_path / "scores.jsonl"
    assert run("similarity", str(tiny_model), str(path), "-o", str(out)).exit_code == 0
    found = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    first = found[0]
    single = run("similarity", str(tiny_model), first["sentence1"], first["sentence2"]).stdout
    assert float(single.replace("\N{MINUS SIGN}", "-")) == pytest.approx(
        first["tunesmith_score"], abs=1e-4
    )
    assert "must name two columns" in run("similarity", "m", str(path), "--columns", "a").stderr


# search


def test_search_equals_a_naive_search(
    run: Run, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batched search equals search over all vectors at once; ties are ordered by row."""
    monkeypatch.setattr("tunesmith.bulk.stream.BATCH", 3)
    words = ["card", "order", "refund", "late"]
    texts = [f"{first} {second}" for first in words for second in words] + ["card order"]
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(texts), encoding="utf-8")
    model = str(tiny_model)
    command = ["search", model, "card order", "late", "--corpus", str(path), "-k", "5"]
    found = document(run(*command, "--json"))
    encoder = SentenceEncoder(model)
    scores = encoder.encode(["card order", "late"]) @ encoder.encode(texts).T
    for answer, line in zip(found, scores, strict=True):
        order = np.argsort(-line, kind="stable")[:5]
        assert [hit["row"] for hit in answer["hits"]] == [int(index) + 1 for index in order]
        assert [hit["text"] for hit in answer["hits"]] == [texts[index] for index in order]
    assert [hit["row"] for hit in found[0]["hits"]][:2] == [2, 17]
    assert run(*command).stdout.count("card order") >= 2


# models, show, cache


def test_models_lists_all_models(run: Run, fitted: Path) -> None:
    """Verdict, change and size are shown; a damaged model does not hide the others."""
    broken = fitted.parent / "broken-000000"
    broken.mkdir()
    (broken / "tunesmith.json").write_text("{}", encoding="utf-8")
    table = run("models").stdout
    row = next(line for line in table.splitlines() if line.startswith(fitted.name))
    assert "better" in row
    assert "+10.0 points of accuracy" in row
    assert "2026-01-02" in row
    assert "broken-000000   damaged" in table
    entries = {entry["id"]: entry for entry in document(run("models", "--json"))["models"]}
    assert entries[fitted.name]["verdict"]["outcome"] == "better"
    assert "cannot be read" in entries["broken-000000"]["error"]


def test_models_explains_how_to_train_one(run: Run) -> None:
    """An empty model store is not an error."""
    assert "tunesmith fit FILE" in run("models").stdout
    assert document(run("models", "--json"))["models"] == []


def test_show_prints_all_results(run: Run, fitted: Path) -> None:
    """Verdict, changes with intervals, the candidates and the output paths."""
    text = run("show", fitted.name).stdout
    assert "It is better by ten points." in text
    assert "+0.020 to +0.180" in text
    assert "log loss" in text
    assert "needs about 90 s" in text
    assert "Closed-form linear map" in text
    assert str(fitted / "report.html") in text
    assert run("show", str(fitted)).stdout == text
    assert document(run("show", fitted.name, "--json"))["summary"]["verdict"]["outcome"] == "better"


def test_distill_reports_its_result(run: Run, fitted: Path, toy_tickets: Path) -> None:
    """Text and JSON; the static model is listed, shown and used like any other."""
    text = run("distill", fitted.name, "--texts", str(toy_tickets)).stdout
    name = f"{fitted.name}-static"
    assert "150 texts" in text
    assert "8 held-out texts" in text
    assert f"tunesmith embed {name}" in text
    row = next(line for line in run("models").stdout.splitlines() if line.startswith(name))
    assert f"distilled from {fitted.name}" in row
    assert f"distilled from {fitted.name}" in run("show", name).stdout
    assert lines(run("classify", name, "a late order", "--json"))[0]["labels"]
    out = str(fitted.parent / "fast")
    found = document(run("distill", fitted.name, "--texts", str(toy_tickets), "-o", out, "--json"))
    assert found["path"] == out
    assert found["texts"] == 150


def test_distill_rejects_invalid_input(
    run: Run, tiny_model: Path, texts_file: Path, tmp_path: Path
) -> None:
    """One error line with advice, and no file is written."""
    cases = [
        ((str(tiny_model), "--texts", str(texts_file)), "--output"),
        ((str(tiny_model), "--texts", str(texts_file), "-o", str(tmp_path / "a")), "4 texts"),
        ((str(tiny_model), "--texts", "nowhere.csv", "-o", "a"), "nowhere.csv"),
        (("nosuch", "--texts", str(texts_file), "-o", str(tmp_path / "a")), "'nosuch'"),
    ]
    for words, message in cases:
        result = run("distill", *words)
        assert result.exit_code != 0
        assert message in result.stderr
        assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "a").exists()


def test_new_builds_from_parts_or_from_scratch(
    run: Run, tiny_model: Path, toy_tickets: Path, tmp_path: Path
) -> None:
    """The folder works like any other model."""
    out = str(tmp_path / "mine")
    assert "dimension   8" in run("new", out, "--from", str(tiny_model), "--dense", "8").stdout
    assert len(lines(run("embed", out, "my card"))[0]["vector"]) == 8
    words = ["--texts", str(toy_tickets), "--width", "16", "--layers", "1", "--vocabulary", "300"]
    found = document(run("new", str(tmp_path / "small"), *words, "--json"))
    assert (found["dimension"], found["max_length"]) == (16, 256)
    for wrong in ([], ["--from", str(tiny_model), *words]):
        result = run("new", str(tmp_path / "none"), *wrong)
        assert result.exit_code == 2
        assert "give either --from a transformer, or --texts" in result.stderr


def test_a_damaged_model_is_refused_with_the_file_named(run: Run, fitted: Path) -> None:
    """Every command refuses it."""
    (fitted / "modules.json").write_text("[]", encoding="utf-8")
    for words in (["embed", fitted.name, "a"], ["classify", fitted.name, "a"]):
        result = run(*words)
        assert result.exit_code == 1
        assert "modules.json" in result.stderr


def test_cache_shows_and_clears(run: Run, tiny_model: Path) -> None:
    """Each text is cached once, until the cache is cleared."""
    run("embed", str(tiny_model), "card", "late", "card")
    shown = document(run("cache", "--json"))
    assert shown["entries"] == 2
    assert shown["exports"]["models"] == 1
    assert shown["exports"]["bytes"] > 1000
    assert "vectors     2" in run("cache").stdout
    assert "cleared 2 vectors" in run("cache", "--clear").stdout
    assert document(run("cache", "--json", "--clear"))["cleared"] == 0
    emptied = document(run("cache", "--json"))
    assert emptied["entries"] == 0
    assert emptied["exports"] == {"models": 0, "bytes": 0}


# inspect


def test_inspect_describes_a_file(
    run: Run, examples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kind, reason, classes, samples and findings; warnings do not fail."""
    path = str(examples / "tickets.csv")
    result = run("inspect", path)
    assert result.exit_code == 0
    for part in ("labelled", "reason", "text = text, label = intent", "delivery_late", "warning"):
        assert part in result.stdout
    assert "█" not in result.stdout
    found = document(run("inspect", path, "--json"))
    assert found["kind"] == "labelled"
    assert sum(item["count"] for item in found["classes"]) == found["rows"]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "█" in run("inspect", path).stdout


def test_inspect_shows_scores_and_judgement_files(run: Run, examples: Path) -> None:
    """Score quartiles for scored pairs, and counts per judgement file for retrieval."""
    scored, collection = str(examples / "scored_pairs.csv"), str(examples / "retrieval")
    assert "minimum 0.00, first quartile" in run("inspect", scored).stdout
    found = document(run("inspect", scored, "--json"))
    assert sum(found["scores"]["counts"]) == found["rows"]
    assert "judgements" in run("inspect", collection).stdout
    found = document(run("inspect", collection, "--json"))
    assert sum(part["judgements"] for part in found["splits"]) == found["rows"]
    assert found["scores"] is None


def test_inspect_names_rejected_lines(run: Run, tmp_path: Path) -> None:
    """Line numbers, reasons and reading notes are shown."""
    path = tmp_path / "a.csv"
    rows = [f"some text that is number {number};label{number % 2}" for number in range(60)]
    rows[10] = "only one cell"
    path.write_text("text;intent\n" + "\n".join(rows) + "\n", encoding="utf-8")
    result = run("inspect", str(path))
    assert "delimiter ';'" in result.stdout
    assert "1 line" in result.stdout
    assert "line 12" in result.stdout
    assert document(run("inspect", str(path), "--json"))["rejected"][0]["line"] == 12


def test_inspect_exits_with_1_for_errors(run: Run, tmp_path: Path) -> None:
    """Errors give exit code 1; the findings are still written."""
    path = tmp_path / "a.csv"
    path.write_text("text,intent\n" + "one and the same,a\n" * 5, encoding="utf-8")
    result = run("inspect", str(path), "--kind", "labelled")
    assert result.exit_code == 1
    assert "error" in result.stdout
    assert result.stderr == ""
    assert json.loads(run("inspect", str(path), "--kind", "labelled", "--json").stdout)["findings"]


def test_a_strict_inspect_refuses_gaps_and_rare_classes(run: Run, tmp_path: Path) -> None:
    """By default they are warnings that say what a fit does with these rows."""
    path = tmp_path / "a.csv"
    rows = [f"word{n} of letter{n * 37} in town{n * 7},{'ab'[n % 2]}" for n in range(60)]
    extra = [",a", "a text without label,", "the only one of its kind,rare"]
    path.write_text("\n".join(["text,intent", *rows, *extra]) + "\n", encoding="utf-8")
    result = run("inspect", str(path))
    assert result.exit_code == 0
    for part in ("3 warnings", "are skipped", "“rare”", "row 63", "separate --test file"):
        assert part in " ".join(result.stdout.split())
    strict = run("inspect", str(path), "--strict")
    assert strict.exit_code == 1
    assert "3 errors" in strict.stdout


@pytest.mark.parametrize(
    "name",
    ["pairs.csv", "triplets.jsonl", "multilabel.jsonl", "nli.jsonl", "texts.txt", "retrieval"],
)
def test_inspect_detects_every_kind(run: Run, examples: Path, name: str) -> None:
    """Kinds without labels and cells with lists or objects are included."""
    expected = name.partition(".")[0]
    assert json.loads(run("inspect", str(examples / name), "--json").stdout)["kind"] == expected
    assert f"  {expected}  " in run("inspect", str(examples / name)).stdout


def test_distill_takes_an_attached_pipeline(
    run: Run, home: Path, tiny_model: Path, toy_tickets: Path
) -> None:
    """Without a fit, the lists name the parent, and that it was not evaluated."""
    encoder = SentenceEncoder(str(tiny_model))
    pipeline = make_pipeline(encoder, LogisticRegression()).fit(TEXTS[:2], ["late", "refund"])
    attach_pipeline(pipeline, home / "models" / "mails")
    assert "saved from a pipeline" in run("models").stdout
    found = document(run("distill", "mails", "--texts", str(toy_tickets), "--json"))
    assert found["parent"] == "mails"
    assert "distilled from mails" in run("models").stdout
    shown = run("show", "mails-static").stdout
    assert "distilled from mails" in shown
    assert "not evaluated" in shown
    assert tiny_model.name in shown
