"""Lines such as ``lift: the text`` stay raw texts, and a warning says how to use the labels."""

from pathlib import Path

import pytest

import tunesmith
from tests.data.checks.checked import sentences
from tunesmith.kinds import Kind

LABELS = ["lift", "hot water", "heating"]
CHINESE = ["电梯", "热水", "暖气"]


def read(path: Path, lines: list[str], end: str = "\n") -> tunesmith.Dataset:
    path.write_bytes("".join(line + end for line in lines).encode())
    data = tunesmith.read(path)
    assert data.kind is Kind.TEXTS
    return data


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("labels", [LABELS, CHINESE])
@pytest.mark.parametrize(
    "write",
    [
        "{}: {}",
        "{}：{}",
        "{} : {}",
        "[{}] {}",
        "{} - {}",
        "{} => {}",
        "#{} {}",
        "{1} [{0}]",
        "{1} ({0})",
        "{1} -> {0}",
        "{1} #{0}",
        "{1}@{0}",
        "{1}@ {0}",
        "{0},{1}",
        "{0} | {1}",
        "{1};{0}",
        "{1}, {0}",
        "{1} | {0}",
    ],
)
def test_labels_before_texts(write: str, labels: list[str], end: str, tmp_path: Path) -> None:
    """The warning quotes them, also if one line in twenty has none."""
    if "#" in write:  # a hash tag is one word
        labels = [label.replace(" ", "_") for label in labels]
    lines = [write.format(labels[row % 3], text) for row, text in enumerate(sentences(60))]
    lines[::20] = sentences(3)
    data = read(tmp_path / "a.txt", lines, end)
    assert data.examples.texts() == lines
    found = {finding.code: finding for finding in data.findings}["label-in-text"]
    assert all(label in found.message for label in labels)
    assert not any(label in found.without_texts().message for label in labels)
    assert "__label__" in found.advice


@pytest.mark.parametrize(
    "labels", [["0", "1"], ["1", "2", "3", "4", "5"], ["-1", "+1"], ["1.0", "0.0"]]
)
@pytest.mark.parametrize(
    "write", ["{} {}", "{},{}", "{} | {}", "{}:{}", "{1} {0}", "{1},{0}", "{1}@{0}"]
)
def test_numbers_before_texts(write: str, labels: list[str], tmp_path: Path) -> None:
    """Class numbers, as in the files of SST."""
    lines = [
        write.format(labels[row % len(labels)], text.rstrip("0123456789"))
        for row, text in enumerate(sentences(60))
    ]
    found = {each.code: each for each in read(tmp_path / "a.txt", lines).findings}
    assert all(f"“{label}”" in found["label-in-text"].message for label in labels[:3])


@pytest.mark.parametrize("write", ["{} {}", "{1} {0}"])
@pytest.mark.parametrize(
    "labels", [["spam", "ham"], ["POSITIVE", "NEGATIVE", "NEUTRAL"], ["yes", "no"]]
)
def test_known_labels_without_a_separator(write: str, labels: list[str], tmp_path: Path) -> None:
    """Words that are mostly labels."""
    lines = [
        write.format(labels[row % len(labels)], text) for row, text in enumerate(sentences(60))
    ]
    found = {each.code: each for each in read(tmp_path / "a.txt", lines).findings}
    assert all(label in found["label-in-text"].message for label in labels)


@pytest.mark.parametrize("write", ["{}\t{}", "{1}\t{0}", "1\t{}\t{}", "{1}\t{1}"])
def test_rows_of_a_table(write: str, tmp_path: Path) -> None:
    """Tabs in every line are a table, with labels or without."""
    lines = [write.format(LABELS[row % 3], text) for row, text in enumerate(sentences(60))]
    found = {each.code: each for each in read(tmp_path / "a.txt", lines).findings}
    assert "rename it to .tsv" in found["table-in-text"].advice
    assert "label-in-text" not in found
    lines[7] = "A text without a tab."
    codes = {each.code for each in read(tmp_path / "b.txt", lines).findings}
    assert "table-in-text" not in codes


@pytest.mark.parametrize(
    "lines",
    [
        sentences(60),
        [f"{row} {text}" for row, text in enumerate(sentences(60))],
        [
            f"Well, {text}" if row % 2 else f"{text}, I think"
            for row, text in enumerate(sentences(60))
        ],
        [f"{('What', 'How', 'Where')[row % 3]} {text}?" for row, text in enumerate(sentences(60))],
        [f"{text} {('again', 'today', 'now')[row % 3]}" for row, text in enumerate(sentences(60))],
        [f"{text}@example{row}.org" for row, text in enumerate(sentences(60))],
        [f"report {row // 3}, {text}" for row, text in enumerate(sentences(60))],
        [f"{text}: {text}" for text in sentences(60)],
        [f"{row % 24}:15 {text}" for row, text in enumerate(sentences(60))],
        [f"https://example.com/{row} {text}" for row, text in enumerate(sentences(60))],
        [text if row % 3 else f"Note: {text}" for row, text in enumerate(sentences(60))],
        [f"Re: {text}" for text in sentences(60)],
    ],
)
def test_prose_with_colons(lines: list[str], tmp_path: Path) -> None:
    """No warning for times, addresses, one word before all texts, and sentences."""
    found = {finding.code for finding in read(tmp_path / "a.txt", lines).findings}
    assert "label-in-text" not in found
