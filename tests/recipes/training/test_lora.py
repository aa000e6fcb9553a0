"""Low-rank adapters are trained and merged into a plain model."""

import json
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense
from torch import nn

from tests.error_fields import about
from tests.recipes.recipe_samples import WORDS, made, rows_for, weights
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.errors import ModelError, UsageError
from tunesmith.kinds import Pairs, labelled_examples
from tunesmith.recipes.contrastive import ContrastiveRecipe
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.training.checkpoint import NAME
from tunesmith.recipes.training.lora import LORA_SPEED, adapt
from tunesmith.recipes.training.options import Encode, RunOptions
from tunesmith.recipes.training.run import StepClock
from tunesmith.recipes.training.text_training import TextTraining, load_model
from tunesmith.recipes.training.trunk import Trunk
from tunesmith.recipes.training.weights import Optimizing

LORA = PairedRecipe("ranking", epochs=3, batch_size=8, learning_rate=1e-2, lora=4)
TEXTS = [f"{word} number {number}" for number in range(4) for word in WORDS]
LABELS = [*WORDS] * 4


def _model(folder: Path) -> Any:
    return SentenceTransformer(str(folder), device="cpu").eval()


def _random_adapters(folder: Path, train_layers: int | None) -> TextTraining:
    """Return a model with random adapters, as if they had been trained."""
    optimizing, clock = Optimizing(1e-3), StepClock(None)
    training = TextTraining(load_model(folder), TEXTS, train_layers, optimizing, clock, lora=4)
    generator = torch.Generator().manual_seed(0)
    training.put(
        {
            name: 0.3 * torch.randn(weight.shape, generator=generator)
            for name, weight in training.trained().items()
        }
    )
    training.trunk.model.eval()
    return training


@pytest.mark.parametrize("train_layers", [1, 2, None])
def test_merged_vectors_are_those_of_the_adapters(
    tiny_model: Path, tmp_path: Path, train_layers: int | None
) -> None:
    """The saved model gives the vectors measured during training, which differ from the base's."""
    training = _random_adapters(tiny_model, train_layers)
    adapted = training.encode(TEXTS)
    training.result().save_pretrained(str(tmp_path / "out"), create_model_card=False)
    np.testing.assert_allclose(_model(tmp_path / "out").encode(TEXTS), adapted, atol=1e-5)
    assert np.abs(_model(tiny_model).encode(TEXTS) - adapted).max() > 0.01


@pytest.mark.parametrize("train_layers", [1, 2])
def test_the_trunk_path_is_the_full_path(tiny_model: Path, train_layers: int) -> None:
    """Adapters on cached hidden states give the same result as all layers."""
    training = _random_adapters(tiny_model, train_layers)
    training.trunk.verify(TEXTS[:6])
    with torch.no_grad():
        whole = training.trunk.upper(training.trunk.features(TEXTS), None).numpy()
    np.testing.assert_allclose(training.encode(TEXTS), whole, atol=1e-5)


def test_a_run_changes_the_linear_layers_that_are_trained_and_nothing_else(
    tiny_model: Path, tmp_path: Path
) -> None:
    """Embeddings, lower layers, biases and norms are unchanged, and the loss falls."""
    run = LORA.run(tiny_model, rows_for("ranking"), tmp_path / "out")
    base, tuned = weights(tiny_model), weights(tmp_path / "out")
    changed = {name for name in base if not np.array_equal(base[name], tuned[name])}
    assert changed == {
        name
        for name in base
        if ("layer.1." in name or "layer.2." in name)
        and name.endswith("weight")
        and base[name].ndim == 2
    }
    assert run.losses[-1] < run.losses[0]


