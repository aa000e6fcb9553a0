"""Files in, files out: the trained column is taken, every column is kept, and nulls stay null."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tunesmith import load
from tunesmith.bulk import (
    classify_file,
    classify_rows,
    compare_file,
    embed_file,
    embed_rows,
    search_file,
)
from tunesmith.bulk.parts import Parts
from tunesmith.bulk.stream import open_stream
from tunesmith.errors import Cancelled, DataError, UsageError
from tunesmith.events import Event, Note
from tunesmith.models.folder import METADATA
from tunesmith.results.fit_result import FitResult
from tunesmith.stop import Stop

LONG = "this is a long sentence about an order that is late, and it goes on for a while"
COLUMNS = ["id", "subject", "body", "notes", "when", "label"]


def rows(count: int = 60) -> list[list[str]]:
    """Return rows with three columns of texts; the body of the third is missing."""
    return [
        [
            f"id-{n}",
            f"subject {n} {LONG}",
            "" if n == 2 else f"card pay {n}",
            f"note {n} {LONG}",
            f"2026-01-{n % 28 + 1:02}",
            "spam" if n % 2 else "ham",
        ]
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def model(toy_fit: FitResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy model, as if it had been fitted on a column ``body``."""
    folder = tmp_path_factory.mktemp("bulk") / "toy"
    shutil.copytree(toy_fit.path, folder)
    metadata = json.loads((folder / METADATA).read_text("utf-8"))
    assert metadata["columns"] == {"text": "text", "label": "label"}
    metadata["columns"] = {"text": "body", "label": "queue"}
    (folder / METADATA).write_text(json.dumps(metadata), "utf-8")
    return folder


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    """A CSV file with five columns beside the label."""
    path = tmp_path / "mails.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows()])
    return path


def table(path: Path) -> list[dict[str, Any]]:
    """Return the rows of an output file."""
    match path.suffix:
        case ".csv":
            with path.open(newline="", encoding="utf-8") as file:
                return [dict(row) for row in csv.DictReader(file)]
        case ".jsonl":
            return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        case _:
            return list(pq.read_table(path).to_pylist())


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_the_trained_column_is_classified_and_all_columns_are_kept(
    model: Path, mails: Path, tmp_path: Path, suffix: str
) -> None:
    """The file's own label stays; the missing body has no label; a note names the column."""
    events: list[Event] = []
    out = tmp_path / f"out{suffix}"
    result = classify_file(model, mails, out, on_event=events.append)
    assert (result.rows, result.missing, result.choice.columns) == (60, 1, ("body",))
    assert events == [Note("text column of mails.csv: body (as in training)")]
    found = table(out)
    assert [[row[name] or "" for name in COLUMNS] for row in found] == rows()
    key = "labels" if suffix == ".jsonl" else "tunesmith_label"
    labels = [row[key] for row in found]
    assert [number for number, label in enumerate(labels) if not label] == [2]
    expected = load(model).classify([row[2] for row in rows()][:2])
    given = [[label] if isinstance(label, str) else label for label in labels[:2]]
    assert given == [list(each.labels) for each in expected]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_uncertain_texts_have_no_label(
    model: Path, mails: Path, tmp_path: Path, suffix: str
) -> None:
    """Null, with their probability; the rest is as without a minimum."""
    batch = next(classify_rows(model, mails, top=2))
    minimum = float(np.median([each for each in batch["probability"] if each is not None]))
    out = tmp_path / f"out{suffix}"
    classify_file(model, mails, out, top=2, min_probability=minimum)
    found = table(out)
    key = "labels" if suffix == ".jsonl" else "tunesmith_label"
    expected = [
        label if probability is not None and probability >= minimum else None
        for label, probability in zip(batch["tunesmith_label"], batch["probability"], strict=True)
    ]
    labels = [row[key][0] if suffix == ".jsonl" and row[key] else row[key] for row in found]
    assert [label or None for label in labels] == expected
    assert 0 < sum(label is None for label in expected) < 60
    with_probability = [row["probability"] not in (None, "") for row in found]
    assert [number for number, known in enumerate(with_probability) if not known] == [2]
    with pytest.raises(UsageError, match="not between 0 and 1"):
        classify_file(model, mails, out, min_probability=2)


def test_where_it_is_unclear_the_user_is_asked(toy_fit: FitResult, mails: Path) -> None:
    """Three columns of sentences, and none of them was trained on."""
    with pytest.raises(DataError) as caught:
        next(classify_rows(toy_fit.path, mails))
    assert caught.value.option == "columns"
    assert all(name in caught.value.message for name in ("subject", "notes"))
    given = next(classify_rows(toy_fit.path, mails, columns="subject"))
    assert given["subject"][0].startswith("subject 0")
    with pytest.raises(UsageError) as missing:
        next(classify_rows(toy_fit.path, mails, columns="bodies"))
    assert (missing.value.file, missing.value.column) == ("mails.csv", "bodies")


