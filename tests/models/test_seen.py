"""Rows that a model was trained on are left out of its evaluation, whatever the file is called."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

import tunesmith
from tests.fitting.fits import fit
from tunesmith.encoders.backends.onnx_folder import Export, find_export
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.errors import DataError
from tunesmith.models import export
from tunesmith.models.seen import FILE, SeenTexts, read_seen
from tunesmith.recipes import ContrastiveRecipe
from tunesmith.results.fit_result import FitResult


def test_texts_are_recognised_after_normalisation() -> None:
    """Case, punctuation and spacing do not matter; another text is not seen."""
    seen = SeenTexts.of(["My card!", "late"], ["order"])
    assert seen.was_trained(["my  card", "order", "new"]).tolist() == [True, False, False]
    assert seen.was_tested(["my card", "Order.", "new"]).tolist() == [False, True, False]
    both = seen.join(SeenTexts.of(["new"], []))
    assert both.was_trained(["new", "late"]).tolist() == [True, True]


def test_the_folder_holds_digests_and_no_text(toy_fit: FitResult, tmp_path: Path) -> None:
    """64 bits a text: they are not published, and a fit without them is evaluated as before."""
    seen = read_seen(toy_fit.path)
    assert seen is not None
    summary = toy_fit.summary
    assert len(seen.trained) == summary.train + summary.validation
    assert len(seen.tested) == summary.test
    assert seen.trained.dtype == np.uint64
    digest = folder_digest(toy_fit.path)
    assert isinstance(find_export(toy_fit.path, digest), Export)  # they are no part of the model
    exported = export(toy_fit.path, tmp_path / "model.zip")
    assert FILE in exported.package.left_out


def test_a_renamed_copy_of_the_training_file_is_not_unseen(
    toy_fit: FitResult, toy_tickets: Path, tmp_path: Path
) -> None:
    """Training rows are left out; the rest is the fit's own test set, and that is said."""
    copy = tmp_path / "other.csv"
    shutil.copy(toy_tickets, copy)
    found = tunesmith.evaluate(toy_fit.path, copy)
    assert len(found.items) == toy_fit.summary.test
    assert found.notes[0] == "No row of other.csv is unseen."
    assert any("were in training and are left out" in note for note in found.notes)
    assert any("in the test set of the fit" in note for note in found.notes)


def test_nothing_is_left_after_cross_fitting(
    few_tickets: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """A model trained on all rows cannot be evaluated on them."""
    recipe = ContrastiveRecipe(train_layers=1, epochs=1)
    result = fit(
        few_tickets, tiny_model, cross_validate=2, recipe=recipe, output=tmp_path / "model"
    )
    with pytest.raises(DataError, match="is unseen: the model was trained on all 75") as caught:
        tunesmith.evaluate(result.path, few_tickets)
    assert caught.value.file == few_tickets.name


def test_new_rows_are_evaluated(toy_fit: FitResult, toy_tickets: Path, tmp_path: Path) -> None:
    """Among many new rows, the seen ones are counted and left out."""
    with toy_tickets.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    seen = read_seen(toy_fit.path)
    assert seen is not None
    trained = [row for row in rows if seen.was_trained([row["text"]])[0]][:5]
    new = [{**row, "text": f"{row['text']} again"} for row in rows]
    path = tmp_path / "new.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["text", "label"])
        writer.writeheader()
        writer.writerows([*trained, *new])
    found = tunesmith.evaluate(toy_fit.path, path)
    assert found.notes == ("5 of 155 rows of new.csv were in training and are left out.",)
    assert len(found.items) == 150
