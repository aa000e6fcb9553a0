"""Read generated files of every kind, format, dialect, encoding and script, some with faults.

Run ``python bench/fuzz.py [--quick] [--first SEED]``: 2,000 files, or 300. Each file is read and
checked; then its kind, columns, row numbers, texts and labels are compared with those that were
generated. A difference must be named by a finding, a note or an error: a file with one that is not
is ``silent``, and is printed with its seed. ``refused`` are files that must be refused and are.

It prints a table and a last line of JSON with the number of files by outcome, and the seconds.
"""

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.data.generated_files import generate
from tests.data.generated_outcomes import outcome


def result(seed: int, folder: Path) -> str:
    """Read the file of a seed; print what is not named."""
    made = generate(seed)
    found = outcome(made, folder)
    if found.unnamed:
        print(made.recipe, *found.unnamed, sep="\n  ")
        return "silent"
    if "refused" in found.differences:
        return "refused"
    return "named" if found.differences or made.says else "exact"


def main() -> None:
    """Read the files and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="300 files")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    options = parser.parse_args()
    start, counts = time.perf_counter(), Counter[str]()
    for seed in range(options.first, options.first + (300 if options.quick else 2000)):
        with TemporaryDirectory() as folder:
            counts[result(seed, Path(folder))] += 1
    seconds = time.perf_counter() - start
    table = Table("outcome", "files", title=f"{counts.total():,} generated files")
    results = {name: counts[name] for name in ("exact", "named", "refused", "silent")}
    for name, count in results.items():
        table.add_row(name, f"{count:,}")
    Console().print(table)
    print(json.dumps({**results, "seconds": round(seconds, 1)}))


if __name__ == "__main__":
    main()
