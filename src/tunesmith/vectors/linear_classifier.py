"""A linear classifier on vectors: the part of a model that predicts labels."""

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
    """A linear classifier with softmax or sigmoid output.

    Parameters
    ----------
    weight
        Weight matrix, float32, shape (labels, d).
    bias
        Bias, float32, shape (labels,).
    labels
        Label names, in the order of the rows of ``weight``.
    thresholds
        None for single-label data (softmax); for multi-label data (sigmoid) the probability
        threshold of each label, float32, shape (labels,).

    Examples
    --------
    >>> weight, bias = np.eye(2, dtype=np.float32), np.zeros(2, np.float32)
    >>> classifier = LinearClassifier(weight, bias, ("refund", "delivery"))
    >>> classifier.predict(np.array([[0.2, 0.9]])), classifier.multilabel
    ([('delivery',)], False)
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    labels: tuple[str, ...]
    thresholds: NDArray[np.float32] | None = None

    @property
    def multilabel(self) -> bool:
        """Whether a text may have several labels or none."""
        return self.thresholds is not None

    def logits(self, vectors: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the logit of each label, shape (n, labels)."""
        found = vectors.astype(np.float32, copy=False) @ self.weight.T + self.bias
        return np.asarray(found, dtype=np.float32)

    def probabilities(self, vectors: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the probability of each label, shape (n, labels).

        They sum to 1 over the labels of a text, except for multi-label data.
        """
        return probabilities_of(self.logits(vectors), multilabel=self.multilabel)

    def given(self, probabilities: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Return which labels are predicted at these probabilities, shape (n, labels)."""
        if self.thresholds is not None:
            return np.asarray(probabilities >= self.thresholds)
        best = probabilities.argmax(axis=1)
        return np.asarray(best[:, None] == np.arange(len(self.labels)))

    def predict(self, vectors: NDArray[np.floating]) -> Sequence[tuple[str, ...]]:
        """Return the predicted labels of each vector: exactly one for single-label data."""
        given = self.given(self.probabilities(vectors))
        return [tuple(self.labels[index] for index in np.flatnonzero(row)) for row in given]


def probabilities_of(logits: NDArray[np.floating], *, multilabel: bool) -> NDArray[np.float32]:
    """Return the probabilities of logits, shape (n, labels): softmax, or sigmoid for multi-label.

    Examples
    --------
    >>> probabilities_of(np.zeros((1, 4)), multilabel=False)
    array([[0.25, 0.25, 0.25, 0.25]], dtype=float32)
    """
    if multilabel:
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -80, 80))), dtype=np.float32)
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True), dtype=np.float32)


def save_classifier(folder: Path, classifier: LinearClassifier, file: str = FILE) -> dict[str, Any]:
    """Write a classifier's tensors to a folder, and return its description for the metadata.

    Parameters
    ----------
    folder
        An existing folder.
    classifier
        The classifier.
    file
        The name of the file.

    Returns
    -------
    dict
        The description, which :func:`load_classifier` needs.

    Examples
    --------
    >>> import tempfile
    >>> weight, bias = np.eye(2, dtype=np.float32), np.zeros(2, np.float32)
    >>> classifier = LinearClassifier(weight, bias, ("refund", "delivery"))
    >>> save_classifier(Path(tempfile.mkdtemp()), classifier)
    {'labels': ['refund', 'delivery']}
    """
    tensors = {"weight": classifier.weight, "bias": classifier.bias}
    if classifier.thresholds is not None:
        tensors["thresholds"] = classifier.thresholds
    # safetensors writes the memory as it is: in column order it would be read back wrong.
    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    save_file(tensors, str(folder / file))
    return {"labels": list(classifier.labels)}


def load_classifier(
    folder: Path, description: Mapping[str, Any] | None, file: str = FILE
) -> LinearClassifier | None:
    """Load a classifier written by :func:`save_classifier`; None without a description.

    Parameters
    ----------
    folder
        The folder with the tensors.
    description
        The output of :func:`save_classifier`, or None.
    file
        The name of the file.

    Returns
    -------
    LinearClassifier or None
        The classifier; None without a description.

    Examples
    --------
    >>> import tempfile
    >>> folder, weight = Path(tempfile.mkdtemp()), np.eye(2, dtype=np.float32)
    >>> saved = LinearClassifier(weight, np.zeros(2, np.float32), ("refund", "delivery"))
    >>> load_classifier(folder, save_classifier(folder, saved)).labels
    ('refund', 'delivery')
    """
    if description is None:
        return None

    tensors = load_file(str(folder / file))
    return LinearClassifier(
        tensors["weight"],
        tensors["bias"],
        tuple(description["labels"]),
        tensors.get("thresholds"),
    )
