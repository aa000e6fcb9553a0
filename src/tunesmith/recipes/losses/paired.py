"""Losses for pairs and triplets: from the vectors of each column to a scalar."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from tunesmith.errors import UsageError
from tunesmith.recipes.losses.kinds import PairedLoss

LossOfVectors = Callable[[list[Tensor], Tensor], Tensor]


@dataclass(frozen=True)
class LossConfig:
    """A loss and its parameters; see :class:`~tunesmith.recipes.PairedRecipe`."""

    loss: PairedLoss
    scale: float
    both_directions: bool
    margin: float
    matryoshka_dims: tuple[int, ...]

    def make(self, model: Any) -> LossOfVectors:
        """Return a function from the vectors of each column, and the targets, to a loss.

        Raises
        ------
        UsageError
            A dimension in ``matryoshka_dims`` exceeds the model's.
        """
        full = int(model.get_embedding_dimension())
        if not self.matryoshka_dims:
            return self._for_dimension(full, model)
        if max(self.matryoshka_dims) > full:
            raise UsageError(
                f"matryoshka_dims has {max(self.matryoshka_dims)}, but the model's vectors have "
                f"{full} dimensions",
                hint=f"give {full} or less",
                option="matryoshka_dims",
            )
        dimensions = sorted({*self.matryoshka_dims, full}, reverse=True)
        return _MatryoshkaLoss(
            {dimension: self._for_dimension(dimension, model) for dimension in dimensions}
        )

    def _for_dimension(self, dimension: int, model: Any) -> LossOfVectors:
        from sentence_transformers.sentence_transformer import losses  # noqa: PLC0415 - takes seconds
        from sentence_transformers.util import pairwise_cos_sim  # noqa: PLC0415 - takes seconds

        if self.loss == "softmax":
            return _Softmax(dimension).to(model.device)
        if self.loss == "cosine":
            loss = losses.CosineSimilarityLoss(model)
        elif self.loss == "cosent":
            loss = losses.CoSENTLoss(model, scale=self.scale)
        elif self.loss == "margins":
            loss = losses.MarginMSELoss(model, similarity_fct=pairwise_cos_sim)
        elif self.loss == "triplet":
            metric = losses.TripletDistanceMetric.COSINE
            loss = losses.TripletLoss(model, distance_metric=metric, triplet_margin=self.margin)
        else:
            directions = ("query_to_doc", *(("doc_to_query",) if self.both_directions else ()))
            loss = losses.MultipleNegativesRankingLoss(
                model, scale=self.scale, directions=directions
            )
        return loss.compute_loss_from_embeddings  # type: ignore[no-any-return]  # an untyped library


class _MatryoshkaLoss(nn.Module):
    """The mean of a loss over vectors truncated to several dimensions (Kusupati et al., 2022).

    Each dimension has its own loss, because a classifier's size depends on the dimension.

    Parameters
    ----------
    losses
        Loss of each dimension.
    """

    def __init__(self, losses: dict[int, LossOfVectors]) -> None:
        super().__init__()
        self._losses = losses
        self._own = nn.ModuleList(each for each in losses.values() if isinstance(each, nn.Module))

    def forward(self, parts: list[Tensor], targets: Tensor) -> Tensor:
        """Return the mean loss; truncated vectors are normalised again."""
        values = [
            loss([nn.functional.normalize(part[:, :dimension], dim=1) for part in parts], targets)
            for dimension, loss in self._losses.items()
        ]
        return torch.stack(values).mean()


class _Softmax(nn.Module):
    """A classifier on two vectors and their absolute difference."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.classifier = nn.Linear(3 * dimension, 3)

    def forward(self, parts: list[Tensor], targets: Tensor) -> Tensor:
        """Return the cross-entropy."""
        premise, hypothesis = parts
        joined = torch.cat([premise, hypothesis, (premise - hypothesis).abs()], dim=1)
        return nn.functional.cross_entropy(self.classifier(joined), targets)
