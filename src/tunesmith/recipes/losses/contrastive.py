"""What labelled texts are trained towards: texts against texts, and texts against classes."""

import torch
from torch import Tensor, nn


def supervised_contrastive_loss(
    vectors: Tensor, groups: Tensor, temperature: float = 0.05
) -> Tensor | None:
    r"""Return the supervised contrastive loss over all pairs of a batch.

    .. math:: \frac{1}{|A|} \sum_{i \in A} \frac{-1}{|P(i)|} \sum_{p \in P(i)}
              \log \frac{e^{s_{ip} / \tau}}{\sum_{a \neq i} e^{s_{ia} / \tau}}

    with cosine similarities s, P(i) the others of i's group, and A the texts that have any
    (Khosla et al. 2020, https://arxiv.org/abs/2004.11362).

    Parameters
    ----------
    vectors
        Shape (b, d); they are normalised here.
    groups
        Texts with the same number belong together, -1 to none, shape (b,).
    temperature
        The :math:`\tau` above.

    Returns
    -------
    Tensor or None
        A scalar; None where no text has a partner or none has an opponent.
    """
    itself = torch.eye(len(groups), dtype=torch.bool, device=groups.device)
    alike = (groups[:, None] == groups[None, :]) & (groups >= 0)[:, None] & ~itself
    anchors = alike.any(dim=1)
    if not bool(anchors.any()) or bool((alike | itself).all()):
        return None
    unit = nn.functional.normalize(vectors, dim=1)
    scores = (unit @ unit.T / temperature).masked_fill(itself, -torch.inf)
    log_shares = scores - torch.logsumexp(scores, dim=1, keepdim=True)
    gathered = log_shares.masked_fill(~alike, 0.0).sum(dim=1)
    return -(gathered[anchors] / alike.sum(dim=1)[anchors]).mean()


def prototype_loss(
    vectors: Tensor,
    prototypes: Tensor,
    classes: Tensor,
    temperature: float = 0.05,
    label_smoothing: float = 0.0,
) -> Tensor:
    r"""Return the normalised softmax loss: each text against one learned vector a class.

    .. math:: \frac{-1}{b} \sum_i \log \frac{e^{s_{i c(i)} / \tau}}{\sum_k e^{s_{ik} / \tau}}

    with the cosine similarity :math:`s_{ik}` of text i and the prototype of class k (Zhai and
    Wu 2018, https://arxiv.org/abs/1811.12649).

    Parameters
    ----------
    vectors
        Shape (b, d); they are normalised here.
    prototypes
        One for each class, shape (classes, d); they are normalised here.
    classes
        The class of each text, int64, shape (b,).
    temperature
        The :math:`\tau` above.
    label_smoothing
        The share of each text that is told to all classes evenly instead of its own.

    Returns
    -------
    Tensor
        A scalar.
    """
    unit = nn.functional.normalize(vectors, dim=1)
    scores = unit @ nn.functional.normalize(prototypes, dim=1).T / temperature
    return nn.functional.cross_entropy(scores, classes, label_smoothing=label_smoothing)