def test_the_result_is_a_plain_folder(tiny_model: Path, tmp_path: Path) -> None:
    """Its files and weights have the base's names and shapes, without traces of peft."""
    LORA.run(tiny_model, rows_for("ranking"), tmp_path / "out")
    names = {path.relative_to(tiny_model) for path in tiny_model.rglob("*")}
    assert {path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*")} == names
    base, tuned = weights(tiny_model), weights(tmp_path / "out")
    assert {name: one.shape for name, one in base.items()} == {
        name: one.shape for name, one in tuned.items()
    }
    assert "peft" not in json.dumps(json.loads((tmp_path / "out" / "config.json").read_text()))


def _scored(encode: Encode) -> float:
    """Score vectors so that the best are neither the first nor the last."""
    return -abs(float(encode(["my card", "my order"]).prod(axis=0).sum()) - 0.6)


@pytest.mark.parametrize("scored", [False, True], ids=["plain", "scored"])
def test_an_interrupted_run_resumes_exactly(tiny_model: Path, tmp_path: Path, scored: bool) -> None:
    """The checkpoint holds adapters only, including the best so far."""
    score = _scored if scored else None
    rows = rows_for("ranking")
    first = LORA.run(tiny_model, rows, tmp_path / "whole", options=RunOptions(score=score))
    options = RunOptions(checkpoint=tmp_path / "state", checkpoint_seconds=0.0, score=score)
    with pytest.raises(KeyboardInterrupt):
        LORA.run(tiny_model, rows, tmp_path / "parts", progress=_interrupt(6), options=options)
    kept = load_file(tmp_path / "state" / NAME)
    weight = {name for name in kept if name.startswith(("model.", "best."))}
    assert weight
    assert all(".lora_A." in name or ".lora_B." in name for name in weight)
    second = LORA.run(tiny_model, rows, tmp_path / "parts", options=options)
    assert replace(second, seconds=0) == replace(first, seconds=0)
    expected, found = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(np.allclose(expected[name], found[name], rtol=0, atol=1e-6) for name in expected)
    assert not (tmp_path / "state").exists()


def _interrupt(calls: int) -> Any:
    left = iter(range(calls - 1))

    def count(_: int) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt

    return count


def test_the_base_is_written_if_it_is_best(tiny_model: Path, tmp_path: Path) -> None:
    """Merging untrained adapters changes nothing."""
    falling = iter(range(100, 0, -1))
    options = RunOptions(score=lambda _: float(next(falling)))
    run = LORA.run(tiny_model, rows_for("ranking"), tmp_path / "out", options=options)
    assert run.kept_base
    base, found = weights(tiny_model), weights(tmp_path / "out")
    assert all(np.array_equal(base[name], found[name]) for name in base)


@pytest.mark.parametrize("loss", ["pairs", "prototypes"])
def test_labels_train_adapters_too(tiny_model: Path, tmp_path: Path, loss: Any) -> None:
    """Both losses of the contrastive recipe train adapters."""
    recipe = ContrastiveRecipe(loss=loss, epochs=4, batch_size=12, learning_rate=1e-2, lora=4)
    run = recipe.run(tiny_model, labelled_examples(TEXTS, LABELS), tmp_path / "out")
    assert run.losses[-1] < run.losses[0]
    base, tuned = weights(tiny_model), weights(tmp_path / "out")
    assert any(not np.array_equal(base[name], tuned[name]) for name in base)


def test_a_batch_in_parts_gives_the_same_adapters(tiny_model: Path, tmp_path: Path) -> None:
    """The gradient is that of the whole batch."""
    for name, mini_batch in (("whole", None), ("parts", 3)):
        recipe = replace(LORA, mini_batch=mini_batch, dropout=False, epochs=1)
        recipe.run(tiny_model, rows_for("ranking"), tmp_path / name)
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(np.allclose(whole[name], parts[name], atol=1e-4) for name in whole)


def test_modules_after_the_transformer_are_frozen(tiny_model: Path) -> None:
    """Only adapters have a gradient."""
    model = _model(tiny_model)
    model.append(Dense(32, 16))
    trunk = Trunk(model, 2)
    adapt(trunk, 4)
    trainable = [name for name, weight in model.named_parameters() if weight.requires_grad]
    assert len(trainable) == 2 * 2 * 6
    assert all(".lora_" in name for name in trainable)


def test_adapters_learn_at_a_higher_rate() -> None:
    """The default rate is higher; a given rate is used as it is."""
    full = PairedRecipe("cosent")
    assert replace(full, lora=8).peak_rate(100) == LORA_SPEED * full.peak_rate(100)
    assert replace(full, lora=8, learning_rate=1e-5).peak_rate(100) == 1e-5
    labelled = ContrastiveRecipe()
    plain = labelled.peak_rate("pairs", 384)
    assert replace(labelled, lora=8).peak_rate("pairs", 384) > plain
    assert labelled.peak_rate("pairs", 768) == plain / 2


@pytest.mark.parametrize("rank", [0, -8])
def test_a_rank_below_one_is_refused(rank: int) -> None:
    """It is refused before anything is read."""
    with pytest.raises(UsageError, check=about(option="lora")):
        PairedRecipe("cosent", lora=rank)
    with pytest.raises(UsageError, check=about(option="lora")):
        ContrastiveRecipe(lora=rank)


def test_a_rank_beyond_the_width_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    """A rank equal to the width is allowed; above it nothing is written."""
    replace(LORA, lora=32, epochs=1).run(tiny_model, rows_for("ranking"), tmp_path / "wide")
    with pytest.raises(UsageError, check=about(option="lora")):
        replace(LORA, lora=33).run(tiny_model, rows_for("ranking"), tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["wide"]


def test_layers_without_linear_modules_are_refused(tiny_model: Path) -> None:
    """The error says what to do."""
    trunk = Trunk(_model(tiny_model), 1)
    trunk.layers[2] = nn.Identity()
    with pytest.raises(ModelError, match="BertModel contain no linear layer"):
        adapt(trunk, 4)


def test_missing_peft_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error has one line and appears only for adapters."""
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(UsageError, match=r"^peft is not installed: pip install 'tunesmith\[lora"):
        PairedRecipe("cosent", lora=8)
    PairedRecipe("cosent")
    ContrastiveRecipe()


def test_adapters_warn_of_nothing(tiny_model: Path, tmp_path: Path) -> None:
    """No warnings while adapters are created or merged."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        replace(LORA, epochs=1).run(tiny_model, rows_for("ranking"), tmp_path / "out")


@pytest.mark.slow
def test_the_real_model_learns_through_adapters(tmp_path: Path) -> None:
    """The loss falls, and the vectors are those that were scored last."""
    seen: list[np.ndarray] = []

    def score(encode: Encode) -> float:
        seen.append(encode(TEXTS))
        return float(len(seen))

    pairs = [(f"the {word} of customer {n}", f"my {word}, {n}") for n in range(8) for word in WORDS]
    recipe = PairedRecipe("ranking", epochs=2, batch_size=6, lora=8)
    options = RunOptions(score=score)
    run = recipe.run(bundled_folder(), made(Pairs, pairs), tmp_path / "out", options=options)
    assert run.losses[-1] < run.losses[0]
    np.testing.assert_allclose(_model(tmp_path / "out").encode(TEXTS), seen[-1], atol=1e-5)
