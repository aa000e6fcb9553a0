"""Benchmark the flag of texts unlike the training texts: how many of which texts get it.

Run ``python bench/familiar.py [--quick] [--candidates base top]``; ``TUNESMITH_DATA`` is the folder
that contains ``trec``, ``banking77``, ``snips``, ``emotion`` and ``imdb``. Models of 300 rows of
TREC (six classes of questions) and of 400 rows of Banking77 (20 of its 77 intents) are
cross-fitted as in a fit, and trained once more on all rows. Then the share of flagged texts is
measured: among further texts of the same classes, which should be 2%, among those of the other
intents, and among texts of other data sets. Figures are means of three samples.

The last line is JSON: the share for each training data, candidate and kind of texts.
"""

import argparse
import csv
import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
import pandas as pd

from tunesmith.datasets.training_data import DataOptions, load_training_data
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.events import ignore
from tunesmith.fitting import Settings
from tunesmith.fitting.cross_validation import CrossValidation
from tunesmith.fitting.labels.cross_fitting import cross_task
from tunesmith.fitting.labels.rungs import rung_plans
from tunesmith.fitting.ladder import run_ladder
from tunesmith.fitting.plans import Speed
from tunesmith.fitting.workspace import Workspace
from tunesmith.models.familiar import FamiliarTexts
from tunesmith.stop import Stop

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
ALL = ("base", "linear", "network", "top", "whole")
TEST = {"imdb": 200}  # texts of a data set; its reviews are long
Rows = dict[str, str]  # text to label


def read(folder: Path) -> Rows:
    """Return all rows of the files of a folder."""
    return dict(row for path in sorted(folder.iterdir()) for row in _rows(path))


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".jsonl":
            found = [json.loads(line) for line in file]
            yield from ((row["text"], str(row["label"])) for row in found)
        else:
            yield from ((text, label) for text, label in list(csv.reader(file))[1:])


def samples(
    files: Mapping[str, Rows], seed: int
) -> Iterator[tuple[str, Rows, dict[str, list[str]]]]:
    """Yield the training rows of each model, and the texts to be classified."""
    random = np.random.default_rng(seed)
    mixed = {
        name: [rows[index] for index in random.permutation(len(rows))[: TEST.get(name, 1_000)]]
        for name, rows in ((name, list(rows)) for name, rows in files.items())
    }
    for name, count, classes in (("trec", 300, None), ("banking77", 400, 20)):
        labels = random.permutation(sorted(set(files[name].values())))[:classes]
        rows = [list(files[name].items())[i] for i in random.permutation(len(files[name]))]
        inside = [row for row in rows if row[1] in labels]
        outside = [text for text, label in rows if label not in labels][:1_000]
        texts = {"same classes": [text for text, _ in inside[count : count + 1_000]]}
        texts |= {"other classes": outside} if outside else {}
        yield name, dict(inside[:count]), texts | {k: v for k, v in mixed.items() if k != name}


def measure(
    rows: Rows, texts: Mapping[str, list[str]], seed: int, names: Sequence[str]
) -> dict[tuple[str, str], float]:
    """Return the share of flagged texts for each candidate and kind of texts."""
    frame = pd.DataFrame({"text": rows.keys(), "label": rows.values()})
    data = load_training_data(frame, {}, DataOptions(), DEFAULT_BASE, ignore)
    settings, folding = Settings(budget=None, seed=seed), CrossValidation(5, "as requested")
    shares = {}
    with tempfile.TemporaryDirectory() as folder:
        task = cross_task(data, settings, Workspace(Path(folder)), Stop(), folding)
        plans = {
            plan.name: plan
            for plan in rung_plans(task.train.examples, seed)
            if plan.name in {"base", *names}
        }
        speed = Speed(1e6, 1e6, np.ones(len(rows), dtype=np.int64), 6)
        for each in run_ladder(task, list(plans.values()), speed, ignore).candidates:
            if each.name not in names:
                continue
            space = plans[each.name].make(task.whole())
            training = space.encode(task.train.texts)
            familiar = FamiliarTexts.of(training, each.out_of_fold.similarities)
            for kind, own in texts.items():
                flagged = ~familiar.include(space.encode(own))
                shares[each.name, kind] = float(flagged.mean())
    return shares


def main() -> None:
    """Measure each model on each kind of texts, and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one sample, the base only")
    parser.add_argument("--candidates", nargs="*", choices=ALL, default=("base",))
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("TUNESMITH_DATA", DATA)), help="real data"
    )
    options = parser.parse_args()
    names = ("base",) if options.quick else options.candidates
    folders = ("trec", "banking77", "snips", "emotion", "imdb")
    files = {name: read(options.data / name) for name in folders}
    found = defaultdict(list)
    for seed in range(1 if options.quick else 3):
        for name, rows, texts in samples(files, seed):
            for (candidate, kind), share in measure(rows, texts, seed, names).items():
                found[f"{name}, {candidate}: {kind}"].append(share)
                print(f"{name:10} {candidate:8} {kind:14} {share:.3f}", flush=True)
    print(json.dumps({name: round(float(np.mean(own)), 4) for name, own in found.items()}))


if __name__ == "__main__":
    main()
