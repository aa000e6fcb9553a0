"""Held-out texts and pairs are kept in the model's folder, exactly, and never published."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.models.test_suspects import HOSTILE
from tunesmith.errors import DamagedModel
from tunesmith.models import export, read_metadata
from tunesmith.models.base_classifier import FILE, read_base_classifier
from tunesmith.models.confusions import read_confusions
from tunesmith.models.held_out import (
    PAIRS,
    TEXTS,
    read_held_out,
    read_held_out_pairs,
    write_held_out,
)
from tunesmith.models.model import load
from tunesmith.results.evidence import Evidence, HeldOutText, PairEvidence

if TYPE_CHECKING:
    from tunesmith.results.fit_result import FitResult

NOTHING = np.zeros((0, 0), dtype=np.int64)


def test_texts_are_read_as_they_were_written(tmp_path: Path) -> None:
    held_out = (
        HeldOutText(1, HOSTILE, "card", "card", "refund", 0.5000000001, 1.0),
        HeldOutText(10_003, "", "a, b", "", "a, b", 0.25, 0.75),
    )
    assert read_held_out(tmp_path) is None
    write_held_out(tmp_path, Evidence((), (), (), NOTHING, NOTHING, None, (), held_out=held_out))
    assert read_held_out(str(tmp_path)) == held_out
    assert "refund" in repr(held_out[0])
    assert HOSTILE not in repr(held_out[0])


def test_pairs_are_read_as_they_were_written(tmp_path: Path) -> None:
    ranks = np.array([[1.0, 0.0], [5.0, 2.0], [1.0, 9.0]])
    written = PairEvidence("search", ("where?", HOSTILE), ("there", "here"), *ranks)
    assert read_held_out_pairs(tmp_path) is None
    write_held_out(tmp_path, Evidence.of_pairs(written))
    found = read_held_out_pairs(tmp_path)
    assert found is not None
    assert (found.form, found.left, found.right) == ("search", written.left, written.right)
    assert np.array_equal([found.target, found.before, found.after], ranks)


@pytest.mark.parametrize("name", [TEXTS, PAIRS])
def test_a_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PAR1 and nothing else")
    read = read_held_out if name == TEXTS else read_held_out_pairs
    with pytest.raises(DamagedModel, match=name):
        read(tmp_path)


@pytest.mark.slow
def test_a_fit_keeps_them_and_they_agree_with_its_matrices(toy_fit: "FitResult") -> None:
    """Every text is in the cell of its label and its prediction, before and after."""
    held_out, counts = read_held_out(toy_fit.path), read_confusions(toy_fit.path)
    assert held_out is not None
    assert counts is not None
    assert held_out == toy_fit.evidence.held_out
    for row, label in enumerate(counts.labels):
        for column, predicted in enumerate(counts.labels):
            own = [each for each in held_out if each.label == label]
            assert counts.confusion_base[row, column] == sum(e.base == predicted for e in own)
            assert counts.confusion_tuned[row, column] == sum(e.tuned == predicted for e in own)
    assert sum(each.tuned_correct for each in held_out) / len(held_out) == pytest.approx(
        next(each.tuned for each in toy_fit.summary.changes if each.metric == "accuracy")
    )
    assert len({each.row for each in held_out}) == toy_fit.summary.test


@pytest.mark.slow
def test_they_are_private(toy_fit: "FitResult", tmp_path: Path) -> None:
    package = export(toy_fit.path, tmp_path / "toy.zip").package
    assert TEXTS in package.left_out


@pytest.mark.slow
def test_the_classifier_of_the_base_is_kept_unless_it_is_the_models(toy_fit: "FitResult") -> None:
    found = read_base_classifier(toy_fit.path, read_metadata(toy_fit.path))
    if toy_fit.summary.kept == "base":
        assert found is None
        return
    own = load(toy_fit.path).classifier
    assert found is not None
    assert own is not None
    assert found.labels == own.labels
    assert FILE not in read_metadata(toy_fit.path)["files"]
