"""Benchmark fits of 100 to 1,000 labelled rows: gained, proven and kept, on large test sets.

Each task is a seeded sample of a larger file; the true change is measured on at least 500 other
texts (ATIS: 244), which the fit never sees. Baselines get the same rows in the same run: logistic
regression on the untouched base's vectors of all rows (its strength chosen by cross-validation on
them), and SetFit with its defaults on the tasks that ``--setfit ROWS`` asks for.

The cheap part fits only the candidates on vectors, on many samples: how often a change is called
better if labels are shuffled, and how often the 95% interval contains the true change.

The last line is JSON, with one entry per question:

- ``floor_min``, ``gain_mean``: kept model minus logistic regression, the worst task (mean of its
  seeds) and the mean of all; ``trec_300``: accuracy of the kept model on 300 rows of TREC.
- ``power``: share of ``better`` where the true gain of the choice is at least 0.03 and rows at
  least 300; ``likely_right``: share of likely gains that are gains.
- ``false_better``, ``false_likely``: shares with shuffled labels; ``coverage`` of the interval.
- ``samples`` of the cheap part; Ctrl-C ends it early and prints the figures so far.
- ``setfit_gain``, ``setfit_time_ratio``: our accuracy minus SetFit's, our seconds by SetFit's.

``--quick`` takes one seed, three tasks and 20 samples.
"""

import argparse
import contextlib
import csv
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Dataset

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegressionCV

import tunesmith
from tunesmith.datasets.training_data import DataOptions, load_training_data
from tunesmith.encoders import SentenceEncoder
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE, bundled_folder
from tunesmith.evaluation.labels.probe import STRENGTHS, fit_probe
from tunesmith.evaluation.selection import Selection
from tunesmith.events import ignore
from tunesmith.fitting import Settings, fit_dataset
from tunesmith.fitting.cross_validation import CrossValidation
from tunesmith.fitting.labels.cross_fitting import cross_task
from tunesmith.fitting.labels.rungs import rung_plans
from tunesmith.fitting.ladder import run_ladder
from tunesmith.fitting.plans import Speed
from tunesmith.fitting.verdict import decide
from tunesmith.fitting.workspace import Workspace
from tunesmith.results import Outcome
from tunesmith.results.summary import LIKELY
from tunesmith.stop import Stop
from tunesmith.vectors.linear_classifier import LinearClassifier

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
TEST = 2_000
GAIN, ENOUGH = 0.03, 300
CHEAP = ("base", "linear", "network")


@dataclass(frozen=True)
class Task:
    """A file, the rows to train on, and how many classes of it."""

    name: str
    folder: str
    rows: int
    classes: int | None = None


TASKS = (
    Task("trec_300", "trec", 300),
    Task("emotion_600", "emotion", 600),
    Task("banking_5", "banking77", 100, 20),
    Task("banking_10", "banking77", 200, 20),
    Task("banking_20", "banking77", 400, 20),
    Task("snips_100", "snips", 100),
    Task("trec_1000", "trec", 1_000),
    Task("emotion_1000", "emotion", 1_000),
    Task("imdb_200", "imdb", 200),
    Task("embetter_400", "embetter", 400),
    Task("atis_100", "atis", 100),
)
ONLY = {"atis": ("atis-ft-3classes",), "embetter": ("new-dataset",)}
NEW_DATA = "new-dataset"
QUICK = TASKS[:1] + TASKS[3:4] + TASKS[5:6]


@dataclass(frozen=True, eq=False)
class Rows:
    """Texts and labels."""

    texts: list[str]
    labels: Any

    def take(self, rows: Any) -> "Rows":
        """Return some of them."""
        return Rows([self.texts[row] for row in rows], self.labels[rows])


@dataclass(frozen=True)
class Fitted:
    """What a fit said, and what is true on the test texts."""

    task: str
    rows: int
    seconds: float
    outcome: str
    probability: float
    low: float
    high: float
    base: float
    chosen: float
    kept: float

    @property
    def is_likely(self) -> bool:
        """Whether the fit calls its gain likely, though not proven."""
        return self.outcome == Outcome.NO_PROVEN_CHANGE and self.probability >= LIKELY


def read(folder: Path) -> Rows:
    """Return all rows of a folder: those of its training and test file, or of its only file."""
    names = ONLY.get(folder.name, ("train", "test"))
    rows = [row for name in names for row in _rows(folder, name)]
    distinct = dict(reversed(rows))
    return Rows(list(distinct), np.array(list(distinct.values())))


def _rows(folder: Path, name: str) -> Iterator[tuple[str, str]]:
    if (folder / f"{name}.jsonl").is_file():
        for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            if "cats" not in row:
                yield row["text"], str(row["label"])
            elif NEW_DATA in row["cats"]:
                yield row["text"], str(row["cats"][NEW_DATA])
        return
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield from ((text, label) for text, label in rows)


