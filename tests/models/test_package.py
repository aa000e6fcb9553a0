"""Published models are complete and verified, and contain no user texts."""

import json
from pathlib import Path

import pytest

from tunesmith.errors import DamagedModel, UnknownModel
from tunesmith.models import pack


def test_only_files_of_the_fit_are_published(published: Path) -> None:
    """Verified files, tunesmith.json and the card; the report on request; never other files."""
    package = pack(published.name)
    listed = json.loads((published / "tunesmith.json").read_text(encoding="utf-8"))["files"]
    assert list(package.files) == sorted({*listed, "tunesmith.json", "README.md"})
    assert package.left_out == ("report.html", "tickets.csv")
    assert "report.html" in pack(published.name, with_report=True).files


def test_local_paths_are_not_published(published: Path) -> None:
    """The path of the base is shortened to its name; everything else is unchanged."""
    text = (published / "tunesmith.json").read_text(encoding="utf-8")
    local = text.replace('"all-MiniLM-L6-v2"', '"/home/ann/bases/mine"')
    (published / "tunesmith.json").write_text(local, encoding="utf-8")
    content = pack(published).files["tunesmith.json"]
    assert isinstance(content, bytes)
    assert content.decode() == text.replace("all-MiniLM-L6-v2", "mine")


def test_damage_and_external_links_are_rejected(published: Path, tmp_path: Path) -> None:
    """A changed file, a missing one, and a card that is a link to another file."""
    (published / "README.md").unlink()
    (tmp_path / "diary.md").write_text("dear diary", encoding="utf-8")
    (published / "README.md").symlink_to(tmp_path / "diary.md")
    with pytest.raises(DamagedModel, match=r"README\.md is a link to a file outside"):
        pack(published)
    (published / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(DamagedModel, match=r"config\.json was changed"):
        pack(published)
    (published / "config.json").unlink()
    with pytest.raises(DamagedModel, match=r"config\.json is missing"):
        pack(published)
    with pytest.raises(UnknownModel, match="no-such-model"):
        pack("no-such-model")