def test_several_columns_are_joined(model: Path, mails: Path) -> None:
    """As in training; missing parts are left out."""
    batch = next(embed_rows(model, mails, columns="subject+body", with_text=False))
    assert list(batch) == ["row", "id", "notes", "when", "label", "vector"]
    first, third = rows()[0], rows()[2]
    texts = [f"{first[1]}\n{first[2]}", third[1]]
    np.testing.assert_allclose(batch["vector"][[0, 2]], load(model).encode(texts), atol=1e-6)


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_missing_text_has_no_vector(
    model: Path, mails: Path, tmp_path: Path, precision: Any
) -> None:
    """Null in Parquet and JSON; NaN or 0 in a plain matrix."""
    for suffix in (".parquet", ".jsonl", ".npy"):
        out = tmp_path / f"v{suffix}"
        assert embed_file(model, mails, out, precision=precision).missing == 1
        if suffix == ".npy":
            matrix = np.load(out)
            assert np.isnan(matrix[2]).all() if precision == "float32" else not matrix[2].any()
            assert np.abs(matrix[[0, 1, 3]].astype(float)).max(axis=1).min() > 0
        else:
            assert [row["vector"] is None for row in table(out)][:4] == [False, False, True, False]


def test_hits_carry_their_rows(model: Path, mails: Path) -> None:
    """A corpus is searched by the trained column, and rows without a text are no hits."""
    ((query, hits),) = search_file(model, ["card pay 7"], mails, k=60)
    assert (query, len(hits)) == ("card pay 7", 59)
    assert hits[0].text.startswith("card pay")
    assert hits[0].columns["id"] == f"id-{hits[0].row - 1}"


def test_pairs_with_a_missing_text_have_no_score(model: Path, mails: Path, tmp_path: Path) -> None:
    """The two columns are given; everything else is carried along."""
    out = tmp_path / "scores.parquet"
    result = compare_file(model, mails, out, columns=("subject", "body"))
    assert (result.rows, result.missing) == (60, 1)
    scores = [row["score"] for row in table(out)]
    assert scores[2] is None
    assert all(-1.001 <= score <= 1.001 for score in scores if score is not None)


def test_as_many_columns_as_texts_are_needed(model: Path, mails: Path, tmp_path: Path) -> None:
    """One column is no pair, and two are no text; `+` joins them."""
    with pytest.raises(UsageError) as caught:
        compare_file(model, mails, tmp_path / "scores.csv", columns=("subject",))
    assert caught.value.option == "columns"
    with pytest.raises(UsageError) as caught, open_stream(mails, ("subject", "body")):
        pass
    assert caught.value.option == "columns"


def test_a_stopped_run_resumes(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Finished parts are kept; the result equals that of an uninterrupted run."""
    path = tmp_path / "many.parquet"
    texts = [f"card order {n % 700}" for n in range(9000)]
    pq.write_table(pa.table({"number": list(range(9000)), "body": texts}), path)
    stop = Stop()

    def write_and_stop(self: Parts, number: int, values: Any) -> None:
        written(self, number, values)
        stop.set()

    written = Parts.write
    with monkeypatch.context() as patch:
        patch.setattr(Parts, "write", write_and_stop)
        with pytest.raises(Cancelled):
            classify_file(model, path, tmp_path / "a.csv", stop=stop)
    kept = [each.name for each in (tmp_path / ".a.csv.parts").iterdir()]
    assert sorted(kept) == ["00000000.npy", "plan.json"]
    assert not (tmp_path / "a.csv").exists()
    assert classify_file(model, path, tmp_path / "a.csv").rows == 9000
    assert classify_file(model, path, tmp_path / "b.csv").rows == 9000
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.csv", "b.csv", "many.parquet"]


def test_other_types_are_carried_along(model: Path, tmp_path: Path) -> None:
    """Numbers, dates and lists keep their types in Parquet; JSON writes dates as text."""
    when = np.array(["2026-01-02", "2026-01-03"], dtype="datetime64[D]")
    data = pa.table({"n": [1, 2], "when": when, "tags": [["a"], None], "body": ["card", "pay"]})
    pq.write_table(data, tmp_path / "in.parquet")
    embed_file(model, tmp_path / "in.parquet", tmp_path / "out.parquet")
    kept = pq.read_table(tmp_path / "out.parquet").select(["n", "when", "tags", "body"])
    assert kept.to_pylist() == data.to_pylist()
    embed_file(model, tmp_path / "in.parquet", tmp_path / "out.jsonl")
    assert [row["when"] for row in table(tmp_path / "out.jsonl")] == ["2026-01-02", "2026-01-03"]
