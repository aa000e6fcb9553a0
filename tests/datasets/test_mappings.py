"""A mapping is rows, columns or queries with documents, as its keys and values say."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tunesmith
from tests.data.checks.checked import sentences
from tunesmith.errors import UsageError
from tunesmith.kinds import Kind

ROWS = 24
TEXTS = sentences(ROWS)
LABELS = ["lift", "water", "heating"] * 8
FRAME = pd.DataFrame({"text": TEXTS, "label": LABELS})
DOCUMENTS = {f"d{number}": text for number, text in enumerate(sentences(2 * ROWS)[ROWS:])}


@pytest.mark.parametrize("key", [int, str, np.int64, "ticket {}".format])
def test_rows_by_number_or_name(key: Any) -> None:
    """As pandas writes them with the orient ``index``."""
    rows = {key(number): row for number, row in FRAME.to_dict("index").items()}
    data = tunesmith.read(rows)
    assert (data.kind, data.examples.texts()) == (Kind.LABELLED, TEXTS)
    assert data.examples.table["label"].to_pylist() == LABELS


@pytest.mark.parametrize("key", [int, str, np.int64])
def test_texts_by_number(key: Any, tmp_path: Path) -> None:
    """They are raw texts, in a file as well; with documents they are refused."""
    texts: dict[Any, str] = {key(number): text for number, text in enumerate(TEXTS)}
    data = tunesmith.read(texts)
    assert (data.kind, data.examples.texts()) == (Kind.TEXTS, TEXTS)
    path = tmp_path / "texts.json"
    path.write_text(json.dumps({str(number): text for number, text in texts.items()}))
    assert tunesmith.read(path).examples.texts() == TEXTS
    texts["one more"] = "an odd key among numbers"
    assert len(tunesmith.read(texts)) == ROWS + 1
    with pytest.raises(UsageError, match="keys of the mapping are numbers"):
        tunesmith.read(texts, documents=DOCUMENTS)


@pytest.mark.parametrize(
    "make",
    [
        lambda number: [f"d{number}"],
        lambda number: f"d{number}",
        lambda number: {f"d{number}": 1},
        lambda number: [f"d{number}", "d1"],
    ],
)
def test_numbers_are_no_queries(make: Any) -> None:
    """The message says what to pass instead."""
    clicks = {number: make(number) for number in range(ROWS)}
    with pytest.raises(UsageError, match="`queries`, `corpus` and `qrels`"):
        tunesmith.read(clicks, documents=DOCUMENTS)


def test_numbered_lists() -> None:
    """Long lists of equal length are columns; short ones may be rows or columns."""
    data = tunesmith.read({0: TEXTS, 1: LABELS})
    assert (data.kind, data.examples.texts()) == (Kind.LABELLED, TEXTS)
    with pytest.raises(UsageError, match="neither queries nor column names"):
        tunesmith.read({number: [text, "lift"] for number, text in enumerate(TEXTS)})


def test_columns_with_unknown_names() -> None:
    """They are columns if there are more rows than columns, but not with documents."""
    data = tunesmith.read({"en": TEXTS, "de": [f"{text} auf Deutsch" for text in TEXTS]})
    assert (data.kind, len(data)) == (Kind.PAIRS, ROWS)
    clicks = {f"who asks for {query}?": list(DOCUMENTS)[query:][:12] for query in range(4)}
    assert tunesmith.read(clicks, documents=DOCUMENTS).kind is Kind.RETRIEVAL


@pytest.mark.parametrize(
    "form", ["How do I repair lift {}?", "如何修理{}号电梯", "كيف أصلح المصعد {}"]
)
@pytest.mark.parametrize("as_file", [False, True])
def test_questions_and_answers(form: str, as_file: bool, tmp_path: Path) -> None:
    """A text for each text makes pairs, not pairs with one score."""
    answers = {form.format(number): text for number, text in enumerate(TEXTS)}
    path = tmp_path / "faq.json"
    path.write_text(json.dumps(answers, ensure_ascii=False), encoding="utf-8")
    data = tunesmith.read(path if as_file else answers)
    assert data.kind is Kind.PAIRS
    assert data.examples.table["anchor"].to_pylist() == list(answers)
    assert data.examples.table["positive"].to_pylist() == TEXTS


@pytest.mark.parametrize("labels", [LABELS, ["电梯", "热水", "暖气"] * 8])
def test_texts_and_labels(labels: list[str]) -> None:
    """A text with its label, or a label with its texts; ids of documents are no labels."""
    both = list(zip(TEXTS, labels, strict=True))
    by_label = {label: [text for text, own in both if own == label] for label in labels}
    by_label[labels[0]].append("one text more")
    for source in (dict(both), by_label):
        data = tunesmith.read(source)
        assert data.kind is Kind.LABELLED
        assert {count.label for count in data.counts} == set(labels)
        assert set(both) <= {tuple(row.values()) for row in data.loaded.table.to_pylist()}
        assert any("labels" in note for note in data.loaded.notes)
    clicks = {text: f"d{number % 3}" for number, text in enumerate(TEXTS)}
    assert tunesmith.read(clicks).kind is Kind.PAIRS
    passages = {f"who repairs the {label}?": TEXTS[:4] for label in labels}
    assert tunesmith.read(passages).kind is Kind.PAIRS


def test_one_row_in_a_json_file(tmp_path: Path) -> None:
    """An object with known column names is one row."""
    path = tmp_path / "row.json"
    path.write_text(
        json.dumps(
            {"text": TEXTS[0], "label": "lift", **{f"the field {n}": "a" for n in range(12)}}
        )
    )
    assert tunesmith.read(path).loaded.table.num_rows == 1
