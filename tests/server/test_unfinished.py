"""What a killed process was writing is removed at the next start, and nothing else."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.server.apps import started
from tunesmith.home import Home
from tunesmith.server.storage import Files

if TYPE_CHECKING:
    from tunesmith.server.stores import Stores

WRITER = """
import sys, time
from pathlib import Path
from tunesmith.server.storage import Files
files = Files(sys.argv[1], Path(sys.argv[1]))
(files.scratch() / "received").write_text("half")
with files.new("indexes/index-1/part-1") as folder:
    (folder / "texts").write_text("half")
    print("writing", flush=True)
    time.sleep(600)
"""


def writer(folder: Path) -> "subprocess.Popen[str]":
    """Start a process that is receiving an upload and writing a part."""
    command = [sys.executable, "-c", WRITER, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    return process


def content(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_only_what_a_dead_process_wrote_is_removed(tmp_path: Path) -> None:
    living, dead = writer(tmp_path), writer(tmp_path)
    dead.kill()
    dead.wait()
    files = Files(str(tmp_path), tmp_path)
    mine = files.scratch()
    assert files.sweep() == 1
    assert [name for name in content(tmp_path) if name in {"received", "texts"}] == [
        "received", "texts",
    ]  # fmt: skip
    assert mine.is_dir()
    living.kill()
    living.wait()
    assert files.sweep() == 1
    assert files.sweep() == 0
    assert not {"received", "texts"} & {*content(tmp_path)}


@pytest.mark.slow
def test_a_server_sweeps_when_it_starts(home: Path, shared_exports: None) -> None:
    folder = home / "server" / "files"
    process = writer(folder)
    process.kill()
    process.wait()
    assert "received" in content(folder)
    with started(home=Home(home)):
        assert not {"received", "texts"} & {*content(folder)}


def test_a_part_without_a_row_is_removed_after_an_hour(stores: "Stores") -> None:
    index = stores.indexes.create("tickets", "all-MiniLM-L6-v2")
    vectors = np.eye(2, dtype=np.float32)
    stores.indexes.add("tickets", ["a", "b"], ["one", "two"], vectors)
    for name, age in (("part-old", 7200), ("part-new", 60)):
        with stores.files.new(f"indexes/{index.id}/{name}"):
            pass
        then = time.time() - age
        os.utime(stores.files.local(f"indexes/{index.id}/{name}"), (then, then))
    (kept,) = stores.files.local(f"indexes/{index.id}").glob(f"part-{'?' * 20}")
    os.utime(kept, (0, 0))
    assert stores.indexes.sweep() == 1
    left = {each.name for each in stores.files.local(f"indexes/{index.id}").iterdir()}
    assert left == {"part-new", kept.name}
    assert [hit.id for hit in stores.indexes.search("tickets", vectors[:1], 1)[0]] == ["a"]
