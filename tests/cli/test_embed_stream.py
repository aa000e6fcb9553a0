"""Embedding a long file takes no more memory than embedding a short one."""

import subprocess
import sys
from pathlib import Path

import pytest

# An encoder of 128 dimensions that costs nothing: what grows with the rows is the command's own.
SCRIPT = """
import resource, sys
import numpy as np
from tunesmith.cli import encoding
from tunesmith.cli.app import app

class Zeros:
    def __setattr__(self, name, cache):
        print("cached" if cache else "not cached")
    def encode_stream(self, batches, prompt=None):
        return (np.zeros((len(texts), 128), dtype=np.float32) for texts in batches)

encoding.open_encoder = lambda name: Zeros()
try:
    app(sys.argv[1:])
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def embed(path: Path, out: Path) -> tuple[str, int]:
    """Embed a file; return whether it was cached, and the peak of memory in KiB."""
    words = ["embed", "zeros", str(path), "--column", "text", "-o", str(out)]
    command = [sys.executable, "-c", SCRIPT, *words]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    cached, peak = found.stdout.split("\n")[:2]
    return cached, int(peak)


@pytest.mark.parametrize("form", [".parquet", ".npy"])
def test_memory_stays_flat(tmp_path: Path, form: str) -> None:
    """Ten times the rows: within a quarter of the memory; the cache is left alone."""
    peaks = []
    for rows, expected in ((20_000, "cached"), (200_000, "not cached")):
        path = tmp_path / f"{rows}.csv"
        lines = (f"{number},a short text with number {number}" for number in range(rows))
        path.write_text("id,text\n" + "\n".join(lines) + "\n", encoding="utf-8")
        cached, peak = embed(path, tmp_path / f"{rows}{form}")
        assert cached == expected
        peaks.append(peak)
    assert peaks[1] < 1.25 * peaks[0]
    assert (tmp_path / f"200000{form}").stat().st_size > 200_000
