"""Losses for labelled texts: contrastive between texts, and softmax over class prototypes."""

import torch
from torch import Tensor, nn


def supervised_contrastive_loss(
    vectors: Tensor, groups: Tensor, temperature: float = 0.05
) -> Tensor | None:
    r"""Return the supervised contrastive loss over all pairs of a batch.

    .. math:: \frac{1}{|A|} \sum_{i \in A} \frac{-1}{|P(i)|} \sum_{p \in P(i)}
              \log \frac{e^{s_{ip} / \tau}}{\sum_{a \neq i} e^{s_{ia} / \tau}}

    with cosine similarities s, P(i) the other texts of i's group, and A the texts for which P(i)
    is not empty (Khosla et al. 2020, https://arxiv.org/abs/2004.11362).

    Parameters
    ----------
    vectors
        Vectors, shape (b, d); normalised here.
    groups
        Group of each text, shape (b,); -1 means no group.
    temperature
        The :math:`\tau` in the formula.

    Returns
    -------
    Tensor or None
        A scalar; None if the batch has no positive pair or no negative pair.
    """
    diagonal = torch.eye(len(groups), dtype=torch.bool, device=groups.device)
    positive = (groups[:, None] == groups[None, :]) & (groups >= 0)[:, None] & ~diagonal
    anchors = positive.any(dim=1)
    if not bool(anchors.any()) or bool((positive | diagonal).all()):
        return None
    unit = nn.functional.normalize(vectors, dim=1)
    scores = (unit @ unit.T / temperature).masked_fill(diagonal, -torch.inf)
    log_shares = scores - torch.logsumexp(scores, dim=1, keepdim=True)
    summed = log_shares.masked_fill(~positive, 0.0).sum(dim=1)
    return -(summed[anchors] / positive.sum(dim=1)[anchors]).mean()


def prototype_loss(
    vectors: Tensor,
    prototypes: Tensor,
    classes: Tensor,
    temperature: float = 0.05,
    label_smoothing: float = 0.0,
) -> Tensor:
    r"""Return the normalised softmax loss: each text against one learned vector per class.

    .. math:: \frac{-1}{b} \sum_i \log \frac{e^{s_{i c(i)} / \tau}}{\sum_k e^{s_{ik} / \tau}}

    with the cosine similarity :math:`s_{ik}` of text i and the prototype of class k (Zhai and
    Wu 2018, https://arxiv.org/abs/1811.12649).

    Parameters
    ----------
    vectors
        Vectors, shape (b, d); normalised here.
    prototypes
        One vector per class, shape (classes, d); normalised here.
    classes
        The class of each text, int64, shape (b,).
    temperature
        The :math:`\tau` in the formula.
    label_smoothing
        Share of each target spread evenly over all classes, 0 to 1.

    Returns
    -------
    Tensor
        A scalar.
    """
    unit = nn.functional.normalize(vectors, dim=1)
    scores = unit @ nn.functional.normalize(prototypes, dim=1).T / temperature
    return nn.functional.cross_entropy(scores, classes, label_smoothing=label_smoothing)
