"""One or two linear maps, trained so that the cosine of a pair predicts its similarity."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cosine_similarity

from tunesmith.tuners.networks.training import Network, PairRows

FIRST, SECOND = "first", "second"
SCALE, OFFSET = "logit.scale", "logit.offset"


class PairNetwork(Network[PairRows]):
    """Logistic regression on the cosine of two trained embeddings.

    Examples
    --------
    >>> from tunesmith.tuners.networks.history import TrainingState
    >>> weights = {"first.weight": torch.eye(2), "first.bias": torch.zeros(2)}
    >>> weights |= {SCALE: torch.tensor(5.0), OFFSET: torch.tensor(0.0)}
    >>> state = TrainingState((), {name: weight.numpy() for name, weight in weights.items()})
    >>> pairs = PairRows(torch.eye(2), torch.eye(2), torch.ones(2), torch.ones(2))
    >>> round(PairNetwork(state, {}, torch.device("cpu"), seed=0).loss(pairs).item(), 3)
    0.007
    """

    def loss(self, batch: PairRows) -> Tensor:
        """Return the mean cross-entropy of the pairs' similarity."""
        second = SECOND if f"{SECOND}.weight" in self.weights else FIRST
        cosines = cosine_similarity(
            self._embedded(batch.first, FIRST), self._embedded(batch.second, second), dim=1
        )
        logits = self.weights[SCALE] * cosines + self.weights[OFFSET]
        losses = binary_cross_entropy_with_logits(logits, batch.goal, reduction="none")
        return (losses * batch.weights).mean()

    def _embedded(self, vectors: Tensor, side: str) -> Tensor:
        weight, bias = self.weights[f"{side}.weight"], self.weights[f"{side}.bias"]
        return torch.addmm(bias, vectors, weight.T)
