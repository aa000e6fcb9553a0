"""The files of a fit are read consistently, made disjoint, and rejected if unusable."""

from pathlib import Path

import pytest

from tunesmith.datasets.training_data import DataOptions, TrainingData, load_training_data
from tunesmith.errors import DataError, FaultyRows
from tunesmith.events import ignore
from tunesmith.kinds import Labelled

ROWS = [
    f"word{number} of letter{number * 3} in town{number},{'xyz'[number % 3]}"
    for number in range(60)
]


def write(folder: Path, rows: list[str], name: str, header: str = "text,topic") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def load(
    source: Path, base: Path, others: dict[str, object], *, skip_invalid: bool = False
) -> TrainingData:
    return load_training_data(
        source, others, DataOptions(skip_invalid=skip_invalid), str(base), ignore
    )


def test_validation_and_test_share_no_text(tiny_model: Path, tmp_path: Path) -> None:
    """Shared rows are dropped from the validation set, and the test set is unchanged."""
    source = write(tmp_path, ROWS[:30], "train.csv")
    validation = write(tmp_path, ROWS[30:50], "validation.csv")
    test = write(tmp_path, ROWS[40:], "test.csv")
    data = load(source, tiny_model, {"validation": validation, "test": test})
    assert data.test is not None
    assert data.validation is not None
    assert (len(data.examples), len(data.validation), len(data.test)) == (30, 10, 20)
    assert [item.code for item in data.findings].count("overlap") == 1


def test_the_digest_depends_on_the_role_of_a_file(tiny_model: Path, tmp_path: Path) -> None:
    """Using a file for test or for validation gives two different digests."""
    source = write(tmp_path, ROWS[:40], "train.csv")
    other = write(tmp_path, ROWS[40:], "other.csv")
    digests = {load(source, tiny_model, {role: other}).digest for role in ("test", "validation")}
    assert len(digests) == 2


def test_a_test_file_may_be_too_small_for_training(tiny_model: Path, tmp_path: Path) -> None:
    """Five rows of one class, or a class with a single row, are accepted for testing."""
    source = write(tmp_path, ROWS[:40], "train.csv")
    for rows in (ROWS[42:57:3], [*ROWS[42:57:3], ROWS[43]]):
        test = write(tmp_path, rows, "test.csv")
        data = load(source, tiny_model, {"test": test})
        assert data.test is not None
        assert len(data.test) == len(rows)


def test_other_files_are_read_by_the_same_columns(tiny_model: Path, tmp_path: Path) -> None:
    """A column with a better label name is not used instead."""
    source = write(tmp_path, ROWS[:40], "train.csv")
    rows = [f"{row},{'pq'[index % 2]}" for index, row in enumerate(ROWS[40:])]
    test = write(tmp_path, rows, "test.csv", header="text,topic,label")
    data = load(source, tiny_model, {"test": test})
    assert isinstance(data.test, Labelled)
    assert set(data.test.classes) == {"x", "y", "z"}


def test_labels_missing_from_training_are_reported(tiny_model: Path, tmp_path: Path) -> None:
    """Some missing labels are a finding; if all are missing, it is an error."""
    source = write(tmp_path, ROWS[:40], "train.csv")
    some = write(tmp_path, [*ROWS[40:], "a new thing here,q"], "some.csv")
    findings = load(source, tiny_model, {"test": some}).findings
    assert any(item.code == "unseen-label" and "q" in item.message for item in findings)
    upper = write(tmp_path, [row[:-1] + row[-1].upper() for row in ROWS[40:]], "upper.csv")
    with pytest.raises(DataError, match=r"no label in common[\s\S]*X, Y, Z"):
        load(source, tiny_model, {"test": upper})


def test_too_few_rows_left_after_removing_test_rows(tiny_model: Path, tmp_path: Path) -> None:
    """A test file with nearly all training rows leaves too little to train on."""
    source = write(tmp_path, ROWS, "train.csv")
    with pytest.raises(DataError, match=r"has no row left"):
        load(source, tiny_model, {"test": write(tmp_path, ROWS, "same.csv")})
    with pytest.raises(FaultyRows, match=r"without 55 rows shared with most\.csv"):
        load(source, tiny_model, {"test": write(tmp_path, ROWS[:55], "most.csv")})


def test_skip_invalid_repeats_until_no_error_is_left(tiny_model: Path, tmp_path: Path) -> None:
    """Skipping an empty text may leave a class with a single row, which is then skipped too."""
    source = write(tmp_path, [*ROWS, ",rare", "the only rare one,rare"], "train.csv")
    assert len(load(source, tiny_model, {}, skip_invalid=True).examples) == 60
