"""Texts unlike the training texts are flagged, by a private file in the model's folder."""

import json
import shutil
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tunesmith import load, serve
from tunesmith.bulk import classify_file, classify_rows
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.errors import DamagedModel
from tunesmith.models import Model, export
from tunesmith.models.familiar import (
    FILE,
    MOST_ROWS,
    FamiliarTexts,
    evenly_drawn,
    read_familiar,
    write_familiar,
)

TRAINED = ["card pay", "late order"]
STRANGE = "%%%% ^^^^"
TEXTS = ["card pay", None, STRANGE]
FLAGS = [True, None, False]


@pytest.fixture
def model(published: Path) -> Model:
    """A fitted model whose training texts are known; only these are familiar."""
    vectors = load(published).encode(TRAINED)
    write_familiar(published, FamiliarTexts(vectors, threshold=0.999))
    return load(published)


def test_the_threshold_flags_two_percent() -> None:
    """Of the texts like the training texts; a missing text is not familiar."""
    similarities = np.random.default_rng(0).uniform(size=1_000).astype(np.float32)
    texts = FamiliarTexts.of(np.eye(1, 2, dtype=np.float32), similarities)
    assert np.mean(similarities < texts.threshold) == pytest.approx(0.02)
    angles = np.arccos(similarities)
    like_them = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    assert np.mean(texts.include(like_them)) == pytest.approx(0.98, abs=0.001)
    like_them[:3] = np.nan
    assert not texts.include(like_them)[:3].any()
    assert not texts.include(like_them[:3]).any()


def test_a_long_file_is_represented_by_5000_rows() -> None:
    """From its beginning to its end, whatever its order."""
    rows = np.arange(12_345, dtype=np.float32)[:, None]
    drawn = evenly_drawn(rows)
    assert len(np.unique(drawn)) == MOST_ROWS
    assert (drawn[0], drawn[-1]) == (0, 12_344)
    np.testing.assert_array_equal(evenly_drawn(rows[:MOST_ROWS]), rows[:MOST_ROWS])


def test_they_are_read_as_they_were_written(tmp_path: Path) -> None:
    """In half the bytes; the threshold is exact."""
    assert read_familiar(tmp_path) is None
    vectors = np.random.default_rng(0).normal(size=(50, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts = FamiliarTexts(vectors, threshold=0.1 + 0.2)
    write_familiar(tmp_path, texts)
    read = read_familiar(tmp_path)
    assert read is not None
    assert read.threshold == texts.threshold
    assert read.vectors.dtype == np.float32
    np.testing.assert_allclose(read.vectors, texts.vectors, atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(read.vectors, axis=1), 1, atol=1e-6)
    assert (tmp_path / FILE).stat().st_size < 50 * 32 * 2 + 300


@pytest.mark.parametrize("content", [b"", b"{}", b"\x02\0\0\0\0\0\0\0{}"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    """Instead of an error of the safetensors library."""
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DamagedModel, match=FILE):
        read_familiar(tmp_path)


def test_it_is_private(model: Model, tmp_path: Path) -> None:
    """Not in an exported model, which cannot tell, and not a part of its vectors."""
    digest = folder_digest(model.path)
    exported = export(model.path, tmp_path / "tickets.zip")
    assert FILE in exported.package.left_out
    with ZipFile(exported.path) as archive:
        assert not [name for name in archive.namelist() if FILE in name]
        archive.extractall(tmp_path)
    published = load(tmp_path / model.id)
    assert published.familiar_texts is None
    assert [each.familiar for each in published.classify(TRAINED)] == [None, None]
    assert published.digest == model.digest
    (model.path / FILE).unlink()
    assert folder_digest(model.path) == digest


def test_predictions_have_the_flag(model: Model) -> None:
    """Loaded or served; a missing text has no prediction."""
    folder = model.path.parent / "gone"
    shutil.copytree(model.path, folder)
    served = serve(folder, threads=1)
    shutil.rmtree(folder)
    for each in (model, served):
        found = each.classify(TEXTS)
        assert [text and text.familiar for text in found] == FLAGS
        assert repr(found[2]).endswith(", familiar=False)")
        assert each.classify(["card pay"], min_probability=1.0)[0].familiar
        assert each.classify([None]) == [None]


def test_a_table_has_a_column_only_where_it_is_known(model: Model) -> None:
    """With the caller's index; missing for a missing text."""
    found = model.classify_frame(pd.Series(TEXTS, index=[7, 3, 5]))
    assert list(found) == ["label", "probability", "familiar"]
    assert found["familiar"].isna().to_dict() == {7: False, 3: True, 5: False}
    assert found["familiar"].fillna(value=False).tolist() == [True, False, False]
    (model.path / FILE).unlink()
    assert list(load(model.path).classify_frame(TEXTS)) == ["label", "probability"]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_files_have_a_column_only_where_it_is_known(
    model: Model, tmp_path: Path, suffix: str
) -> None:
    """The same flags as one by one, and none in the output of a published model."""
    source, out = tmp_path / "texts.jsonl", tmp_path / f"out{suffix}"
    source.write_text("".join(json.dumps({"text": text, "n": 1}) + "\n" for text in TEXTS), "utf-8")
    classify_file(model.path, source, out, columns="text", top=2)
    if suffix == ".csv":
        read = pd.read_csv(out, dtype=str, keep_default_na=False)
        assert read["familiar"].tolist() == ["True", "", "False"]
    elif suffix == ".jsonl":
        rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
        assert [row["familiar"] for row in rows] == FLAGS
        assert [row["probability"] is None for row in rows] == [False, True, False]
    else:
        assert pq.read_table(out)["familiar"].to_pylist() == FLAGS
    (model.path / FILE).unlink()
    without = next(classify_rows(model.path, source, columns="text", nested=suffix == ".jsonl"))
    assert "familiar" not in without
    assert without["probability"][0] is not None
