"""One instance of DuckDB reads all small files, and has access to nothing else."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from tunesmith.data.reading import duckdb_csv
from tunesmith.data.reading.dialect import find_dialect
from tunesmith.data.reading.duckdb_csv import scan, survey
from tunesmith.data.reading.read import read


def written(path: Path, rows: int) -> Path:
    lines = [f"text {row} of {path.stem},label {row % 2}" for row in range(rows)]
    path.write_text("\n".join(["text,label", *lines, "one,cell,more", ""]), "utf-8")
    return path


def test_threads_read_their_own_rows(tmp_path: Path) -> None:
    """And their own rejected lines."""
    paths = [written(tmp_path / f"{number}.csv", 20 + number) for number in range(6)]
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(read, paths * 3))
    assert [len(each.table) for each in found] == [*range(20, 26)] * 3
    assert all(len(each.rejected) == 1 for each in found)


def test_nothing_is_left_of_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a folder, also if the file cannot be read."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    duckdb_csv._small_files.cache_clear()
    read(written(tmp_path / "a.csv", 20))
    assert list((tmp_path / "temporary").iterdir()) == []
    duckdb_csv._small_files.cache_clear()


@pytest.mark.parametrize("small", [0, 2**20], ids=["own instance", "shared instance"])
def test_no_other_file_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    """Whatever the statement, and no statement can change that; nor is a progress bar printed."""
    monkeypatch.setattr(duckdb_csv, "_SMALL_BYTES", small)
    own, other = (written(tmp_path / f"{name}.csv", 20) for name in "ab")
    with duckdb_csv._connection(own) as (connection, readable):
        assert connection.execute("select count(*) from read_csv(?)", [str(readable)]).fetchall()
        for refused in (str(other), f"{readable.parent}/../{other.name}"):
            with pytest.raises(duckdb.PermissionException):
                connection.execute("select * from read_csv(?)", [refused])
        with pytest.raises(duckdb.Error):
            connection.execute("set enable_external_access = true")
        shown = connection.execute("select current_setting('enable_progress_bar')").fetchall()
        assert shown == [(False,)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_a_forked_process_reads_too(tmp_path: Path) -> None:
    """It has none of the threads of the instance that its parent started."""
    path = written(tmp_path / "a.csv", 20)
    read(path)
    child = os.fork()
    if not child:
        os._exit(0 if len(read(path).table) == 20 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(read(path).table) == 20


def test_both_instances_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, rejected lines and counts."""
    path = written(tmp_path / "a.csv", 20)
    dialect = find_dialect(path)
    small = scan(path, dialect), survey(path, dialect)
    monkeypatch.setattr(duckdb_csv, "_SMALL_BYTES", 0)
    large = scan(path, dialect), survey(path, dialect)
    assert small[1] == large[1]
    assert small[0] is not None
    assert large[0] is not None
    assert small[0].table.equals(large[0].table)
    assert small[0].rejects == large[0].rejects
