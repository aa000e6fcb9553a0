"""Rows of two versions are paired by their content: relabelled, edited, dropped and added."""

from collections.abc import Sequence

import pyarrow as pa

from tunesmith.datasets.dataset import Dataset, read
from tunesmith.datasets.differences import Difference, differences

TEXTS = [f"a text number {number}" for number in range(20)]
LABELS = ["ab"[number % 2] for number in range(20)]


def _data(texts: Sequence[str], labels: Sequence[str | None]) -> Dataset:
    return read(pa.table({"text": texts, "label": labels}), kind="labelled")


def test_each_way_is_counted() -> None:
    texts = [*TEXTS[:3], "A text, number 3!", "written again", *TEXTS[6:], "a new one"]
    labels = ["b", *LABELS[1:5], *LABELS[6:], "b"]
    found = differences(_data(TEXTS, LABELS), _data(texts, labels))
    assert found.counts == {
        Difference.RELABELLED: 1,
        Difference.EDITED: 1,
        Difference.DROPPED: 2,
        Difference.ADDED: 2,
    }
    assert found.unchanged == 16
    (row,) = found.rows(Difference.RELABELLED)
    assert row.before is not None
    assert row.after is not None
    assert (row.before.number, row.before.label, row.after.label) == (1, "a", "b")


def test_rows_in_the_same_place_were_edited() -> None:
    texts = [*TEXTS[:5], "something else entirely", *TEXTS[6:]]
    found = differences(_data(TEXTS, LABELS), _data(texts, LABELS))
    assert found.counts == {Difference.EDITED: 1}


def test_a_text_without_its_html_was_edited() -> None:
    """Also beside a row that was dropped."""
    marked = [*TEXTS[:5], "<p>My <b>card</b> is&nbsp;lost</p>", *TEXTS[5:]]
    plain = [*TEXTS[:4], "My card is lost", *TEXTS[5:]]
    found = differences(_data(marked, ["a", *LABELS]), _data(plain, ["a", *LABELS[:-1]]))
    assert found.counts[Difference.EDITED] == 1
    assert found.counts[Difference.DROPPED] == 1
    assert Difference.ADDED not in found.counts


def test_repeated_rows_are_paired_with_their_neighbours() -> None:
    """The repeated row that was dropped is named, not the first one."""
    texts, labels = [*TEXTS, TEXTS[3], "the end"], [*LABELS, LABELS[3], "a"]
    fewer = differences(_data(texts, labels), _data([*TEXTS, "the end"], [*LABELS, "a"]))
    (row,) = fewer.rows()
    assert row.before is not None
    assert (row.difference, row.before.number) == (Difference.DROPPED, 21)
    relabelled = [*LABELS[:3], "c", *labels[4:]]
    (row,) = differences(_data(texts, labels), _data(texts, relabelled)).rows()
    assert row.before is not None
    assert row.before.number == 4


def test_another_order_changes_nothing() -> None:
    found = differences(_data(TEXTS, LABELS), _data(TEXTS[::-1], LABELS[::-1]))
    assert found.counts == {}


def test_part_of_many() -> None:
    found = differences(_data(TEXTS, LABELS), _data(TEXTS, ["c"] * 20))
    assert [row.before.number for row in found.rows(None, 5, 3) if row.before] == [6, 7, 8]
