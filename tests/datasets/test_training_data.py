"""The files of a fit are read consistently, made disjoint, and rejected if unusable."""

from pathlib import Path

import pytest

from tests.error_fields import about, finding
from tunesmith.datasets.training_data import DataOptions, TrainingData, load_training_data
from tunesmith.errors import DataError, FaultyRows
from tunesmith.events import Event, Note, OnEvent, ignore
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
    source: Path,
    base: Path,
    others: dict[str, object],
    *,
    skip_invalid: bool = False,
    strict: bool = False,
    on_event: OnEvent = ignore,
) -> TrainingData:
    options = DataOptions(skip_invalid=skip_invalid, strict=strict)
    return load_training_data(source, others, options, str(base), on_event)


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
    with pytest.raises(
        DataError, match="X, Y and Z", check=about(file="upper.csv", option="columns")
    ):
        load(source, tiny_model, {"test": upper})


def test_too_few_rows_left_after_removing_test_rows(tiny_model: Path, tmp_path: Path) -> None:
    """A test file with nearly all training rows leaves too little to train on."""
    source = write(tmp_path, ROWS, "train.csv")
    left = "train.csv (without {} rows shared with {})".format
    with pytest.raises(DataError, check=about(code="data", file=left(60, "same.csv"))):
        load(source, tiny_model, {"test": write(tmp_path, ROWS, "same.csv")})
    with pytest.raises(FaultyRows, check=about(file=left(55, "most.csv"))):
        load(source, tiny_model, {"test": write(tmp_path, ROWS[:55], "most.csv")})


def test_skip_invalid_repeats_until_no_error_is_left(tiny_model: Path, tmp_path: Path) -> None:
    """Skipping an empty text may leave a class with a single row, which is then skipped too."""
    source = write(tmp_path, [*ROWS, ",rare", "the only rare one,rare"], "train.csv")
    data = load(source, tiny_model, {}, skip_invalid=True, strict=True)
    assert len(data.examples) == 60


def test_rows_without_text_or_label_are_skipped(tiny_model: Path, tmp_path: Path) -> None:
    """A note counts them and lists their rows, in test and domain files too; strict refuses."""
    gaps = [*ROWS[:40], *[",x"] * 5, *["a text without a label,"] * 3]
    source = write(tmp_path, gaps, "train.csv")
    test = write(tmp_path, [*ROWS[40:], ",x"], "test.csv")
    events: list[Event] = []
    data = load(source, tiny_model, {"test": test}, on_event=events.append)
    assert data.test is not None
    assert (len(data.examples), len(data.test)) == (40, 20)
    notes = [event.text for event in events if isinstance(event, Note)]
    assert notes == [
        "train.csv: skipped 8 invalid rows: 41, 42, 43, 44, 45, 46, 47, 48",
        "test.csv: skipped 1 invalid row: 21",
    ]
    assert [(item.code, item.count) for item in data.findings] == [
        ("empty-text", 5),
        ("missing-label", 3),
        ("empty-text", 1),
    ]
    with pytest.raises(FaultyRows, check=finding(empty_text=5, missing_label=3)):
        load(source, tiny_model, {"test": test}, strict=True)
    with pytest.raises(FaultyRows, check=about(file="test.csv")):
        load(write(tmp_path, ROWS[:40], "good.csv"), tiny_model, {"test": test}, strict=True)


def test_skipping_may_leave_too_few_rows(tiny_model: Path, tmp_path: Path) -> None:
    """The error says how many rows were skipped."""
    source = write(tmp_path, [*ROWS[:9], *[",x"] * 40], "train.csv")
    with pytest.raises(FaultyRows, check=about(file="train.csv (without 40 skipped rows)")):
        load(source, tiny_model, {})


def test_a_test_file_may_leave_a_class_with_a_single_row(tiny_model: Path, tmp_path: Path) -> None:
    """The finding is about the rows that are left for training."""
    rare = ["a rare thing here,rare", "no such other one at all,rare", "the only odd one,odd"]
    source = write(tmp_path, [*ROWS[:40], *rare], "train.csv")
    test = write(tmp_path, [*ROWS[40:], rare[0], rare[2]], "test.csv")
    (finding,) = (
        item for item in load(source, tiny_model, {"test": test}).findings
        if item.code == "tiny-class"
    )  # fmt: skip
    assert (finding.rows, finding.message) == ((42,), "1 class with a single row: “rare”.")
