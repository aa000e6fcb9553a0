"""Validation selects the best weights, which may be the base's."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer

from tests.error_fields import about
from tests.recipes.recipe_samples import WORDS, rows_for, weights
from tunesmith.errors import TunesmithError, UsageError
from tunesmith.kinds import labelled_examples
from tunesmith.recipes.contrastive import ContrastiveRecipe
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.training.options import Encode, RunOptions, Score
from tunesmith.recipes.training.validation import scored_steps
from tunesmith.stop import Stop

RECIPE = PairedRecipe("ranking", epochs=4, batch_size=8, learning_rate=1e-3)
ROWS = rows_for("ranking")
TEXTS = [f"my {word} is here {'now ' * number}" for number, word in enumerate(WORDS)]


def _scores_in_order(values: list[float], seen: list[np.ndarray] | None = None) -> Score:
    """Return a score function that yields these values in order and records vectors."""
    left: Iterator[float] = iter(values)

    def score(encode: Encode) -> float:
        if seen is not None:
            seen.append(encode(TEXTS))
        return next(left)

    return score


def _vectors(folder: Path) -> np.ndarray:
    model = SentenceTransformer(str(folder), device="cpu")
    return np.asarray(model.encode(TEXTS, normalize_embeddings=True))


@pytest.mark.parametrize("train_layers", [2, None])
@pytest.mark.parametrize("best", [0, 2, 4])
def test_the_best_weights_are_written(
    tiny_model: Path, tmp_path: Path, best: int, train_layers: int | None
) -> None:
    """The folder holds the weights with the best score."""
    seen: list[np.ndarray] = []
    values = [float(number == best) for number in range(5)]
    options = RunOptions(score=_scores_in_order(values, seen))
    recipe = replace(RECIPE, train_layers=train_layers)
    run = recipe.run(tiny_model, ROWS, tmp_path / "out", options=options)
    assert run.scores == tuple(zip((0, 3, 6, 9, 12), values, strict=True))
    assert run.best_step == 3 * best
    assert run.kept_base is (best == 0)
    np.testing.assert_allclose(_vectors(tmp_path / "out"), seen[best], atol=1e-5)
    np.testing.assert_allclose(_vectors(tiny_model), seen[0], atol=1e-5)
    base, found = weights(tiny_model), weights(tmp_path / "out")
    same = all(np.array_equal(base[name], found[name]) for name in base)
    assert same is (best == 0)


@pytest.mark.parametrize(("scores", "best"), [((1.0, 0.2, 0.4, 0.4, 0.3), 6), ((1.0,), 0)])
def test_the_base_can_be_excluded(
    tiny_model: Path, tmp_path: Path, scores: tuple[float, ...], best: int
) -> None:
    """Then the best trained weights are written, unless there was no step."""
    options = RunOptions(score=_scores_in_order([*scores]), fallback_to_base=False)
    stop = None if best else Stop(0)
    run = RECIPE.run(tiny_model, ROWS, tmp_path / "out", stop=stop, options=options)
    assert run.best_step == best
    base, found = weights(tiny_model), weights(tmp_path / "out")
    assert all(np.array_equal(base[name], found[name]) for name in base) is (best == 0)


def test_scoring_changes_nothing(tiny_model: Path, tmp_path: Path) -> None:
    """A run whose last weights are best equals a run without validation."""
    rising = count()

    def score(encode: Encode) -> float:
        torch.manual_seed(7)
        encode(TEXTS)
        return float(next(rising))

    for name, options in (("a", RunOptions()), ("b", RunOptions(score=score))):
        run = RECIPE.run(tiny_model, ROWS, tmp_path / name, options=options)
    assert run.best_step == run.steps
    a, b = weights(tmp_path / "a"), weights(tmp_path / "b")
    assert all(np.array_equal(a[name], b[name]) for name in a)


def test_patience_ends_a_run(tiny_model: Path, tmp_path: Path) -> None:
    """Equal scores do not count as an improvement."""
    options = RunOptions(score=_scores_in_order([0.5, 0.7, 0.7, 0.6]), patience=2)
    run = replace(RECIPE, epochs=50).run(tiny_model, ROWS, tmp_path / "out", options=options)
    assert [step for step, _ in run.scores] == [0, 3, 6, 9]
    assert (run.steps, run.best_step, run.stopped_early) == (9, 3, True)


@pytest.mark.usefixtures("ticking")
def test_the_last_weights_are_scored_when_time_runs_out(tiny_model: Path, tmp_path: Path) -> None:
    """After the time limit the last weights, or else the base, are scored."""
    rising = count()
    options = RunOptions(score=lambda _: float(next(rising)))
    recipe = replace(RECIPE, epochs=5000)
    for name, seconds in (("late", 0.0), ("cut", 200.0)):
        run = recipe.run(tiny_model, ROWS, tmp_path / name, stop=Stop(seconds), options=options)
        assert run.stopped_early
        assert run.steps == run.best_step == run.scores[-1][0]
        assert run.kept_base is (name == "late")


def test_the_contrastive_recipe_supports_validation(tiny_model: Path, tmp_path: Path) -> None:
    """The contrastive recipe takes the same options."""
    texts = [f"{word} number {index}" for index in range(6) for word in WORDS[:3]]
    options = RunOptions(score=_scores_in_order([0.5, 0.7, 0.6]))
    recipe = ContrastiveRecipe(epochs=2, batch_size=9)
    run = recipe.run(
        tiny_model, labelled_examples(texts, [*WORDS[:3]] * 6), tmp_path / "out", options=options
    )
    assert run.scores == ((0, 0.5), (2, 0.7), (4, 0.6))
    assert run.best_step == 2


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_non_finite_score_stops_the_run(tiny_model: Path, tmp_path: Path, value: float) -> None:
    """No model is selected, and nothing is written."""
    options = RunOptions(score=_scores_in_order([0.5, value]))
    with pytest.raises(TunesmithError, match="score after 3 steps is"):
        RECIPE.run(tiny_model, ROWS, tmp_path / "out", options=options)
    assert list(tmp_path.iterdir()) == []


def test_zero_patience_is_refused() -> None:
    """It is refused before anything is loaded."""
    with pytest.raises(UsageError, check=about(option="patience")):
        RunOptions(patience=0)


@given(epochs=st.lists(st.integers(1, 5000), min_size=1, max_size=20))
def test_each_epoch_is_scored_one_to_four_times(epochs: list[int]) -> None:
    """Weights are scored at the end of each epoch, and more often in long epochs."""
    found = scored_steps(epochs)
    ends = np.cumsum(epochs)
    assert set(ends.tolist()) <= found
    assert min(found) > 0
    for end, steps in zip(ends, epochs, strict=True):
        times = sum(end - steps < step <= end for step in found)
        assert times == min(max(steps // 25, 1), 4)
