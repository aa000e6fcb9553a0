"""A run that was killed goes on to the very weights that it would have had."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from tests.recipes.recipe_samples import LOSSES, made, rows_for, weights
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.errors import DamagedModel, OutputError, UsageError
from tunesmith.kinds import Pairs
from tunesmith.recipes.contrastive import ContrastiveRecipe
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.training.checkpoint import NAME, Checkpoint, State
from tunesmith.recipes.training.options import PLAIN, Encode, RunOptions, Score
from tunesmith.recipes.training.run import RecipeRun

PAIRED = PairedRecipe("ranking", epochs=3, batch_size=8, learning_rate=1e-3)
LABELLED = ContrastiveRecipe(epochs=3, batch_size=9, learning_rate=1e-3, dropout=True)
TEXTS = [f"{word} number {index}" for index in range(6) for word in ("card", "order", "login")]
LABELS = ["card", "order", "login"] * 6
Train = Callable[..., RecipeRun]


def _train(name: str, base: Path) -> Train:
    """Return how a recipe is run with given options."""
    if name in LOSSES:
        recipe = replace(PAIRED, loss=name)
        return lambda out, **options: recipe.run(base, rows_for(recipe.loss), out, **options)
    labelled = replace(LABELLED, loss=name)  # type: ignore[arg-type]  # given by name
    return lambda out, **options: labelled.run(base, TEXTS, LABELS, out, **options)


def _until(calls: int) -> Callable[[int], None]:
    """Interrupt in this call for progress."""
    counted: list[int] = []

    def count(done: int) -> None:
        counted.append(done)
        if len(counted) == calls:
            raise KeyboardInterrupt

    return count


def _each_step(folder: Path, score: Score | None = None) -> RunOptions:
    return RunOptions(checkpoint=folder / "state", checkpoint_seconds=0.0, score=score)


def _dicing(encode: Encode) -> float:
    """Score some vectors, and throw torch's dice, which training must not notice."""
    torch.rand(3)
    return float(encode(["my card", "my order"]).prod(axis=0).sum())


@pytest.mark.parametrize("scored", [False, True], ids=["plain", "scored"])
@pytest.mark.parametrize("name", [*LOSSES, "pairs", "prototypes"])
def test_an_interrupted_run_goes_on_as_if_nothing_had_been(
    tiny_model: Path, tmp_path: Path, name: str, scored: bool
) -> None:
    """Weights, losses, scores and progress are those of a run in one piece, bit for bit."""
    train = _train(name, tiny_model)
    score = _dicing if scored else None
    whole: list[int] = []
    parts: list[int] = []
    first = train(tmp_path / "whole", progress=whole.append, options=RunOptions(score=score))
    options = _each_step(tmp_path, score)
    for calls in (4, 6):
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "parts", progress=_until(calls), options=options)
        assert (tmp_path / "state" / NAME).is_file()
    second = train(tmp_path / "parts", progress=parts.append, options=options)
    assert replace(second, seconds=0) == replace(first, seconds=0)
    assert parts == whole
    expected, found = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(np.array_equal(expected[key], found[key]) for key in expected)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["parts", "whole"]


@pytest.mark.slow
def test_the_real_model_goes_on_as_well(tmp_path: Path) -> None:
    """Several threads and six layers, two of them trained, change nothing about it."""
    train = _train("softmax", bundled_folder())
    first = train(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "parts", progress=_until(9), options=_each_step(tmp_path))
    second = train(tmp_path / "parts", options=_each_step(tmp_path))
    assert second.losses == first.losses
    expected, found = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(np.array_equal(expected[key], found[key]) for key in expected)


KILLED = """
import os, signal, sys
sys.modules["peft"] = None  # which only adapters need
from pathlib import Path
from tests.recipes.recipe_samples import rows_for
from tunesmith.recipes.training.options import RunOptions
from tunesmith.recipes.paired import PairedRecipe

left = [7]
def kill(_):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)

base, folder = map(Path, sys.argv[1:])
recipe = PairedRecipe("softmax", epochs=3, batch_size=8, learning_rate=1e-3)
options = RunOptions(checkpoint=folder / "state", checkpoint_seconds=0.0)
recipe.run(base, rows_for("softmax"), folder / "parts", progress=kill, options=options)
"""


