"""A data set is read once and used by every verb."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import pyarrow as pa
import pytest

import tunesmith
from tunesmith.data.reading.read import read as read_rows
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import FaultyRows, UnreadableFile, UsageError
from tunesmith.kinds import Kind
from tunesmith.mining import mine
from tunesmith.results.finding import Severity


def test_a_data_set_says_what_it_is(examples: Path) -> None:
    """Kind, columns, size, counts, findings and digest; its text form shows no text of the data."""
    data = tunesmith.read(examples / "tickets.csv")
    assert (data.name, data.kind, len(data)) == ("tickets.csv", Kind.LABELLED, 647)
    assert dict(data.columns) == {"text": "text", "label": "intent"}
    assert sum(each.count for each in data.counts) == 647
    assert data.findings == tunesmith.inspect(examples / "tickets.csv").findings
    assert data.digest == read_rows(examples / "tickets.csv").digest
    assert repr(data) == "Dataset(tickets.csv: labelled, 647 rows, text = text, label = intent)"
    with pytest.raises(FrozenInstanceError):
        data.skip_invalid = True  # type: ignore[misc]  # what the test is about


def test_a_table_is_a_data_set_too() -> None:
    """It has a digest like a file."""
    data = tunesmith.read(pa.table({"text": ["a b", "c d"] * 10, "label": ["x", "y"] * 10}))
    assert (data.kind, len(data)) == (Kind.LABELLED, 20)
    assert len(data.digest) == 64


def test_another_kind_is_detected_without_reading_again(tmp_path: Path, examples: Path) -> None:
    """The file may be gone; a data set without overrides is returned as it is."""
    path = tmp_path / "tickets.csv"
    path.write_bytes((examples / "tickets.csv").read_bytes())
    data = tunesmith.read(path)
    path.unlink()
    texts = tunesmith.read(data, kind="texts", columns={"text": "text"})
    assert (texts.kind, texts.digest) == (Kind.TEXTS, data.digest)
    assert tunesmith.read(data) is data
    with pytest.raises(UsageError):
        tunesmith.read(data, columns={"text": "no such column"})
    with pytest.raises(UnreadableFile):
        tunesmith.read(path)


@pytest.mark.usefixtures("ticking")
def test_every_verb_takes_a_data_set(
    tiny_model: Path, few_tickets: Path, examples: Path, tmp_path: Path
) -> None:
    """The results are those for the file itself, which is not read again."""
    path = tmp_path / "few.csv"
    path.write_bytes(few_tickets.read_bytes())
    data, pairs = tunesmith.read(path), tunesmith.read(examples / "pairs.csv")
    path.unlink()
    assert tunesmith.inspect(data, base=tiny_model).counts == data.counts
    fitted = tunesmith.fit(data, base=tiny_model, budget="5s")
    assert fitted.summary.rows == 75
    evaluated, file = (
        tunesmith.evaluate(str(tiny_model), source) for source in (data, few_tickets)
    )
    assert evaluated.measured == file.measured
    assert tunesmith.advise(data, base=tiny_model).rows == 75
    encoder = SentenceEncoder(str(tiny_model))
    assert mine(pairs, encoder).report == mine(pairs.examples, encoder).report


@pytest.mark.usefixtures("ticking")
def test_a_data_set_tests_a_fit(tiny_model: Path, toy_tickets: Path) -> None:
    """It keeps its own columns where those of the training data are named otherwise."""
    lines = toy_tickets.read_text("utf-8").splitlines()[1:]
    texts, labels = zip(*(line.rpartition(",")[::2] for line in lines), strict=True)
    held_out = pa.table({"said": texts[:30], "note": texts[-30:], "meant": labels[:30]})
    test = tunesmith.read(held_out, columns={"text": "said", "label": "meant"}, kind="labelled")
    fitted = tunesmith.fit(toy_tickets, base=tiny_model, budget="5s", test=test)
    assert (fitted.summary.test, fitted.summary.rows) == (30, 120)


@pytest.mark.usefixtures("ticking")
def test_invalid_rows_are_skipped_if_the_data_set_says_so(
    tiny_model: Path, toy_tickets: Path
) -> None:
    """Otherwise they raise an error, when the data are used."""
    lines = toy_tickets.read_text("utf-8").splitlines()[1:]
    texts, labels = zip(*(line.rpartition(",")[::2] for line in lines), strict=True)
    table = pa.table({"text": ["", *texts], "label": ["card", *labels]})
    with pytest.raises(FaultyRows):
        tunesmith.fit(tunesmith.read(table, strict=True), base=tiny_model, budget="5s")
    data = tunesmith.read(table, skip_invalid=True, strict=True)
    assert tunesmith.read(tunesmith.read(table), skip_invalid=True).skip_invalid
    assert tunesmith.fit(data, base=tiny_model, budget="5s").summary.rows == 150


def test_a_strict_data_set_has_errors_instead_of_warnings() -> None:
    """Strictness is an option of reading, and reading again keeps it."""
    table = pa.table({"text": [None, *(f"text {row} of {row * 7}" for row in range(60))],
                      "label": ["a", *["a", "b"] * 29, "rare", None]})  # fmt: skip
    data = tunesmith.read(table)
    assert [(each.code, each.severity) for each in data.findings] == [
        ("empty-text", Severity.WARNING),
        ("missing-label", Severity.WARNING),
        ("tiny-class", Severity.WARNING),
    ]
    strict = tunesmith.read(data, strict=True)
    assert {each.severity for each in strict.findings} == {Severity.ERROR}
    assert tunesmith.read(strict).strict
    assert tunesmith.read(strict, columns={"text": "text", "label": "label"}).strict
    assert tunesmith.inspect(strict).errors == tunesmith.inspect(table, strict=True).errors
    (empty, missing, rare) = data.findings
    assert data.rows_with(empty)["text"].to_pylist() == [None]
    assert data.rows_with(missing)["label"].to_pylist() == [None]
    assert data.rows_with(rare)["label"].to_pylist() == ["rare"]
