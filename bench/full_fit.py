"""Benchmark complete fits on real files, from the command line.

``atis``: 344 rows, three classes; seconds from the command to the verdict.
``banking77``: all 10,003 rows with the official test file; the gain over the frozen base, and
whether its confidence interval excludes zero.

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
        test = str(DATA / "banking77" / "test.csv")
        train = str(DATA / "banking77" / "train.csv")
        summary, took = fit(train, "--test", test, "--budget", "10m")
        show("banking77", summary, took)
        headline = summary["verdict"]["headline"]
        figures |= {
            "banking77_seconds": took,
            "banking77_outcome": summary["verdict"]["outcome"],
            "banking77_base": headline["base"],
            "banking77_tuned": headline["tuned"],
            "banking77_low": headline["low"],
        }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
