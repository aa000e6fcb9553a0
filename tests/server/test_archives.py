"""Zip archives are unpacked inside of their folder, or refused; nothing is left then."""

import gzip
import stat
import tempfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.errors import UnreadableFile
from tunesmith.server.archives import UnpackLimits, require_bounded, unpack
from tunesmith.server.settings import MEBIBYTE

LIMITS = UnpackLimits(bytes=32 * MEBIBYTE, files=5, rows=100)


def archive(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as out:
        for name, content in files.items():
            info = zipfile.ZipInfo("placeholder")
            info.filename, info.compress_type = name, method
            out.writestr(info, content)
    return path


def special(path: Path, kind: int, content: str = "/etc/passwd") -> Path:
    info = zipfile.ZipInfo("a.md")
    info.external_attr = (kind | 0o777) << 16
    with zipfile.ZipFile(path, "w") as out:
        out.writestr(info, content)
    return path


def refused(path: Path, words: str, limits: UnpackLimits = LIMITS) -> None:
    """Assert that an archive is refused, and that it has left nothing behind."""
    before = sorted(path.parent.parent.rglob("*"))
    with pytest.raises(UnreadableFile, match=words):
        unpack(path, path.with_name("out"), limits)
    assert sorted(path.parent.parent.rglob("*")) == before


def test_documents_are_unpacked(tmp_path: Path) -> None:
    """A folder around them, and the files of an operating system, are left out."""
    path = archive(
        tmp_path / "a.zip",
        {"guide/a.md": b"# A", "guide/b/c.md": b"# C", "__MACOSX/x": b"", "guide/.DS_Store": b""},
    )
    unpack(path, tmp_path / "out", LIMITS)
    found = {str(each.relative_to(tmp_path / "out")) for each in (tmp_path / "out").rglob("*.*")}
    assert found == {"a.md", "b/c.md"}


@pytest.mark.parametrize(
    "name",
    [
        "../a.md", "b/../../a.md", "/etc/a.md", "//a.md", "b//a.md", "./a.md", "C:/a.md", "..",
        "C:\\a.md", "..\\a.md", "b/..", " /../a.md", "a.md/", "a\r\nX: y.md", "a\x1b[2J.md",
        "a\u202e.md", "a" * 300, "/".join("b" * 20),
    ],
)  # fmt: skip
def test_a_path_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "uploads"
    folder.mkdir()
    refused(archive(folder / "a.zip", {name: b"# A"}), "unsafe|damaged|no files")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_a_link_or_a_device_is_refused(tmp_path: Path, kind: int) -> None:
    folder = tmp_path / "uploads"
    folder.mkdir()
    refused(special(folder / "a.zip", kind), "link or a special file")


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    """By its ratio, by its size, and by its number of files."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    zeros = bytes(30 * MEBIBYTE)
    refused(archive(folder / "ratio.zip", {"a.md": zeros}), "too large when unpacked")
    large = {f"{number}.md": bytes(12 * MEBIBYTE) for number in range(4)}
    refused(archive(folder / "size.zip", large), "too large when unpacked")
    many = {f"{number}.md": b"" for number in range(6)}
    refused(archive(folder / "many.zip", many), "more than 5 files")
    crowd = {f"{number:0100}.md": b"" for number in range(50)}
    refused(archive(folder / "crowd.zip", crowd), "more than 5 files")


def test_an_announced_size_is_not_believed(tmp_path: Path) -> None:
    folder = tmp_path / "uploads"
    folder.mkdir()
    path = archive(folder / "a.zip", {"a.md": bytes(30 * MEBIBYTE)})
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    path.write_bytes(content)
    refused(path, "damaged|too large")


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "uploads"
    folder.mkdir()
    path = archive(folder / "a.zip", {"a.md": b"# A"})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    refused(path, "encrypted")


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "uploads"
    folder.mkdir()
    refused(archive(folder / "a.zip", {"a.md": b"1", "A.md": b"2"}), "same name")
    refused(archive(folder / "b.zip", {}), "no files")
    refused(
        archive(folder / "c.zip", {"a.md": b"1"}, zipfile.ZIP_LZMA), "not compressed by deflate"
    )
    refused(archive(folder / "d.zip", {"a": b"1", "a/b": b"2"}), "cannot be unpacked")


@given(st.binary(max_size=300), st.integers(0, 400))
def test_hostile_bytes_are_refused_in_words(noise: bytes, place: int) -> None:
    """A damaged archive is unpacked or refused; no other error comes out."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        content = archive(folder / "a.zip", {"a.md": b"# A" * 9, "b/c.md": b"x"}).read_bytes()
        (folder / "a.zip").write_bytes(content[:place] + noise + content[place + len(noise) :])
        try:
            unpack(folder / "a.zip", folder / "out", LIMITS)
        except UnreadableFile:
            assert not (folder / "out").exists()


def test_compressed_files_that_grow_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(bytes(30 * MEBIBYTE)))
    with pytest.raises(UnreadableFile, match="too large when decompressed"):
        require_bounded(tmp_path, LIMITS)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"text\nred"))
    (tmp_path / "b.csv.gz").write_bytes(b"\x1f\x8b damaged")
    require_bounded(tmp_path, LIMITS)
    pq.write_table(pa.table({"text": ["a"] * 101}), tmp_path / "c.parquet")
    with pytest.raises(UnreadableFile, match="more than 100 rows"):
        require_bounded(tmp_path, LIMITS)
    pq.write_table(pa.table({"text": ["a" * 40 * MEBIBYTE]}), tmp_path / "c.parquet")
    with pytest.raises(UnreadableFile, match="too large when decompressed"):
        require_bounded(tmp_path / "c.parquet", LIMITS)
