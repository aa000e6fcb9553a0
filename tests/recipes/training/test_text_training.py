"""Encoding and updating during training, including large batches with limited memory."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor

from tests.recipes.recipe_samples import LOSSES, rows_for
from tunesmith.recipes.losses.kinds import PairedLoss
from tunesmith.recipes.losses.paired import LossConfig, LossOfVectors
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.training.run import StepClock
from tunesmith.recipes.training.text_training import TextTraining, load_model
from tunesmith.recipes.training.weights import Optimizing

TEXTS = [f"my {'very ' * (number % 5)}late order {number}" for number in range(32)]


def _training(base: Path, train_layers: int | None, *, dropout: bool) -> TextTraining:
    model = load_model(base)
    training = TextTraining(model, TEXTS, train_layers, Optimizing(1e-3), StepClock(None))
    training.prepare(None)
    training.clock.begin(10)
    training.trunk.model.train(dropout)
    return training


def _gradients(training: TextTraining) -> list[Tensor]:
    return [weight.grad for weight in training.trunk.parameters() if weight.grad is not None]


@pytest.mark.parametrize("train_layers", [2, None])
@pytest.mark.parametrize(
    ("size", "dropout"), [(1, False), (4, False), (8, False), (100, False), (8, True)]
)
def test_a_large_batch_with_limited_memory_has_the_same_gradient(
    tiny_model: Path, train_layers: int | None, size: int, dropout: bool
) -> None:
    """Encoding in parts, twice, gives the ranking loss and gradient of the whole batch.

    With dropout this can only be compared if both encode in the same parts.
    """
    rows = np.arange(len(TEXTS))
    found = []
    for size_of_parts in (None, size):
        training = _training(tiny_model, train_layers, dropout=dropout)
        loss = LossConfig("ranking", 20.0, False, 0.3, ()).make(training.trunk.model)

        def loss_of(vectors: Tensor, loss: LossOfVectors = loss) -> Tensor:
            return loss([vectors[:16], vectors[16:]], torch.zeros(16))

        torch.manual_seed(0)
        if size_of_parts is None:
            value = training.update(loss_of(training.vectors(rows)))
        else:
            value = training.update_in_parts(rows, loss_of, size_of_parts)
        found.append((value, _gradients(training), torch.get_rng_state()))
    (whole, expected, state), (parts, gradients, state_after) = found
    assert parts == pytest.approx(whole, abs=1e-5)
    assert len(expected) == len(gradients) > 0
    for one, other in zip(expected, gradients, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)
    assert not dropout or torch.equal(state, state_after)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_supports_mini_batches(
    tiny_model: Path, tmp_path: Path, loss: PairedLoss
) -> None:
    """Without dropout the losses equal those of a run that encodes whole batches."""
    found = []
    for name, mini_batch in (("whole", None), ("parts", 3)):
        recipe = PairedRecipe(loss, epochs=4, batch_size=16, mini_batch=mini_batch, dropout=False)
        found.append(recipe.run(tiny_model, rows_for(loss), tmp_path / name).losses)
    assert found[0] == pytest.approx(found[1], rel=1e-4)


@pytest.mark.parametrize("train_layers", [2, None])
def test_vectors_during_training_equal_those_of_the_model(
    tiny_model: Path, train_layers: int | None
) -> None:
    """For any order of lengths, for new texts, for a single text and for none."""
    training = _training(tiny_model, train_layers, dropout=True)
    model = SentenceTransformer(str(tiny_model), device="cpu")
    for texts in (TEXTS, ["new", *TEXTS[::-1], ""], ["one"], TEXTS):
        with training.at_rest():
            found = training.encode(texts)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, model.encode(texts), atol=1e-5)
    assert training.encode([]).shape == (0, 32)
    assert training.trunk.model.training
