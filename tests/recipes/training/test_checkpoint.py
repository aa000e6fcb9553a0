"""A killed run resumes and ends with the same weights as an uninterrupted one."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from tests.error_fields import about
from tests.recipes.recipe_samples import LOSSES, made, rows_for, weights
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.errors import Cancelled, DamagedModel, OutputError, UsageError
from tunesmith.kinds import Pairs, labelled_examples
from tunesmith.recipes.contrastive import ContrastiveRecipe
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.training.checkpoint import NAME, Checkpoint, State
from tunesmith.recipes.training.options import PLAIN, Encode, RunOptions, Score
from tunesmith.recipes.training.run import RecipeRun
from tunesmith.stop import Stop

PAIRED = PairedRecipe("ranking", epochs=3, batch_size=8, learning_rate=1e-3)
LABELLED = ContrastiveRecipe(epochs=3, batch_size=9, learning_rate=1e-3, dropout=True)
TEXTS = [f"{word} number {index}" for index in range(6) for word in ("card", "order", "login")]
LABELS = ["card", "order", "login"] * 6
Train = Callable[..., RecipeRun]


def _train(name: str, base: Path) -> Train:
    """Return a function that runs a recipe with given options."""
    if name in LOSSES:
        recipe = replace(PAIRED, loss=name)
        return lambda out, **options: recipe.run(base, rows_for(recipe.loss), out, **options)
    labelled = replace(LABELLED, loss=name)  # type: ignore[arg-type]  # given by name
    return lambda out, **options: labelled.run(
        base, labelled_examples(TEXTS, LABELS), out, **options
    )


def _until(calls: int) -> Callable[[int], None]:
    """Return a progress callback that interrupts in this call."""
    counted: list[int] = []

    def count(done: int) -> None:
        counted.append(done)
        if len(counted) == calls:
            raise KeyboardInterrupt

    return count


def _each_step(folder: Path, score: Score | None = None) -> RunOptions:
    return RunOptions(checkpoint=folder / "state", checkpoint_seconds=0.0, score=score)


def _random_score(encode: Encode) -> float:
    """Score some vectors and advance torch's random state, which must not affect training."""
    torch.rand(3)
    return float(encode(["my card", "my order"]).prod(axis=0).sum())


@pytest.mark.parametrize(
    ("name", "scored"),
    [
        *((name, False) for name in (*LOSSES, "pairs", "prototypes")),
        ("ranking", True),
        ("pairs", True),
    ],
)
def test_an_interrupted_run_resumes_exactly(
    tiny_model: Path, tmp_path: Path, name: str, scored: bool
) -> None:
    """Weights, losses, scores and progress are those of an uninterrupted run, bit for bit."""
    train = _train(name, tiny_model)
    score = _random_score if scored else None
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


def test_a_stopped_run_keeps_its_last_step(tiny_model: Path, tmp_path: Path) -> None:
    """A set token ends the run after the current step, whose checkpoint is written at once."""
    train, stop = _train("ranking", tiny_model), Stop()
    first = train(tmp_path / "whole")
    done: list[int] = []

    def stop_after_four(rows: int) -> None:
        done.append(rows)
        if len(done) == 4:
            stop.set()

    rarely = RunOptions(checkpoint=tmp_path / "state", checkpoint_seconds=3600)
    with pytest.raises(Cancelled):
        train(tmp_path / "parts", progress=stop_after_four, stop=stop, options=rarely)
    assert len(load_file(tmp_path / "state" / NAME)["losses"]) == 5
    second = train(tmp_path / "parts", options=rarely)
    assert second.losses == first.losses
    expected, found = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(np.array_equal(expected[key], found[key]) for key in expected)


@pytest.mark.long
def test_the_real_model_resumes_exactly(tmp_path: Path) -> None:
    """It also holds with several threads and six layers, two of them trained."""
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
from tunesmith.stop import Stop

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


@pytest.mark.long
def test_a_killed_process_loses_no_finished_step(tiny_model: Path, tmp_path: Path) -> None:
    """After SIGKILL another process resumes to the weights of an uninterrupted run.

    The killed process cannot import peft: only adapters need it.
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
def test_a_resumed_run_respects_its_time_limit(tiny_model: Path, tmp_path: Path, name: str) -> None:
    """Without time the checkpoint is written; with enough it trains to the end."""
    train = _train(name, tiny_model)
    for folder in ("late", "on time"):
        with pytest.raises(KeyboardInterrupt):
            train(
                tmp_path / folder / "out",
                progress=_until(6),
                options=_each_step(tmp_path / folder),
            )
    late, on_time = tmp_path / "late", tmp_path / "on time"
    saved = load_file(late / "state" / NAME)
    run = train(late / "out", stop=Stop(0), options=_each_step(late))
    assert run.stopped_early
    assert run.steps == len(saved["losses"]) > 0
    found = weights(late / "out")
    assert all(
        np.array_equal(saved[f"model.{key}"], value)
        for key, value in found.items()
        if f"model.{key}" in saved
    )
    run = train(on_time / "out", stop=Stop(3600), options=_each_step(on_time))
    assert (run.epochs, run.stopped_early) == (3.0, False)


def test_the_state_of_another_run_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    """It is neither resumed nor overwritten if rows, settings or base differ."""
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
        with pytest.raises(UsageError, check=about(option="checkpoint")):
            recipe.run(tiny_model, examples, tmp_path / "out", options=other)
    assert (tmp_path / "state" / NAME).read_bytes() == kept
    assert not (tmp_path / "out").exists()


def test_checkpoints_are_written_at_intervals(tiny_model: Path, tmp_path: Path) -> None:
    """Not before the interval, not at the last step, and only the latest."""
    seen: list[list[str]] = []

    def inspect_checkpoint(_: int) -> None:
        seen.append([path.name for path in tmp_path.rglob(f"*{NAME}")])

    for seconds in (3600.0, 0.0):
        options = RunOptions(checkpoint=tmp_path / "state", checkpoint_seconds=seconds)
        PAIRED.run(
            tiny_model,
            rows_for("ranking"),
            tmp_path / f"{seconds}",
            progress=inspect_checkpoint,
            options=options,
        )
    assert seen == [[]] * 9 + [[]] + [[NAME]] * 8
    assert PLAIN.checkpoint_seconds >= 20


def test_a_failed_write_keeps_the_previous_state(tmp_path: Path) -> None:
    """The error names the file."""
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
def test_a_damaged_checkpoint_is_reported(tiny_model: Path, tmp_path: Path, content: bytes) -> None:
    """The error names the file and what to do; nothing is trained."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / NAME).write_bytes(content)
    with pytest.raises(DamagedModel, match=r"checkpoint\.safetensors cannot be resumed"):
        PAIRED.run(tiny_model, rows_for("ranking"), tmp_path / "out", options=_each_step(tmp_path))
    assert not (tmp_path / "out").exists()
