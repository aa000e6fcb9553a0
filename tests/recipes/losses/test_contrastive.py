"""Losses for labelled texts."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.recipes.losses.contrastive import prototype_loss, supervised_contrastive_loss

temperatures = st.sampled_from([0.05, 0.1, 1.0])


def _unit(vectors: Any) -> Any:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _naive_pairs(vectors: np.ndarray, groups: list[int], temperature: float) -> float | None:
    unit = _unit(vectors)
    terms = []
    for i, group in enumerate(groups):
        others = [j for j in range(len(groups)) if j != i]
        positives = [j for j in others if group >= 0 and groups[j] == group]
        if positives:
            total = sum(np.exp(unit[i] @ unit[a] / temperature) for a in others)
            logs = [np.log(np.exp(unit[i] @ unit[p] / temperature) / total) for p in positives]
            terms.append(-np.mean(logs))
    return float(np.mean(terms)) if terms else None


@given(st.lists(st.integers(-1, 3), min_size=2, max_size=12), temperatures)
@settings(deadline=None)
def test_pairs_equal_the_definition_written_as_loops(groups: list[int], temperature: float) -> None:
    """The matrix form equals the paper's sum over anchors and their positives."""
    vectors = np.random.default_rng(len(groups)).normal(size=(len(groups), 5))
    loss = supervised_contrastive_loss(torch.tensor(vectors), torch.tensor(groups), temperature)
    if loss is None:
        no_positives = _naive_pairs(vectors, groups, temperature) is None
        assert no_positives or (len(set(groups)) == 1 and groups[0] >= 0)
    else:
        expected = _naive_pairs(vectors, groups, temperature)
        assert float(loss) == pytest.approx(expected, rel=1e-6)


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=12), temperatures, st.sampled_from([0, 0.1])
)
@settings(deadline=None)
def test_prototypes_equal_the_definition_written_as_loops(
    classes: list[int], temperature: float, smoothing: float
) -> None:
    """The loss is the cross-entropy over the softmax of scaled cosines."""
    rng = np.random.default_rng(len(classes))
    vectors, prototypes = rng.normal(size=(len(classes), 5)), rng.normal(size=(4, 5))
    unit, centres = _unit(vectors), _unit(prototypes)
    terms = []
    for vector, number in zip(unit, classes, strict=True):
        shares = [np.exp(vector @ centre / temperature) for centre in centres]
        logs = np.log(np.array(shares) / sum(shares))
        terms.append(-(1 - smoothing) * logs[number] - smoothing * logs.mean())
    loss = prototype_loss(
        torch.tensor(vectors),
        torch.tensor(prototypes),
        torch.tensor(classes),
        temperature,
        smoothing,
    )
    assert float(loss) == pytest.approx(float(np.mean(terms)), rel=1e-6)
