"""Benchmark the forecast of learning curves for twice the data, on nested random subsets.

``advise`` sees only the smaller set. Its forecast is compared with measurements on the doubled
set:

``folds``: the last point of the learning curve of the doubled set, which is cross-validated with
five folds. This is what the forecast predicts, and the headline.
``test file`` (Banking77): the accuracy on the test file of a probe trained on the doubled set. The
test file has balanced classes and is the same for all sizes, but it is not exactly what was
forecast. It also shows whether the ten classes with the largest forecast gains do gain most: the
change in the share of their rows that are predicted correctly, and the same for the other classes.

    python bench/advise.py [--quick]        # --quick: one seed, Banking77 up to 2,500 rows
    python bench/advise.py --seeds 20 21 22
"""

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


import numpy as np
import pyarrow as pa

from tunesmith import SentenceEncoder
from tunesmith.advice.learning_curve import LearningCurve, learning_curve
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.data.splits.near_duplicates import groups
from tunesmith.evaluation.labels.probe import fit_probe
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.kinds import Labelled, Multilabel

DATA = Path(os.environ.get("TUNESMITH_DATA", Path(__file__).parents[2] / "shared" / "data"))
BANKING = (312, 625, 1_250, 2_500, 5_000, 10_000)
REVIEWS = (187, 375, 750, 1_500, 3_000)
SENTENCES = (275, 550, 1_100, 2_200)
NEAR = 0.02
NAMED = 10


@dataclass(frozen=True, eq=False)
class Source:
    """Rows, their vectors and their groups of nearly equal texts."""

    examples: Labelled | Multilabel
    vectors: np.ndarray
    near: np.ndarray

    @classmethod
    def of(cls, *names: str) -> "Source":
        """Read, concatenate and encode files of one kind."""
        parts = [detect(read(DATA / name)).examples for name in names]
        examples = replace(parts[0], table=pa.concat_tables([part.table for part in parts]))
        assert isinstance(examples, Labelled | Multilabel)
        texts = examples.texts()
        return cls(examples, SentenceEncoder(verbose=True).encode(texts), groups(texts))

    def take(self, rows: np.ndarray) -> "Source":
        """Return some of the rows."""
        return Source(self.examples.take(rows), self.vectors[rows], self.near[rows])

    @property
    def labels(self) -> np.ndarray:
        """The label of each row."""
        assert isinstance(self.examples, Labelled)
        return self.examples.labels


@dataclass(frozen=True, eq=False)
class Doubling:
    """The learning curves of a set and of the doubled set."""

    before: LearningCurve
    after: LearningCurve

    @property
    def error(self) -> float:
        """The forecast minus the measured score."""
        return self.before.doubled.score - self.after.score

    @property
    def bounded(self) -> bool:
        """Whether the measured score is within the interval."""
        return self.before.doubled.low <= self.after.score <= self.before.doubled.high


def subsets(source: Source, sizes: Sequence[int], seed: int) -> list[Source]:
    """Return nested random subsets of the rows."""
    order = np.random.default_rng(seed).permutation(len(source.examples))
    return [source.take(order[:size]) for size in sizes]


def curve(part: Source, seed: int) -> LearningCurve:
    """Return the learning curve of some rows."""
    return learning_curve(part.vectors, part.examples, part.near, seed=seed)


def right(part: Source, C: float, test: Source) -> np.ndarray:
    """Return which test rows are predicted correctly by a probe trained on a part, 0 or 1."""
    probe = fit_probe(part.vectors, Targets.of(part.examples), C).classifier
    answers = [given[0] for given in probe.predict(test.vectors)]
    return np.asarray(np.array(answers) == test.labels, dtype=float)


def gains(found: Doubling, more: np.ndarray, test: Source) -> tuple[float, float]:
    """Return the mean gain on the classes with the largest forecast gains, and on the others."""
    known = [each.label for each in found.before.classes]
    labels = test.labels
    named, others = np.isin(labels, known[:NAMED]), np.isin(labels, known[NAMED:])
    return float(more[named].mean()), float(more[others].mean())


