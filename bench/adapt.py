"""Benchmark domain adaptation to arXiv for predicting the label "new-dataset".

The base is adapted to 5,000 abstracts, by TSDAE and by title-abstract pairs. The task has 2,209
sentences of abstracts, with or without the label. Five-fold cross-validation with nearly equal
texts in one fold tests every sentence once, with a probe on the vectors of each base and on a
closed-form map fitted on the same folds. Intervals are from a paired bootstrap over the
sentences. The last line is JSON.

    python bench/adapt.py [--texts 5000] [--quick]       # --quick: 100 abstracts
    python bench/adapt.py --adapted tsdae=FOLDER titles=FOLDER     # reuse adapted models
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["TUNESMITH_HOME"] = tempfile.mkdtemp()

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, balanced_accuracy_score

from tunesmith import LinearTuner, SentenceEncoder
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.data.reshaping.reshape import reshape
from tunesmith.data.splits.split import folds
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.kinds import Kind, Multilabel
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.unlabelled import UnlabelledRecipe

DATA = Path(os.environ.get("TUNESMITH_DATA", Path(__file__).parents[2] / "shared" / "data"))
LABEL, RESAMPLES = "new-dataset", 2000
Scores = NDArray[np.float64]


def adapt(texts: int, folder: Path) -> dict[str, Path]:
    """Adapt the base in both ways; titles use a low learning rate, as there is no validation."""
    pairs = detect(read(DATA / "arxiv" / "abstracts.jsonl")).examples.take(np.arange(texts))
    abstracts = reshape(pairs, Kind.TEXTS)
    ranking = PairedRecipe("ranking", train_layers=3, epochs=1, learning_rate=5e-5)
    adapted = {"tsdae": folder / "tsdae", "titles": folder / "titles"}
    for run in (
        UnlabelledRecipe("tsdae").run(bundled_folder(), abstracts, adapted["tsdae"]),
        ranking.run(bundled_folder(), pairs, adapted["titles"]),
    ):
        print(f"adapted in {run.seconds:.0f} s, {run.steps} steps", flush=True)
    return adapted


def answers(
    vectors: NDArray[np.float32],
    labels: NDArray[np.int64],
    parts: list[NDArray[np.int64]],
    *,
    tuned: bool,
) -> Scores:
    """Return the probability of the label for each sentence, from a probe that did not see it."""
    probabilities = np.zeros(len(labels))
    for holdout in parts:
        rest = np.setdiff1d(np.arange(len(labels)), holdout)
        train, test = vectors[rest], vectors[holdout]
        if tuned:
            tuner = LinearTuner().fit(train, labels[rest])
            train, test = tuner.transform(train), tuner.transform(test)
        probe = LogisticRegression(C=10.0, max_iter=2000, class_weight="balanced")
        probabilities[holdout] = probe.fit(train, labels[rest]).predict_proba(test)[:, 1]
    return probabilities


METRICS: dict[str, Callable[[NDArray[np.int64], Scores], float]] = {
    "balanced accuracy": lambda labels, found: balanced_accuracy_score(labels, found >= 0.5),
    "average precision": average_precision_score,
}


def interval(labels: NDArray[np.int64], before: Scores, after: Scores, metric: str) -> str:
    """Return the difference of a metric and its 95% confidence interval (paired bootstrap)."""
    measure, generator = METRICS[metric], np.random.default_rng(0)
    differences = []
    for _ in range(RESAMPLES):
        rows = generator.integers(len(labels), size=len(labels))
        differences.append(measure(labels[rows], after[rows]) - measure(labels[rows], before[rows]))
    low, high = np.percentile(differences, [2.5, 97.5])
    return f"{measure(labels, after) - measure(labels, before):+.4f} ({low:+.4f} to {high:+.4f})"


def main() -> None:
    """Adapt the base, train probes, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=5000)
    parser.add_argument("--quick", action="store_true", help="100 abstracts")
    parser.add_argument("--adapted", nargs="+", metavar="NAME=FOLDER")
    args = parser.parse_args()
    found = detect(read(DATA / "embetter" / "new-dataset.jsonl")).examples
    assert isinstance(found, Multilabel)
    known = np.flatnonzero(~np.isnan(found.matrix((LABEL,))[:, 0]))
    rows = found.take(known)
    assert isinstance(rows, Multilabel)
    labels = rows.matrix((LABEL,))[:, 0].astype(np.int64)
    parts = folds(rows, 5, seed=0)
    print(f"{len(labels)} sentences, {labels.mean():.1%} with the label")
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        given = dict(each.split("=", 1) for each in args.adapted or ())
        adapted = {key: Path(value) for key, value in given.items()}
        adapted = adapted or adapt(100 if args.quick else args.texts, Path(name))
        base: dict[bool, Scores] = {}
        for model, folder in {"base": bundled_folder(), **adapted}.items():
            vectors = SentenceEncoder(str(folder), cache=False).encode(rows.texts())
            for tuned in (False, True):
                probabilities = answers(vectors, labels, parts, tuned=tuned)
                base.setdefault(tuned, probabilities)
                title = f"{model}, {'map and probe' if tuned else 'probe'}"
                for metric, measure in METRICS.items():
                    score = measure(labels, probabilities)
                    change = interval(labels, base[tuned], probabilities, metric)
                    figures[f"{title}, {metric}"] = round(score, 4)
                    print(f"{title:<22} {metric:<18} {score:.4f}  {change}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
