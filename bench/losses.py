"""Benchmark softmax, cosine and ranking loss on the same NLI rows, from the same base.

The chapter that popularised this comparison starts from bert-base-uncased, trains on 50,000 rows
of MultiNLI and reports Pearson's correlation on STS-B validation; its figures are printed next to
ours. Three things differ here. The base is all-MiniLM-L6-v2, already tuned on NLI and a billion
pairs, so there is little to gain and something to lose. There are 10,469 rows. Only the top two
layers are trained. We also print the score of the untouched base, and the confidence interval of
each change. The last line is JSON.

    python bench/losses.py [--quick] [--layers 6]      # --quick: every tenth row
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
from tunesmith.data.reshaping.reshape import reshape
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.item_scores import ItemScores
from tunesmith.evaluation.pairs.evaluators import build_evaluator
from tunesmith.kinds import Kind
from tunesmith.recipes.losses.kinds import PairedLoss
from tunesmith.recipes.paired import PairedRecipe

DATA = Path(os.environ.get("TUNESMITH_DATA", Path(__file__).parents[2] / "shared" / "data"))
PEARSON = "Pearson, cosine"
# Chapter 10 of "Hands-On Large Language Models" (Alammar and Grootendorst, 2024).
CHAPTER = {"softmax": 0.598, "cosine": 0.722, "ranking": 0.809}
KINDS: dict[PairedLoss, Kind] = {
    "softmax": Kind.NLI,
    "cosine": Kind.SCORED_PAIRS,
    "ranking": Kind.TRIPLETS,
}


def evaluate(folder: str | Path) -> ItemScores:
    """Return the scores of a model on STS-B validation."""
    evaluator = build_evaluator(detect(read(DATA / "stsb" / "stsb-en-dev.csv")).examples)
    return evaluator.evaluate(SentenceEncoder(folder, cache=False, backend="onnx").encode)


def main() -> None:
    """Train with each loss, evaluate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every tenth row")
    parser.add_argument("--layers", type=int, default=2, help="number of top layers to train")
    args = parser.parse_args()
    rows = detect(read(DATA / "nli" / "mnli.jsonl")).examples
    rows = rows.take(np.arange(0, len(rows), 10 if args.quick else 1))
    base = evaluate(bundled_folder())
    untouched = Comparison(base, base).change(PEARSON).base
    print(f"{len(rows)} rows, {args.layers} layers, one epoch; untouched base {untouched:.4f}")
    print(f"{'loss':<9} {'Pearson':>8} {'change, 95% CI':>28} {'seconds':>8}  chapter")
    figures: dict[str, float] = {"base": round(untouched, 4)}
    with tempfile.TemporaryDirectory() as folder:
        for name, kind in KINDS.items():
            start = time.perf_counter()
            recipe = PairedRecipe(name, train_layers=args.layers, epochs=1, learning_rate=5e-5)
            recipe.run(bundled_folder(), reshape(rows, kind), Path(folder) / name)
            seconds = time.perf_counter() - start
            change = Comparison(base, evaluate(Path(folder) / name)).change(PEARSON)
            interval = f"{change.difference:+.4f} ({change.low:+.4f} to {change.high:+.4f})"
            print(f"{name:<9} {change.tuned:>8.4f} {interval:>28} {seconds:>8.1f}  {CHAPTER[name]}")
            figures[name] = round(change.tuned, 4)
    print(json.dumps({**figures, "chapter": CHAPTER}))


if __name__ == "__main__":
    main()