def show(name: str, found: Sequence[Doubling]) -> dict[str, Any]:
    """Print a line for each doubling, and return a summary."""
    print(f"{name}\nseed   rows     now  forecast        interval   folds   error")
    for each in found:
        doubled = each.before.doubled
        interval = f"{doubled.low:.3f} to {doubled.high:.3f}"
        print(
            f"{each.before.seed:4} {each.before.rows:6,} {each.before.score:7.3f} "
            f"{doubled.score:9.3f} {interval:>15} {each.after.score:7.3f} {each.error:+7.3f}"
        )
    near = sum(abs(each.error) <= NEAR for each in found)
    error = mean(abs(each.error) for each in found)
    bounded = sum(each.bounded for each in found)
    print(f"within {NEAR}: {near} of {len(found)}, mean error {error:.4f}, in interval {bounded}")
    return {"doublings": len(found), "near": near, "mean_error": error, "in_interval": bounded}


def of_banking(seeds: Sequence[int], sizes: Sequence[int]) -> dict[str, Any]:
    """Forecast Banking77, and compare with its test file as well."""
    train, test = Source.of("banking77/train.csv"), Source.of("banking77/test.csv")
    found, tests, gained = [], [], []
    for seed in seeds:
        parts = subsets(train, sizes, seed)
        curves = [curve(part, seed) for part in parts]
        answers = [right(part, own.C, test) for part, own in zip(parts, curves, strict=True)]
        steps = [Doubling(*both) for both in pairwise(curves)]
        found += steps
        tests += [float(then.mean()) for then in answers[1:]]
        more = [then - first for first, then in pairwise(answers)]
        gained += [gains(*both, test) for both in zip(steps, more, strict=True)]
    figures = show("Banking77", found)
    print("seed   rows  forecast  test file   gain of named classes   of others")
    for each, accuracy, (named, others) in zip(found, tests, gained, strict=True):
        before = each.before
        print(
            f"{before.seed:4} {before.rows:6,} {before.doubled.score:9.3f} {accuracy:10.3f} "
            f"{named:+23.3f} {others:+11.3f}"
        )
    errors = [each.before.doubled.score - own for each, own in zip(found, tests, strict=True)]
    by_seed = {
        seed: sum(abs(each.error) <= NEAR for each in found if each.before.seed == seed)
        for seed in seeds
    }
    return {
        **figures,
        "near_by_seed": by_seed,
        "near_on_test_file": sum(abs(each) <= NEAR for each in errors),
        "gain_of_named": mean(named for named, _ in gained),
        "gain_of_others": mean(others for _, others in gained),
    }


def of_others(
    name: str, source: Source, seeds: Sequence[int], sizes: Sequence[int]
) -> dict[str, Any]:
    """Forecast data without a test file, or without enough rows for one."""
    curves = [[curve(part, seed) for part in subsets(source, sizes, seed)] for seed in seeds]
    return show(name, [Doubling(*both) for own in curves for both in pairwise(own)])


def main() -> None:
    """Print all doublings and how many forecasts were close, also as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed, up to 2,500 rows")
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[0, 1, 2], help="random seeds for the subsets"
    )
    args = parser.parse_args()
    quick, seeds = args.quick, args.seeds[:1] if args.quick else args.seeds
    if not DATA.is_dir():
        print(f"skipped: there is no folder {DATA}; set TUNESMITH_DATA to the folder of the data")
        return
    reviews = Source.of("imdb/train.jsonl", "imdb/test.jsonl")
    sentences = Source.of("embetter/new-dataset.jsonl")
    figures = {
        "banking77": of_banking(seeds, BANKING[:4] if quick else BANKING),
        "imdb": of_others("Film reviews, two classes", reviews, seeds, REVIEWS),
        "embetter": of_others("arXiv sentences, multi-label", sentences, seeds, SENTENCES),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
