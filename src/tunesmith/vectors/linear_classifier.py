"""A linear classifier over vectors: the part of a model that gives labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

FILE = "classifier.safetensors"


@dataclass(frozen=True, eq=False)
class LinearClassifier:
    """Probabilities of labels from vectors, by one matrix.

    Parameters
    ----------
    weight
        float32, shape (labels, d).
    bias
        float32, shape (labels,).
    labels
        The label names, in the order of the rows of ``weight``.
    thresholds
        None where each text has one label (softmax); for multi-label data (sigmoid) the
        probability from which a label is given, float32, shape (labels,).
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    labels: tuple[str, ...]
    thresholds: NDArray[np.float32] | None = None

    @property
    def multilabel(self) -> bool:
        """Whether a text may have several labels or none."""
        return self.thresholds is not None

    def probabilities(self, vectors: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the probability of each label, shape (n, labels).

        They sum to 1 over the labels of a text, except for multi-label data.
        """
        logits = vectors.astype(np.float32, copy=False) @ self.weight.T + self.bias
        if self.multilabel:
            return np.asarray(1 / (1 + np.exp(-np.clip(logits, -80, 80))), dtype=np.float32)
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float32)

    def given(self, probabilities: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Return which labels are given for these probabilities, shape (n, labels)."""
        if self.thresholds is not None:
            return np.asarray(probabilities >= self.thresholds)
        best = probabilities.argmax(axis=1)
        return np.asarray(best[:, None] == np.arange(len(self.labels)))

    def predict(self, vectors: NDArray[np.floating]) -> Sequence[tuple[str, ...]]:
        """Return the labels given to each vector: exactly one where texts have one label."""
        given = self.given(self.probabilities(vectors))
        return [tuple(self.labels[index] for index in np.flatnonzero(row)) for row in given]


def save_classifier(folder: Path, classifier: LinearClassifier) -> dict[str, Any]:
    """Write a classifier's numbers into a folder; return what is to be written beside them."""
    tensors = {"weight": classifier.weight, "bias": classifier.bias}
    if classifier.thresholds is not None:
        tensors["thresholds"] = classifier.thresholds
    save_file(tensors, str(folder / FILE))
    return {"labels": list(classifier.labels)}


def load_classifier(folder: Path, description: Mapping[str, Any] | None) -> LinearClassifier | None:
    """Return the classifier that :func:`save_classifier` wrote and described, if there is one."""
    if description is None:
        return None

    tensors = load_file(str(folder / FILE))
    return LinearClassifier(
        tensors["weight"],
        tensors["bias"],
        tuple(description["labels"]),
        tensors.get("thresholds"),
    )
