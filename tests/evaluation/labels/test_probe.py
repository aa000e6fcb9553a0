"""The probe trains on known entries and predicts every label."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from tunesmith.evaluation.labels.probe import choose_probe, choose_thresholds, fit_probe
from tunesmith.evaluation.labels.targets import Targets


def clusters(
    n: int, classes: int, seed: int = 0, spread: float = 1.0
) -> tuple[
    np.ndarray[tuple[int, int], np.dtype[np.float32]], np.ndarray[tuple[int], np.dtype[np.int64]]
]:
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, classes, n)
    centres = np.random.default_rng(99).normal(size=(classes, 8)) * 2
    vectors = (centres[codes] + spread * generator.normal(size=(n, 8))).astype(np.float32)
    return vectors, codes


def labelled(codes: np.ndarray[tuple[int], np.dtype[np.int64]], classes: int) -> Targets:
    names = tuple(f"class {index}" for index in range(classes))
    return Targets(np.eye(classes, dtype=np.float32)[codes], names, multilabel=False)


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_probabilities_equal_scikit_learn(classes: int) -> None:
    """The classifier gives the same probabilities as scikit-learn's model."""
    vectors, codes = clusters(200, classes)
    probe = fit_probe(vectors, labelled(codes, classes), C=1.0)
    theirs = LogisticRegression(C=1.0, max_iter=200).fit(vectors, codes)
    ours = probe.classifier.probabilities(vectors)
    assert np.allclose(ours, theirs.predict_proba(vectors), atol=1e-5)
    assert np.allclose(ours.sum(axis=1), 1, atol=1e-5)


def test_a_label_without_an_example_is_never_predicted() -> None:
    """It keeps its column, with a probability of almost zero."""
    vectors, codes = clusters(100, 3)
    values = np.insert(np.eye(3, dtype=np.float32)[codes], 1, 0, axis=1)
    probe = fit_probe(vectors, Targets(values, ("a", "unseen", "b", "c"), False), C=1.0)
    assert probe.classifier.labels == ("a", "unseen", "b", "c")
    assert probe.classifier.probabilities(vectors)[:, 1].max() < 1e-6


def test_rows_with_a_single_label_give_that_label() -> None:
    """A single label is not an error."""
    vectors, _ = clusters(10, 2)
    values = np.eye(3, dtype=np.float32)[np.full(10, 1)]
    probe = fit_probe(vectors, Targets(values, ("a", "b", "c"), False), C=1.0)
    assert probe.classifier.predict(vectors[:2]) == [("b",), ("b",)]


def test_c_is_chosen_on_validation() -> None:
    """Noisy labels need strong regularisation, clean labels weak regularisation."""
    vectors, codes = clusters(60, 2, spread=0.1)
    more, more_codes = clusters(200, 2, seed=1, spread=0.1)
    clean = choose_probe(vectors, labelled(codes, 2), more, labelled(more_codes, 2))
    shuffled = np.random.default_rng(0).permutation(codes)
    noisy = choose_probe(vectors, labelled(shuffled, 2), more, labelled(more_codes % 2, 2))
    assert clean.C == 100
    assert noisy.C < 100


def test_unknown_is_not_negative() -> None:
    """Hiding half of the labels does not harm a probe trained on the rest."""
    vectors, codes = clusters(300, 2, spread=0.5)
    values = np.eye(2, dtype=np.float32)[codes]
    values[::2] = np.nan
    probe = fit_probe(vectors, Targets(values, ("a", "b"), True), C=10.0)
    given = probe.classifier.given(probe.classifier.probabilities(vectors))
    assert (given == np.eye(2, dtype=np.bool_)[codes]).mean() > 0.97


def test_thresholds_maximise_f1() -> None:
    """No threshold on a fine grid is better than the chosen one."""
    vectors, codes = clusters(150, 2, spread=4.0)
    positive = codes == 0
    values = positive[:, None].astype(np.float32)
    targets = Targets(values, ("rare",), multilabel=True)
    classifier = fit_probe(vectors, targets, C=0.01).classifier
    probabilities = classifier.probabilities(vectors)[:, 0]
    (threshold,) = choose_thresholds(classifier.probabilities(vectors), targets)
    best = max(f1_score(positive, probabilities >= level) for level in np.linspace(0, 1, 201))
    assert f1_score(positive, probabilities >= threshold) >= best - 1e-9


def test_a_label_that_is_always_known_and_always_the_same_is_constant() -> None:
    """A label that is always positive is always predicted, and one never positive never."""
    vectors, _ = clusters(20, 2)
    values = np.tile(np.array([1, 0], dtype=np.float32), (20, 1))
    classifier = fit_probe(vectors, Targets(values, ("yes", "no"), True), C=1.0).classifier
    assert classifier.predict(vectors) == [("yes",)] * 20
