"""Measure how much longer than its time budget a fit takes, on short, long and mixed texts.

The whole call of ``fit_dataset`` is measured, from the data to the report, with an empty cache; a
small fit before has loaded the libraries. Texts are made of random words, so nothing is learned.

The last line is JSON: ``excess`` in seconds for each task and budget; ``kept`` is whether each is
at most a fifth of the budget or five seconds. ``--quick`` takes budgets of 5 s only.
"""

import argparse
import json
import os
import random
import tempfile
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pandas as pd

from tunesmith.fitting import Settings, fit_dataset
from tunesmith.home import Home

BUDGETS = (5.0, 20.0, 60.0)
TASKS = {
    "short": (300, (8, 8)),
    "short, 2,000 rows": (2_000, (8, 8)),
    "long": (150, (3_000, 3_000)),
    "mixed": (300, (5, 1_000)),
}
"""Rows, and the least and largest number of words of a text."""


def texts(rows: int, words: tuple[int, int], seed: int = 0) -> list[str]:
    """Return texts of random words of three to eight letters."""
    draw = random.Random(seed)  # noqa: S311 - not a secret
    letters = "abcdefghijklmnopqrstuvwxyz"
    known = ["".join(draw.choices(letters, k=draw.randint(3, 8))) for _ in range(4_000)]
    return [" ".join(draw.choices(known, k=draw.randint(*words))) for _ in range(rows)]


def labelled(rows: int, words: tuple[int, int]) -> pd.DataFrame:
    """Return texts with labels that have nothing to do with them."""
    return pd.DataFrame({"text": texts(rows, words), "label": ["left", "right"] * (rows // 2)})


def pairs(rows: int = 300) -> pd.DataFrame:
    """Return random pairs."""
    return pd.DataFrame(
        {"anchor": texts(rows, (8, 8), seed=1), "positive": texts(rows, (30, 30), seed=2)}
    )


def excess(data: pd.DataFrame, budget: float) -> float:
    """Return the seconds that a fit takes beyond its budget, never negative."""
    with tempfile.TemporaryDirectory() as folder, Home(Path(folder)).active():
        begun = time.perf_counter()
        fit_dataset(data, Settings(budget=budget), output=Path(folder) / "model")
        return max(0.0, time.perf_counter() - begun - budget)


def main() -> None:
    """Fit each task with each budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only the smallest budget")
    budgets = BUDGETS[:1] if parser.parse_args().quick else BUDGETS
    tasks = {name: labelled(*task) for name, task in TASKS.items()} | {"pairs": pairs()}
    excess(labelled(60, (8, 8)), 0.1)
    found: dict[str, dict[str, float]] = {}
    for name, data in tasks.items():
        for budget in budgets:
            seconds = round(excess(data, budget), 1)
            found.setdefault(name, {})[f"{budget:.0f}"] = seconds
            print(f"{name:18} budget {budget:3.0f} s, {seconds:5.1f} s beyond it", flush=True)
    kept = all(
        seconds <= max(5.0, 0.2 * float(budget))
        for own in found.values()
        for budget, seconds in own.items()
    )
    print(json.dumps({"excess": found, "kept": kept}))


if __name__ == "__main__":
    main()
