"""Folders of files are complete or not there, in a local folder and at an fsspec URL."""

from pathlib import Path

import fsspec
import pytest

from tunesmith.server.storage import Files


@pytest.fixture(params=["local", "remote"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    """A storage of each kind; the remote one is fsspec's file system in memory."""
    if request.param == "local":
        return Files(str(tmp_path / "files"), tmp_path / "fetched")
    fsspec.filesystem("memory").store.clear()
    return Files("memory://bucket/folder", tmp_path / "fetched")


def test_a_folder_is_stored_and_found(files: Files) -> None:
    with files.new("models/a") as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "w").write_bytes(b"weights")
        assert not files.exists("models/a")
    assert files.exists("models/a")
    assert (files.local("models/a") / "sub" / "w").read_bytes() == b"weights"


def test_an_unfinished_folder_is_not_there(files: Files) -> None:
    with pytest.raises(RuntimeError), files.new("models/a"):
        raise RuntimeError
    assert not files.exists("models/a")
    with pytest.raises(FileNotFoundError):
        files.local("models/a")


def test_another_machine_fetches_what_is_remote(tmp_path: Path) -> None:
    fsspec.filesystem("memory").store.clear()
    first = Files("memory://bucket", tmp_path / "one")
    with first.new("datasets/a") as folder:
        (folder / "a.csv").write_text("text", encoding="utf-8")
    second = Files("memory://bucket", tmp_path / "two")
    local = second.local("datasets/a")
    assert tmp_path / "two" in local.parents
    assert [path.name for path in local.iterdir()] == ["a.csv"]


def test_a_deleted_folder_is_gone(files: Files) -> None:
    with files.new("a") as folder:
        (folder / "x").touch()
    files.delete("a")
    assert not files.exists("a")
    with pytest.raises(FileNotFoundError):
        files.local("a")
