"""A base adapted to arXiv first, then the label "new-dataset": against the label alone.

5,000 abstracts adapt the base, by TSDAE and by their titles. 2,209 sentences of abstracts carry the
label or not; five folds, near-equal texts in one, test every sentence once by a probe that learned
from the others, on the vectors of each base and behind the closed-form map that learns from the
same folds. Intervals are those of a paired bootstrap over the sentences. It ends with a line of
JSON.

    python bench/adapt.py [--texts 5000] [--quick]       # --quick: 100 abstracts
    python bench/adapt.py --adapted tsdae=FOLDER titles=FOLDER     # what was adapted before
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
    """Adapt the base in both ways; titles go at a low rate, for nothing judges them on the way."""
    pairs = detect(read(DATA / "arxiv" / "abstracts.jsonl")).examples.take(np.arange(texts))
    abstracts = reshape(pairs, Kind.TEXTS)
    ranking = PairedRecipe("ranking", train_layers=3, epochs=1, learning_rate=5e-5)
    made = {"tsdae": folder / "tsdae", "titles": folder / "titles"}
    for run in (
        UnlabelledRecipe("tsdae").run(bundled_folder(), abstracts, made["tsdae"]),
        ranking.run(bundled_folder(), pairs, made["titles"]),
    ):
        print(f"adapted in {run.seconds:.0f} s, {run.steps} steps", flush=True)
    return made


def answers(
    vectors: NDArray[np.float32],
    labels: NDArray[np.int64],
    parts: list[NDArray[np.int64]],
    *,
    tuned: bool,
) -> Scores:
    """Return each sentence's chance of the label, by a probe that did not see it."""
    chances = np.zeros(len(labels))
    for held in parts:
        rest = np.setdiff1d(np.arange(len(labels)), held)
        learned, asked = vectors[rest], vectors[held]
        if tuned:
            tuner = LinearTuner().fit(learned, labels[rest])
            learned, asked = tuner.transform(learned), tuner.transform(asked)
        probe = LogisticRegression(C=10.0, max_iter=2000, class_weight="balanced")
        chances[held] = probe.fit(learned, labels[rest]).predict_proba(asked)[:, 1]
    return chances


METRICS: dict[str, Callable[[NDArray[np.int64], Scores], float]] = {
    "balanced accuracy": lambda labels, found: balanced_accuracy_score(labels, found >= 0.5),
    "average precision": average_precision_score,
}


def interval(labels: NDArray[np.int64], before: Scores, after: Scores, metric: str) -> str:
    """Return the difference of a metric and its paired bootstrap interval."""
    measure, generator = METRICS[metric], np.random.default_rng(0)
    differences = []
    for _ in range(RESAMPLES):
        rows = generator.integers(len(labels), size=len(labels))
        differences.append(measure(labels[rows], after[rows]) - measure(labels[rows], before[rows]))
    low, high = np.percentile(differences, [2.5, 97.5])
    return f"{measure(labels, after) - measure(labels, before):+.4f} ({low:+.4f} to {high:+.4f})"


def main() -> None:
    """Adapt, learn the label, compare, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=5000)
    parser.add_argument("--quick", action="store_true", help="100 abstracts")
    parser.add_argument("--adapted", nargs="+", metavar="NAME=FOLDER")
    words = parser.parse_args()
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
        given = dict(each.split("=", 1) for each in words.adapted or ())
        made = {key: Path(value) for key, value in given.items()}
        made = made or adapt(100 if words.quick else words.texts, Path(name))
        alone: dict[bool, Scores] = {}
        for model, folder in {"base": bundled_folder(), **made}.items():
            vectors = SentenceEncoder(str(folder), cache=False).encode(rows.texts())
            for tuned in (False, True):
                chances = answers(vectors, labels, parts, tuned=tuned)
                alone.setdefault(tuned, chances)
                title = f"{model}, {'map and probe' if tuned else 'probe'}"
                for metric, measure in METRICS.items():
                    told = interval(labels, alone[tuned], chances, metric)
                    figures[f"{title}, {metric}"] = round(measure(labels, chances), 4)
                    print(f"{title:<22} {metric:<18} {measure(labels, chances):.4f}  {told}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
