"""A resumed run reuses its finished parts, but not those of another run."""

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tunesmith.bulk.parts import Parts
from tunesmith.bulk.stream import about_rows
from tunesmith.cli.app import app
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.errors import OutputError


def test_another_plan_starts_from_scratch(tmp_path: Path) -> None:
    """Parts of another model are not reused."""
    out = tmp_path / "v.npy"
    Parts(out, {"model": "a"}).write(0, np.ones((2, 1)))
    assert Parts(out, {"model": "a"}).read(0, rows=2) is not None
    assert Parts(out, {"model": "a"}).read(0, rows=3) is None
    assert Parts(out, {"model": "b"}).read(0, rows=2) is None
    assert Parts(out, {"model": "a"}).read(0, rows=2) is None


def test_an_incomplete_part_is_not_read(tmp_path: Path) -> None:
    """The temporary file of a killed process is ignored."""
    parts = Parts(tmp_path / "v.npy", {})
    (parts.folder / "00000000.aside").write_bytes(b"half")
    assert parts.read(0, rows=1) is None
    parts.write(0, np.ones((1, 1)))
    assert parts.read(0, rows=1) is not None
    parts.remove()
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_output_is_reported(tmp_path: Path) -> None:
    """The message names the file and the reason."""
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/v\.npy cannot be written"):
        Parts(tmp_path / "file" / "v.npy", {})


def test_a_run_that_fails_immediately_leaves_no_files(tiny_model: Path, tmp_path: Path) -> None:
    """Invalid options are reported, and no hidden folder remains."""
    (tmp_path / "texts.csv").write_text("text\nlate order\n")
    argv = ["embed", str(tiny_model), str(tmp_path / "texts.csv"), "-o", str(tmp_path / "v.npy")]
    found = CliRunner().invoke(app, [*argv, "--truncate-dim", "999"])
    assert "cannot be truncated to 999" in found.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["texts.csv"]


def test_rows_are_counted_without_reading_texts(examples: Path, tmp_path: Path) -> None:
    """Exact for Parquet, lines for text, and unknown for gzip."""
    pq.write_table(pa.table({"text": ["a", "b", "c"]}), tmp_path / "t.parquet")
    (tmp_path / "t.csv").write_text("text\na\nb\n")
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"text\na\n"))
    counts = [about_rows(tmp_path / name) for name in ("t.parquet", "t.csv", "t.csv.gz")]
    assert counts == [3, 3, None]


def test_parquet_names_the_model_that_made_it(tiny_model: Path, tmp_path: Path) -> None:
    """The metadata contains the model and its digest, and no other file remains."""
    source, out = tmp_path / "texts.csv", tmp_path / "vectors.parquet"
    source.write_text("text\nlate order\nlost card\n")
    found = CliRunner().invoke(app, ["embed", str(tiny_model), str(source), "-o", str(out)])
    assert found.exit_code == 0, found.output
    stamp = pq.read_schema(out).metadata
    assert stamp[b"tunesmith.digest"].decode() == folder_digest(tiny_model)
    assert stamp[b"tunesmith.model"] == b"model"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["texts.csv", "vectors.parquet"]
