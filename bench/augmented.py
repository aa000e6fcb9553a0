"""Benchmark augmented training on STS-B: gold only against gold and silver, and the cross-encoder.

The chapter that popularised this comparison uses 20% of a corpus as gold. It reports Pearson's
correlation of 0.710 on STS-B validation for gold and silver, and 0.722 with all data as gold. Here
each seed draws 1,000 rows of STS-B's training file, and its test file is used for evaluation; no
weights are chosen by validation. There are three runs with gold only: two epochs, as many epochs
as augmented training has before its silver stage, and as many steps as gold and silver together.
They separate the effect of silver pairs from the effect of more steps. The last line is JSON.

    python bench/augmented.py [--seeds 3] [--quick]      # --quick: 200 rows, one seed
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["TUNESMITH_HOME"] = tempfile.mkdtemp()

import numpy as np

from tunesmith import SentenceEncoder
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.data.reshaping.score_scale import scaled_to_1
from tunesmith.encoders.cross_encoder import CrossEncoder
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.item_scores import value
from tunesmith.evaluation.pairs.evaluators import SimilarityEvaluator, build_evaluator
from tunesmith.evaluation.pairs.similarity import SimilarityResult
from tunesmith.kinds import Examples
from tunesmith.recipes.augmented import AugmentedRecipe
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.training.options import RunOptions

DATA = Path(os.environ.get("TUNESMITH_DATA", Path(__file__).parents[2] / "shared" / "data"))
METRICS = ("Spearman, cosine", "Pearson, cosine")
# Chapter 10 of "Hands-On Large Language Models" (Alammar and Grootendorst, 2024), Pearson.
CHAPTER = {"gold and silver of 20%": 0.710, "all as gold": 0.722}


def examples(name: str) -> Examples:
    """Return the rows of a file of STS-B, with scores from 0 to 1."""
    return scaled_to_1(detect(read(DATA / "stsb" / f"stsb-en-{name}.csv")).examples)


def cross_encoder_scores(folder: Path, test: SimilarityEvaluator) -> SimilarityResult:
    """Return a cross-encoder's scores of the test pairs, summed over both orders of the texts."""
    pairs = list(zip(test.left, test.right, strict=True))
    model = CrossEncoder(folder)
    scores = model.score(pairs) + model.score([(other, one) for one, other in pairs])
    return SimilarityResult({"cosine": scores.astype(np.float64)}, test.scores)


def one_seed(gold: Examples, test: SimilarityEvaluator, seed: int) -> dict[str, SimilarityResult]:
    """Train with one seed and return the test results of each model."""
    recipe = AugmentedRecipe(seed=seed)
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        twice = PairedRecipe("cosent", train_layers=3, seed=seed)
        twice.run(bundled_folder(), gold, folder / "twice")
        recipe.gold_alone(len(gold)).run(bundled_folder(), gold, folder / "long")
        options = RunOptions(checkpoint=folder / "stages")
        run = recipe.run(bundled_folder(), gold, folder / "both", options=options)
        spent = ", ".join(f"{each.name} {each.rows} in {each.seconds:.0f} s" for each in run.stages)
        print(f"seed {seed}: {spent}; {run.seconds:.0f} s in all", flush=True)
        for model in ("twice", "stages/gold", "long", "both"):
            encode = SentenceEncoder(str(folder / model), cache=False).encode
            found[Path(model).name] = test.evaluate(encode)
        found["judge"] = cross_encoder_scores(folder / "stages" / "teacher", test)
    return found


def report(
    base: SimilarityResult, found: dict[str, SimilarityResult], metric: str, seed: int
) -> dict[str, float]:
    """Print and return the test score of each model, and the gain of gold and silver over it."""
    figures = {"base": value(base, metric), "both": value(found["both"], metric)}
    print(f"  {metric:<17} base  {figures['base']:.4f}, gold and silver {figures['both']:.4f}")
    for name, result in found.items():
        if name == "both":
            continue
        figures[name] = value(result, metric)
        change = Comparison(result, found["both"], seed).change(metric)
        print(
            f"  {metric:<17} {name:<5} {figures[name]:.4f}, gain of gold and silver "
            f"{change.difference:+.4f} ({change.low:+.4f} to {change.high:+.4f})",
            flush=True,
        )
    return figures


def main() -> None:
    """Train with every seed, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="200 rows, one seed")
    args = parser.parse_args()
    rows, test = examples("train"), build_evaluator(examples("test"))
    assert isinstance(test, SimilarityEvaluator)
    base = test.evaluate(SentenceEncoder(bundled_folder(), cache=False).encode)
    figures: list[dict[str, float | str]] = []
    for seed in range(1 if args.quick else args.seeds):
        start = time.perf_counter()
        size = 200 if args.quick else 1000
        drawn = np.random.default_rng(seed).permutation(len(rows))[:size]
        found = one_seed(rows.take(drawn), test, seed)
        figures += [
            {"seed": seed, "metric": each, **report(base, found, each, seed)} for each in METRICS
        ]
        print(f"  {time.perf_counter() - start:.0f} s", flush=True)
    print(json.dumps({"figures": figures, "chapter": CHAPTER}))


if __name__ == "__main__":
    main()
