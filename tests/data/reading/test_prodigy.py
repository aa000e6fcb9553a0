"""Exports of Prodigy are read by the answers of their annotators."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.data.reading.test_known_formats import LABELS, TEXTS, written
from tunesmith.data.checks.check import check
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.open_rows import open_rows
from tunesmith.data.reading.read import read
from tunesmith.errors import UnreadableFile
from tunesmith.kinds import Kind

OPTIONS = [{"id": label, "text": label.title()} for label in ("lift", "water", "heating")]
REJECTED = 3


def choices(**more: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {
            "text": text,
            "_input_hash": number * 7919,
            "_task_hash": number * 104729,
            "options": OPTIONS,
            "_view_id": "choice",
            "accept": [label],
            "config": {"choice_style": "single"},
            "answer": "accept",
            **more,
        }
        for number, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True))
    ]
    return rows


def read_labels(source: Any) -> tuple[Kind, list[Any], dict[str, tuple[int, ...]]]:
    loaded = read(source)
    detected = detect(loaded)
    found = {finding.code: finding.rows for finding in check(detected, loaded)}
    role = "labels" if detected.kind is Kind.MULTILABEL else "label"
    return detected.kind, detected.examples.table[role].to_pylist(), found


@pytest.mark.parametrize("answer", ["reject", "ignore", "skip", None])
def test_choices(answer: str | None, tmp_path: Path) -> None:
    """The accepted option is the label; a row with another answer is skipped with a warning."""
    rows = choices()
    kind, labels, found = read_labels(written(tmp_path, rows, "choices.jsonl"))
    assert (kind, labels) == (Kind.LABELLED, LABELS)
    assert "missing-label" not in found
    rows[REJECTED]["answer"] = answer
    rows[0]["answer"] = "Accept"
    _, labels, found = read_labels(written(tmp_path, rows, "choices.jsonl"))
    assert labels == [*LABELS[:REJECTED], None, *LABELS[REJECTED + 1 :]]
    assert found["missing-label"] == (REJECTED + 1,)


@pytest.mark.parametrize("name", ["list.json", "rows.jsonl", "rows.csv", "frame", "rows"])
def test_choices_in_every_format(name: str, tmp_path: Path) -> None:
    """Lists in a CSV file are texts such as ``['lift']``."""
    rows = choices()
    rows[0]["accept"] = []
    source: Any = {"frame": pd.DataFrame(rows), "rows": rows}.get(name)
    if name == "rows.csv":
        source = tmp_path / name
        pd.DataFrame(rows).to_csv(source, index=False)
    source = source if source is not None else written(tmp_path, rows, name)
    _, labels, found = read_labels(source)
    assert labels == [None, *LABELS[1:]]
    assert found["missing-label"] == (1,)


def test_several_accepted_options(tmp_path: Path) -> None:
    """They make multi-label data; where no option applies, all labels are 0."""
    rows = choices()
    rows[0]["accept"] = ["lift", "water"]
    rows[1]["accept"] = []
    rows[2]["answer"] = "reject"
    kind, labels, found = read_labels(written(tmp_path, rows, "choices.jsonl"))
    assert kind is Kind.MULTILABEL
    assert dict(labels[0]) == {"heating": 0, "lift": 1, "water": 1}
    assert set(dict(labels[1]).values()) == {0}
    assert found["no-known-label"] == (3,)
    boxes = choices(config={"choice_style": "multiple"})
    assert read_labels(written(tmp_path, boxes, "choices.jsonl"))[0] is Kind.MULTILABEL


def test_numbered_options(tmp_path: Path) -> None:
    """Numbers are not labels: the texts of the options are."""
    numbers = {"lift": 0, "water": 1, "heating": 2}
    options = [{"id": number, "text": label} for label, number in numbers.items()]
    rows = choices(options=options)
    for row in rows:
        row["accept"] = [numbers[row["accept"][0]]]
    assert read_labels(written(tmp_path, rows, "choices.jsonl"))[1] == LABELS


@pytest.mark.parametrize("several", [False, True])
def test_one_label_a_row(several: bool, tmp_path: Path) -> None:
    """A single label is accepted or rejected; of several labels, only the accepted ones are."""
    answers = ["accept" if label == "lift" else "reject" for label in LABELS]
    answers[1] = "ignore"
    rows = [
        {"text": text, "label": label if several else "lift", "answer": answer, "_task_hash": 1}
        for text, label, answer in zip(TEXTS, LABELS, answers, strict=True)
    ]
    _, labels, found = read_labels(written(tmp_path, rows, "binary.jsonl"))
    rejected = None if several else "not lift"
    expected: list[str | None] = ["lift" if label == "lift" else rejected for label in LABELS]
    expected[1] = None
    assert labels == expected
    assert 2 in found["missing-label"]


def test_other_annotations_are_refused(tmp_path: Path) -> None:
    """Spans are not labels of texts, and neither are the answers."""
    rows = [
        {"text": text, "tokens": [], "spans": [{"start": 0, "end": 3, "label": "X"}],
         "answer": "accept" if number % 2 else "reject"}
        for number, text in enumerate(TEXTS)
    ]  # fmt: skip
    with pytest.raises(UnreadableFile, match="Prodigy export without labels"):
        read(written(tmp_path, rows, "spans.jsonl"))


def test_answers_that_are_texts_stay_texts(tmp_path: Path) -> None:
    """A column named ``answer`` may be the answer to a question."""
    rows = [
        {"question": text, "answer": f"we will come to you on day {number}"}
        for number, text in enumerate(TEXTS)
    ]
    assert detect(read(written(tmp_path, rows, "faq.jsonl"))).kind is Kind.PAIRS


def test_batches_have_the_same_rows(tmp_path: Path) -> None:
    """Commands that read in batches see the same columns."""
    path = written(tmp_path, choices(), "choices.jsonl")
    rows = open_rows(path, tmp_path)
    assert rows.names == ("text", "label")
    assert list(rows.cells()) == list(zip(TEXTS, LABELS, strict=True))
    assert json.loads(path.read_text().splitlines()[0])["accept"] == ["lift"]
