"""Folders are written atomically, even if writing is interrupted."""

import os
import time
from pathlib import Path

import pytest

from tunesmith.errors import OutputError
from tunesmith.folders import OLD, STALE_SECONDS, replacing


def _write(out: Path, text: str) -> None:
    with replacing(out) as temporary:
        (temporary / "file").write_text(text)


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    """The new folder contains no old files, and no temporary files remain."""
    out = tmp_path / "deep" / "model"
    _write(out, "old")
    (out / "left").touch()
    _write(out, "new")
    assert [path.name for path in out.iterdir()] == ["file"]
    assert (out / "file").read_text() == "new"
    assert list(out.parent.iterdir()) == [out]


def _fail(out: Path, failure: BaseException) -> None:
    with replacing(out) as temporary:
        (temporary / "file").write_text("half")
        raise failure


@pytest.mark.parametrize("failure", [OSError(28, "full"), KeyboardInterrupt(), OutputError("no")])
def test_a_failure_leaves_the_old_folder(tmp_path: Path, failure: BaseException) -> None:
    """A full disk, Ctrl-C or an error while writing leaves the folder unchanged."""
    out = tmp_path / "model"
    _write(out, "old")
    expected = OutputError if isinstance(failure, OSError) else type(failure)
    with pytest.raises(expected):
        _fail(out, failure)
    assert (out / "file").read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_a_folder_below_a_file_is_a_clear_error(tmp_path: Path) -> None:
    """The message names the folder and the reason."""
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/model cannot be written: "):
        _write(tmp_path / "file" / "model", "new")


def test_leftovers_of_a_killed_process_are_cleaned_up(tmp_path: Path) -> None:
    """A folder being replaced is restored; an incomplete one is removed after a day."""
    out = tmp_path / "model"
    _write(tmp_path / f".model-abcdefgh{OLD}", "old")
    stale = tmp_path / ".model-ijklmnop"
    stale.mkdir()
    then = time.time() - STALE_SECONDS - 60
    os.utime(stale, (then, then))
    with pytest.raises(KeyboardInterrupt), replacing(out):
        raise KeyboardInterrupt
    assert (out / "file").read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]
