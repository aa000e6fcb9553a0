"""The files of a fit: read alike, kept apart, and refused where they cannot serve."""

from pathlib import Path

import pytest

from tunesmith.datasets.training_data import DataOptions, TrainingData, load_training_data
from tunesmith.errors import DataError, FaultyRows
from tunesmith.events import NullEvents
from tunesmith.kinds import Labelled

ROWS = [
    f"word{number} of letter{number * 3} in town{number},{'xyz'[number % 3]}"
    for number in range(60)
]


def write(folder: Path, rows: list[str], name: str, header: str = "text,topic") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def gather(
    source: Path, base: Path, others: dict[str, object], *, skip_invalid: bool = False
) -> TrainingData:
    return load_training_data(
        source, others, DataOptions(skip_invalid=skip_invalid), str(base), NullEvents()
    )


def test_validation_and_test_share_no_text(tiny_model: Path, tmp_path: Path) -> None:
    """What stands in both leaves the validation rows; the test stays whole."""
    source = write(tmp_path, ROWS[:30], "train.csv")
    validation = write(tmp_path, ROWS[30:50], "validation.csv")
    test = write(tmp_path, ROWS[40:], "test.csv")
    data = gather(source, tiny_model, {"validation": validation, "test": test})
    assert data.test is not None
    assert data.validation is not None
    assert (len(data.examples), len(data.validation), len(data.test)) == (30, 10, 20)
    assert [item.code for item in data.findings].count("overlap") == 1


def test_a_file_has_another_digest_in_another_part(tiny_model: Path, tmp_path: Path) -> None:
    """The same file as test and as validation makes two different fits."""
    source = write(tmp_path, ROWS[:40], "train.csv")
    other = write(tmp_path, ROWS[40:], "other.csv")
    digests = {gather(source, tiny_model, {role: other}).digest for role in ("test", "validation")}
    assert len(digests) == 2


def test_a_test_file_may_be_too_small_to_learn_from(tiny_model: Path, tmp_path: Path) -> None:
    """Six rows, of one class, with a class of one: enough to measure on."""
    source = write(tmp_path, ROWS[:40], "train.csv")
    for rows in (ROWS[42:57:3], [*ROWS[42:57:3], ROWS[43]]):
        test = write(tmp_path, rows, "test.csv")
        data = gather(source, tiny_model, {"test": test})
        assert data.test is not None
        assert len(data.test) == len(rows)


def test_other_files_are_read_by_the_same_columns(tiny_model: Path, tmp_path: Path) -> None:
    """A column with a more tempting name does not become the label."""
    source = write(tmp_path, ROWS[:40], "train.csv")
    rows = [f"{row},{'pq'[index % 2]}" for index, row in enumerate(ROWS[40:])]
    test = write(tmp_path, rows, "test.csv", header="text,topic,label")
    data = gather(source, tiny_model, {"test": test})
    assert isinstance(data.test, Labelled)
    assert set(data.test.classes) == {"x", "y", "z"}


def test_labels_that_never_occur_in_training_are_named(tiny_model: Path, tmp_path: Path) -> None:
    """Some are a finding; all of them are an error."""
    source = write(tmp_path, ROWS[:40], "train.csv")
    some = write(tmp_path, [*ROWS[40:], "a new thing here,q"], "some.csv")
    findings = gather(source, tiny_model, {"test": some}).findings
    assert any(item.code == "unseen-label" and "q" in item.message for item in findings)
    shouted = write(tmp_path, [row[:-1] + row[-1].upper() for row in ROWS[40:]], "shouted.csv")
    with pytest.raises(DataError, match=r"no label in common[\s\S]*X, Y, Z"):
        gather(source, tiny_model, {"test": shouted})


def test_too_little_left_beside_a_test_file_is_said(tiny_model: Path, tmp_path: Path) -> None:
    """A test file with nearly all training rows leaves nothing to learn from."""
    source = write(tmp_path, ROWS, "train.csv")
    with pytest.raises(DataError, match=r"has no row left"):
        gather(source, tiny_model, {"test": write(tmp_path, ROWS, "same.csv")})
    with pytest.raises(FaultyRows, match=r"without 55 rows that most\.csv has"):
        gather(source, tiny_model, {"test": write(tmp_path, ROWS[:55], "most.csv")})


def test_keep_going_goes_on_until_nothing_is_at_fault(tiny_model: Path, tmp_path: Path) -> None:
    """Dropping an empty text may leave a class of one, which is dropped in its turn."""
    source = write(tmp_path, [*ROWS, ",rare", "the only rare one,rare"], "train.csv")
    assert len(gather(source, tiny_model, {}, skip_invalid=True).examples) == 60
