"""Exported models are complete and reproducible, and overwrite nothing."""

from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

import tunesmith
from tests.error_fields import about
from tunesmith.errors import OutputError, UsageError
from tunesmith.models import export
from tunesmith.results.fit_result import FitResult


def _contents(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_exports_are_reproducible(published: Path, tmp_path: Path) -> None:
    """Timestamps and permissions do not matter; the content equals that of the folder."""
    first = export(published.name, tmp_path / "a.zip").path
    (published / "README.md").touch()
    (published / "config.json").chmod(0o600)
    second = export(published, tmp_path / "b.zip").path
    assert first.read_bytes() == second.read_bytes()
    contents = _contents(first)
    assert list(contents) == sorted(contents)
    for name, content in contents.items():
        folder, _, inside = name.partition("/")
        assert folder == published.name
        assert (published / inside).read_bytes() == content
    assert b"a secret" not in b"".join(contents.values())
    assert sorted(tmp_path.iterdir()) == [first, second]


def test_an_unzipped_export_is_a_model(published: Path, tmp_path: Path) -> None:
    """It can be loaded and verified, and gives the same vectors and labels."""
    with ZipFile(export(published, tmp_path / "a.zip").path) as archive:
        archive.extractall(tmp_path)
    unzipped, original = tunesmith.load(tmp_path / published.name), tunesmith.load(published)
    texts = ["my card is late", "refund"]
    assert np.array_equal(unzipped.encode(texts), original.encode(texts))
    assert unzipped.classify(texts) == original.classify(texts)


def test_no_file_is_overwritten_and_none_is_incomplete(published: Path, tmp_path: Path) -> None:
    """An existing file or link, a missing folder, another ending."""
    (tmp_path / "a.zip").write_text("years of work", encoding="utf-8")
    (tmp_path / "b.zip").symlink_to(tmp_path / "nowhere")
    before = sorted(tmp_path.iterdir())
    for name, message in [
        ("a.zip", "already exists"),
        ("b.zip", "already exists"),
        ("absent/a.zip", "there is no folder"),
        (f"{'a' * 300}.zip", "cannot be written"),
    ]:
        with pytest.raises(OutputError, match=message):
            export(published, tmp_path / name)
    with pytest.raises(UsageError, check=about(option="out")):
        export(published, tmp_path / "a.tar")
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "a.zip").read_text(encoding="utf-8") == "years of work"


def test_an_exported_fit_is_a_sentence_transformers_model(
    toy_fit: FitResult, tmp_path: Path
) -> None:
    """The unzipped model gives the same vectors, with and without Tunesmith, and labels."""
    with ZipFile(export(toy_fit.path, tmp_path / "t.zip").path) as archive:
        archive.extractall(tmp_path)
    texts = ["where is my parcel?", "I was charged twice"]
    original, unzipped = tunesmith.load(toy_fit.path), tunesmith.load(tmp_path / "tuned")
    assert np.array_equal(original.encode(texts), unzipped.encode(texts))
    assert original.classify(texts) == unzipped.classify(texts)
    plain = SentenceTransformer(str(tmp_path / "tuned"), device="cpu").encode(texts)
    assert np.abs(plain - original.encode(texts)).max() < 1e-5
