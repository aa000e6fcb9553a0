"""Benchmark complete fits on real files, from the command line.

``atis``: 344 rows, three classes; seconds from the command to the verdict.
``banking77_1000``: 1,000 rows, 77 classes, by cross-fitting within the default budget of 5 minutes.
``banking77``: all 10,003 rows with the official test file within 10 minutes; the gain over the
frozen base, and whether its confidence interval excludes zero.

    python bench/full_fit.py [--quick]        # --quick: one run of atis, without banking77
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

DATA = Path(
    os.environ.get("TUNESMITH_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)


def fit(*arguments: str) -> tuple[dict[str, Any], float]:
    """Run ``tunesmith fit`` in a home of its own, so that nothing is cached."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "tunesmith", "fit", *arguments, "--json"]
        environment = {**os.environ, "TUNESMITH_HOME": home, "HF_HUB_OFFLINE": "1"}
        start = time.perf_counter()
        run = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
        seconds = time.perf_counter() - start
    return json.loads(run.stdout), seconds


def show(name: str, summary: dict[str, Any], seconds: float) -> None:
    """Print the verdict, the metrics and the candidates."""
    print(f"{name}: {summary['verdict']['outcome']}, {seconds:.1f} s, chosen {summary['chosen']}")
    for change in summary["changes"]:
        interval = f"{change['low']:+.4f} to {change['high']:+.4f}"
        print(f"  {change['metric']:16} {change['base']:.4f} → {change['tuned']:.4f}  {interval}")
    for rung in summary["rungs"]:
        value = f"{rung['score']:.4f}" if rung["score"] is not None else rung["reason"]
        times = f"estimate {rung['estimate']:6.1f} s, took {rung['seconds']:6.1f} s"
        print(f"  {rung['name']:10} {rung['status']:12} {times}  {value}")


def banking77() -> dict[str, Any]:
    """Fit a sample of 1,000 rows by cross-fitting, and the whole file with its test file."""
    train, test = (str(DATA / "banking77" / name) for name in ("train.csv", "test.csv"))
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        sample = str(Path(folder) / "sample.csv")
        pd.read_csv(train).sample(1_000, random_state=0).to_csv(sample, index=False)
        folds, took = fit(sample, "--budget", "5m")
        show("1,000 rows of banking77", folds, took)
        figures["banking77_1000_seconds"] = took
        figures["banking77_1000_outcome"] = folds["verdict"]["outcome"]
    summary, took = fit(train, "--test", test, "--budget", "10m")
    show("banking77", summary, took)
    headline = summary["verdict"]["headline"]
    return figures | {
        "banking77_seconds": took,
        "banking77_outcome": summary["verdict"]["outcome"],
        "banking77_base": headline["base"],
        "banking77_tuned": headline["tuned"],
        "banking77_low": headline["low"],
    }


def main() -> None:
    """Run the fits and print their results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one run of atis only")
    quick = parser.parse_args().quick
    atis = str(DATA / "atis" / "atis-ft-3classes.csv")
    fit(atis)  # warms the file cache
    runs = [fit(atis) for _ in range(1 if quick else 3)]
    seconds = statistics.median(seconds for _, seconds in runs)
    show("atis", runs[0][0], seconds)
    figures: dict[str, Any] = {"atis_seconds": seconds, "atis_rows": runs[0][0]["rows"]}
    if not quick:
        figures |= banking77()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
