"""Folders appear whole or not at all, whatever stops the writing."""

import os
import time
from pathlib import Path

import pytest

from tunesmith.errors import OutputError
from tunesmith.folders import OLD, STALE_SECONDS, replacing


def _write(out: Path, text: str) -> None:
    with replacing(out) as aside:
        (aside / "file").write_text(text)


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    """The new folder holds nothing of the old one, and nothing lies beside it."""
    out = tmp_path / "deep" / "model"
    _write(out, "old")
    (out / "left").touch()
    _write(out, "new")
    assert [path.name for path in out.iterdir()] == ["file"]
    assert (out / "file").read_text() == "new"
    assert list(out.parent.iterdir()) == [out]


def _fail(out: Path, failure: BaseException) -> None:
    with replacing(out) as aside:
        (aside / "file").write_text("half")
        raise failure


@pytest.mark.parametrize("failure", [OSError(28, "full"), KeyboardInterrupt(), OutputError("no")])
def test_a_failure_leaves_the_old_folder(tmp_path: Path, failure: BaseException) -> None:
    """A full disk, Ctrl-C or a refusal while writing changes nothing."""
    out = tmp_path / "model"
    _write(out, "old")
    expected = OutputError if isinstance(failure, OSError) else type(failure)
    with pytest.raises(expected):
        _fail(out, failure)
    assert (out / "file").read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_a_folder_below_a_file_is_a_clear_error(tmp_path: Path) -> None:
    """What cannot be made is named, with the reason."""
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/model cannot be written: "):
        _write(tmp_path / "file" / "model", "new")


def test_what_a_kill_left_is_put_right(tmp_path: Path) -> None:
    """A folder set aside when the process died comes back; a half-written one goes after a day."""
    out = tmp_path / "model"
    _write(tmp_path / f".model-abcdefgh{OLD}", "old")
    forgotten = tmp_path / ".model-ijklmnop"
    forgotten.mkdir()
    then = time.time() - STALE_SECONDS - 60
    os.utime(forgotten, (then, then))
    with pytest.raises(KeyboardInterrupt), replacing(out):
        raise KeyboardInterrupt
    assert (out / "file").read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]
