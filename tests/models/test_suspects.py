"""Suspected label errors are kept in the model's folder, exactly, and never published."""

from pathlib import Path

import pytest

from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.errors import DamagedModel
from tunesmith.models import export, load, read_suspects, save
from tunesmith.models.suspects import FILE, write_suspects
from tunesmith.results.evidence import SuspectedLabel

HOSTILE = "=cmd|'/c calc'!A1, \"quoted\"\n<script>\u202e 👩\u200d👧 مرحبا\x00"
SUSPECTS = (
    SuspectedLabel(17, "refund", "card", 0.93, "my card is gone"),
    SuspectedLabel(10_003, "card: 1", "card: 0", 0.5000000001, HOSTILE),
)


def test_they_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Texts, labels and probabilities are exact, and the order stays."""
    assert read_suspects(tmp_path) is None
    write_suspects(tmp_path, SUSPECTS)
    assert read_suspects(tmp_path) == SUSPECTS
    write_suspects(tmp_path, ())
    assert read_suspects(str(tmp_path)) == ()


def test_they_are_private(tiny_encoder: Path, tmp_path: Path) -> None:
    """Not in an exported model, and not a part of its vectors or digests."""
    out = tmp_path / "tickets"

    def write_pages(folder: Path) -> None:
        write_suspects(folder, SUSPECTS)

    save(out, encoder=tiny_encoder, classifier=None, summary={}, write_pages=write_pages)
    assert read_suspects(out) == SUSPECTS
    digest = folder_digest(out)
    package = export(out, tmp_path / "tickets.zip").package
    assert FILE in package.left_out
    assert FILE not in package.files
    (out / FILE).unlink()
    assert folder_digest(out) == digest
    assert load(out).encode(["card"]).shape == (1, 32)


@pytest.mark.parametrize("content", [b"", b"PAR1 and nothing else"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    """Instead of an error of the Parquet library."""
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DamagedModel, match=FILE):
        read_suspects(tmp_path)
