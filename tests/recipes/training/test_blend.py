"""Interpolation between the weights of a base and a tuned model."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.error_fields import about
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import ModelError, UsageError
from tunesmith.recipes.training.blend import blend, choose_blend

TEXTS = ["my card is late", "refund my order", ""]


@pytest.fixture
def tuned(tiny_model: Path, tmp_path: Path) -> Path:
    """The tiny model with every weight a little larger."""
    folder = tmp_path / "tuned"
    shutil.copytree(tiny_model, folder)
    weights = load_file(folder / "model.safetensors")
    shifted = {name: value + np.float32(0.01) for name, value in weights.items()}
    save_file(shifted, folder / "model.safetensors")
    return folder


def _encode(folder: Path) -> np.ndarray:
    return SentenceEncoder(folder, cache=False, backend="torch").encode(TEXTS)


def test_the_ends_are_the_two_models(tiny_model: Path, tuned: Path, tmp_path: Path) -> None:
    """Share 0 encodes as the base does, share 1 as the tuned model."""
    for share, folder in ((0.0, tiny_model), (1.0, tuned)):
        blend(tiny_model, tuned, share, tmp_path / "out")
        np.testing.assert_allclose(_encode(tmp_path / "out"), _encode(folder), atol=1e-6)


def test_half_is_the_mean(tiny_model: Path, tuned: Path, tmp_path: Path) -> None:
    """Every weight is the mean of the two models' weights."""
    blend(tiny_model, tuned, 0.5, tmp_path / "out")
    paths = (folder / "model.safetensors" for folder in (tiny_model, tuned, tmp_path / "out"))
    base, shifted, found = map(load_file, paths)
    for name, value in found.items():
        np.testing.assert_allclose(value, (base[name] + shifted[name]) / 2, atol=1e-6)


def test_buffers_of_the_base_do_not_matter(tiny_model: Path, tuned: Path, tmp_path: Path) -> None:
    """Older releases saved buffers that newer ones omit."""
    old = tmp_path / "old"
    shutil.copytree(tiny_model, old)
    weights = load_file(old / "model.safetensors")
    numbers = {"embeddings.position_ids": np.arange(64)[None]}
    save_file({**weights, **numbers}, old / "model.safetensors")
    blend(old, tuned, 0.0, tmp_path / "out")
    np.testing.assert_allclose(_encode(tmp_path / "out"), _encode(tiny_model), atol=1e-6)


def test_the_best_on_validation_is_written(tiny_model: Path, tuned: Path, tmp_path: Path) -> None:
    """Every share is scored once, and the smallest of equally good shares wins."""
    goal = load_file(tiny_model / "model.safetensors")
    name = next(iter(goal))

    def near_a_quarter(folder: Path) -> float:
        shifted = load_file(folder / "model.safetensors")[name] - goal[name]
        return -abs(float(shifted.mean()) - 0.0025)

    found = choose_blend(tiny_model, tuned, tmp_path / "out", near_a_quarter)
    assert found.share == 0.25
    assert list(found.scores) == [0.25, 0.5, 0.75, 1.0]
    assert near_a_quarter(tmp_path / "out") == pytest.approx(0, abs=1e-6)
    assert choose_blend(tiny_model, tuned, tmp_path / "out", lambda _: 1.0).share == 0.25


def test_other_architectures_are_refused(tiny_model: Path, tuned: Path, tmp_path: Path) -> None:
    """The weight that differs is named, and nothing is written."""
    weights = load_file(tuned / "model.safetensors")
    name = sorted(weights)[0]
    save_file({**weights, name: weights[name][..., :4].copy()}, tuned / "model.safetensors")
    with pytest.raises(ModelError, match=f"differ in {name}"):
        blend(tiny_model, tuned, 0.5, tmp_path / "out")
    with pytest.raises(UsageError, check=about(option="share")):
        blend(tiny_model, tuned, 2, tmp_path / "out")
    assert not (tmp_path / "out").exists()
