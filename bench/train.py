"""Benchmark training on STS-B's scored pairs over a frozen trunk against the Trainer.

Both train all-MiniLM-L6-v2 with the CoSENT loss, batches of 32 and two epochs of the 5,749
training rows; sentence-transformers' Trainer with its defaults and a learning rate of 5e-5. The
metric is Spearman's correlation with the validation and test scores. The last line is JSON:
seconds, scores, and ``time_ratio``, the Trainer's seconds over ours (null if ours is worse on
validation).

    python bench/train.py [--quick]        # --quick: every ninth row
"""

import argparse
import csv
import json
import os
import tempfile
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["TUNESMITH_HOME"] = tempfile.mkdtemp()

import pyarrow as pa
from datasets import Dataset
from scipy.stats import spearmanr
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.losses import CoSENTLoss

from tunesmith import SentenceEncoder
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.kinds import ScoredPairs
from tunesmith.recipes.paired import PairedRecipe

DATA = Path(os.environ.get("TUNESMITH_DATA", Path(__file__).parents[2] / "shared" / "data"))


def pairs(name: str, every: int = 1) -> tuple[list[str], list[str], list[float]]:
    """Return two lists of sentences and their scores from 0 to 1, from every n-th row."""
    with (DATA / "stsb" / f"stsb-en-{name}.csv").open(encoding="utf-8") as file:
        found = list(csv.reader(file))[::every]
    left, right, scores = zip(*(row[:3] for row in found), strict=True)
    return list(left), list(right), [float(score) / 5 for score in scores]


def correlation(folder: str | Path, name: str) -> float:
    """Return Spearman's correlation of cosine similarity with the scores."""
    left, right, scores = pairs(name)
    encoder = SentenceEncoder(folder, cache=False, backend="onnx")
    return float(spearmanr((encoder.encode(left) * encoder.encode(right)).sum(axis=1), scores)[0])


def by_trainer(out: Path, every: int) -> float:
    """Train as in the documentation of sentence-transformers; return the seconds."""
    left, right, scores = pairs("train", every)
    start = time.perf_counter()
    model = SentenceTransformer(str(bundled_folder()), device="cpu")
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(out / "checkpoints"),
        num_train_epochs=2,
        per_device_train_batch_size=32,
        learning_rate=5e-5,
        warmup_ratio=0.1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
    )
    data = Dataset.from_dict({"sentence1": left, "sentence2": right, "score": scores})
    trainer = SentenceTransformerTrainer(
        model, arguments, train_dataset=data, loss=CoSENTLoss(model)
    )
    trainer.train()
    model.save_pretrained(str(out / "trainer"), create_model_card=False)
    return time.perf_counter() - start


def by_trunk(out: Path, every: int, layers: int) -> float:
    """Train the top layers over a frozen trunk that runs only once; return the seconds."""
    left, right, scores = pairs("train", every)
    numbers = list(range(1, len(left) + 1))
    table = pa.table({"text1": left, "text2": right, "score": scores, "row": numbers})
    start = time.perf_counter()
    recipe = PairedRecipe("cosent", train_layers=layers)
    recipe.run(bundled_folder(), ScoredPairs(table), out / f"top{layers}")
    return time.perf_counter() - start


def main() -> None:
    """Train both ways, evaluate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every ninth row")
    every = 9 if parser.parse_args().quick else 1
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        seconds = {"top2": by_trunk(out, every, 2), "trainer": by_trainer(out, every)}
        folders = {"base": bundled_folder(), **{each: out / each for each in seconds}}
        scores = {
            each: (correlation(folder, "dev"), correlation(folder, "test"))
            for each, folder in folders.items()
        }
    for each, (validation, test) in scores.items():
        taken = f"{seconds[each]:7.1f} s" if each in seconds else ""
        print(f"{each:<8} validation {validation:.4f}  test {test:.4f}  {taken}")
    reached = scores["top2"][0] >= scores["trainer"][0]
    ratio = seconds["trainer"] / seconds["top2"] if reached else None
    figures = {f"{each}_test": round(test, 4) for each, (_, test) in scores.items()}
    print(json.dumps({**figures, "time_ratio": ratio and round(ratio, 2)}))


if __name__ == "__main__":
    main()
