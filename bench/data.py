"""Benchmark reading, detecting, grouping, splitting and checking a real file.

Run ``python bench/data.py [--quick]``. The file is Banking77's training set, 10,003 questions of
77 intents; ``TUNESMITH_DATA`` is the folder that contains ``banking77/train.csv``. For comparison
it times ``pandas.read_csv``, which does not report rejected lines, and two calls of scikit-learn's
``train_test_split``, which does not keep nearly equal texts together. ``split`` receives the
groups, as in a fit, so their cost is counted once; ``check`` computes its own. It prints a table
and a last line of JSON with median seconds.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn.model_selection import train_test_split

from tunesmith.data.checks.check import check
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.data.splits.near_duplicates import groups
from tunesmith.data.splits.split import split
from tunesmith.kinds import Labelled

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("TUNESMITH_DATA", ROOT.parent / "shared" / "data"))

Work = Callable[[], object]


def seconds(work: Work) -> float:
    """Return the wall time of a function call in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peer_split(labels: np.ndarray) -> None:
    """Split rows into 65% train, 15% validation and 20% test."""
    rest, _ = train_test_split(
        np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=0
    )
    train_test_split(rest, test_size=0.15 / 0.8, stratify=labels[rest], random_state=0)


def pieces(path: Path) -> dict[str, Work]:
    """Return each measured function by its name, with its inputs prepared."""
    loaded = read(path)
    detected = detect(loaded)
    examples = detected.examples
    if not isinstance(examples, Labelled):
        raise SystemExit(f"{path} was not detected as labelled text: {detected.reason}")
    texts, labels = examples.texts(), examples.labels
    near = groups(texts)
    return {
        "read": partial(read, path),
        "pandas_read_csv": partial(pd.read_csv, path),
        "detect": partial(detect, loaded),
        "groups": partial(groups, texts),
        "split": partial(split, examples, seed=0, groups=near),
        "sklearn_split": partial(peer_split, labels),
        "check": partial(check, detected, loaded),
    }


def measure(path: Path, repeats: int) -> dict[str, float]:
    """Return the median seconds of each function."""
    work = pieces(path)
    peer_split(np.repeat(["a", "b"], 20))
    pd.read_csv(path, nrows=1)
    times: dict[str, list[float]] = {name: [] for name in work}
    for repeat in range(repeats):
        # The order alternates, so that all have the same conditions.
        for name in list(work)[:: -1 if repeat % 2 else 1]:
            times[name].append(seconds(work[name]))
    return {f"{name}_seconds": statistics.median(taken) for name, taken in times.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one repeat")
    quick = parser.parse_args().quick
    path = DATA / "banking77" / "train.csv"
    if not path.is_file():
        print(f"skipped: there is no file {path}; set TUNESMITH_DATA to the folder of the data")
        print(json.dumps({}))
        return
    results = measure(path, repeats=1 if quick else 5)
    table = Table("measure", "seconds", title="Banking77, 10,003 rows for training")
    for name, value in results.items():
        table.add_row(name.removesuffix("_seconds"), f"{value:.4f}")
    Console().print(table)
    print(json.dumps({name: round(value, 5) for name, value in results.items()}))


if __name__ == "__main__":
    main()
