"""A comparison says which models were fitted on rows of the data."""

from pathlib import Path
from typing import TYPE_CHECKING

from tunesmith.comparison import training_overlap

if TYPE_CHECKING:
    from tunesmith.results.fit_result import FitResult


def test_rows_of_a_fit_are_counted(
    toy_fit: "FitResult", toy_tickets: Path, tiny_model: Path, home: Path
) -> None:
    fitted, base = training_overlap([toy_fit.path, tiny_model], toy_tickets)
    assert (fitted.rows, base.rows) == (150, 150)
    assert fitted.known
    assert fitted.tested == toy_fit.summary.test
    assert fitted.trained == 150 - toy_fit.summary.test
    assert (base.known, base.trained, base.tested) == (False, None, None)


def test_other_rows_are_not(toy_fit: "FitResult", tmp_path: Path, home: Path) -> None:
    path = tmp_path / "other.csv"
    rows = [f"something else {number},{number % 2}" for number in range(20)]
    path.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    (found,) = training_overlap([toy_fit.path], path)
    assert (found.trained, found.tested) == (0, 0)
