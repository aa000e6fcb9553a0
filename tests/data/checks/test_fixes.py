"""Labels that look the same are merged when a file is read, if the user asks for it."""

from pathlib import Path

import pytest

from tests.data.checks.checked import labelled, multilabel, sentences
from tests.data.checks.test_spellings import SPELLINGS
from tests.error_fields import about
from tunesmith.data.checks.fixes import apply_fixes
from tunesmith.datasets.dataset import read
from tunesmith.datasets.inspection import inspect, inspect_like
from tunesmith.errors import UsageError
from tunesmith.kinds import Labelled

MERGE = ["label-spelling"]


@pytest.mark.parametrize("case", SPELLINGS)
def test_every_spelling_is_merged(case: str) -> None:
    """Into the most frequent one; the note lists what changed."""
    usual, other, _ = SPELLINGS[case]
    labels = [usual] * 30 + [other] * 10 + ["something else"] * 20
    fixed = apply_fixes(labelled(sentences(60), labels), MERGE)
    assert isinstance(fixed.examples, Labelled)
    assert fixed.examples.classes == tuple(sorted([usual, "something else"]))
    assert "(10 rows)" in fixed.notes[0]


def test_multilabel_rows_keep_their_ones() -> None:
    """A label is 1 if one of its spellings is."""
    rows = [{"Lift": 1, "lift": 0, "water": 0}, {"Lift": 0, "lift": 0}, {"lift": 1}] * 20
    fixed = apply_fixes(multilabel(rows), MERGE).examples
    maps = [dict(row) for row in fixed.table["labels"].to_pylist()]
    assert maps[:3] == [{"Lift": 1, "water": 0}, {"Lift": 0}, {"Lift": 1}]


def write(path: Path, labels: list[str]) -> Path:
    rows = [f"{text},{label}" for text, label in zip(sentences(60), labels * 60, strict=False)]
    path.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    return path


def test_a_data_set_remembers_its_fixes(tmp_path: Path) -> None:
    """Also when it is read again with other columns; the finding is gone and a note says why."""
    path = write(tmp_path / "rows.csv", ["Lift", "lift", "Lift", "water"])
    assert "label-spelling" in [finding.code for finding in read(path).findings]
    for data in (read(path, fixes=MERGE), read(read(path), fixes=MERGE)):
        again = read(data, columns={"label": "label"})
        for each in (data, again):
            assert {count.label for count in each.counts} == {"Lift", "water"}
            assert "label-spelling" not in [finding.code for finding in each.findings]
            assert each.loaded.notes[-1].startswith("labels with several spellings merged")


def test_another_file_takes_the_spelling_of_the_main_one(tmp_path: Path) -> None:
    """Although the other one is more frequent there."""
    main = inspect(write(tmp_path / "main.csv", ["Lift", "Lift", "lift", "water"]), fixes=MERGE)
    other = write(tmp_path / "test.csv", ["lift", "water"])
    found = inspect_like(other, main, None, "all-MiniLM-L6-v2")
    assert {count.label for count in found.counts} == {"Lift", "water"}


def test_an_unknown_fix_is_refused(tmp_path: Path) -> None:
    """The error lists the known ones."""
    with pytest.raises(UsageError, match="no fix 'spelling'", check=about(option="fixes")):
        read(write(tmp_path / "rows.csv", ["a", "b"]), fixes=["spelling"])
