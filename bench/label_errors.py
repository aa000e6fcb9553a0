"""Benchmark suspected label errors on Banking77 with 5% of the labels changed.

Run ``python bench/label_errors.py [--quick]``; ``TUNESMITH_DATA`` is the folder that contains
``banking77/train.csv``. Labels are changed in two ways:

- shuffled: the rows exchange labels among each other until every one of them is wrong;
- confused: each row gets one of the two labels that a classifier finds most probable after its own
  (by out-of-fold probabilities on the original labels), as an annotator might.

Out-of-fold probabilities come from logistic regression (C=10) on vectors of the bundled model in
five folds, and are calibrated. Near-duplicates are in the same fold.

Precision is the share of suspects whose label was changed, recall the share of changed labels that
are suspects. The original labels have errors too, so the true precision is higher. ``relabelled``
is the share of the changed labels found for which the likely label is the original one. The
baseline suspects every row whose most probable label is not its own.

The last line is JSON with the means over the draws; ``clean`` is the number of suspects among the
original labels.
"""

import argparse
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
from numpy.typing import NDArray

from tunesmith.data import detect, folds, read
from tunesmith.data.splits.near_duplicates import groups
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.evaluation.labels.calibration import calibrated_probabilities, splits_of
from tunesmith.evaluation.labels.label_errors import suspected_labels
from tunesmith.evaluation.labels.probe import fit_probe
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.kinds import Labelled

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SHARE, FOLDS, C = 0.05, 5, 10.0


@dataclass(frozen=True, eq=False)
class Data:
    """Vectors, original labels and fold numbers."""

    vectors: NDArray[np.float32]
    targets: Targets
    parts: NDArray[np.int64]

    def with_labels(self, codes: NDArray[np.int64]) -> "Data":
        """Return the same rows with other labels."""
        values = np.eye(len(self.targets.labels), dtype=np.float32)[codes]
        return replace(self, targets=Targets(values, self.targets.labels, multilabel=False))

    def out_of_fold(self) -> NDArray[np.float32]:
        """Return calibrated out-of-fold probabilities."""
        logits = np.zeros(self.targets.values.shape, dtype=np.float32)
        for own, others in splits_of(self.parts):
            probe = fit_probe(self.vectors[others], self.targets.take(others), C)
            logits[own] = probe.classifier.logits(self.vectors[own])
        return calibrated_probabilities(logits, self.targets, self.parts)


def shuffled(data: Data, seed: int) -> NDArray[np.int64]:
    """Return labels of which 5% are exchanged."""
    rng = np.random.default_rng(seed)
    original = data.targets.codes
    rows = _drawn(len(original), rng)
    codes, same = original.copy(), rows
    while len(same):
        for row, partner in zip(same, rng.choice(rows, len(same), replace=False), strict=True):
            codes[[row, partner]] = codes[[partner, row]]
        same = rows[codes[rows] == original[rows]]
    return codes


def confused(data: Data, seed: int) -> NDArray[np.int64]:
    """Return labels of which 5% are replaced with a similar one."""
    rng = np.random.default_rng(seed)
    codes = data.targets.codes
    rows = _drawn(len(codes), rng)
    others = np.where(data.targets.positive, -1, data.out_of_fold())[rows]
    ranked = np.argsort(-others, axis=1)
    codes[rows] = ranked[np.arange(len(rows)), rng.integers(0, 2, len(rows))]
    return codes


def _drawn(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return rng.choice(n, size=round(SHARE * n), replace=False)


def measure(data: Data, codes: NDArray[np.int64]) -> dict[str, float]:
    """Return the figures for these labels."""
    original = data.targets.codes
    wrong = codes != original
    changed = data.with_labels(codes)
    probabilities = changed.out_of_fold()
    suspects = suspected_labels(probabilities, changed.targets, np.arange(len(codes)))
    rows = np.array([suspect.row for suspect in suspects], dtype=np.int64)
    likely = np.array([data.targets.labels.index(suspect.likely) for suspect in suspects])
    simple = probabilities.argmax(axis=1) != codes
    hits = wrong[rows]
    return {
        "suspects": len(rows),
        "precision": float(hits.mean()) if len(rows) else 0.0,
        "recall": float(hits.sum() / max(wrong.sum(), 1)),
        "relabelled": float((likely == original[rows])[hits].mean()) if hits.any() else 0.0,
        "baseline_precision": float(wrong[simple].mean()),
        "baseline_recall": float(wrong[simple].sum() / max(wrong.sum(), 1)),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one draw on 3,000 rows")
    quick = parser.parse_args().quick
    path = Path(os.environ.get("TUNESMITH_DATA", DATA)) / "banking77" / "train.csv"
    if not path.is_file():
        print(f"skipped: there is no file {path}; set TUNESMITH_DATA to the folder of the data")
        print(json.dumps({}))
        return
    examples = detect(read(path)).examples
    assert isinstance(examples, Labelled)
    if quick:
        chosen = np.random.default_rng(0).permutation(len(examples))[:3000]
        examples = examples.take(np.sort(chosen))
    vectors = TextEncoder("all-MiniLM-L6-v2", cache=True).encode(examples.texts())
    targets = Targets.of(examples)
    near = groups(examples.texts())
    means: dict[str, float] = {}
    for name, change in (("shuffled", shuffled), ("confused", confused)):
        found = []
        for seed in range(1 if quick else 3):
            parts = np.zeros(len(examples), dtype=np.int64)
            for number, rows in enumerate(folds(examples, FOLDS, seed=seed, groups=near)):
                parts[rows] = number
            data = Data(vectors, targets, parts)
            found.append(measure(data, change(data, seed)))
            print(
                name, seed, {key: round(value, 3) for key, value in found[-1].items()}, flush=True
            )
        for key in found[0]:
            means[f"{name}_{key}"] = round(float(np.mean([each[key] for each in found])), 4)
    means["clean"] = measure(data, targets.codes)["suspects"]
    print(json.dumps(means))


if __name__ == "__main__":
    main()
