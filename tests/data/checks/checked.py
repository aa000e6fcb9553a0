"""Examples of each kind without any problem except those added on purpose."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from tunesmith.data.checks.check import check
from tunesmith.data.detection.detect import Detected
from tunesmith.data.reading.read import Loaded, Rejected
from tunesmith.kinds import Examples, Labelled, Multilabel, Retrieval
from tunesmith.results.finding import Finding, Severity

MAPS = pa.map_(pa.string(), pa.int8())
SUBJECTS = [
    "lamp",
    "chair",
    "kettle",
    "sofa",
    "mirror",
    "carpet",
    "blanket",
    "shelf",
    "drawer",
    "clock",
]
MATTERS = ["has not arrived", "came in pieces", "is too large", "was charged twice"]


def sentence(number: int) -> str:
    """Return a text that differs clearly from that of every other number."""
    subject, matter = SUBJECTS[number % 10], MATTERS[number // 10 % 4]
    return f"{subject} {matter} {SUBJECTS[(number * 7 + number // 40) % 10]} {number * 7919}"


def sentences(count: int) -> list[str]:
    return [sentence(number) for number in range(count)]


def make(cls: type[Examples], **columns: Sequence[Any] | pa.Array) -> Examples:
    """Return examples of a kind, with rows numbered from 1."""
    count = len(next(iter(columns.values())))
    return cls(pa.table({**columns, "row": np.arange(1, count + 1)}))


def labelled(texts: Sequence[str | None], labels: Sequence[Any] | None = None) -> Examples:
    """Return labelled examples, by default with two large classes."""
    labels = (
        [("refund", "delay")[row % 2] for row in range(len(texts))] if labels is None else labels
    )
    return make(Labelled, text=texts, label=labels)


def multilabel(rows: Sequence[dict[str, int]]) -> Examples:
    maps = pa.array([list(row.items()) for row in rows], MAPS)
    return make(Multilabel, text=sentences(len(rows)), labels=maps)


def findings(
    examples: Examples, rejected: Sequence[Rejected] = (), **more: Any
) -> dict[str, Finding]:
    """Return the findings of the check by code."""
    loaded = Loaded(table=examples.table, rows=examples.rows, name="tickets.csv")
    detected = Detected(examples.kind, {"text": "query"}, "because", examples)
    found = check(detected, replace(loaded, rejected=tuple(rejected)), **more)
    order = [finding.severity for finding in found]
    assert order == sorted(order, key=list(Severity).index)
    return {finding.code: finding for finding in found}


def retrieval(judged: Sequence[tuple[str, str]]) -> Retrieval:
    texts = sentences(80)
    ids = [str(number) for number in range(40)]
    return Retrieval(
        pa.table(
            {
                "query": [query for query, _ in judged],
                "document": [document for _, document in judged],
                "score": [1] * len(judged),
                "split": ["test"] * len(judged),
                "row": np.arange(1, len(judged) + 1),
            }
        ),
        queries=pa.table({"id": ids, "text": texts[:40]}),
        corpus=pa.table({"id": ids, "text": [*texts[40:79], ""]}),
    )
