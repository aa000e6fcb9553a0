"""Finished rungs survive a killed process, and nothing is left after a finished fit."""

from pathlib import Path

import pytest

from tunesmith.errors import UsageError
from tunesmith.fitting.workspace import workspace
from tunesmith.home import current_home


def finish(folder: Path) -> None:
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")


def interrupted_fit() -> None:
    with workspace("abc") as space:
        finish(space.model("top"))
        space.finish("top", 12.5)
        raise RuntimeError("power cut")


def test_a_finished_rung_survives_an_error() -> None:
    """Its model and its training time are still there."""
    with pytest.raises(RuntimeError, match="power cut"):
        interrupted_fit()
    with workspace("abc") as second:
        assert second.seconds("top") == 12.5
        assert second.seconds("whole") is None
    assert not (current_home().work / "abc").exists()


def test_incomplete_folders_are_removed() -> None:
    """Folders whose names begin with a dot belong to an unfinished rung."""
    (current_home().work / "abc" / ".top-x1").mkdir(parents=True)
    with workspace("abc") as space:
        assert list(space.folder.iterdir()) == []


def test_a_model_without_its_record_counts_as_finished() -> None:
    """A kill between writing the two loses only the training time."""
    with workspace("abc") as space:
        finish(space.model("top"))
        assert space.seconds("top") == 0.0


def test_the_same_fit_does_not_run_twice_at_once() -> None:
    """The second one raises an error immediately."""
    with workspace("abc"), pytest.raises(UsageError, match="already running"), workspace("abc"):
        pass