def sample(task: Task, whole: Rows, seed: int) -> tuple[Rows, Rows]:
    """Return training and test rows of a task."""
    random = np.random.default_rng(seed)
    names = np.unique(whole.labels)
    kept = names if task.classes is None else random.permutation(names)[: task.classes]
    pool = random.permutation(np.flatnonzero(np.isin(whole.labels, kept)))
    train = whole.take(pool[: task.rows])
    rest = pool[task.rows :]
    rest = rest[np.isin(whole.labels[rest], train.labels)]
    return train, whole.take(rest[:TEST])


def logistic_regression(train: Rows, test: Rows) -> float:
    """Return the accuracy of logistic regression on the base's vectors."""
    encoder = SentenceEncoder(DEFAULT_BASE)
    smallest = min(np.unique(train.labels, return_counts=True)[1])
    folds = int(max(2, min(5, smallest)))
    model = LogisticRegressionCV(
        Cs=[1, 3, 10, 30, 100],
        cv=folds,
        scoring="accuracy",
        max_iter=300,
        use_legacy_attributes=False,
        l1_ratios=(0,),
    )
    model.fit(encoder.encode(train.texts), train.labels)
    return float(np.mean(model.predict(encoder.encode(test.texts)) == test.labels))


def whole_fit(task: Task, train: Rows, test: Rows, seed: int, budget: float) -> Fitted:
    """Fit with the defaults, and measure the saved model and the chosen one."""
    frame = pd.DataFrame({"text": train.texts, "label": train.labels})
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        result = fit_dataset(
            frame, Settings(budget=budget, seed=seed), output=Path(folder) / "model"
        )
        seconds = time.perf_counter() - start
        model = tunesmith.load(Path(folder) / "model")
        kept = float(np.mean(model.predict(test.texts) == test.labels))
    verdict, change = result.verdict, result.verdict.headline
    base = logistic_regression(train, test)
    return Fitted(
        task.name,
        task.rows,
        seconds,
        str(verdict.outcome),
        verdict.probability or 0.0,
        change.low,
        change.high,
        base,
        kept,
        kept,
    )


def setfit(train: Rows, test: Rows, seed: int) -> tuple[float, float]:
    """Return SetFit's accuracy and seconds, with its defaults."""
    from setfit import (  # noqa: PLC0415 - only this comparison needs it
        SetFitModel,
        Trainer,
        TrainingArguments,
    )

    rows = Dataset.from_dict({"text": train.texts, "label": train.labels.tolist()})
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            seed=seed,
            report_to="none",
            save_strategy="no",
            show_progress_bar=False,
        )
        model = SetFitModel.from_pretrained(str(bundled_folder()))
        Trainer(model=model, args=arguments, train_dataset=rows).train()
    seconds = time.perf_counter() - start
    predicted = model.predict(test.texts, use_labels=False, show_progress_bar=False)
    return float((np.asarray(predicted) == test.labels).mean()), seconds


def cheap_fit(task: Task, train: Rows, test: Rows, seed: int, names: tuple[str, ...]) -> Fitted:
    """Cross-fit only the candidates on vectors, and measure base and choice on the test texts."""
    frame = pd.DataFrame({"text": train.texts, "label": train.labels})
    data = load_training_data(frame, {}, DataOptions(), DEFAULT_BASE, ignore)
    settings, folding = Settings(budget=None, seed=seed), CrossValidation(5, "as requested")
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        cross = cross_task(data, settings, Workspace(Path(folder)), Stop(), folding)
        plans = [plan for plan in rung_plans(cross.train.examples, seed) if plan.name in names]
        speed = Speed(1e6, 1e6, np.ones(len(train.texts), dtype=np.int64), 6)
        ladder = run_ladder(cross, plans, speed, ignore)
        scores = [each.scores for each in ladder.candidates]
        number = ladder.candidates.index(ladder.chosen)
        comparison = Selection.among(scores, number, cross.metric, seed=seed)
        verdict = decide(comparison, cross.metric, ladder.chosen.name, keep=True)
        whole = cross.whole()
        accuracies = {}
        for each in {ladder.base.name: ladder.base, ladder.chosen.name: ladder.chosen}.values():
            space = next(plan for plan in plans if plan.name == each.name).make(whole)
            classifier = _classifier(space.encode(whole.train.texts), whole.train.targets, each)
            predicted = np.array([own[0] for own in classifier.predict(space.encode(test.texts))])
            accuracies[each.name] = float((predicted == test.labels).mean())
    change = verdict.headline
    base, chosen = accuracies[ladder.base.name], accuracies[ladder.chosen.name]
    kept = chosen if verdict.outcome is Outcome.BETTER or verdict.likely else base
    return Fitted(
        task.name,
        len(train.texts),
        time.perf_counter() - start,
        "base" if number == 0 else str(verdict.outcome),
        verdict.probability or 0.0,
        change.low,
        change.high,
        base,
        chosen,
        kept,
    )


