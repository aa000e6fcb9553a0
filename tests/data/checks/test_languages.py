"""Texts in a language that the base was not made for are a warning, with what to take instead."""

import shutil
from pathlib import Path

import pytest

from tests.data.checks.checked import sentences
from tests.data.test_language import texts_of
from tunesmith.datasets.dataset import read
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.results.finding import Finding, Severity


def warning(path: Path, texts: list[str], base: str | Path = "all-MiniLM-L6-v2") -> Finding | None:
    """Return the finding about the language of these texts, with two labels."""
    rows = [f'"{text}",{"ab"[row % 2]}' for row, text in enumerate(texts)]
    path.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    found = {finding.code: finding for finding in read(path).findings_for(base)}
    return found.get("base-language")


def with_card(folder: Path, out: Path, card: str) -> Path:
    """Return a copy of a model with this card."""
    shutil.copytree(folder, out)
    (out / "README.md").write_text(card, encoding="utf-8")
    return out


@pytest.mark.parametrize("language", ["German", "Spanish", "Chinese"])
def test_the_bundled_base_is_english(tmp_path: Path, language: str) -> None:
    """The warning names the language, the base, its language, and what to take instead."""
    found = warning(tmp_path / "a.csv", texts_of(language, 40))
    assert found is not None
    assert found.severity is Severity.WARNING
    assert f"({language})" in found.message
    assert "all-MiniLM-L6-v2 was made for English." in found.message
    assert "multilingual-e5-small" in found.advice
    assert found.rows[:2] == (1, 2)
    assert warning(tmp_path / "b.csv", sentences(40)) is None
    by_folder = warning(tmp_path / "a.csv", texts_of(language, 40), bundled_folder())
    assert by_folder == found


@pytest.mark.parametrize(
    ("language", "warns"),
    [
        ("language: en", True), ("language:\n- en\n- de", False), ("language: [de]", False),
        ("language: German", False), ("language: multilingual", False), ("license: mit", False),
        ("language: 3", False), ("language: [", False), ("language:", False),
        ("language:\n  - en\nlicense: de", True), ("license: mit\nlanguage: ['en-US', 'fr']", True),
        ("language:\n- en # only\ntags:\n- de", True),
    ],
)  # fmt: skip
def test_the_card_says_what_a_base_was_made_for(
    tmp_path: Path, tiny_model: Path, language: str, warns: bool
) -> None:
    """A card that names no language gives no warning."""
    base = with_card(tiny_model, tmp_path / "base", f"---\n{language}\n---\n# A model\n")
    assert (warning(tmp_path / "a.csv", texts_of("German", 40), base) is not None) is warns


def test_characters_that_the_tokenizer_lacks_are_found(tmp_path: Path, tiny_model: Path) -> None:
    """Without a card, it is all that is known about a base."""
    base = with_card(tiny_model, tmp_path / "base", "# no front matter")
    found = warning(tmp_path / "a.csv", texts_of("Thai", 40), base)
    assert found is not None
    assert "base does not know" in found.message
    assert warning(tmp_path / "b.csv", sentences(40), base) is None
