"""The cache returns stored vectors, and its failures never stop encoding."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
import warnings
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tunesmith.encoders.cache import vector_cache as cache_module
from tunesmith.encoders.cache.tables import connected
from tunesmith.encoders.cache.vector_cache import VectorCache, space_digest, text_digest
from tunesmith.errors import OutputError, UsageError


def _digests(count: int, start: int = 0) -> list[bytes]:
    return [text_digest(f"text {number}") for number in range(start, start + count)]


def _vectors(count: int, start: int = 0, width: int = 8) -> np.ndarray:
    numbers = np.arange(start, start + count, dtype=np.float32)
    return np.repeat(numbers[:, None], width, axis=1)


def test_stored_vectors_are_returned(tmp_path: Path) -> None:
    """Vectors are bit-identical, in the requested order, including duplicates."""
    cache = VectorCache(tmp_path)
    vectors = np.random.default_rng(0).normal(size=(7, 384)).astype(np.float32)
    digests = _digests(7)
    cache.put_many("a", digests, vectors)
    order = [5, 0, 5, 3]
    lookup = cache.get_many("a", [digests[i] for i in order] + _digests(1, start=100))
    assert lookup.found.tolist() == [True] * 4 + [False]
    np.testing.assert_array_equal(lookup.vectors, vectors[order])


def test_spaces_are_separate(tmp_path: Path) -> None:
    """The same text with another encoder, prompt or length is a separate entry."""
    cache = VectorCache(tmp_path)
    cache.put_many("a", _digests(1), _vectors(1, start=1))
    assert not cache.get_many("b", _digests(1)).found.any()
    spaces = {
        space_digest("e", "", None, 256, True),
        space_digest("f", "", None, 256, True),
        space_digest("e", "query: ", None, 256, True),
        space_digest("e", "", None, 128, True),
        space_digest("e", "", None, 256, False),
    }
    assert len(spaces) == 5


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.text(), max_size=12), st.lists(st.text(), max_size=12))
def test_a_text_is_found_if_and_only_if_it_was_stored(
    tmp_path: Path, kept: list[str], asked: list[str]
) -> None:
    """Texts may contain any characters and be repeated."""
    cache = VectorCache(tmp_path)
    cache.clear()
    digests = [text_digest(text) for text in kept]
    cache.put_many("a", digests, np.ones((len(kept), 2), np.float32))
    lookup = cache.get_many("a", [text_digest(text) for text in asked])
    assert lookup.found.tolist() == [text in kept for text in asked]


def test_more_texts_than_one_statement_takes(tmp_path: Path) -> None:
    """Tens of thousands of texts can be looked up in one call."""
    cache = VectorCache(tmp_path)
    cache.put_many("a", _digests(12_000), _vectors(12_000, width=2))
    lookup = cache.get_many("a", _digests(40_000))
    assert lookup.found.sum() == 12_000
    np.testing.assert_array_equal(lookup.vectors[:, 0], np.arange(12_000))


def test_info_counts_and_clear_empties(tmp_path: Path) -> None:
    """Clearing releases the disk space."""
    cache = VectorCache(tmp_path, limit=10**9)
    assert cache.info().entries == 0
    assert not cache.path.exists()
    cache.put_many("a", _digests(2000), _vectors(2000, width=384))
    cache.put_many("b", _digests(5), _vectors(5))
    info = cache.info()
    assert (info.entries, info.spaces, info.limit) == (2005, 2, 10**9)
    assert 2000 * 384 * 4 < info.bytes < 2000 * 384 * 4 * 1.5
    cache.clear()
    assert (cache.info().entries, cache.info().spaces) == (0, 0)
    assert cache.path.stat().st_size < 200_000


def test_the_least_recently_used_vectors_are_deleted_first(tmp_path: Path) -> None:
    """A read counts as a use."""
    now = [1000.0]
    cache = VectorCache(tmp_path, limit=3_000_000, clock=lambda: now[0])
    for start in range(0, 1500, 500):
        cache.put_many("a", _digests(500, start), _vectors(500, start, width=384))
        now[0] += 1000
    cache.get_many("a", _digests(500))
    now[0] += 1000
    cache.put_many("a", _digests(500, 1500), _vectors(500, 1500, width=384))
    found = cache.get_many("a", _digests(2000)).found.reshape(4, 500).mean(axis=1)
    assert found[0] == 1
    assert found[1] < 0.5
    assert found[3] == 1
    assert cache.info().bytes <= 3_000_000
    assert cache.path.stat().st_size <= 3_300_000


def test_the_limit_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The default is 4 GiB, 0 disables the cache, and invalid values are reported."""
    cache = VectorCache(tmp_path)
    assert cache.limit == 4 * 2**30
    monkeypatch.setenv("TUNESMITH_CACHE_BYTES", "0")
    cache.put_many("a", _digests(1), _vectors(1))
    assert not cache.path.exists()
    monkeypatch.setenv("TUNESMITH_CACHE_BYTES", "4 gigs")
    with pytest.raises(UsageError, match="TUNESMITH_CACHE_BYTES is '4 gigs'"):
        cache.info()


