"""Files with a word and its tags on each line are refused by name, as every reader does."""

from pathlib import Path

import pytest

from tests.data.checks.checked import sentences
from tunesmith.data.reading.open_rows import open_rows
from tunesmith.data.reading.read import read
from tunesmith.datasets import read as read_data
from tunesmith.errors import UnreadableFile
from tunesmith.kinds import Kind

FORMS = {
    "CoNLL 2003": "{0} NN B-NP O",
    "entities": "{0} {1}",
    "tabs": "{0}\t{1}",
    "parts of speech": "{0} {2}",
    "two tags": "{0}\tDT\tO",
    "CoNLL-U": "{3}\t{0}\t{0}\tNOUN\tNN\t_\t0\troot\t_\t_",
}


def tagged(form: str, comment: str = "") -> str:
    blocks = []
    for number, text in enumerate(sentences(12)):
        words = text.split()
        tags = ["B-THING" if at == 0 else "O" for at in range(len(words))]
        kinds = ["NN" if at % 2 else "DT" for at in range(len(words))]
        rows = zip(words, tags, kinds, range(1, len(words) + 1), strict=True)
        lines = [FORMS[form].format(*row) for row in rows]
        blocks.append("\n".join([f"# sent {number}", *lines] if comment else lines))
    return "\n\n".join(blocks) + "\n"


@pytest.mark.parametrize("name", ["train.txt", "train.conll", "train.tsv", "train.iob2", "train"])
@pytest.mark.parametrize("comment", ["", "#"])
@pytest.mark.parametrize("form", FORMS)
def test_tagged_words_are_refused(form: str, comment: str, name: str, tmp_path: Path) -> None:
    """Whatever the tags, separators and names."""
    path = tmp_path / name
    path.write_text(tagged(form, comment), encoding="utf-8")
    for reader in (read, lambda path: open_rows(path, tmp_path)):
        with pytest.raises(UnreadableFile, match="CoNLL") as raised:
            reader(path)
        assert "one label" in raised.value.hint


@pytest.mark.parametrize(
    "lines",
    [
        sentences(40),
        [f"{row} words" for row in range(40)],
        [
            line
            for pair in zip(["Anna Ost", "Ben West"] * 20, [""] * 40, strict=True)
            for line in pair
        ],
        [
            f"{text.split()[0]}\t{'POS' if row % 2 else 'NEG'}"
            for row, text in enumerate(sentences(40))
        ],
    ],
)
def test_other_lines_are_texts(lines: list[str], tmp_path: Path) -> None:
    """Names, short texts, and words with a label each."""
    (tmp_path / "a.tsv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "a.txt").write_text("\n".join(lines), encoding="utf-8")
    assert read_data(tmp_path / "a.txt").kind is Kind.TEXTS
    assert read(tmp_path / "a.tsv").table.num_rows > 10
