"""A backup of a server in use, restored in another home, has everything that was acknowledged."""

import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from tunesmith.errors import OutputError, UnreadableFile, UsageError
from tunesmith.home import Home
from tunesmith.server.backup import back_up, restore
from tunesmith.server.datasets import NewDataset
from tunesmith.server.settings import ServerSettings
from tunesmith.server.stores import open_stores


@pytest.fixture
def settings(home: Path, upload: Path) -> ServerSettings:
    """A server with a data set, a key and a fit."""
    found = ServerSettings(Home(home))
    stores = open_stores(found)
    dataset = stores.datasets.add(upload, NewDataset("Tickets", "tickets.csv"))
    stores.fits.add(dataset.id, {}, name="a")
    stores.keys.create("support")
    stores.engine.dispose()
    return found


def test_a_restored_server_has_everything(settings: ServerSettings, tmp_path: Path) -> None:
    used = open_stores(settings)  # as a running server has it open
    archive = back_up(settings, tmp_path / "server.tar")
    elsewhere = replace(settings, home=Home(tmp_path / "elsewhere"))
    restore(elsewhere, archive)
    restored = open_stores(elsewhere)
    assert restored.datasets.all() == used.datasets.all()
    assert restored.fits.all() == used.fits.all()
    assert restored.keys.all() == used.keys.all()
    ident = restored.datasets.all()[0].id
    assert restored.datasets.path(ident).read_bytes() == used.datasets.path(ident).read_bytes()


def test_nothing_is_overwritten(settings: ServerSettings, tmp_path: Path) -> None:
    archive = back_up(settings, tmp_path / "server.tar")
    with pytest.raises(OutputError, match="already exists"):
        back_up(settings, archive)
    with pytest.raises(UsageError, match="there is a server"):
        restore(settings, archive)


def test_other_files_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    empty = ServerSettings(Home(tmp_path / "empty"))
    text = tmp_path / "a.tar"
    text.write_text("not a tar file", encoding="utf-8")
    outside = tmp_path / "b.tar"
    with tarfile.open(outside, "w") as archive:
        archive.add(text, "../../outside")
    other = tmp_path / "c.tar"
    with tarfile.open(other, "w") as archive:
        archive.add(text, "files/a")
    absolute, link = tmp_path / "d.tar", tmp_path / "e.tar"
    with tarfile.open(absolute, "w") as archive:
        entry = tarfile.TarInfo(str(tmp_path.parent / "outside"))
        archive.addfile(entry)
    with tarfile.open(link, "w") as archive:
        entry = tarfile.TarInfo("files")
        entry.type, entry.linkname = tarfile.SYMTYPE, str(tmp_path)
        archive.addfile(entry)
        archive.add(text, "files/outside")
    for file in (text, outside, absolute, link, other):
        with pytest.raises(UnreadableFile, match="not a backup"):
            restore(empty, file)
        assert list((tmp_path / "empty").iterdir()) == []
    assert not (tmp_path.parent / "outside").exists()
    assert not (tmp_path / "outside").exists()


def test_what_is_wrong_with_a_file_is_one_sentence(tmp_path: Path) -> None:
    settings = ServerSettings(Home(tmp_path / "home"))
    bad = tmp_path / "bad.tar"
    bad.write_bytes(b"no tar file" * 100)
    for path, words in (
        (bad, "is not a backup, or it is damaged"),
        (tmp_path / "none.tar", "cannot be restored: no such file or directory"),
    ):
        with pytest.raises(UnreadableFile) as caught:
            restore(settings, path)
        assert caught.value.message == f"{path} {words}"


def test_databases_elsewhere_have_their_own_tools(tmp_path: Path) -> None:
    settings = ServerSettings(Home(tmp_path), database="postgresql://db/a")
    with pytest.raises(UsageError, match="pg_dump"):
        back_up(settings, tmp_path / "a.tar")