def test_a_killed_process_loses_no_finished_step(tiny_model: Path, tmp_path: Path) -> None:
    """After SIGKILL another process goes on, and its weights are those of a run in one piece.

    The killed process cannot import peft: adapters alone need it.
    """
    path = os.pathsep.join([str(Path(__file__).parents[3]), *sys.path])
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tiny_model), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert load_file(tmp_path / "state" / NAME)["losses"].shape == (6,)
    train = _train("softmax", tiny_model)
    train(tmp_path / "parts", options=_each_step(tmp_path))
    train(tmp_path / "whole")
    expected, found = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(np.allclose(expected[key], found[key], atol=1e-6) for key in expected)


@pytest.mark.parametrize("name", ["ranking", "prototypes"])
def test_a_run_goes_on_within_its_new_deadline(tiny_model: Path, tmp_path: Path, name: str) -> None:
    """One that has passed leaves what had been learnt, a later one trains to the end."""
    train = _train(name, tiny_model)
    for folder in ("late", "on time"):
        with pytest.raises(KeyboardInterrupt):
            train(
                tmp_path / folder / "out",
                progress=_until(6),
                options=_each_step(tmp_path / folder),
            )
    late, on_time = tmp_path / "late", tmp_path / "on time"
    learnt = load_file(late / "state" / NAME)
    run = train(late / "out", deadline=0.0, options=_each_step(late))
    assert run.stopped_early
    assert run.steps == len(learnt["losses"]) > 0
    found = weights(late / "out")
    assert all(
        np.array_equal(learnt[f"model.{key}"], value)
        for key, value in found.items()
        if f"model.{key}" in learnt
    )
    run = train(on_time / "out", deadline=time.monotonic() + 3600, options=_each_step(on_time))
    assert (run.epochs, run.stopped_early) == (3.0, False)


def test_the_state_of_another_run_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    """Other rows, another setting, another base: it is neither gone on from nor written over."""
    options = _each_step(tmp_path)
    rows = rows_for("ranking")
    with pytest.raises(KeyboardInterrupt):
        PAIRED.run(tiny_model, rows, tmp_path / "out", progress=_until(4), options=options)
    kept = (tmp_path / "state" / NAME).read_bytes()
    others = [
        (PAIRED, made(Pairs, [("a", "b"), ("c", "d")]), options),
        (replace(PAIRED, seed=1), rows, options),
        (PAIRED, rows, replace(options, score=lambda _: 1.0)),
    ]
    for recipe, examples, other in others:
        with pytest.raises(UsageError, match="is the state of another run"):
            recipe.run(tiny_model, examples, tmp_path / "out", options=other)
    assert (tmp_path / "state" / NAME).read_bytes() == kept
    assert not (tmp_path / "out").exists()


def test_a_state_is_kept_now_and_then(tiny_model: Path, tmp_path: Path) -> None:
    """Not before its time has come, not at the last step, and only the newest."""
    seen: list[list[str]] = []

    def look(_: int) -> None:
        seen.append([path.name for path in tmp_path.rglob(f"*{NAME}")])

    for seconds in (3600.0, 0.0):
        options = RunOptions(checkpoint=tmp_path / "state", checkpoint_seconds=seconds)
        PAIRED.run(
            tiny_model, rows_for("ranking"), tmp_path / f"{seconds}", progress=look, options=options
        )
    assert seen == [[]] * 9 + [[]] + [[NAME]] * 8
    assert PLAIN.checkpoint_seconds >= 20


def test_a_state_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    """And the error names the file."""
    checkpoint = Checkpoint(tmp_path, "a")
    checkpoint.write(State({"x": np.arange(3)}, {"step": 1}))
    (tmp_path / f".{NAME}").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        checkpoint.write(State({"x": np.arange(4)}, {"step": 2}))
    found = checkpoint.read()
    assert found is not None
    assert found.record == {"step": 1}
    np.testing.assert_array_equal(found.arrays["x"], np.arange(3))


@pytest.mark.parametrize("content", [b"", b"no such thing" * 9], ids=["empty", "something else"])
def test_a_damaged_state_is_said_to_be(tiny_model: Path, tmp_path: Path, content: bytes) -> None:
    """With the file and the way out; nothing is trained."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / NAME).write_bytes(content)
    with pytest.raises(DamagedModel, match=r"checkpoint\.safetensors cannot be gone on from"):
        PAIRED.run(tiny_model, rows_for("ranking"), tmp_path / "out", options=_each_step(tmp_path))
    assert not (tmp_path / "out").exists()
