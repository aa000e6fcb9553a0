"""Data sets as vectors, and the evaluation of embedding spaces, for the benchmarks of tuners."""

import csv
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from tunesmith import SentenceEncoder
from tunesmith.tuners import ContrastiveTuner, FeedForwardTuner, LinearTuner

DATA = Path(os.environ.get("TUNESMITH_DATA", Path(__file__).parents[2] / "shared" / "data"))
Make = Callable[[int], Any]
OURS: dict[str, Make] = {
    "LinearTuner": lambda _: LinearTuner(),
    "FeedForwardTuner": lambda seed: FeedForwardTuner(random_state=seed),
    "ContrastiveTuner": lambda seed: ContrastiveTuner(random_state=seed),
    "ContrastiveTuner, full width": lambda seed: ContrastiveTuner(None, random_state=seed),
}


@dataclass(frozen=True, eq=False)
class Split:
    """Vectors and labels for training and testing."""

    X: Any
    y: Any
    X_test: Any
    y_test: Any


@dataclass(frozen=True, eq=False)
class Hits:
    """Whether each test row was predicted correctly by 5-NN and by a probe, 0 or 1."""

    neighbours: Any
    probe: Any


def evaluate(transform: Callable[[Any], Any], data: Split) -> Hits:
    """Evaluate a transformation of the vectors with 5-NN and a probe."""
    train, test = unit(transform(data.X)), unit(transform(data.X_test))
    nearest = KNeighborsClassifier(5, metric="cosine").fit(train, data.y).predict(test)
    probe = LogisticRegression(C=10, max_iter=300).fit(train, data.y).predict(test)
    return Hits(nearest == data.y_test, probe == data.y_test)


def unit(vectors: Any) -> Any:
    """Return L2-normalised vectors."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def banking() -> Split:
    """Return Banking77, training and test file."""
    return Split(
        *columns(DATA / "banking77" / "train.csv", "text", "category"),
        *columns(DATA / "banking77" / "test.csv", "text", "category"),
    )


def imdb() -> Split:
    """Return the film reviews, training and test file."""
    return Split(
        *columns(DATA / "imdb" / "train.jsonl", "text", "label"),
        *columns(DATA / "imdb" / "test.jsonl", "text", "label"),
    )


def columns(path: Path, text: str, label: str) -> tuple[Any, Any]:
    """Return the vectors and labels of a CSV or JSON Lines file."""
    rows = read_lines(path) if path.suffix == ".jsonl" else read_rows(path)
    vectors = SentenceEncoder(verbose=True).encode([row[text] for row in rows])
    return vectors, np.array([row[label] for row in rows])


def few_of(data: Split, each: int, seed: int) -> Split:
    """Draw a number of training rows of each class."""
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(np.flatnonzero(data.y == name))[:each] for name in np.unique(data.y)]
    chosen = np.concatenate(rows)
    return Split(data.X[chosen], data.y[chosen], data.X_test, data.y_test)


def first_of(data: Split, count: int) -> Split:
    """Return the first training rows, with all test rows."""
    return Split(data.X[:count], data.y[:count], data.X_test, data.y_test)


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read JSON Lines."""
    return [json.loads(each) for each in path.read_text(encoding="utf-8").splitlines()]


def read_table(path: Path) -> list[list[str]]:
    """Read a TSV without its header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t"))[1:]
