"""Augmented SBERT: silver pairs scored by a cross-encoder; every stage can be resumed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.error_fields import about
from tests.recipes.recipe_samples import made, rows_for, weights
from tunesmith.encoders.cross_encoder import CrossEncoder
from tunesmith.errors import DataError, OutputError, TunesmithError, UsageError
from tunesmith.kinds import ScoredPairs
from tunesmith.recipes.augmented import AugmentedRecipe
from tunesmith.recipes.cross_encoder import CrossRecipe
from tunesmith.recipes.training.options import RunOptions
from tunesmith.recipes.training.stages import finished_stages
from tunesmith.stop import Stop

GOLD = rows_for("cosent").take([*range(12), *range(24, 36)])
RECIPE = AugmentedRecipe(
    train_layers=1,
    epochs=1,
    learning_rate=3e-3,
    warming=1,
    silver=2,
    teacher=CrossRecipe(epochs=2, batch_size=8, learning_rate=1e-3),
)


def _kept(folder: Path) -> RunOptions:
    return RunOptions(checkpoint=folder, checkpoint_seconds=0.0)


def test_all_stages_are_run_and_kept(tiny_model: Path, tmp_path: Path) -> None:
    """The teacher loads as a cross-encoder; silver has new pairs with scores from 0 to 1."""
    state = tmp_path / "state"
    run = RECIPE.run(tiny_model, GOLD, tmp_path / "out", options=_kept(state))
    assert [stage.name for stage in run.stages] == ["gold", "warmed", "teacher", "silver"]
    assert finished_stages(state) == run.stages
    assert len(CrossEncoder(state / "teacher").score([("my card", "a card")])) == 1
    silver = pq.read_table(state / "silver.parquet")
    assert len(silver) == run.stages[-1].rows == 2 * len(GOLD)
    scores = silver["score"].to_numpy()
    assert scores.min() >= 0
    assert scores.max() <= 1
    gold = {frozenset(pair) for pair in zip(GOLD.texts("text1"), GOLD.texts("text2"), strict=True)}
    new = zip(silver["text1"].to_pylist(), silver["text2"].to_pylist(), strict=True)
    assert not gold & {frozenset(pair) for pair in new}


class Killed(Exception):
    """Ends a run as a signal would."""


@pytest.fixture(scope="module")
def whole(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model of an uninterrupted run."""
    out = tmp_path_factory.mktemp("whole") / "out"
    RECIPE.run(tiny_model, GOLD, out)
    return out


def _run_until(rows: int, base: Path, out: Path, options: RunOptions) -> None:
    """Kill a run after the given number of rows."""
    done = 0

    def kill(count: int) -> None:
        nonlocal done
        done += count
        if done >= rows:
            raise Killed

    with pytest.raises(Killed):
        RECIPE.run(base, GOLD, out, progress=kill, options=options)


@pytest.mark.parametrize(("rows", "finished"), [(150, 0), (450, 4)])
def test_a_run_killed_in_any_stage_goes_on_to_the_same_weights(
    rows: int, finished: int, tiny_model: Path, whole: Path, tmp_path: Path
) -> None:
    """Bit for bit, in whichever stage it was killed."""
    options = _kept(tmp_path / "state")
    _run_until(rows, tiny_model, tmp_path / "out", options)
    assert not (tmp_path / "out").exists()
    assert len(finished_stages(tmp_path / "state")) == finished
    RECIPE.run(tiny_model, GOLD, tmp_path / "out", options=options)
    expected, found = weights(whole), weights(tmp_path / "out")
    assert all(np.array_equal(expected[name], found[name]) for name in expected)


def test_the_stages_of_another_run_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    """They are refused before training and not changed."""
    state = tmp_path / "state"
    RECIPE.run(tiny_model, GOLD, tmp_path / "out", options=_kept(state))
    before = finished_stages(state)
    with pytest.raises(UsageError, check=about(option="checkpoint")):
        replace(RECIPE, seed=1).run(tiny_model, GOLD, tmp_path / "other", options=_kept(state))
    assert finished_stages(state) == before
    with pytest.raises(OutputError, match="already exists"):
        RECIPE.run(tiny_model, GOLD, tmp_path / "out")


def test_the_cross_encoder_can_skip_warm_up(tiny_model: Path, tmp_path: Path) -> None:
    """The warm-up stage is optional, as in the paper."""
    run = replace(RECIPE, warming=0).run(tiny_model, GOLD, tmp_path / "out")
    assert [stage.name for stage in run.stages] == ["gold", "teacher", "silver"]


def test_only_scores_can_be_augmented(tiny_model: Path, tmp_path: Path) -> None:
    """The error for other kinds says what to do."""
    with pytest.raises(UsageError, check=about(option="examples")):
        RECIPE.run(tiny_model, rows_for("ranking"), tmp_path / "out")
    with pytest.raises(UsageError, check=about(option="silver")):
        AugmentedRecipe(silver=0)


def test_gold_alone_has_as_many_steps_as_gold_and_silver(tiny_model: Path, tmp_path: Path) -> None:
    """So the gain from silver is not confused with the gain from more steps."""
    recipe, counted = replace(RECIPE, warming=0), list[int]()
    recipe.run(tiny_model, GOLD, tmp_path / "out", progress=counted.append)
    assert sum(counted) == recipe.work(len(GOLD))
    of_teacher = recipe.teacher.work(len(GOLD))
    assert sum(counted) - of_teacher == recipe.gold_alone(len(GOLD)).work(len(GOLD))


@pytest.mark.parametrize(
    ("rows", "finished", "without"),
    [(1, 0, "gold"), (300, 1, "warmed"), (385, 2, "teacher"), (450, 4, "silver")],
)
def test_a_stage_without_time_ends_the_run(
    rows: int, finished: int, without: str, tiny_model: Path, whole: Path, tmp_path: Path
) -> None:
    """An untrained stage is not kept, and the next run resumes at that stage."""
    state, out = tmp_path / "state", tmp_path / "out"
    _run_until(rows, tiny_model, out, RunOptions(checkpoint=state))
    with pytest.raises(TunesmithError, match=without):
        RECIPE.run(tiny_model, GOLD, out, stop=Stop(0), options=_kept(state))
    assert not out.exists()
    assert len(finished_stages(state)) == finished
    RECIPE.run(tiny_model, GOLD, out, options=_kept(state))
    expected, found = weights(whole), weights(out)
    assert all(np.array_equal(expected[name], found[name]) for name in expected)


def test_texts_of_which_every_pair_is_judged_leave_no_silver(
    tiny_model: Path, tmp_path: Path
) -> None:
    """The message names an alternative."""
    rows = [("card", "order", 0.1), ("card", "login", 0.2), ("order", "login", 0.3)]
    with pytest.raises(DataError, match="no new pairs"):
        RECIPE.run(tiny_model, made(ScoredPairs, rows), tmp_path / "out")


def test_time_is_shared_by_what_is_read() -> None:
    """The fewer gold rows, the more often they are read, and the more of the time is theirs."""
    shares = [RECIPE.share_of_gold(rows) for rows in (100, 1_000, 2_000, 4_000)]
    assert shares == sorted(shares, reverse=True)
    assert 0 < shares[-1] < shares[0] < 0.5
