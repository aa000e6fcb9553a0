"""Losses at several dimensions."""

from pathlib import Path

import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import losses
from torch import nn

from tests.recipes.recipe_samples import LOSSES, WORDS, rows_for
from tunesmith.recipes.losses.kinds import PairedLoss
from tunesmith.recipes.losses.paired import LossConfig
from tunesmith.recipes.paired import PairedRecipe

DIMENSIONS = (8, 16)
COLUMNS = [[f"{start} {word}" for word in WORDS] for start in ("my", "a", "no")]


@pytest.mark.parametrize("loss", ["cosine", "cosent", "ranking", "triplet"])
def test_the_loss_is_the_mean_of_matryoshka_loss(tiny_model: Path, loss: PairedLoss) -> None:
    """The sentence-transformers loss is the sum over dimensions, including the model's own."""
    model = SentenceTransformer(str(tiny_model), device="cpu").eval()
    columns = COLUMNS[: 2 if loss in {"cosine", "cosent"} else 3]
    targets = torch.linspace(0, 1, len(WORDS))
    inner = {
        "cosine": lambda: losses.CosineSimilarityLoss(model),
        "cosent": lambda: losses.CoSENTLoss(model),
        "ranking": lambda: losses.MultipleNegativesRankingLoss(model),
        "triplet": lambda: losses.TripletLoss(
            model, losses.TripletDistanceMetric.COSINE, triplet_margin=0.3
        ),
    }[loss]()
    theirs = losses.MatryoshkaLoss(model, inner, [*DIMENSIONS, 32])
    ours = LossConfig(loss, 20.0, False, 0.3, DIMENSIONS).make(model)
    with torch.no_grad():
        expected = theirs([model.preprocess(column) for column in columns], targets) / 3
        found = ours([torch.from_numpy(model.encode(column)) for column in columns], targets)
    assert float(found) == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains_at_several_dimensions(
    tiny_model: Path, tmp_path: Path, loss: PairedLoss
) -> None:
    """The loss falls."""
    recipe = PairedRecipe(
        loss, epochs=8, batch_size=8, learning_rate=1e-3, matryoshka_dims=DIMENSIONS
    )
    run = recipe.run(tiny_model, rows_for(loss), tmp_path / "out")
    assert run.losses[-1] < run.losses[0]


def test_each_dimension_has_its_own_classifier(tiny_model: Path) -> None:
    """The softmax classifier of full vectors does not fit truncated ones."""
    model = SentenceTransformer(str(tiny_model), device="cpu")
    loss = LossConfig("softmax", 20.0, False, 0.3, DIMENSIONS).make(model)
    assert isinstance(loss, torch.nn.Module)
    inputs = [weight.shape[1] for weight in loss.parameters() if weight.ndim == 2]
    assert inputs == [3 * 32, 3 * 16, 3 * 8]


def test_margins_are_those_of_cosines(tiny_model: Path) -> None:
    """Margins do not depend on the length of the base's vectors."""
    model = SentenceTransformer(str(tiny_model), device="cpu").eval()
    loss = LossConfig("margins", 20.0, False, 0.3, ()).make(model)
    columns = [torch.from_numpy(model.encode(column)) for column in COLUMNS]
    query, positive, negative = (nn.functional.normalize(column, dim=1) for column in columns)
    targets = ((query * positive).sum(1) - (query * negative).sum(1)) + 0.5
    assert float(loss([9 * column for column in columns], targets)) == pytest.approx(0.25, rel=1e-4)
