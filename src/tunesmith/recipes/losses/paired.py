"""What texts that come in tuples are trained towards: the vectors of each column, to a loss."""

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
    """Which loss, and how it is set; see :class:`~tunesmith.recipes.PairedRecipe`."""

    loss: PairedLoss
    scale: float
    both_directions: bool
    margin: float
    matryoshka_dims: tuple[int, ...]

    def make(self, model: Any) -> LossOfVectors:
        """Return what turns the vectors of each column, and the targets, into a loss.

        Raises
        ------
        UsageError
            A width is more than the model's.
        """
        whole = int(model.get_embedding_dimension())
        if not self.matryoshka_dims:
            return self._of_width(whole, model)
        if max(self.matryoshka_dims) > whole:
            raise UsageError(
                f"matryoshka_dims has {max(self.matryoshka_dims)}, but the model's vectors have "
                f"{whole} numbers: give that or less"
            )
        matryoshka_dims = sorted({*self.matryoshka_dims, whole}, reverse=True)
        return _LossOfWidths({width: self._of_width(width, model) for width in matryoshka_dims})

    def _of_width(self, width: int, model: Any) -> LossOfVectors:
        from sentence_transformers.sentence_transformer import losses  # noqa: PLC0415 - takes seconds
        from sentence_transformers.util import pairwise_cos_sim  # noqa: PLC0415 - takes seconds

        if self.loss == "softmax":
            return _Softmax(width).to(model.device)
        if self.loss == "cosine":
            made = losses.CosineSimilarityLoss(model)
        elif self.loss == "cosent":
            made = losses.CoSENTLoss(model, scale=self.scale)
        elif self.loss == "margins":
            made = losses.MarginMSELoss(model, similarity_fct=pairwise_cos_sim)
        elif self.loss == "triplet":
            metric = losses.TripletDistanceMetric.COSINE
            made = losses.TripletLoss(model, distance_metric=metric, triplet_margin=self.margin)
        else:
            directions = ("query_to_doc", *(("doc_to_query",) if self.both_directions else ()))
            made = losses.MultipleNegativesRankingLoss(
                model, scale=self.scale, directions=directions
            )
        return made.compute_loss_from_embeddings  # type: ignore[no-any-return]  # an untyped library


class _LossOfWidths(nn.Module):
    """The mean of a loss over vectors cut to several widths (Kusupati et al., 2022).

    Each width has a loss of its own, for a classifier has as many weights as vectors are wide.

    Parameters
    ----------
    losses
        The loss of each width.
    """

    def __init__(self, losses: dict[int, LossOfVectors]) -> None:
        super().__init__()
        self._losses = losses
        self._own = nn.ModuleList(each for each in losses.values() if isinstance(each, nn.Module))

    def forward(self, parts: list[Tensor], targets: Tensor) -> Tensor:
        """Return the mean; vectors that are cut have length 1 again."""
        found = [
            loss([nn.functional.normalize(part[:, :width], dim=1) for part in parts], targets)
            for width, loss in self._losses.items()
        ]
        return torch.stack(found).mean()


class _Softmax(nn.Module):
    """A classifier over two vectors and the size of their difference."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.classifier = nn.Linear(3 * width, 3)

    def forward(self, parts: list[Tensor], targets: Tensor) -> Tensor:
        """Return the cross-entropy."""
        premise, hypothesis = parts
        joined = torch.cat([premise, hypothesis, (premise - hypothesis).abs()], dim=1)
        return nn.functional.cross_entropy(self.classifier(joined), targets)
