"""Memory use and resumption of `tunesmith embed`."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tunesmith.encoders.backends.onnx_export import export
from tunesmith.encoders.model_files.digest import folder_digest

Run = Callable[..., Result]
# A trivial encoder with 128 dimensions, so that only the command itself uses memory.
SCRIPT = """
import resource, sys
import numpy as np
from tunesmith.bulk import embed
from tunesmith.cli.app import app

class Zeros:
    name = digest = "zeros"
    precision = "float32"
    def encode(self, texts, prompt, advance):
        return np.zeros((len(texts), 128), dtype=np.float32)

embed.encoder_of = lambda name: Zeros()
try:
    app(sys.argv[1:])
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def embed(path: Path, out: Path) -> int:
    """Embed a file and return the peak memory in KiB."""
    words = ["embed", "zeros", str(path), "--columns", "text=text", "-o", str(out)]
    command = [sys.executable, "-c", SCRIPT, *words]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(found.stdout)


@pytest.mark.parametrize("form", [".parquet", ".npy"])
def test_memory_stays_flat(tmp_path: Path, form: str) -> None:
    """Ten times the rows need at most 25% more memory."""
    peaks = []
    for rows in (20_000, 200_000):
        path = tmp_path / f"{rows}.csv"
        lines = (f"{number},a short text with number {number}" for number in range(rows))
        path.write_text("id,text\n" + "\n".join(lines) + "\n", encoding="utf-8")
        peaks.append(embed(path, tmp_path / f"{rows}{form}"))
    assert peaks[1] < 1.25 * peaks[0]
    assert (tmp_path / f"200000{form}").stat().st_size > 200_000


@pytest.mark.long
@pytest.mark.parametrize(("form", "kills"), [(".parquet", 1), (".npy", 2)])
def test_a_killed_run_resumes(
    run: Run, tiny_model: Path, home: Path, tmp_path: Path, form: str, kills: int
) -> None:
    """Killed after each of a few parts and restarted, it writes the output of one full run."""
    export(tiny_model, home / "onnx" / folder_digest(tiny_model))
    path = tmp_path / "texts.csv"
    lines = (f"{number},order {number} is {'very ' * (number % 8)}late" for number in range(20_000))
    path.write_text("id,text\n" + "\n".join(lines) + "\n", encoding="utf-8")

    def command(out: str) -> list[str]:
        return ["embed", str(tiny_model), str(path), "--columns", "text=text", "-o", out]

    whole, pieces = tmp_path / f"whole{form}", tmp_path / f"pieces{form}"
    assert run(*command(str(whole))).exit_code == 0
    for finished in range(kills):
        with subprocess.Popen([sys.executable, "-m", "tunesmith", *command(str(pieces))]) as child:
            while len(list(tmp_path.glob(".*.parts/*.npy"))) <= finished:
                if child.poll() is not None:
                    break  # it came to its end before it was looked at
                time.sleep(0.005)
            child.kill()
        pieces.unlink(missing_ok=True)
    assert run(*command(str(pieces))).exit_code == 0
    assert pieces.read_bytes() == whole.read_bytes()
    assert not list(tmp_path.glob(".*"))
