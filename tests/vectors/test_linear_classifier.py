"""The classifier's probabilities and labels."""

from pathlib import Path

import numpy as np

from tunesmith.vectors.linear_classifier import LinearClassifier, load_classifier, save_classifier

WEIGHT = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]], dtype=np.float32)


def test_one_label_each_with_probabilities_that_sum_to_one() -> None:
    """The likeliest label is given, even for logits that would overflow."""
    classifier = LinearClassifier(WEIGHT * 1e4, np.zeros(3, dtype=np.float32), ("a", "b", "c"))
    vectors = np.array([[1.0, 0.2], [-1.0, -1.0]], dtype=np.float32)
    assert np.allclose(classifier.probabilities(vectors).sum(axis=1), 1)
    assert classifier.predict(vectors) == [("a",), ("c",)]


def test_weights_in_column_order_are_saved_as_they_are(tmp_path: Path) -> None:
    """The file has rows, whatever the memory layout."""
    turned = LinearClassifier(np.asfortranarray(WEIGHT), np.zeros(3, np.float32), ("a", "b", "c"))
    loaded = load_classifier(tmp_path, save_classifier(tmp_path, turned))
    assert loaded is not None
    np.testing.assert_array_equal(loaded.weight, WEIGHT)


def test_several_labels_or_none_by_their_thresholds() -> None:
    """Each label has its own threshold."""
    thresholds = np.array([0.5, 0.7, 0.5], dtype=np.float32)
    classifier = LinearClassifier(WEIGHT, np.zeros(3, np.float32), ("a", "b", "c"), thresholds)
    assert classifier.predict(np.array([[1.0, 1.0], [-0.1, -0.1]], dtype=np.float32)) == [
        ("a", "b"),
        ("c",),
    ]
