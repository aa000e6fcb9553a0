"""The SBERT learner: full fine-tuning on pairs of texts."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr
from sentence_transformers import SentenceTransformer

from tunesmith.errors import DataError, OutputError, UsageError
from tunesmith.tuners.sbert_learner import SbertLearner

WORDS = ["card", "order", "refund", "late", "cancel", "login", "pay", "money"]


def _pairs(rows: int = 48) -> tuple[list[str], list[str], list[float]]:
    """Return pairs of texts that are similar if they share a word."""
    rng = np.random.default_rng(0)
    first, second = rng.integers(len(WORDS), size=(2, rows))
    second[::2] = first[::2]
    filler = [f"{letter}{number % 7}" for number, letter in enumerate("bcdfgh" * rows)]
    return (
        [f"{filler[row]} {WORDS[word]}" for row, word in enumerate(first)],
        [f"{WORDS[word]} {filler[-row]}" for row, word in enumerate(second)],
        (first == second).astype(float).tolist(),
    )


def _learner(model: Any, **changed: Any) -> SbertLearner:
    settings: dict[str, Any] = {
        "epochs": 3,
        "learning_rate": 1e-3,
        "random_state": 0,
        "device": "cpu",
    }
    return SbertLearner(model, **(settings | changed))


def test_a_copy_is_trained_and_nothing_is_left(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The given model is not changed, and the working folder stays empty."""
    monkeypatch.chdir(tmp_path)
    X1, X2, y = _pairs()
    given = SentenceTransformer(str(tiny_model), device="cpu")
    before = given.encode(X1)
    learner = _learner(given).fit(X1, X2, y)
    np.testing.assert_array_equal(given.encode(X1), before)
    assert not np.allclose(learner.transform(X1), before, atol=1e-2)
    assert list(tmp_path.iterdir()) == []
    losses = [epoch.loss for epoch in learner.history_]
    assert len(losses) == 3
    assert losses[-1] < losses[0]
    cosines = learner.predict(X1, X2)
    assert cosines[0::2].mean() > cosines[1::2].mean()


def test_in_place_trains_the_model_that_is_given(tiny_model: Path) -> None:
    """The given model is trained only with ``inplace=True``."""
    X1, X2, y = _pairs()
    given = SentenceTransformer(str(tiny_model), device="cpu")
    before = given.encode(X1)
    assert _learner(given, inplace=True).fit(X1, X2, y).model_ is given
    assert not np.allclose(given.encode(X1), before, atol=1e-2)


def test_the_folder_is_a_plain_model(tiny_model: Path, tmp_path: Path) -> None:
    """``to_disk`` writes a SentenceTransformer folder without training texts."""
    X1, X2, y = _pairs()
    learner = _learner(tiny_model).fit(X1, X2, y)
    folder = learner.to_disk(tmp_path / "model")
    plain = SentenceTransformer(str(folder), device="cpu")
    np.testing.assert_allclose(plain.encode(X1), learner.transform(X1), atol=1e-6)
    for path in folder.rglob("*.[mj]*"):
        if path.suffix in {".md", ".json"}:
            assert X1[0] not in path.read_text(encoding="utf-8")
    (tmp_path / "other").mkdir()
    with pytest.raises(OutputError, match="not a model"):
        learner.to_disk(tmp_path / "other")


def test_the_same_seed_gives_the_same_model(tiny_model: Path) -> None:
    """The weights are bit-identical."""
    X1, X2, y = _pairs()
    first, second, other = (
        _learner(tiny_model, epochs=1, random_state=seed).fit(X1, X2, y).transform(X1)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(first, other)


def test_continued_training(tiny_model: Path) -> None:
    """``partial_fit`` makes one pass, ``warm_start`` continues, ``fit`` starts again."""
    X1, X2, y = _pairs()
    learner = _learner(tiny_model, epochs=2)
    for _ in range(2):
        learner.partial_fit(X1[:1], X2[:1], y[:1])
        learner.partial_fit(X1, X2, y)
    assert len(learner.history_) == 4
    assert learner.history_[-1].loss < learner.history_[1].loss
    learner.set_params(warm_start=True).fit(X1, X2, y)
    assert len(learner.history_) == 6
    learner.set_params(warm_start=False).fit(X1, X2, y)
    assert len(learner.history_) == 2


def test_early_stopping_holds_pairs_out(tiny_model: Path) -> None:
    """Each epoch has a validation loss, and training can stop early."""
    X1, X2, _ = _pairs()
    y = np.random.default_rng(0).integers(2, size=len(X1))
    learner = _learner(
        tiny_model, epochs=12, early_stopping=True, validation_fraction=0.4, patience=1
    ).fit(X1, X2, y)
    losses = [epoch.validation_loss for epoch in learner.history_]
    assert all(loss is not None for loss in losses)
    assert len(losses) < 12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": [5.0, 0.0]}, "pair 0 .* is 5.0: give a value from 0 to 1"),
        ({"y": [float("nan"), 0.0]}, "pair 0 .* is nan"),
        ({"y": [1.0]}, "2 texts in X1, 2 in X2"),
        ({"X1": ["a", None]}, "position 1"),
        ({"X1": [], "X2": [], "y": []}, "no pairs"),
    ],
    ids=["a score", "NaN", "lengths", "a missing text", "nothing"],
)
def test_pairs_that_cannot_be_used_are_refused(
    tiny_model: Path, change: dict[str, Any], message: str
) -> None:
    """The trainer itself would silently train on NaN and on scores up to 5."""
    given: dict[str, Any] = {"X1": ["a", "b"], "X2": ["c", "d"], "y": [0.0, 1.0]}
    with pytest.raises(DataError, match=message):
        _learner(tiny_model).fit(**(given | change))


@pytest.mark.parametrize(
    "parameters", [{"epochs": 0}, {"learning_rate": 0.0}, {"loss": "other"}, {"batch_size": 0}]
)
def test_parameters_out_of_range_are_refused(tiny_model: Path, parameters: dict[str, Any]) -> None:
    """The message names the parameter."""
    with pytest.raises((UsageError, ValueError), match=next(iter(parameters))):
        _learner(tiny_model, **parameters).fit(["a"], ["b"], [1.0])


@pytest.mark.long
def test_the_real_model_gets_better_on_sts(shared_data: Path) -> None:
    """Training on some of STS-B's short pairs raises Spearman's correlation on held-out pairs."""
    X1, X2, y = _sts(shared_data / "stsb" / "stsb-en-train.csv", step=24)
    T1, T2, truth = _sts(shared_data / "stsb" / "stsb-en-test.csv", step=12)
    untouched = SbertLearner(learning_rate=1e-12, random_state=0).fit(X1[:2], X2[:2], y[:2])
    learner = SbertLearner(random_state=0).fit(X1, X2, y)
    before, after = (
        spearmanr(each.predict(T1, T2), truth).statistic for each in (untouched, learner)
    )
    assert after > before + 0.001


def _sts(path: Path, step: int) -> tuple[list[str], list[str], list[float]]:
    """Return every ``step``-th short pair, with scores from 0 to 5 rescaled to 0 to 1."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row[0] + row[1]) < 90][::step]
    return [row[0] for row in rows], [row[1] for row in rows], [float(row[2]) / 5 for row in rows]
