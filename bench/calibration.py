"""Benchmark calibrated probabilities and the thresholds of multi-label data.

Run ``python bench/calibration.py [--quick]``; ``TUNESMITH_DATA`` is the folder that contains
``banking77`` and ``embetter``. Logistic regression on vectors of the bundled model is trained on
some rows, its scaling and thresholds are chosen on out-of-fold logits of these rows (five folds),
and all figures are measured on other rows.

- Calibration: 1,000 rows of Banking77, 2,000 rows for the test.
- Thresholds: macro F1 with 0.5, with the threshold of the best F1 and with smoothed thresholds.
  embetter's larger file is tested on its smaller file and on its own remaining rows; for
  Banking77, 10 or 15 intents are labels of a multi-label problem with 4,000 rows for the test.

The last line is JSON: the expected calibration error before and after, the mean macro F1 of the
three choices, and ``threshold_gain`` (smoothed minus the better of the others).
"""

import argparse
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from tunesmith.data import detect, read
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.evaluation.labels.calibration import calibrate, reliability, splits_of
from tunesmith.evaluation.labels.probe import choose_thresholds, fit_probe
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.kinds import Labelled, Multilabel
from tunesmith.vectors.linear_classifier import LinearClassifier

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
FOLDS = 5


@dataclass(frozen=True, eq=False)
class Rows:
    """Vectors and labels of texts."""

    vectors: NDArray[np.float32]
    targets: Targets

    def take(self, rows: NDArray[np.integer]) -> "Rows":
        """Return some of the rows."""
        return Rows(self.vectors[rows], self.targets.take(rows))

    def as_multilabel(self, columns: NDArray[np.integer]) -> "Rows":
        """Return the rows as a multi-label problem of these labels."""
        names = tuple(self.targets.labels[column] for column in columns)
        return Rows(self.vectors, Targets(self.targets.values[:, columns], names, True))


def load(path: Path, labels: tuple[str, ...] | None = None) -> Rows:
    """Read and encode a file."""
    examples = detect(read(path)).examples
    assert isinstance(examples, Labelled | Multilabel)
    vectors = TextEncoder("all-MiniLM-L6-v2", cache=True).encode(examples.texts())
    return Rows(vectors, Targets.of(examples, labels))


def fitted(
    train: Rows, C: float, folds: NDArray[np.integer]
) -> tuple[LinearClassifier, NDArray[np.float32]]:
    """Return logistic regression on all rows, and out-of-fold logits."""
    logits = np.zeros(train.targets.values.shape, dtype=np.float32)
    for own, others in splits_of(folds):
        probe = fit_probe(train.vectors[others], train.targets.take(others), C)
        logits[own] = probe.classifier.logits(train.vectors[own])
    return fit_probe(train.vectors, train.targets, C).classifier, logits


def calibration(banking: Rows, C: float, seed: int) -> list[float]:
    """Return the calibration error before and after, and the log loss before and after."""
    order = np.random.default_rng(seed).permutation(len(banking.vectors))
    train, test = banking.take(order[:1000]), banking.take(order[1000:3000])
    folds = np.arange(1000) % FOLDS
    classifier, logits = fitted(train, C, folds)
    calibrated = calibrate(classifier, logits, train.targets, folds)
    found = [
        reliability(each.probabilities(test.vectors), test.targets)
        for each in (classifier, calibrated)
    ]
    return [each.error for each in found] + [each.log_loss for each in found]


def thresholds(train: Rows, test: Rows, C: float, folds: NDArray[np.integer]) -> list[float]:
    """Return macro F1 with 0.5, with the best F1 out of fold and with smoothed thresholds."""
    classifier, logits = fitted(train, C, folds)
    calibrated = calibrate(classifier, logits, train.targets, folds)
    assert calibrated.thresholds is not None
    half = np.full(len(calibrated.labels), 0.5, dtype=np.float32)
    same = LinearClassifier(np.eye(len(half), dtype=np.float32), 0 * half, classifier.labels, half)
    scaled = calibrate(same, logits, train.targets, folds)
    best = choose_thresholds(scaled.probabilities(logits), train.targets)
    probabilities = calibrated.probabilities(test.vectors)
    return [
        macro_f1(probabilities >= each, test.targets)
        for each in (half, best, calibrated.thresholds)
    ]


