"""An uploaded file is checked and stored; a bad one fails alone, with its error."""

import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog

from tunesmith.server.datasets import NewDataset, ReadOptions
from tunesmith.server.faults import NotFound
from tunesmith.server.stores import open_stores

if TYPE_CHECKING:
    from tunesmith.server.stores import Stores


def test_an_upload_is_checked_and_stored(stores: "Stores", upload: Path) -> None:
    stored = stores.datasets.add(upload, NewDataset("Tickets", "../../etc/tickets.csv"))
    assert (stored.status, stored.kind, stored.rows) == ("validated", "labelled", 647)
    assert stored.file == "tickets.csv"
    assert stores.datasets.get(stored.id) == stored
    path = stores.datasets.path(stored.id)
    assert stores.settings.folder in path.parents
    assert not upload.exists()


def test_a_bad_file_fails_alone(stores: "Stores", tmp_path: Path) -> None:
    """It is stored with its error, so that the client can read it later too."""
    bad = tmp_path / "received"
    bad.write_bytes(b"\x00\x01\x02" * 100)
    stored = stores.datasets.add(bad, NewDataset("Bad", "bad.csv"))
    assert stored.status == "failed"
    assert stored.error is not None
    assert "bad.csv" in stored.error["message"]
    assert stores.datasets.path(stored.id).is_file()


def test_a_file_that_looks_like_utf16_fails_with_its_line(stores: "Stores", tmp_path: Path) -> None:
    """A byte-order mark after the header is none, and the message is not that of a fault."""
    bad = tmp_path / "received"
    bad.write_bytes(b"text,label\n" + b"\xff\xfea\x00,\x00b\x00\n\x00" * 9)
    stored = stores.datasets.add(bad, NewDataset("Bad", "bad.csv"))
    assert (stored.status, stored.report) == ("failed", None)
    assert stored.error is not None
    assert "line 2 of bad.csv contains a NUL byte" in stored.error["message"]


def test_a_repeated_upload_is_one(stores: "Stores", tmp_path: Path) -> None:
    """Clients repeat a POST after an answer is lost; other names, options or keys are others."""
    found = []
    for new in (
        NewDataset("a", "a.csv"),
        NewDataset("a", "a.csv"),
        NewDataset("b", "a.csv"),
        NewDataset("a", "a.csv", ReadOptions(kind="texts")),
        NewDataset("a", "a.csv", created_by="key-1"),
    ):
        path = tmp_path / "received"
        path.write_text("text,label\n" + "red,warm\nblue,cold\n" * 20, encoding="utf-8")
        found.append(stores.datasets.add(path, new).id)
    assert found[0] == found[1]
    assert len(set(found)) == 4


def test_the_same_upload_at_the_same_time_is_one(stores: "Stores", tmp_path: Path) -> None:
    """Also where two servers share a database; nothing is left of the others."""
    second = open_stores(stores.settings)

    def add(number: int) -> str:
        path = tmp_path / f"{number}" / "received"
        path.parent.mkdir()
        path.write_text("text,label\n" + "red,warm\nblue,cold\n" * 20, encoding="utf-8")
        server = (stores, second)[number % 2]
        return server.datasets.add(path, NewDataset("a", "a.csv")).id

    with ThreadPoolExecutor(10) as pool:
        found = set(pool.map(add, range(10)))
    second.engine.dispose()
    assert {each.id for each in stores.datasets.all()} == found
    assert len(found) == 1
    kept = stores.settings.folder / "files" / "datasets"
    assert [each.name for each in kept.iterdir()] == [*found]


def test_versions_are_numbered_from_the_first(stores: "Stores", tmp_path: Path) -> None:
    ids: list[str] = []
    for number in range(3):
        path = tmp_path / "received"
        path.write_text(f"text,label\nred {number},warm\nblue,cold\n" * 20, encoding="utf-8")
        of = ids[-1] if ids else None
        ids.append(stores.datasets.add(path, NewDataset("a", "a.csv", version_of=of)).id)
    assert [each.version for each in stores.datasets.versions(ids[1])] == [1, 2, 3]
    assert [each.id for each in stores.datasets.versions(ids[2])] == ids


def test_a_deleted_data_set_is_gone(stores: "Stores", upload: Path) -> None:
    stored = stores.datasets.add(upload, NewDataset("Tickets", "tickets.csv"))
    path = stores.datasets.path(stored.id)
    stores.datasets.delete(stored.id)
    assert not path.exists()
    with pytest.raises(NotFound, match=stored.id):
        stores.datasets.get(stored.id)


