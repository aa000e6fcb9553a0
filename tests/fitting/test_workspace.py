"""Finished rungs outlive a kill, and nothing outlives a finished fit."""

from pathlib import Path

import pytest

from tunesmith.errors import UsageError
from tunesmith.fitting.workspace import workspace
from tunesmith.home import work_folder


def finish(folder: Path) -> None:
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")


def interrupted_fit() -> None:
    with workspace("abc") as space:
        finish(space.model("top"))
        space.finish("top", 12.5)
        raise RuntimeError("power cut")


def test_a_finished_rung_is_found_again() -> None:
    """After an error its model and its cost are still there."""
    with pytest.raises(RuntimeError, match="power cut"):
        interrupted_fit()
    with workspace("abc") as second:
        assert second.seconds("top") == 12.5
        assert second.seconds("whole") is None
    assert not (work_folder() / "abc").exists()


def test_what_was_half_written_is_removed() -> None:
    """Folders that begin with a dot are an unfinished rung's."""
    (work_folder() / "abc" / ".top-x1").mkdir(parents=True)
    with workspace("abc") as space:
        assert list(space.folder.iterdir()) == []


def test_a_model_without_its_record_counts_as_finished() -> None:
    """A kill between the two costs nothing but the number."""
    with workspace("abc") as space:
        finish(space.model("top"))
        assert space.seconds("top") == 0.0


def test_the_same_fit_does_not_run_twice_at_once() -> None:
    """The second one says so at once."""
    with workspace("abc"), pytest.raises(UsageError, match="running already"), workspace("abc"):
        pass
