"""Three texts without names are a query, a positive and a negative; a warning says so."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

import tunesmith
from tests.data.checks.checked import sentences
from tunesmith.errors import UnknownKind
from tunesmith.kinds import Kind

ROWS = 60
CHINESE = "电梯水暖楼层房间门钥匙修理等待"


def chinese(count: int) -> list[str]:
    return ["".join(CHINESE[(row * 7 + place * place) % 15] for place in range(12)) + str(row)
            for row in range(count)]  # fmt: skip


def written(
    path: Path, rows: Sequence[tuple[str, ...]], end: str = "\n", encoding: str = "utf-8"
) -> Path:
    delimiter = "," if path.suffix == ".csv" else "\t"
    path.write_bytes("".join(delimiter.join(row) + end for row in rows).encode(encoding))
    return path


@pytest.mark.parametrize("make", [sentences, chinese])
@pytest.mark.parametrize(
    ("name", "end", "encoding"),
    [("a.tsv", "\n", "utf-8"), ("a.tsv", "\r\n", "utf-16"), ("a.csv", "\r", "utf-8-sig")],
)
@pytest.mark.parametrize("repeated", [False, True])
@pytest.mark.parametrize("numbered", [False, True])
def test_triples(
    make: Callable[[int], list[str]],
    name: str,
    end: str,
    encoding: str,
    repeated: bool,
    numbered: bool,
    tmp_path: Path,
) -> None:
    """As in MS MARCO, where a query has many negatives, and perhaps an id before it."""
    texts = make(3 * ROWS)
    queries = texts[:10] * 6 if repeated else texts[:ROWS]
    rows = list(zip(queries, texts[ROWS : 2 * ROWS], texts[2 * ROWS :], strict=True))
    kept = [(str(1000 + 17 * at), *row) for at, row in enumerate(rows)] if numbered else rows
    path = written(tmp_path / name, kept, end, encoding)
    data = tunesmith.read(path)
    assert data.kind is Kind.TRIPLETS
    table = data.examples.table
    assert table["anchor"].to_pylist() == queries
    assert table["negatives"].to_pylist() == [[row[2]] for row in rows]
    found = {finding.code: finding for finding in data.findings}["left-aside"]
    last = f"column{len(kept[0])}"
    assert f"“{last}” (the last of three texts without names" in found.message
    chosen = tunesmith.read(path, columns={"negatives": last})
    assert chosen.kind is Kind.TRIPLETS
    assert "left-aside" not in {finding.code for finding in chosen.findings}


@pytest.mark.parametrize("width", [2, 4])
def test_other_numbers_of_texts(width: int, tmp_path: Path) -> None:
    """Two are a pair as before, and four are not guessed."""
    texts = sentences(width * ROWS)
    rows = [tuple(texts[at::ROWS]) for at in range(ROWS)]
    path = written(tmp_path / "a.tsv", rows)
    if width == 2:
        assert tunesmith.read(path).kind is Kind.PAIRS
        return
    with pytest.raises(UnknownKind, match="not exactly three text columns without names"):
        tunesmith.read(path)


def test_names_that_say_nothing_are_not_guessed() -> None:
    """Columns with names may be translations, answers or anything else."""
    texts = sentences(3 * ROWS)
    columns = {name: texts[at::3] for at, name in enumerate(("en", "de", "fr"))}
    with pytest.raises(UnknownKind):
        tunesmith.read(pa.table(columns))


def test_two_texts_and_a_label(tmp_path: Path) -> None:
    """The third values are labels if they repeat."""
    texts = sentences(2 * ROWS)
    rows = [(texts[at], texts[-at - 1], ("lift", "water")[at % 2]) for at in range(ROWS)]
    assert tunesmith.read(written(tmp_path / "a.tsv", rows)).kind is Kind.LABELLED
