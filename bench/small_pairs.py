"""Benchmark fits of few pairs: gained, proven and kept, on large test files.

Each task is a seeded sample of a training file; the true change is measured on the whole test file
(2,000 rows of Quora), which the fit never sees. sentence-transformers' Trainer gets the same rows
in the same run, with its default settings and the loss that its documentation names for the data:
CoSENT for scores, online contrastive loss for duplicates. It proves nothing and keeps whatever it
trained. ``--scifact`` adds the fit of SciFact's training queries, which takes an hour; its test
queries give the true nDCG@10.

The last line is JSON: for each task the means over the seeds of ``base``, ``kept``, ``trainer``,
``seconds`` (proof included), ``trainer_seconds``, and the ``outcomes``; over all fits
``worst``, the lowest kept minus base, and ``false_better``, the share of "better" without a gain.

    python bench/small_pairs.py [--quick]        # --quick: STS-B with 300 rows, one seed
"""

import argparse
import csv
import json
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["TUNESMITH_HOME"] = tempfile.mkdtemp()

import numpy as np
import pandas as pd
from datasets import Dataset

import tunesmith
from tunesmith.encoders import SentenceEncoder
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.evaluation.item_scores import value
from tunesmith.evaluation.pairs.evaluators import build_evaluator
from tunesmith.fitting import Settings, fit_dataset
from tunesmith.results import Outcome

DATA = Path(os.environ.get("TUNESMITH_DATA", Path(__file__).parents[2] / "shared" / "data"))
QUORA_TEST = 2_000
NAMES = ("sentence1", "sentence2", "score")


@dataclass(frozen=True)
class Task:
    """A file, the rows to train on, and the budget of the fit in seconds."""

    name: str
    data: str
    rows: int
    budget: float = 300.0


TASKS = (
    Task("stsb_300", "stsb", 300),
    Task("stsb_1000", "stsb", 1_000),
    Task("quora_500", "quora", 500),
)
SCIFACT = Task("scifact", "scifact", 0, budget=3_600.0)


@dataclass(frozen=True)
class Fitted:
    """What a fit said and took, and what is true on the test file."""

    outcome: Outcome
    low: float
    high: float
    base: float
    kept: float
    seconds: float
    trainer: float | None = None
    trainer_seconds: float | None = None


def read(data: str, split: str) -> pd.DataFrame:
    """Return a training or test file with the same column names for both data sets."""
    if data == "stsb":
        return pd.read_csv(DATA / "stsb" / f"stsb-en-{split}.csv", names=NAMES)
    frame = pd.read_csv(DATA / "quora" / f"{split}.csv", quoting=csv.QUOTE_MINIMAL)
    return frame.rename(
        columns={"question1": NAMES[0], "question2": NAMES[1], "is_duplicate": "label"}
    )


def train(rows: pd.DataFrame, out: Path, seed: int) -> float:
    """Train with sentence-transformers' Trainer and its defaults; return the seconds."""
    from sentence_transformers import (  # noqa: PLC0415 - only this comparison needs it
        SentenceTransformer,
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.sentence_transformer.losses import (  # noqa: PLC0415 - as above
        CoSENTLoss,
        OnlineContrastiveLoss,
    )

    start = time.perf_counter()
    model = SentenceTransformer(str(bundled_folder()), device="cpu")
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(out / "checkpoints"),
        seed=seed,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
    )
    loss = CoSENTLoss(model) if "score" in rows else OnlineContrastiveLoss(model)
    data = Dataset.from_pandas(rows, preserve_index=False)
    SentenceTransformerTrainer(model, arguments, train_dataset=data, loss=loss).train()
    model.save_pretrained(str(out / "trainer"), create_model_card=False)
    return time.perf_counter() - start


