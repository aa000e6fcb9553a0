"""A home is a value: two homes in one process do not share models, vectors or exports."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

import tunesmith
from tunesmith.errors import UnknownModel, UsageError
from tunesmith.home import Home, current_home
from tunesmith.results.fit_result import FitResult

TEXTS = ["card pay", "late order"]


def test_the_environment_gives_the_default(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Folder and cache size; a size that is no number is refused."""
    assert current_home() == Home(home)
    monkeypatch.setenv("TUNESMITH_CACHE_BYTES", "1000")
    assert current_home() == Home(home, 1000)
    monkeypatch.setenv("TUNESMITH_CACHE_BYTES", "1 GB")
    with pytest.raises(UsageError):
        current_home()


def test_two_homes_work_in_one_process(
    toy_fit: FitResult, tiny_model: Path, tmp_path: Path
) -> None:
    """Two threads at the same time, each with its own models and cache."""
    barrier = Barrier(2)

    def work(name: str) -> tuple[Path, np.ndarray]:
        home = Home(tmp_path / name)
        with home.active():
            barrier.wait()
            home.models.mkdir(parents=True)
            (home.models / name).symlink_to(toy_fit.path, target_is_directory=True)
            vectors = tunesmith.load(name).encode(TEXTS)
            tunesmith.SentenceEncoder(str(tiny_model)).encode([f"{name} card", *TEXTS])
            return current_home().folder, vectors

    with ThreadPoolExecutor(2) as pool:
        (first, one), (second, other) = pool.map(work, ["one", "two"])
    assert (first, second) == (tmp_path / "one", tmp_path / "two")
    np.testing.assert_array_equal(one, other)
    assert all((tmp_path / name / "cache" / "vectors.sqlite").exists() for name in ("one", "two"))
    with Home(tmp_path / "one").active(), pytest.raises(UnknownModel):
        tunesmith.load("two")
    assert current_home().folder not in {first, second}


def test_a_home_without_a_cache(tiny_model: Path, tmp_path: Path) -> None:
    """A limit of 0 bytes stores nothing."""
    with Home(tmp_path, cache_bytes=0).active():
        tunesmith.SentenceEncoder(str(tiny_model)).encode(TEXTS)
    assert not (tmp_path / "cache").exists()
