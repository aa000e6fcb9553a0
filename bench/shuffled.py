"""Benchmark fits with all candidates on shuffled labels, where every reported gain is luck.

The tasks are those of ``small_data.py``, with other samples. Labels are shuffled within the
training rows, so nothing can be learnt.

The last line is JSON: ``false_better`` and ``false_likely``, the shares of fits that call the
change better or likely better; ``fits``; and ``seconds``, their median. Ctrl-C ends the run early
and prints the figures so far. ``--quick`` makes two fits.
"""

import argparse
import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from small_data import DATA, TASKS, Fitted, Rows, Task, read, report, sample, whole_fit
from tunesmith.results import Outcome


def noise_fits(data: Path, tasks: list[Task], count: int, budget: float) -> Iterator[Fitted]:
    """Yield fits on shuffled labels, one task after the other."""
    for number in range(count):
        task = tasks[number % len(tasks)]
        train, test = sample(task, read(data / task.folder), 2_000 + number)
        labels = np.random.default_rng(number).permutation(train.labels)
        yield whole_fit(task, Rows(train.texts, labels), test, number, budget)


def figures(fits: list[Fitted]) -> dict[str, float]:
    """Return the answers of the last line."""
    better = [each.outcome == Outcome.BETTER for each in fits]
    likely = [each.is_likely for each in fits]
    return {
        "false_better": round(float(np.mean(better)), 4),
        "false_likely": round(float(np.mean(likely)), 4),
        "fits": len(fits),
        "seconds": round(float(np.median([each.seconds for each in fits])), 1),
    }


def main() -> None:
    """Run the fits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two fits")
    parser.add_argument("--fits", type=int, default=20, help="number of fits")
    parser.add_argument("--tasks", nargs="+", metavar="NAME", help="only these, such as trec_300")
    parser.add_argument("--budget", type=float, default=300.0, help="seconds of a fit")
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("TUNESMITH_DATA", DATA)), help="real data"
    )
    options = parser.parse_args()
    tasks = [task for task in TASKS if not options.tasks or task.name in options.tasks]
    fits: list[Fitted] = []
    with contextlib.suppress(KeyboardInterrupt):
        for fitted in noise_fits(
            options.data, tasks, 2 if options.quick else options.fits, options.budget
        ):
            fits.append(fitted)
            report(fitted)
    print(json.dumps(figures(fits)))


if __name__ == "__main__":
    main()