def _write_many(folder: str, start: int) -> None:
    cache = VectorCache(folder)
    for part in range(start, start + 400, 20):
        # Half of what each process writes, the other writes too.
        cache.put_many("a", _digests(20, part), _vectors(20, part))
        cache.get_many("a", _digests(20, part))


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    """Several processes can create the file at once without errors or lost vectors."""
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=_write_many, args=(str(tmp_path), start)) for start in (0, 200, 400)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    lookup = VectorCache(tmp_path).get_many("a", _digests(800))
    assert lookup.found.all()
    np.testing.assert_array_equal(lookup.vectors, _vectors(800))


WRITER = """
import sys
import numpy as np
from tunesmith.encoders.cache.vector_cache import VectorCache, text_digest
cache = VectorCache(sys.argv[1])
for start in range(0, 10**9, 50):
    digests = [text_digest(f"text {number}") for number in range(start, start + 50)]
    vectors = np.repeat(np.arange(start, start + 50, dtype=np.float32)[:, None], 8, axis=1)
    cache.put_many("a", digests, vectors)
    print(start + 50, flush=True)
"""


def test_a_killed_writer_does_not_corrupt_the_cache(tmp_path: Path) -> None:
    """Every vector stored by a finished put_many is intact, and writing continues to work."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        written = [int(writer.stdout.readline()) for _ in range(20)][-1]
        time.sleep(0.013)
        os.kill(writer.pid, signal.SIGKILL)
    cache = VectorCache(tmp_path)
    lookup = cache.get_many("a", _digests(written))
    assert lookup.found.all()
    np.testing.assert_array_equal(lookup.vectors, _vectors(written))
    with closing(sqlite3.connect(cache.path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    cache.put_many("b", _digests(1), _vectors(1))
    assert cache.get_many("b", _digests(1)).found.all()


@pytest.mark.parametrize(
    "content", [b"no database at all " * 500, b"SQLite format 3\0" + b"\1" * 9000]
)
def test_a_damaged_file_is_replaced(tmp_path: Path, content: bytes) -> None:
    """There is one warning, and the cache is created again."""
    cache = VectorCache(tmp_path)
    cache.path.write_bytes(content)
    with pytest.warns(RuntimeWarning, match=r"is damaged .* renamed"):
        assert not cache.get_many("a", _digests(1)).found.any()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.put_many("a", _digests(1), _vectors(1))
        assert cache.get_many("a", _digests(1)).found.all()
    assert (tmp_path / "vectors.damaged.sqlite").read_bytes() == content


def test_a_damaged_page_is_replaced(tmp_path: Path) -> None:
    """Damage found only while reading is handled too."""
    cache = VectorCache(tmp_path)
    cache.put_many("a", _digests(500), _vectors(500, width=384))
    whole = cache.path.read_bytes()
    cache.path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    with pytest.warns(RuntimeWarning, match="is damaged"):
        assert not cache.get_many("a", _digests(500)).found.all()
    cache.put_many("a", _digests(5), _vectors(5))
    assert cache.get_many("a", _digests(5)).found.all()


def test_a_file_of_another_version_is_replaced(tmp_path: Path) -> None:
    """Unknown tables are not used."""
    cache = VectorCache(tmp_path)
    with closing(sqlite3.connect(cache.path)) as connection:
        connection.execute("CREATE TABLE entries (something)")
    with pytest.warns(RuntimeWarning, match="another version"):
        cache.put_many("a", _digests(1), _vectors(1))
    assert cache.get_many("a", _digests(1)).found.all()


def test_an_unwritable_folder_disables_the_cache(tmp_path: Path) -> None:
    """There is one warning and no error."""
    (tmp_path / "file").write_text("in the way")
    cache = VectorCache(tmp_path / "file")
    with pytest.warns(RuntimeWarning, match="cannot be used"):
        cache.put_many("a", _digests(1), _vectors(1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.put_many("a", _digests(1), _vectors(1))
    assert not cache.get_many("a", _digests(1)).found.any()


def test_a_full_disk_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Earlier vectors stay readable."""
    cache = VectorCache(tmp_path)
    cache.put_many("a", _digests(1), _vectors(1))
    monkeypatch.setattr(cache_module, "connected", _Full)
    with pytest.warns(RuntimeWarning, match="full"):
        cache.put_many("a", _digests(900, 1), _vectors(900, 1, width=384))
    assert cache.get_many("a", _digests(1)).found.all()


