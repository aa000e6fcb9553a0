"""Benchmark the memory of ``tunesmith embed`` with a static model: a million rows against 50,000.

The input is Parquet with questions of Banking77's test file, made distinct by a number. Each
output format is measured in a separate process that prints its peak resident memory. The last
line is JSON: for each format, the ratio of the peaks for many and few rows, and rows per second.

    python bench/bulk.py [--quick]        # --quick: 200,000 rows instead of a million
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import pyarrow as pa
import pyarrow.parquet as pq

DATA = Path(os.environ.get("TUNESMITH_DATA", Path(__file__).parents[2] / "shared" / "data"))
FEW = 50_000
# getrusage reports at least the parent's memory for a child process.
COMMAND = """
import sys
from tunesmith.cli import main
try:
    main()
finally:
    status = open('/proc/self/status').read().split('VmHWM:')[1]
    print(status.split()[0], file=sys.stderr)
"""


def questions(rows: int) -> list[str]:
    """Return the given number of distinct short texts."""
    with (DATA / "banking77" / "test.csv").open(encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    return [f"{text} {number}" for number, text in enumerate(islice(cycle(texts), rows))]


def measured(arguments: list[str]) -> tuple[float, float]:
    """Run a command; return its peak memory in MiB and its wall time in seconds."""
    start = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments], check=True, stderr=subprocess.PIPE, text=True
    )
    return int(run.stderr.split()[-1]) / 1024, time.perf_counter() - start


def main() -> None:
    """Write the files, embed them, and print memory and time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="200,000 rows instead of a million")
    many = 200_000 if parser.parse_args().quick else 1_000_000
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["TUNESMITH_HOME"] = str(folder / "home")
        options = [
            "--texts",
            str(DATA / "banking77" / "train.csv"),
            "--output",
            str(folder / "fast"),
        ]
        measured(["distill", "all-MiniLM-L6-v2", *options])
        for rows in (FEW, many):
            pq.write_table(pa.table({"text": questions(rows)}), folder / f"{rows}.parquet")
        for form in ("parquet", "npy", "jsonl"):
            peaks = {}
            for rows in (FEW, many):
                out = folder / f"vectors.{form}"
                command = ["embed", str(folder / "fast"), str(folder / f"{rows}.parquet")]
                peaks[rows], seconds = measured([*command, "-o", str(out)])
                size = out.stat().st_size / 2**20
                out.unlink()
                print(
                    f"{form:<8} {rows:>9,} rows  {peaks[rows]:5.0f} MiB  {seconds:6.1f} s  "
                    f"{rows / seconds:7,.0f}/s  file {size:,.0f} MiB"
                )
            figures[f"{form}_memory"] = peaks[many] / peaks[FEW]
            figures[f"{form}_rate"] = many / seconds
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
