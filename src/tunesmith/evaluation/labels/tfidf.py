"""TF-IDF with logistic regression: a baseline without embeddings."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from tunesmith.evaluation.labels.targets import Targets


def reference_seconds(texts: Sequence[str], labels: int) -> float:
    """Return the estimated seconds of one training, as measured on two to 77 labels.

    Examples
    --------
    >>> round(reference_seconds(["where is my parcel?"] * 50_000, labels=2), 2)
    0.95
    """
    return 1e-6 * sum(map(len, texts)) * (0.5 + 0.25 * labels)


def reference_labels(
    texts: Sequence[str], targets: Targets, validation_texts: Sequence[str]
) -> NDArray[np.bool_]:
    """Return the labels predicted for the validation texts by TF-IDF with logistic regression.

    Uses unigrams and bigrams, sublinear term frequency and C = 10. For multi-label data each label
    is trained on the rows in which it is known.

    Returns
    -------
    Boolean array of shape (validation texts, labels).
    """
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, dtype=np.float32)
    try:
        features = vectorizer.fit_transform(texts)
    except ValueError:  # no text contains a word
        return np.zeros((len(validation_texts), len(targets.labels)), dtype=np.bool_)
    validation = vectorizer.transform(validation_texts)
    if not targets.multilabel:
        predicted = _predict(features, targets.codes, validation)
        return np.asarray(predicted[:, None] == np.arange(len(targets.labels)))
    columns = [
        _predict(features[known], targets.positive[known, column].astype(np.int64), validation)
        for column in range(len(targets.labels))
        for known in [np.flatnonzero(targets.known[:, column])]
    ]
    return np.stack(columns, axis=1).astype(np.bool_)


def _predict(
    features: csr_matrix, y: NDArray[np.int64], validation: csr_matrix
) -> NDArray[np.int64]:
    if len(np.unique(y)) < 2:
        return np.full(validation.shape[0], y[0] if len(y) else 0)
    model = LogisticRegression(C=10.0, max_iter=200, tol=1e-3).fit(features, y)
    return np.asarray(model.predict(validation), dtype=np.int64)
