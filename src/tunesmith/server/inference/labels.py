"""Labels from vectors."""

import numpy as np
from numpy.typing import NDArray

from tunesmith.models.predictor import Prediction, predictions
from tunesmith.models.serving import LoadedModel


def predict_labels(
    model: LoadedModel, vectors: NDArray[np.float32], min_probability: float
) -> list[Prediction]:
    """Return the predicted labels of vectors, shape (n, d), as ``model.classify`` does of texts.

    Raises
    ------
    UsageError
        The model has no classifier.
    """
    classifier, known = model.require_classifier(), model.familiar_texts
    familiar = None if known is None else known.include(vectors)
    probabilities = classifier.probabilities(vectors)
    found = predictions(classifier, probabilities, min_probability, familiar)
    return [prediction for prediction in found if prediction is not None]  # no vector is missing