def macro_f1(given: NDArray[np.bool_], targets: Targets) -> float:
    """Return the mean F1 of the labels that occur."""
    scores = []
    for known, positive, own in zip(targets.known.T, targets.positive.T, given.T, strict=True):
        if positive.any():
            scores.append(f1_score(positive[known], own[known], zero_division=0))
    return float(np.mean(scores))


def cases(
    banking: Rows, larger: Rows, smaller: Rows, seed: int
) -> Iterator[tuple[str, Rows, Rows, NDArray[np.integer]]]:
    """Yield the name of a group, its training rows, test rows and folds."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(larger.vectors))
    yield "embetter, other file", larger, smaller, order % FOLDS
    both = Rows(np.vstack([larger.vectors, smaller.vectors]), larger.targets.join(smaller.targets))
    sizes = ((larger, 200), (larger, 500), (larger, 1000), (smaller, 130), (both, 1200))
    for rows, size in sizes:
        order = np.random.default_rng(seed).permutation(len(rows.vectors))
        train, test = rows.take(order[:size]), rows.take(order[size:])
        yield "embetter, rest", train, test, np.arange(size) % FOLDS
    for size, labels in ((300, 15), (1000, 15), (3000, 10)):
        rng = np.random.default_rng(seed)
        own = banking.as_multilabel(np.sort(rng.permutation(77)[:labels]))
        order = rng.permutation(len(own.vectors))
        train, test = own.take(order[:size]), own.take(order[size : size + 4000])
        yield "Banking77", train, test, np.arange(size) % FOLDS


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one C and one draw")
    quick = parser.parse_args().quick
    data = Path(os.environ.get("TUNESMITH_DATA", DATA))
    if not data.is_dir():
        print(f"skipped: there is no folder {data}; set TUNESMITH_DATA to the folder of the data")
        print(json.dumps({}))
        return
    banking = load(data / "banking77" / "train.csv")
    labels = ("data-quality", "dev-research", "new-dataset")
    larger = load(data / "embetter" / "new-dataset.jsonl", labels)
    smaller = load(data / "embetter" / "data-quality.jsonl", labels)
    strengths = (10.0,) if quick else (1.0, 10.0, 30.0)
    errors = []
    for C in strengths:
        found = np.mean(
            [calibration(banking, C, seed) for seed in range(1 if quick else 3)], axis=0
        )
        errors.append(found)
        print(
            f"C={C:<4g} calibration error {found[0]:.3f} to {found[1]:.3f}, "
            f"log loss {found[2]:.3f} to {found[3]:.3f}",
            flush=True,
        )
    scores: dict[str, list[list[float]]] = {}
    for C in strengths:
        for seed in range(1 if quick else 3):
            for name, train, test, folds in cases(banking, larger, smaller, seed):
                scores.setdefault(name, []).append(thresholds(train, test, C, folds))
    means = {name: np.mean(found, axis=0) for name, found in scores.items()}
    for name, mean in means.items():
        half, best, smoothed = mean
        print(f"{name:22} macro F1: 0.5 {half:.3f}, best F1 {best:.3f}, smoothed {smoothed:.3f}")
    before, after = np.mean(errors, axis=0)[:2]
    half, best, smoothed = np.mean(list(means.values()), axis=0)
    result = {
        "error_before": before,
        "error_after": after,
        "half_f1": half,
        "best_f1": best,
        "smoothed_f1": smoothed,
        "threshold_gain": smoothed - max(half, best),
    }
    print(json.dumps({name: round(float(value), 4) for name, value in result.items()}))


if __name__ == "__main__":
    main()