class _Full:
    """A connection to a full disk."""

    def __init__(self, path: Path) -> None:
        self.opened = connected(path)

    def __enter__(self) -> sqlite3.Connection:
        connection = self.opened.__enter__()
        connection.execute("PRAGMA max_page_count = 1")
        return connection

    def __exit__(self, *error: object) -> bool | None:
        return self.opened.__exit__(*error)  # type: ignore[arg-type]  # passed on as it came


def test_a_locked_file_cannot_be_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clearing a file locked by another process raises an error."""
    monkeypatch.setattr("tunesmith.encoders.cache.tables.PATIENCE", 0.05)
    cache = VectorCache(tmp_path)
    cache.put_many("a", _digests(1), _vectors(1))
    with closing(sqlite3.connect(cache.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OutputError, match="cannot be cleared"):
            cache.clear()
        with pytest.warns(RuntimeWarning, match="locked"):
            cache.put_many("a", _digests(1, 5), _vectors(1))
        assert cache.get_many("a", _digests(1)).found.all()


def test_non_finite_vectors_are_not_returned(tmp_path: Path) -> None:
    """A corrupted vector is not returned, and a new one replaces it."""
    cache = VectorCache(tmp_path)
    vectors = _vectors(3)
    vectors[1, 4] = np.nan
    cache.put_many("a", _digests(3), vectors)
    lookup = cache.get_many("a", _digests(3))
    assert lookup.found.tolist() == [True, False, True]
    np.testing.assert_array_equal(lookup.vectors, vectors[[0, 2]])
    cache.put_many("a", _digests(1, 1), _vectors(1, 1))
    assert cache.get_many("a", _digests(3)).found.all()


def test_a_repeated_read_writes_nothing(tmp_path: Path) -> None:
    """The time of last use is updated at most once a minute."""
    now = [1000.0]
    cache = VectorCache(tmp_path, clock=lambda: now[0])
    cache.put_many("a", _digests(1), _vectors(1))
    now[0] += 30
    before = cache.path.read_bytes()
    cache.get_many("a", _digests(1))
    assert cache.path.read_bytes() == before
    now[0] += 60
    cache.get_many("a", _digests(1))
    with closing(sqlite3.connect(cache.path)) as connection:
        assert connection.execute("SELECT used FROM entries").fetchone() == (1090,)


def test_normal_use_gives_no_warnings(tmp_path: Path) -> None:
    """Even an empty cache gives no warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache = VectorCache(tmp_path / "new")
        assert not cache.get_many("a", _digests(2)).found.any()
        cache.put_many("a", [], _vectors(0))
        cache.clear()
        assert cache.get_many("a", []).vectors.shape == (0, 0)