def _classifier(vectors: Any, targets: Any, candidate: Any) -> LinearClassifier:
    return fit_probe(vectors, targets, STRENGTHS[candidate.strength]).classifier


def report(fitted: Fitted) -> None:
    """Print one line about a fit."""
    print(
        f"{fitted.task:14} {fitted.rows:5} rows {fitted.seconds:7.1f} s  base {fitted.base:.3f}  "
        f"kept {fitted.kept:.3f}  {fitted.outcome} p={fitted.probability:.2f} "
        f"({fitted.low:+.3f} to {fitted.high:+.3f})",
        flush=True,
    )


def share(flags: list[bool]) -> float | None:
    """Return the share of true flags, or None without any."""
    return round(float(np.mean(flags)), 4) if flags else None


def main() -> None:
    """Run the whole fits, then the cheap ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed, three tasks, 20 samples")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of each task")
    parser.add_argument("--tasks", nargs="+", metavar="NAME", help="only these, such as trec_300")
    parser.add_argument(
        "--setfit",
        type=int,
        default=0,
        metavar="ROWS",
        help="also train SetFit on tasks of at most ROWS rows (300 rows take half an hour)",
    )
    parser.add_argument("--budget", type=float, default=300.0, help="seconds of a fit")
    parser.add_argument("--samples", type=int, help="number of samples of the cheap part")
    parser.add_argument("--cheap", action="store_true", help="only the cheap part")
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("TUNESMITH_DATA", DATA)), help="real data"
    )
    options = parser.parse_args()
    files = {task.folder: read(options.data / task.folder) for task in TASKS}
    whole, gains, ratios = [], [], []
    tasks = [task for task in TASKS if task.name in options.tasks] if options.tasks else TASKS
    for task in () if options.cheap else QUICK if options.quick else tasks:
        for seed in range(1 if options.quick else options.seeds):
            train, test = sample(task, files[task.folder], seed)
            fitted = whole_fit(task, train, test, seed, options.budget)
            report(fitted)
            whole.append(fitted)
            if task.rows <= options.setfit:
                accuracy, seconds = setfit(train, test, seed)
                print(f"{'':14} SetFit {seconds:.1f} s  {accuracy:.3f}", flush=True)
                gains.append(fitted.kept - accuracy)
                ratios.append(fitted.seconds / seconds)
    samples = (20 if options.quick else 200) if options.samples is None else options.samples
    names = CHEAP[:2] if options.quick else CHEAP
    real: list[Fitted] = []
    shuffled: list[Fitted] = []
    with contextlib.suppress(KeyboardInterrupt):
        cheap_part(files, samples, names, real, shuffled)
    print(json.dumps(figures(whole, real, shuffled, gains, ratios)))


def cheap_part(
    files: dict[str, Rows],
    samples: int,
    names: tuple[str, ...],
    real: list[Fitted],
    shuffled: list[Fitted],
) -> None:
    """Add fits of real and of shuffled labels; Ctrl-C ends it, with what is there so far."""
    for number in range(samples):
        task = TASKS[number % 5]
        train, test = sample(task, files[task.folder], 1_000 + number)
        real.append(cheap_fit(task, train, test, number, names))
        report(real[-1])
        random = np.random.default_rng(number)
        noise = Rows(train.texts, random.permutation(train.labels))
        shuffled.append(cheap_fit(task, noise, test, number, names))
        report(shuffled[-1])


def figures(
    whole: list[Fitted],
    real: list[Fitted],
    shuffled: list[Fitted],
    gains: list[float],
    ratios: list[float],
) -> dict[str, Any]:
    """Return the answers of the last line."""
    by_task: dict[str, list[float]] = {}
    for fitted in whole:
        by_task.setdefault(fitted.task, []).append(fitted.kept - fitted.base)
    means = [float(np.mean(own)) for own in by_task.values()]
    everything = whole + real
    true = [(each, each.chosen - each.base) for each in everything if each.outcome != "base"]
    likely = [gain > 0 for each, gain in true if each.is_likely]
    return {
        "floor_min": round(min(means), 4) if means else None,
        "gain_mean": round(float(np.mean(means)), 4) if means else None,
        "trec_300": share([each.kept for each in whole if each.task == "trec_300"]),  # type: ignore[misc]
        "power": share(
            [
                each.outcome == "better"
                for each, gain in true
                if gain >= GAIN and each.rows >= ENOUGH
            ]
        ),
        "false_better": share([each.outcome == "better" for each in shuffled]),
        "false_likely": share([each.is_likely for each in shuffled]),
        "likely_right": share(likely),
        "coverage": share([each.low <= gain <= each.high for each, gain in true if each in real]),
        "samples": len(shuffled),
        "setfit_gain": round(float(np.mean(gains)), 4) if gains else None,
        "setfit_time_ratio": round(float(np.median(ratios)), 4) if ratios else None,
    }


if __name__ == "__main__":
    main()
