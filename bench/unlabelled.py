"""Benchmark every recipe for unlabelled text on 5,000 arXiv abstracts.

Retrieval of 1,500 other abstracts by their titles (nDCG@10) shows the gain in the domain, and
STS-B's test file shows the loss elsewhere. Each model is evaluated as trained, and blended with the
base as ``tunesmith fit`` does, with the weight chosen on 500 further titles. For comparison,
another model is trained on real title-abstract pairs, which unlabelled text does not provide. The
last line is JSON.

    python bench/unlabelled.py [--texts 5000] [--only tsdae simcse] [--quick]
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["TUNESMITH_HOME"] = tempfile.mkdtemp()

import numpy as np
import pyarrow as pa

from tunesmith import SentenceEncoder
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.data.reshaping.document_pairs import part_pairs
from tunesmith.data.reshaping.score_scale import scaled_to_1
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.item_scores import ItemScores, value
from tunesmith.evaluation.pairs.evaluators import (
    RetrievalEvaluator,
    SimilarityEvaluator,
    build_evaluator,
)
from tunesmith.kinds import Examples, Pairs, Texts
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.training.blend import choose_blend
from tunesmith.recipes.training.recipe import Recipe
from tunesmith.recipes.unlabelled import UnlabelledRecipe

DATA = Path(os.environ.get("TUNESMITH_DATA", Path(__file__).parents[2] / "shared" / "data"))
HELD_OUT, VALIDATION = 1500, 500
RECIPES: dict[str, Recipe] = {
    "tsdae": UnlabelledRecipe("tsdae"),
    "simcse": UnlabelledRecipe("simcse", train_layers=3),
    "contrastive_tension": UnlabelledRecipe("contrastive_tension", train_layers=3),
    "masked_lm": UnlabelledRecipe("masked_lm"),
    "parts": PairedRecipe("ranking", train_layers=3, epochs=1, learning_rate=5e-5),
    "titles": PairedRecipe("ranking", train_layers=3, epochs=1, learning_rate=5e-5),
}


def table(**columns: list[str]) -> pa.Table:
    """Return a table of the columns with row numbers."""
    rows = range(1, len(next(iter(columns.values()))) + 1)
    return pa.table({**columns, "row": pa.array(rows, pa.int64())})


def training(name: str, pairs: Examples) -> Examples:
    """Return the training data of a recipe."""
    abstracts = pairs.texts("positive")
    if name == "titles":
        return pairs
    if name == "parts":
        parts = list(part_pairs(abstracts, np.random.default_rng(0)))
        anchors, rest = [one for _, one, _ in parts], [other for _, _, other in parts]
        return Pairs(table(anchor=anchors, positive=rest))
    return Texts(table(text=abstracts))


class Evaluators:
    """The evaluators for all models.

    Parameters
    ----------
    pairs
        Held-out titles and abstracts.
    """

    def __init__(self, pairs: Examples) -> None:
        self.validation = build_evaluator(pairs.take(np.arange(VALIDATION)))
        self.titles = build_evaluator(pairs.take(np.arange(VALIDATION, len(pairs))))
        self.general = build_evaluator(
            scaled_to_1(detect(read(DATA / "stsb" / "stsb-en-test.csv")).examples)
        )
        assert isinstance(self.titles, RetrievalEvaluator)
        assert isinstance(self.general, SimilarityEvaluator)

    def validate(self, folder: Path) -> float:
        """Return the validation score, by which the blend is chosen."""
        encode = SentenceEncoder(str(folder), cache=False).encode
        return value(self.validation.evaluate(encode), self.validation.headline)

    def evaluate(self, folder: Path) -> tuple[ItemScores, ItemScores]:
        """Return the scores on retrieval of abstracts and on general English."""
        encode = SentenceEncoder(str(folder), cache=False).encode
        return self.titles.evaluate(encode), self.general.evaluate(encode)


def report(
    evaluators: Evaluators, before: tuple[ItemScores, ItemScores], folder: Path
) -> dict[str, float]:
    """Print and return both scores of a model, with the intervals of their changes."""
    after = evaluators.evaluate(folder)
    figures = {}
    both = (evaluators.titles, evaluators.general)
    for evaluator, old, new in zip(both, before, after, strict=True):
        change = Comparison(old, new).change(evaluator.headline)
        print(
            f"    {evaluator.headline:<17} {change.tuned:.4f} ({change.difference:+.4f}; "
            f"{change.low:+.4f} to {change.high:+.4f})",
            flush=True,
        )
        figures[evaluator.headline] = round(change.tuned, 4)
    return figures


def main() -> None:
    """Train with each recipe, evaluate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=5000)
    parser.add_argument("--only", nargs="+", choices=list(RECIPES), default=list(RECIPES))
    parser.add_argument("--quick", action="store_true", help="200 texts")
    args = parser.parse_args()
    rows = detect(read(DATA / "arxiv" / "abstracts.jsonl")).examples
    pairs = rows.take(np.arange(200 if args.quick else args.texts))
    evaluators = Evaluators(rows.take(np.arange(len(rows) - HELD_OUT - VALIDATION, len(rows))))
    before = evaluators.evaluate(bundled_folder())
    print("base")
    figures: dict[str, dict[str, float]] = {"base": report(evaluators, before, bundled_folder())}
    with tempfile.TemporaryDirectory() as name:
        for chosen in args.only:
            folder = Path(name) / chosen
            run = RECIPES[chosen].run(bundled_folder(), training(chosen, pairs), folder)
            print(f"{chosen}: {run.steps} steps, {run.seconds:.0f} s; as trained")
            figures[chosen] = {"seconds": round(run.seconds), **report(evaluators, before, folder)}
            blended = folder.with_name(f"{chosen}-blended")
            blend = choose_blend(bundled_folder(), folder, blended, evaluators.validate)
            print(f"    blended, training weight {blend.share:.0%}")
            figures[f"{chosen}, blended"] = report(evaluators, before, blended)

    print(json.dumps(figures))


if __name__ == "__main__":
    main()
