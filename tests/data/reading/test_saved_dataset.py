"""Folders that ``save_to_disk`` of Hugging Face's datasets wrote are read like the dataset."""

from pathlib import Path

import datasets
import pytest

import tunesmith
from tests.data.checks.checked import sentences
from tunesmith.bulk.source import source_digest
from tunesmith.data.reading.open_rows import open_rows
from tunesmith.errors import UnreadableFile
from tunesmith.kinds import Kind

NAMES = ["lift", "water", "door"]


@pytest.fixture
def rows() -> datasets.Dataset:
    """Texts with class numbers."""
    columns = {"text": sentences(30), "label": [0, 1, 2] * 10}
    features = {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=NAMES)}
    return datasets.Dataset.from_dict(columns, features=datasets.Features(features))


@pytest.mark.parametrize("shards", [1, 3])
def test_a_saved_dataset(shards: int, rows: datasets.Dataset, tmp_path: Path) -> None:
    """Class numbers become names, shards and selections are followed, both readers agree."""
    rows.shuffle(seed=0).save_to_disk(tmp_path / "saved", num_shards=shards)
    data = tunesmith.read(tmp_path / "saved")
    assert (data.kind, data.name) == (Kind.LABELLED, "saved")
    assert sorted(count.label for count in data.counts) == sorted(NAMES)
    assert data.examples.texts() == rows.shuffle(seed=0)["text"][:]
    opened = open_rows(tmp_path / "saved", tmp_path)
    assert [cells[0] for cells in opened.cells()] == data.examples.texts()
    assert source_digest(tmp_path / "saved") == data.digest


@pytest.mark.parametrize("others", [["test"], ["validation", "test"], []])
def test_saved_splits(others: list[str], rows: datasets.Dataset, tmp_path: Path) -> None:
    """The training rows are read, with a note; each split can be passed by itself."""
    splits = datasets.DatasetDict({"train": rows} | {name: rows.select([1]) for name in others})
    splits.save_to_disk(tmp_path / "saved")
    data = tunesmith.read(tmp_path / "saved")
    assert len(data) == 30
    assert all(any(f"'{name}'" in note for note in data.loaded.notes) for name in others)
    for name in others:
        assert tunesmith.read(tmp_path / "saved" / name).loaded.table.num_rows == 1


def test_what_cannot_be_read(rows: datasets.Dataset, tmp_path: Path) -> None:
    """Damaged folders, splits without a train, and a file of the folder by itself."""
    datasets.DatasetDict({"test": rows}).save_to_disk(tmp_path / "splits")
    with pytest.raises(UnreadableFile, match="has the splits test, and no train"):
        tunesmith.read(tmp_path / "splits")
    rows.save_to_disk(tmp_path / "saved")
    (file,) = (tmp_path / "saved").glob("*.arrow")
    with pytest.raises(UnreadableFile, match="stream of Arrow batches"):
        tunesmith.read(file)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(UnreadableFile, match="damaged folder"):
        tunesmith.read(tmp_path / "saved")
