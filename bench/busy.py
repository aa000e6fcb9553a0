"""How long a fit from Python takes alone, and beside a process that keeps one core busy.

Each fit runs in a process of its own that imports tunesmith and calls ``tunesmith.fit``, with
nothing set in the environment about threads. Fits alone and beside the other process take turns.
The texts are the first of ``examples/tickets.csv``; the budget is so large that all candidates are
tried. Wall seconds are counted from the call of ``fit``, CPU seconds over the whole process.

With ``--baseline`` another version of the source, such as a checkout of an earlier commit, does the
same fit in each turn, alone only: beside another process an earlier one took twenty times as long.

The last line is JSON: ``busy_ratio`` (median seconds busy / alone, at most 2.5), ``alone`` and
``busy`` with their CPU seconds; with a baseline also ``alone_ratio`` (median over the turns of the
seconds alone / those of the baseline).

    python bench/busy.py [--quick] [--rows 200] [--turns 3] [--baseline OTHER/src]
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OWN = ROOT / "src"
POLICY = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_NUM_THREADS", "KMP_BLOCKTIME")
FIT = """
import sys, time
import tunesmith
start = time.perf_counter()
tunesmith.fit(sys.argv[1], budget="2h")
print(time.perf_counter() - start, time.process_time())
"""


@dataclass(frozen=True)
class Cost:
    """What a fit took, in seconds."""

    wall: float
    cpu: float


def write_rows(path: Path, count: int) -> None:
    """Write the first rows of the example."""
    with (ROOT / "examples" / "tickets.csv").open(encoding="utf-8", newline="") as source:
        rows = list(islice(csv.reader(source), count + 1))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def fit(source: Path, rows: Path) -> Cost:
    """Fit in a fresh process with a home of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in POLICY}
    with tempfile.TemporaryDirectory() as home:
        settings = {
            "PYTHONPATH": str(source),
            "TUNESMITH_HOME": home,
            "HF_HUB_OFFLINE": "1",
            "TOKENIZERS_PARALLELISM": "false",
        }
        run = subprocess.run(
            [sys.executable, "-c", FIT, str(rows)],
            env={**kept, **settings},
            stdout=subprocess.PIPE,
            check=True,
        )
    wall, cpu = map(float, run.stdout.split()[-2:])
    return Cost(wall, cpu)


@contextmanager
def busy_core() -> Iterator[None]:
    """Keep one core busy with a process that never waits."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def measure(sources: dict[str, Path], rows: Path, turns: int) -> dict[tuple[str, str], list[Cost]]:
    """Return the costs of each version alone, and of this one busy, one a turn."""
    costs: dict[tuple[str, str], list[Cost]] = {}

    def record(turn: int, name: str, state: str, cost: Cost) -> None:
        costs.setdefault((name, state), []).append(cost)
        took = f"{cost.wall:7.1f} s, CPU {cost.cpu:.1f} s"
        print(f"turn {turn + 1}: {name:9} {state:5} {took}", flush=True)

    for turn in range(turns):
        for name, source in sources.items():
            record(turn, name, "alone", fit(source, rows))
        with busy_core():
            record(turn, "tunesmith", "busy", fit(OWN, rows))
    return costs


def medians(costs: list[Cost]) -> Cost:
    """Return the median of wall and CPU seconds, each by itself."""
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
    )


def figures(costs: dict[tuple[str, str], list[Cost]]) -> dict[str, float]:
    """Return the figures of the last line."""
    states = {state: medians(costs["tunesmith", state]) for state in ("alone", "busy")}
    found = {"busy_ratio": states["busy"].wall / states["alone"].wall}
    for state, cost in states.items():
        found |= {state: cost.wall, f"{state}_cpu": cost.cpu}
    if ("baseline", "alone") in costs:
        both = zip(costs["tunesmith", "alone"], costs["baseline", "alone"], strict=True)
        found["alone_ratio"] = statistics.median(own.wall / other.wall for own, other in both)
    return {name: round(value, 2) for name, value in found.items()}


def main() -> None:
    """Measure the fits and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100 rows, one turn")
    parser.add_argument("--rows", type=int, default=200, help="number of texts")
    parser.add_argument("--turns", type=int, default=3, help="number of fits in each state")
    parser.add_argument("--baseline", type=Path, help="source folder of another version")
    options = parser.parse_args()
    sources = {"tunesmith": OWN}
    if options.baseline is not None:
        sources["baseline"] = options.baseline.resolve()
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.csv"
        write_rows(rows, 100 if options.quick else options.rows)
        turns = 1 if options.quick else options.turns
        print(json.dumps(figures(measure(sources, rows, turns))))


if __name__ == "__main__":
    main()