def run(task: Task, seed: int) -> Fitted:
    """Fit a sample in both ways, and evaluate on the test file."""
    rows = read(task.data, "train").sample(task.rows, random_state=seed)
    held_out = read(task.data, "test")
    if task.data == "quora":
        held_out = held_out.sample(QUORA_TEST, random_state=0)
    evaluator = build_evaluator(tunesmith.read(held_out).examples)

    def score(folder: Path) -> float:
        encoder = SentenceEncoder(str(folder), cache=False)
        return float(value(evaluator.evaluate(encoder.encode), evaluator.headline))

    return compare(task, seed, rows, score, lambda out: train(rows, out, seed))


def run_scifact(task: Task, seed: int) -> Fitted:
    """Fit SciFact's training queries; the Trainer is left out."""
    folder = DATA / task.data
    evaluator = build_evaluator(tunesmith.read(folder).examples)

    def score(model: Path) -> float:
        encoder = SentenceEncoder(str(model), cache=False, backend="onnx")
        return float(value(evaluator.evaluate(encoder.encode), evaluator.headline))

    return compare(task, seed, folder, score, None)


def compare(
    task: Task,
    seed: int,
    data: Any,
    score: Callable[[Path], float],
    by_trainer: Callable[[Path], float] | None,
) -> Fitted:
    """Return what the fit says and what is true."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        start = time.perf_counter()
        result = fit_dataset(data, Settings(budget=task.budget, seed=seed), output=out / "model")
        seconds = time.perf_counter() - start
        change = result.verdict.headline
        base, kept = score(bundled_folder()), score(out / "model")
        fitted = Fitted(result.verdict.outcome, change.low, change.high, base, kept, seconds)
        if by_trainer is None:
            return fitted
        trainer_seconds = by_trainer(out)
        return replace(fitted, trainer=score(out / "trainer"), trainer_seconds=trainer_seconds)


def report(task: Task, fitted: Fitted) -> None:
    """Print one line about a fit."""
    print(
        f"{task.name:10} {fitted.seconds:7.1f} s  base {fitted.base:.3f}  kept {fitted.kept:.3f}  "
        f"{fitted.outcome} ({fitted.low:+.3f} to {fitted.high:+.3f})  "
        f"Trainer {fitted.trainer} in {fitted.trainer_seconds} s",
        flush=True,
    )


def figures(fits: dict[str, list[Fitted]]) -> dict[str, Any]:
    """Return the answers of the last line."""
    found: dict[str, Any] = {name: summary(own) for name, own in fits.items()}
    everything = [each for own in fits.values() for each in own]
    better = [each for each in everything if each.outcome is Outcome.BETTER]
    found["worst"] = round(min(each.kept - each.base for each in everything), 4)
    wrong = [each.kept <= each.base for each in better]
    found["false_better"] = round(float(np.mean(wrong)), 4) if wrong else None
    return found


def summary(own: list[Fitted]) -> dict[str, Any]:
    """Return the means of the fits of one task."""

    def mean(name: str) -> float | None:
        known = [getattr(each, name) for each in own if getattr(each, name) is not None]
        return round(float(np.mean(known)), 4) if known else None

    names = ("base", "kept", "trainer", "seconds", "trainer_seconds")
    means = {name: mean(name) for name in names}
    return {**means, "outcomes": [str(each.outcome) for each in own]}


def main() -> None:
    """Fit every task with every seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="STS-B with 300 rows, one seed")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of each task")
    parser.add_argument("--scifact", action="store_true", help="also SciFact, for an hour")
    options = parser.parse_args()
    fits: dict[str, list[Fitted]] = defaultdict(list)
    for task in TASKS[:1] if options.quick else TASKS:
        for seed in range(1 if options.quick else options.seeds):
            fits[task.name].append(run(task, seed))
            report(task, fits[task.name][-1])
    if options.scifact:
        fits[SCIFACT.name].append(run_scifact(SCIFACT, 0))
        report(SCIFACT, fits[SCIFACT.name][-1])
    print(json.dumps(figures(fits)))


if __name__ == "__main__":
    main()
