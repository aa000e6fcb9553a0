"""Headers among the rows of joined files: left out if they are the same, an error if not."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tunesmith
from tests.data.checks.checked import sentences
from tunesmith.results.finding import Finding, Severity

TEXTS = sentences(48)
LABELS = ["a", "b", "c"] * 16
NAMES = [("text", "label"), ("foo", "bar"), ("Anliegen", "Amt"), ("内容", "部门"), ("Was?", "Wer?")]


def joined(
    path: Path, first: tuple[str, ...], second: tuple[str, ...], *, swapped: bool = False
) -> tunesmith.Dataset:
    """Read two halves with a header each; the columns of the second one may be swapped."""
    rows = list(zip(TEXTS, LABELS, strict=True))
    below = [row[::-1] if swapped else row for row in rows[24:]]
    lines = [first, *rows[:24], second, *below]
    path.write_text("".join(";".join(line) + "\n" for line in lines), encoding="utf-8")
    return tunesmith.read(path)


def finding(data: tunesmith.Dataset) -> Finding | None:
    return next((each for each in data.findings if each.code == "another-header"), None)


@pytest.mark.parametrize("case", [str, str.lower, str.upper, str.title])
@pytest.mark.parametrize("names", NAMES)
def test_the_same_header_is_left_out(
    names: tuple[str, str], case: type[str], tmp_path: Path
) -> None:
    """Whatever its names and their case; a note counts it."""
    data = joined(tmp_path / "a.csv", names, (case(names[0]), f" {case(names[1])}"))
    assert data.columns == {"text": names[0], "label": names[1]}
    assert data.examples.texts() == TEXTS
    assert "1 repeated header line left out" in data.loaded.notes
    assert finding(data) is None


@pytest.mark.parametrize(
    ("names", "other"),
    [
        *product(
            [("text", "label"), ("Text", "Rubrik")], [("query", "intent"), ("Body", "Category")]
        )
    ],
)
def test_another_known_header_is_an_error(
    names: tuple[str, str], other: tuple[str, str], tmp_path: Path
) -> None:
    """Both headers and the row are named, but no text in the version without texts."""
    found = finding(joined(tmp_path / "a.csv", names, other))
    assert found is not None
    assert found.severity is Severity.ERROR
    assert all(f"“{name}”" in found.message for name in (*names, *other))
    assert "row 25" in found.message
    assert other[0] not in found.without_texts().message


@pytest.mark.parametrize("names", NAMES)
def test_swapped_columns_are_an_error(names: tuple[str, str], tmp_path: Path) -> None:
    """The values below would be mixed."""
    found = finding(joined(tmp_path / "a.csv", names, names[::-1], swapped=True))
    assert found is not None
    assert found.severity is Severity.ERROR


def test_another_unknown_header_is_a_warning(tmp_path: Path) -> None:
    """It may be a short text with a rare label."""
    found = finding(joined(tmp_path / "a.csv", ("Anliegen", "Amt"), ("Meldung", "Stelle")))
    assert found is not None
    assert found.severity is Severity.WARNING
    assert all(name in found.message for name in ("Anliegen", "Amt", "Meldung", "Stelle"))


@given(
    texts=st.lists(
        st.sampled_from(["ok", "thanks a lot", "too late again for me", "no"]), min_size=9
    ),
    label=st.sampled_from(["praise", "text", "other"]),
)
def test_short_texts_are_no_headers(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], label: str
) -> None:
    """Several short texts, labels that repeat, and words that are also names."""
    path = tmp_path_factory.mktemp("short") / "a.csv"
    rows = [*zip(TEXTS, LABELS, strict=True), *((text, label) for text in texts)]
    path.write_text("message,topic\n" + "".join(f"{text},{name}\n" for text, name in rows), "utf-8")
    assert finding(tunesmith.read(path)) is None
