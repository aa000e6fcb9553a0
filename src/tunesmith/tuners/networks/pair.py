"""One or two linear maps, trained so that the cosine of a pair predicts its similarity."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cosine_similarity

from tunesmith.tuners.networks.training import Network, PairRows

FIRST, SECOND = "first", "second"
SCALE, OFFSET = "logit.scale", "logit.offset"


class PairNetwork(Network[PairRows]):
    """Logistic regression on the cosine of two trained embeddings."""

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