@pytest.mark.parametrize("ident", ["../../etc/passwd", "data-..", "", "data-1'; --"])
def test_an_id_is_looked_up_and_never_a_path(stores: "Stores", ident: str) -> None:
    with pytest.raises(NotFound):
        stores.datasets.path(ident)
    with pytest.raises(NotFound):
        stores.datasets.delete(ident)


def test_too_many_rows_are_refused(stores: "Stores", upload: Path) -> None:
    stores.datasets._max_rows = 100
    stored = stores.datasets.add(upload, NewDataset("Tickets", "tickets.csv"))
    assert stored.error is not None
    assert "647 rows, and the server accepts 100" in stored.error["message"]


def test_a_file_without_a_usable_row_says_why(stores: "Stores", tmp_path: Path) -> None:
    received = tmp_path / "received"
    received.write_text('{"text": "red", "label": NaN}\n' * 50, encoding="utf-8")
    stored = stores.datasets.add(received, NewDataset("a", "a.jsonl"))
    assert stored.error is not None
    message = stored.error["message"]
    assert message == "No usable rows: all 50 are skipped. No label in 50 rows"


def test_an_archive_of_documents_is_a_data_set(stores: "Stores", tmp_path: Path) -> None:
    """It is read as a folder; what was received is kept as it was."""
    received = zipped(tmp_path, {f"guide/{n}.md": f"# {n}\n\nRed {n} is warm." for n in range(30)})
    size = received.stat().st_size
    stored = stores.datasets.add(received, NewDataset("Guide", "guide.zip"))
    assert (stored.status, stored.kind, stored.rows) == ("validated", "texts", 30)
    assert stores.datasets.path(stored.id).is_dir()
    assert stores.datasets.received(stored.id).stat().st_size == size
    assert stores.datasets.inspection(stored.id).name == "guide"
    stores.datasets.delete(stored.id)
    assert not list(stores.settings.folder.rglob("*.md"))


def test_an_archive_of_a_beir_folder_is_a_data_set(stores: "Stores", tmp_path: Path) -> None:
    numbers = range(40)
    corpus = "".join(f'{{"_id": "d{n}", "text": "red {n}"}}\n' for n in numbers)
    queries = "".join(f'{{"_id": "q{n}", "text": "which {n}"}}\n' for n in numbers)
    judged = "query-id\tcorpus-id\tscore\n" + "".join(f"q{n}\td{n}\t1\n" for n in numbers)
    files = {"corpus.jsonl": corpus, "queries.jsonl": queries, "qrels/test.tsv": judged}
    stored = stores.datasets.add(zipped(tmp_path, files), NewDataset("Search", "search.zip"))
    assert (stored.error, stored.kind) == (None, "retrieval")


def test_an_archive_of_one_table_is_that_table(stores: "Stores", tmp_path: Path) -> None:
    table = "text,label\n" + "red,warm\nblue,cold\n" * 20
    stored = stores.datasets.add(zipped(tmp_path, {"a.csv": table}), NewDataset("a", "a.zip"))
    assert (stored.status, stored.kind) == ("validated", "labelled")
    assert stores.datasets.path(stored.id).name == "a.csv"


def test_a_bad_archive_fails_alone(stores: "Stores", tmp_path: Path) -> None:
    stored = stores.datasets.add(zipped(tmp_path, {"../a.md": "# A"}), NewDataset("a", "a.zip"))
    assert stored.error is not None
    assert "unsafe path" in stored.error["message"]
    assert stores.datasets.path(stored.id).name == "a.zip"
    assert not list(stores.settings.folder.rglob("a.md"))


def test_a_fault_of_a_reader_fails_the_file_only(
    stores: "Stores", upload: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its words, which may quote a text, reach neither the answer nor the log."""

    def failing(*_given: object, **_options: object) -> None:
        raise IndexError("a text of a user")

    monkeypatch.setattr("tunesmith.server.datasets.inspect", failing)
    with structlog.testing.capture_logs() as logs:
        stored = stores.datasets.add(upload, NewDataset("a", "a.csv"))
    assert stored.error is not None
    assert stored.error["message"] == "a.csv cannot be read"
    assert logs[0]["kind"] == ["IndexError"]
    assert "text of a user" not in str(logs)


def zipped(folder: Path, files: dict[str, str]) -> Path:
    """Return a received archive of some files."""
    path = folder / "received"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path
