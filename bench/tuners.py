"""Benchmark tuners on frozen vectors against embetter 0.9.1, on the same data in one process.

Run ``python bench/tuners.py [--quick]``. Times are CPU seconds (summed over threads), medians of
three; imports are timed in fresh interpreters. embetter, the peer, runs with its defaults. The
vectors of both are scored in the same way: 5-NN by cosine and a logistic probe (C = 10) on rows
that neither has seen.

The last line is JSON. ``feed_forward_200``, ``feed_forward_10k``, ``contrastive_10k`` and
``import`` are the peer's time over ours. Our training stops when the loss stops improving; keys
that end in ``_all_epochs`` are ratios with all 500 epochs. ``import`` is the time for the package,
``import_names`` that for the four classes by name, which loads scikit-learn.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from embetter.finetune import ContrastiveTuner as PeerContrastive
from embetter.finetune import FeedForwardTuner as PeerFeedForward

from spaces import OURS, Make, Split, banking, evaluate, few_of, first_of, imdb
from tunesmith.tuners import FeedForwardTuner, LinearTuner

NAMES = "FeedForwardTuner, ContrastiveTuner, ContrastiveLearner, SbertLearner"


def cpu_seconds(work: Callable[[], Any]) -> float:
    """Return the CPU time of a function call in seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def median_seconds(work: Callable[[], Any], repeats: int) -> float:
    """Return the median CPU time of repeated calls in seconds."""
    return statistics.median(cpu_seconds(work) for _ in range(repeats))


def child_seconds(code: str) -> float:
    """Return the CPU time of code in a fresh interpreter, minus the interpreter's start-up."""

    def run(script: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-W", "ignore", "-c", script], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return max(statistics.median(run(code) for _ in range(3)) - run("pass"), 1e-3)


def imports() -> dict[str, float]:
    """Compare the import times."""
    peer = child_seconds(f"from embetter.finetune import {NAMES}")
    package = child_seconds("import tunesmith.tuners")
    names = child_seconds(f"from tunesmith.compat.embetter import {NAMES}")
    print(f"import: peer {peer:.2f} s, package {package:.3f} s, the four names {names:.2f} s")
    return {"import": peer / package, "import_names": peer / names}


def time_ratios(draw: Callable[[int], Split], ours: Sequence[Make], peer: Any, repeats: int) -> Any:
    """Time all tuners on the same rows, print scores, and return the peer's time over each."""
    makes: list[Make] = [lambda _: peer(), *ours]
    seconds: list[list[float]] = [[] for _ in makes]
    accuracies: list[list[tuple[float, float]]] = [[] for _ in makes]
    for make in makes:  # a first fit, so that lazy imports are not timed
        few = few_of(draw(0), 3, 0)
        make(0).fit(few.X, few.y)
    for repeat in range(repeats):
        torch.manual_seed(repeat)
        data = draw(repeat)
        for index, make in enumerate(makes):
            tuner = make(repeat)
            seconds[index].append(cpu_seconds(partial(tuner.fit, data.X, data.y)))
            hits = evaluate(tuner.transform, data)
            accuracies[index].append((hits.neighbours.mean(), hits.probe.mean()))
    for index in range(len(makes)):
        neighbours, probe = np.mean(accuracies[index], axis=0)
        name = "peer" if not index else f"ours {index}"
        median = statistics.median(seconds[index])
        print(f"  {name:8} {median:8.2f} s   5-NN {neighbours:.4f}   probe {probe:.4f}", flush=True)
    medians = [statistics.median(each) for each in seconds]
    return [medians[0] / median for median in medians[1:]]


def speed(reviews: Split, questions: Split, *, quick: bool) -> dict[str, float]:
    """Time the tuners that the peer has as well."""
    large = first_of(questions, 10_000)
    feed_forward: list[Make] = [
        OURS["FeedForwardTuner"],
        lambda seed: FeedForwardTuner(patience=500, random_state=seed),
    ]
    found: dict[str, float] = {}
    print("feed_forward_200: ours 1 with early stopping, ours 2 with all 500 epochs")
    ratios = time_ratios(
        lambda seed: few_of(reviews, 100, seed), feed_forward, PeerFeedForward, 3 if quick else 5
    )
    found |= dict(zip(("feed_forward_200", "feed_forward_200_all_epochs"), ratios, strict=True))
    print("contrastive_10k")
    ratios = time_ratios(
        lambda _: large, [OURS["ContrastiveTuner"]], PeerContrastive, 1 if quick else 3
    )
    found["contrastive_10k"] = ratios[0]
    if not quick:
        print("feed_forward_10k: ours 1 with early stopping, ours 2 with all 500 epochs")
        ratios = time_ratios(lambda _: large, feed_forward, PeerFeedForward, 3)
        found |= dict(zip(("feed_forward_10k", "feed_forward_10k_all_epochs"), ratios, strict=True))
    return found


def closed_form(questions: Split, *, quick: bool) -> dict[str, float]:
    """Time the closed-form tuner on 10,000 rows, and time and memory on up to a million."""
    large = first_of(questions, 10_000)
    seconds = median_seconds(lambda: LinearTuner().fit(large.X, large.y), 5)
    wall = statistics.median(
        wall_seconds(lambda: LinearTuner().fit(large.X, large.y)) for _ in range(5)
    )
    print(f"LinearTuner 10,000 x 384: {seconds:.3f} s CPU, {wall:.3f} s wall")
    found = {"linear_10k_seconds": wall}
    for rows in () if quick else (250_000, 500_000, 1_000_000):
        run = subprocess.run(
            [sys.executable, __file__, "--rows", str(rows)],
            capture_output=True,
            text=True,
            check=True,
        )
        found |= {f"linear_{rows}_{key}": value for key, value in json.loads(run.stdout).items()}
        print(f"LinearTuner {rows:,} x 384: {run.stdout.strip()}", flush=True)
    return found


def wall_seconds(work: Callable[[], Any]) -> float:
    """Return the wall time of a function call in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def fit_rows(rows: int) -> None:
    """Fit the closed-form tuner on random rows; print the time and the memory ratio."""
    rng = np.random.default_rng(0)
    X = np.empty((rows, 384), dtype=np.float32)
    for start in range(0, rows, 10_000):
        X[start : start + 10_000] = rng.standard_normal((min(10_000, rows - start), 384))
    y = np.arange(rows) % 77
    LinearTuner().fit(X[:1000], y[:1000])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    seconds = wall_seconds(lambda: LinearTuner().fit(X, y))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        json.dumps(
            {"seconds": round(seconds, 2), "memory_ratio": round(1 + (peak - before) / X.nbytes, 3)}
        )
    )


def main() -> None:
    """Run all benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one repeat, without the long runs")
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rows:
        fit_rows(options.rows)
        return
    warnings.simplefilter("ignore")
    found = imports()
    questions, reviews = banking(), imdb()
    found |= closed_form(questions, quick=options.quick)
    found |= speed(reviews, questions, quick=options.quick)
    print(json.dumps({name: round(value, 3) for name, value in found.items()}))


if __name__ == "__main__":
    main()
