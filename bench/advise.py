"""Does a learning curve foretell the next doubling? Nested random subsets of real data.

``advise`` sees the smaller set alone. Its forecast is held against measurements of the doubled set
that it never saw:

``folds``: the end of the doubled set's own learning curve, which tests all of its rows by probes
that learnt four fifths of them. That is what the forecast is of, and the headline.
``test file`` (Banking77): a probe that learnt all of the doubled set answers the test file, whose
classes are balanced and which knows none of these rows. It is the same to all sizes, but not quite
what was forecast. There it is also seen whether the ten classes that were said to gain most did:
the share of their rows that is answered rightly, after less before, and the same of the others.

    python bench/advise.py [--quick]        # --quick: one seed, of Banking77 up to 2,500 rows
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
    """Rows, their vectors, and which are nearly equal."""

    examples: Labelled | Multilabel
    vectors: np.ndarray
    near: np.ndarray

    @classmethod
    def of(cls, *names: str) -> "Source":
        """Read and encode files of one kind, one after the other."""
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
        """The one label of each row."""
        assert isinstance(self.examples, Labelled)
        return self.examples.labels


@dataclass(frozen=True, eq=False)
class Doubling:
    """The curves of a set and of the doubled one."""

    before: LearningCurve
    after: LearningCurve

    @property
    def error(self) -> float:
        """The forecast less what came."""
        return self.before.doubled.score - self.after.score

    @property
    def bounded(self) -> bool:
        """Whether what came lies in the interval."""
        return self.before.doubled.low <= self.after.score <= self.before.doubled.high


def subsets(source: Source, sizes: Sequence[int], seed: int) -> list[Source]:
    """Return random rows, each set within the next."""
    order = np.random.default_rng(seed).permutation(len(source.examples))
    return [source.take(order[:size]) for size in sizes]


def curve(part: Source, seed: int) -> LearningCurve:
    """Return the learning curve of some rows."""
    return learning_curve(part.vectors, part.examples, part.near, seed=seed)


def right(part: Source, C: float, test: Source) -> np.ndarray:
    """Return which rows of a test a probe on all rows of a part answers rightly, 0 or 1."""
    probe = fit_probe(part.vectors, Targets.of(part.examples), C).classifier
    answers = [given[0] for given in probe.predict(test.vectors)]
    return np.asarray(np.array(answers) == test.labels, dtype=float)


def gains(found: Doubling, more: np.ndarray, test: Source) -> tuple[float, float]:
    """Return the mean gain of the rows of the classes named first, and of the other known ones."""
    known = [each.label for each in found.before.classes]
    labels = test.labels
    named, others = np.isin(labels, known[:NAMED]), np.isin(labels, known[NAMED:])
    return float(more[named].mean()), float(more[others].mean())


def show(name: str, found: Sequence[Doubling]) -> dict[str, Any]:
    """Print a line for each doubling, and return what it comes to."""
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
    """Forecast Banking77, and look at its test file as well."""
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
    apart = [each.before.doubled.score - own for each, own in zip(found, tests, strict=True)]
    by_seed = {
        seed: sum(abs(each.error) <= NEAR for each in found if each.before.seed == seed)
        for seed in seeds
    }
    return {
        **figures,
        "near_by_seed": by_seed,
        "near_on_test_file": sum(abs(each) <= NEAR for each in apart),
        "gain_of_named": mean(named for named, _ in gained),
        "gain_of_others": mean(others for _, others in gained),
    }


def of_others(
    name: str, source: Source, seeds: Sequence[int], sizes: Sequence[int]
) -> dict[str, Any]:
    """Forecast other data, which has no test file or not enough rows for one."""
    curves = [[curve(part, seed) for part in subsets(source, sizes, seed)] for seed in seeds]
    return show(name, [Doubling(*both) for own in curves for both in pairwise(own)])


def main() -> None:
    """Print all doublings, how many were near, and the same as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed, up to 2,500 rows")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of the subsets")
    words = parser.parse_args()
    quick, seeds = words.quick, words.seeds[:1] if words.quick else words.seeds
    if not DATA.is_dir():
        print(f"skipped: the real data is not at {DATA}; set TUNESMITH_DATA to where it is")
        return
    reviews = Source.of("imdb/train.jsonl", "imdb/test.jsonl")
    several = Source.of("embetter/new-dataset.jsonl")
    figures = {
        "banking77": of_banking(seeds, BANKING[:4] if quick else BANKING),
        "imdb": of_others("Film reviews, two classes", reviews, seeds, REVIEWS),
        "embetter": of_others("arXiv sentences, several labels", several, seeds, SENTENCES),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
