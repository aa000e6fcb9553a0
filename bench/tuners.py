"""Tuners and learners on frozen vectors, beside embetter 0.9.1 on the same data in one process.

Run ``python bench/tuners.py [--quick]``. Times are CPU seconds (both threads
of two cores count), medians of three; imports are timed in fresh interpreters. The peer runs with
its defaults. Both sides' vectors are scored alike: 5-NN by cosine and a logistic probe (C = 10)
on rows that neither has seen.

The last line is JSON. ``feed_forward_200``, ``feed_forward_10k``, ``contrastive_10k`` and
``import`` are the peer's time over ours. Ours stops when its loss stands still; the keys that end
in ``_all_epochs`` are ratios with every one of the 500 epochs run. ``import`` is that of the
package, ``import_names`` that of the four classes by name, which loads scikit-learn.
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

from spaces import OURS, Make, Sides, banking, few_of, first_of, imdb, marks
from tunesmith.tuners import FeedForwardTuner, LinearTuner

NAMES = "FeedForwardTuner, ContrastiveTuner, ContrastiveLearner, SbertLearner"


def cpu_seconds(work: Callable[[], Any]) -> float:
    """Return the CPU time of a piece of work."""
    start = time.process_time()
    work()
    return time.process_time() - start


def median_seconds(work: Callable[[], Any], repeats: int) -> float:
    """Return the median CPU time of repeats."""
    return statistics.median(cpu_seconds(work) for _ in range(repeats))


def child_seconds(code: str) -> float:
    """Return the CPU time of a fresh interpreter, less that of an empty one."""

    def run(script: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-W", "ignore", "-c", script], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return max(statistics.median(run(code) for _ in range(3)) - run("pass"), 1e-3)


def imports() -> dict[str, float]:
    """Compare imports."""
    peer = child_seconds(f"from embetter.finetune import {NAMES}")
    package = child_seconds("import tunesmith.tuners")
    names = child_seconds(f"from tunesmith.compat.embetter import {NAMES}")
    print(f"import: peer {peer:.2f} s, package {package:.3f} s, the four names {names:.2f} s")
    return {"import": peer / package, "import_names": peer / names}


def beside_peer(draw: Callable[[int], Sides], ours: Sequence[Make], peer: Any, repeats: int) -> Any:
    """Time all on the same rows, print their mean marks, and return the peer's time over each."""
    makes: list[Make] = [lambda _: peer(), *ours]
    seconds: list[list[float]] = [[] for _ in makes]
    judged: list[list[tuple[float, float]]] = [[] for _ in makes]
    for make in makes:  # what is loaded on first use is counted on no side
        few = few_of(draw(0), 3, 0)
        make(0).fit(few.X, few.y)
    for repeat in range(repeats):
        torch.manual_seed(repeat)
        sides = draw(repeat)
        for index, make in enumerate(makes):
            tuner = make(repeat)
            seconds[index].append(cpu_seconds(partial(tuner.fit, sides.X, sides.y)))
            found = marks(tuner.transform, sides)
            judged[index].append((found.neighbours.mean(), found.probe.mean()))
    for index in range(len(makes)):
        neighbours, probe = np.mean(judged[index], axis=0)
        name = "peer" if not index else f"ours {index}"
        took = statistics.median(seconds[index])
        print(f"  {name:8} {took:8.2f} s   5-NN {neighbours:.4f}   probe {probe:.4f}", flush=True)
    medians = [statistics.median(each) for each in seconds]
    return [medians[0] / median for median in medians[1:]]


def speed(reviews: Sides, questions: Sides, *, quick: bool) -> dict[str, float]:
    """Time everything that the peer has too."""
    many = first_of(questions, 10_000)
    feed_forward: list[Make] = [
        OURS["FeedForwardTuner"],
        lambda seed: FeedForwardTuner(patience=500, random_state=seed),
    ]
    found: dict[str, float] = {}
    print("feed_forward_200: ours 1 as it is, ours 2 with all 500 epochs")
    ratios = beside_peer(
        lambda seed: few_of(reviews, 100, seed), feed_forward, PeerFeedForward, 3 if quick else 5
    )
    found |= dict(zip(("feed_forward_200", "feed_forward_200_all_epochs"), ratios, strict=True))
    print("contrastive_10k")
    ratios = beside_peer(
        lambda _: many, [OURS["ContrastiveTuner"]], PeerContrastive, 1 if quick else 3
    )
    found["contrastive_10k"] = ratios[0]
    if not quick:
        print("feed_forward_10k: ours 1 as it is, ours 2 with all 500 epochs")
        ratios = beside_peer(lambda _: many, feed_forward, PeerFeedForward, 3)
        found |= dict(zip(("feed_forward_10k", "feed_forward_10k_all_epochs"), ratios, strict=True))
    return found


def closed_form(questions: Sides, *, quick: bool) -> dict[str, float]:
    """Time the closed form at 10,000 rows, and at a million with its memory."""
    many = first_of(questions, 10_000)
    seconds = median_seconds(lambda: LinearTuner().fit(many.X, many.y), 5)
    wall = statistics.median(
        wall_seconds(lambda: LinearTuner().fit(many.X, many.y)) for _ in "12345"
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
    """Return the wall time of a piece of work."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def fit_rows(rows: int) -> None:
    """Fit the closed form on random rows; print the time and the memory beside the input."""
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
    """Measure everything."""
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
