"""Pairs and triplets as the tools of the trade write them are read by their names."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.data.detection.test_detect import OTHERS, SENTENCES
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.errors import DataError
from tunesmith.kinds import Kind

NEGATIVES = [f"{sentence} or not" for sentence in OTHERS]


def lists(texts: list[str]) -> list[list[str]]:
    return [[text] for text in texts]


def passages(texts: list[str], **more: Any) -> list[list[dict[str, Any]]]:
    return [[{"docid": str(row), "text": text, **more}] for row, text in enumerate(texts)]


TRIPLETS: dict[str, dict[str, Any]] = {
    "Cohere rerank": {
        "query": SENTENCES, "relevant_passages": lists(OTHERS), "hard_negatives": lists(NEGATIVES),
    },
    "FlagEmbedding": {"query": SENTENCES, "pos": lists(OTHERS), "neg": lists(NEGATIVES)},
    "sentence-transformers": {"anchor": SENTENCES, "positive": OTHERS, "negative": NEGATIVES},
    "MS MARCO": {"query": SENTENCES, "positive": OTHERS, "negative_1": NEGATIVES},
    "Tevatron": {
        "query_id": [f"q{row}" for row in range(6)], "query": SENTENCES,
        "positive_passages": passages(OTHERS), "negative_passages": passages(NEGATIVES),
    },
    "DPR": {
        "question": SENTENCES, "positive_ctxs": passages(OTHERS, title=None),
        "hard_negative_ctxs": passages(NEGATIVES),
    },
    "as JSON texts": {
        "query": SENTENCES, "pos": [json.dumps([text]) for text in OTHERS],
        "neg": [json.dumps([text]) for text in NEGATIVES],
    },
    "as Python writes lists": {
        "query": SENTENCES, "pos": [str([text]) for text in OTHERS],
        "neg": [str([text]) for text in NEGATIVES],
    },
}  # fmt: skip


@pytest.mark.parametrize("case", TRIPLETS)
def test_triplets_of_other_tools(case: str) -> None:
    """Query, positive and negatives are found, and objects give their text."""
    detected = detect(read(pa.table(TRIPLETS[case])))
    assert detected.kind is Kind.TRIPLETS
    assert detected.examples.table.to_pylist()[1] == {
        "anchor": SENTENCES[1], "positive": OTHERS[1], "negatives": [NEGATIVES[1]], "row": 2,
    }  # fmt: skip


NONE: dict[str, list[Any]] = {
    "empty lists": [[]] * 6,
    "null": [None] * 6,
    "empty texts": [""] * 6,
    "empty lists as texts": ["[]"] * 6,
    "some null": [[], None] * 3,
}


@pytest.mark.parametrize("name", ["neg", "hard_negatives", "negatives", "negative_passages"])
@pytest.mark.parametrize("case", NONE)
def test_no_negatives_at_all_are_pairs(case: str, name: str, tmp_path: Path) -> None:
    """Lists of positives give one pair each."""
    rows = [
        {"query": sentence, "pos": [other, other + "!"], name: none}
        for sentence, other, none in zip(SENTENCES, OTHERS, NONE[case], strict=True)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    detected = detect(read(path))
    assert (detected.kind, len(detected.examples)) == (Kind.PAIRS, 12)
    assert detected.examples.rows.tolist()[:3] == [1, 1, 2]


def test_titles_come_before_passages() -> None:
    """As in BEIR's benchmarks."""
    columns = {"query": SENTENCES, "positive_passages": passages(OTHERS, title="Cards")}
    detected = detect(read(pa.table(columns)))
    assert detected.examples.table["positive"][0].as_py() == f"Cards {OTHERS[0]}"


@pytest.mark.parametrize(
    "cell",
    [
        "['lift', 'urgent']", '["lift", "urgent"]', "['lift' 'urgent']", "{lift,urgent}",
        '{"lift", "urgent"}', "{'lift', 'urgent'}",
    ],
)  # fmt: skip
def test_lists_of_labels_as_texts(cell: str) -> None:
    """As JSON, Python, NumPy and PostgreSQL write them."""
    detected = detect(read(pa.table({"text": SENTENCES, "labels": [cell, "['water']"] * 3})))
    known = dict(detected.examples.table["labels"][0].as_py())
    assert known == {"lift": 1, "urgent": 1, "water": 0}


def test_arrays_of_postgresql_may_be_empty() -> None:
    """An empty array has no labels, and quotes hold spaces, commas and quotes."""
    cells = ["{}", r'{"hot, \"very\" hot",NULL}', "{water}"] * 2
    detected = detect(read(pa.table({"text": SENTENCES, "labels": cells})))
    known = [dict(row) for row in detected.examples.table["labels"].to_pylist()]
    assert known[:2] == [{'hot, "very" hot': 0, "water": 0}, {'hot, "very" hot': 1, "water": 0}]


def test_a_list_among_objects_is_an_error() -> None:
    """It is named by its row, also if the sample for detection does not hold it."""
    cells = [json.dumps({"lift": row % 2, "water": 1}) for row in range(5_000)]
    cells[4001] = '["lift"]'
    with pytest.raises(DataError, match=r"row 4002 .* 'cats': the cell is not an object of labels"):
        detect(read(pa.table({"text": SENTENCES * 833 + SENTENCES[:2], "cats": cells})))


def test_lists_that_cannot_be_parsed_are_errors() -> None:
    """They are not rows without labels."""
    table = pa.table({"text": SENTENCES, "labels": pa.array([[{"name": "lift"}]] * 6)})
    with pytest.raises(DataError, match=r"row 1 .* not a list of labels"):
        detect(read(table))


def test_completions_that_repeat_are_labels() -> None:
    """Prompts with free completions are pairs."""
    labels = ["lift", "water", "lift", "water", "lift", "lift"]
    detected = detect(read(pa.table({"prompt": SENTENCES, "completion": labels})))
    assert detected.columns == {"text": "prompt", "label": "completion"}
    free = detect(read(pa.table({"prompt": SENTENCES, "completion": OTHERS})))
    assert free.kind is Kind.PAIRS
