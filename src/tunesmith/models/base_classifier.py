"""The classifier on the vectors of the base, to show predictions before tuning; never published."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunesmith.vectors.linear_classifier import LinearClassifier, load_classifier, save_classifier

FILE = "base_classifier.safetensors"


def write_base_classifier(folder: Path, classifier: LinearClassifier) -> None:
    """Write the classifier that was tested on the vectors of the base to a model's folder.

    Parameters
    ----------
    folder
        The model's folder.
    classifier
        The classifier, with the labels of the model's own.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> folder, weight = Path(tempfile.mkdtemp()), np.eye(2, dtype=np.float32)
    >>> classifier = LinearClassifier(weight, np.zeros(2, np.float32), ("refund", "delivery"))
    >>> write_base_classifier(folder, classifier)
    >>> read_base_classifier(folder, {"classifier": {"labels": ["refund", "delivery"]}}).labels
    ('refund', 'delivery')
    """
    save_classifier(folder, classifier, FILE)


def read_base_classifier(folder: Path, metadata: Mapping[str, Any]) -> LinearClassifier | None:
    """Return the classifier on the vectors of the base; None if the folder holds none.

    Parameters
    ----------
    folder
        The model's folder.
    metadata
        The content of ``tunesmith.json``, with the labels.
    """
    if not (folder / FILE).is_file():
        return None
    return load_classifier(folder, metadata.get("classifier"), FILE)
