"""Data sets through Cohere's own client, unmodified, against a live server."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

cohere = pytest.importorskip("cohere")

SINGLE = "single-label-classification-finetune-input"
MULTI = "multi-label-classification-finetune-input"
RERANKER = "reranker-finetune-input"


@pytest.fixture(scope="module")
def rows(examples: Path) -> list[list[str]]:
    """A hundred texts with labels, without a header."""
    with (examples / "tickets.csv").open(encoding="utf-8", newline="") as file:
        return [*csv.reader(file)][1:101]


def _csv(rows: Sequence[Sequence[str]], *header: str) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows] if header else rows)
    return out.getvalue().encode()


def _jsonl(rows: Sequence[Any]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def _created(co: Any, name: str, file: tuple[str, bytes], kind: str, **more: Any) -> Any:
    made = co.datasets.create(name=name, data=file, type=kind, **more)
    return co.datasets.get(made.id).dataset


def test_create_from_a_csv_file_with_any_header(
    co: Any, rows: list[list[str]], live_server: str
) -> None:
    """First texts, then labels; or as the names say; or without a header."""
    swapped = [row[::-1] for row in rows]
    for number, (file, columns) in enumerate(
        (
            (_csv(rows, "Beispiel", "Art"), {"text": "Beispiel", "label": "Art"}),
            (_csv(rows, "text", "label"), {"text": "text", "label": "label"}),
            (_csv(swapped, "label", "text"), {"text": "text", "label": "label"}),
            (_csv(rows), {"text": "column1", "label": "column2"}),
        )
    ):
        found = _created(co, f"any header {number}", ("tickets.csv", file), SINGLE)
        assert found.validation_status == "validated", found.validation_error
        assert found.dataset_parts[0].num_rows == 100
        native = httpx.get(f"{live_server}/v1/datasets/{found.id}").json()
        assert (native["report"]["kind"], native["options"]["columns"]) == ("labelled", columns)


def test_create_from_bytes_without_a_name(co: Any, rows: list[list[str]]) -> None:
    """The client calls them ``upload``."""
    lines = _jsonl([{"text": text, "label": label, "intent": 1} for text, label in rows])
    for data in (_csv(rows, "a", "b"), lines):
        made = co.datasets.create(name=f"bytes {len(data)}", data=data, type=SINGLE)
        assert co.wait(made).dataset.validation_status == "validated"


def test_create_of_each_type(co: Any, rows: list[list[str]], live_server: str) -> None:
    texts = [text for text, _ in rows]
    pairs = [{"query": text, "relevant_passages": [f"{text} {label}"]} for text, label in rows]
    others = [*texts[1:], texts[0]]
    hard = [
        {**pair, "hard_negatives": [other, f"not {other}"]}
        for pair, other in zip(pairs, others, strict=True)
    ]
    multi = [{"text": text, "label": [label, "ticket"]} for text, label in rows]
    for kind, dataset_type, lines in (
        ("multilabel", MULTI, multi),
        ("pairs", RERANKER, pairs),
        ("triplets", RERANKER, hard),
        ("texts", "embed-input", [{"text": text} for text in texts]),
    ):
        found = _created(co, kind, ("rows.jsonl", _jsonl(lines)), dataset_type)
        assert (found.validation_status, found.dataset_type) == ("validated", dataset_type)
        native = httpx.get(f"{live_server}/v1/datasets/{found.id}").json()
        assert native["report"]["kind"] == kind


def test_create_with_an_evaluation_file(co: Any, rows: list[list[str]]) -> None:
    """It is a part of the data set, is not listed by itself, and is deleted with it."""
    file, evaluation = _csv(rows[:80], "a", "b"), _csv(rows[80:], "c", "d")
    found = _created(co, "parts", ("train.csv", file), SINGLE, eval_data=("eval.csv", evaluation))
    assert [each.name for each in found.dataset_parts] == ["train.csv", "eval.csv"]
    assert [each.num_rows for each in found.dataset_parts] == [80, 20]
    listed = [each.id for each in co.datasets.list().datasets]
    assert found.id in listed
    assert found.dataset_parts[1].id not in listed
    co.datasets.delete(found.id)
    with pytest.raises(cohere.NotFoundError):
        co.datasets.get(found.dataset_parts[1].id)


def test_a_broken_evaluation_file_fails_the_data_set(co: Any, rows: list[list[str]]) -> None:
    found = _created(
        co,
        "broken part",
        ("train.csv", _csv(rows, "a", "b")),
        SINGLE,
        eval_data=("eval.csv", b"\x00\x01\x02" * 100),
    )
    assert found.validation_status == "failed"
    assert "eval.csv" in found.validation_error


def test_create_of_a_bad_file_fails_alone(co: Any) -> None:
    """``wait`` raises with the reason; a file without usable rows breaks nothing else."""
    made = co.datasets.create(name="bad", data=("bad.csv", b"\x00\x01\x02" * 100), type=SINGLE)
    with pytest.raises(Exception, match=r"bad\.csv"):
        co.wait(made)
    dataset = co.datasets.get(made.id).dataset
    assert dataset.validation_status == "failed"


def test_create_of_another_type_is_refused(co: Any) -> None:
    with pytest.raises(cohere.BadRequestError) as raised:
        co.datasets.create(name="chat", data=b'{"messages": []}', type="chat-finetune-input")
    assert SINGLE in raised.value.body["message"]


def test_create_accepts_every_option(cohere_url: str, rows: list[list[str]]) -> None:
    """Options that mean nothing here are ignored; rows with errors are skipped on demand."""
    broken = [*rows, ["", ""], ["text without a label", ""]]
    query: dict[str, Any] = {
        "name": "options",
        "type": SINGLE,
        "keep_original_file": True,
        "skip_malformed_input": True,
        "keep_fields": ["a", "b"],
        "optional_fields": ["c"],
        "text_separator": "\n",
        "csv_delimiter": ",",
        "dry_run": False,
        "unknown": 1,
    }
    files = {"data": ("a.csv", _csv(broken, "text", "label"), "text/csv")}
    found = httpx.post(f"{cohere_url}/v1/datasets", params=query, files=files)
    assert found.status_code == 200
    dataset = httpx.get(f"{cohere_url}/v1/datasets/{found.json()['id']}").json()["dataset"]
    assert dataset["validation_status"] == "validated"


def test_a_repeated_upload_is_one(co: Any, rows: list[list[str]]) -> None:
    """Clients repeat a request whose answer is lost."""
    asked = {"name": "again", "data": ("a.csv", _csv(rows, "a", "b")), "type": SINGLE}
    more = {"eval_data": ("b.csv", _csv(rows[:50], "a", "b"))}
    first, second = co.datasets.create(**asked, **more), co.datasets.create(**asked, **more)
    assert first.id == second.id


def test_list(co: Any, rows: list[list[str]]) -> None:
    """The names of the filters are written in camel case."""
    made = [_created(co, f"listed {each}", ("a.csv", _csv(rows)), SINGLE).id for each in (1, 2)]
    newest = [each.id for each in co.datasets.list(dataset_type=SINGLE, limit=2).datasets]
    assert newest == made[::-1]
    assert [each.id for each in co.datasets.list(limit=1, offset=1).datasets] == made[:1]
    failed = co.datasets.list(validation_status="failed").datasets
    assert all(each.validation_status == "failed" for each in failed)
    assert co.datasets.list(dataset_type="chat-finetune-input").datasets == []
    now = datetime.now(UTC)
    assert co.datasets.list(after=now).datasets == []
    assert co.datasets.list(before=now - timedelta(hours=1)).datasets == []
    assert co.datasets.list(before=now, after=now - timedelta(hours=1)).datasets


def test_get(co: Any, rows: list[list[str]]) -> None:
    repeated = [*rows, rows[0]]
    found = _created(co, "got", ("a.csv", _csv(repeated, "a", "b")), SINGLE)
    assert (found.name, found.dataset_type) == ("got", SINGLE)
    assert found.validation_error is None
    assert any("duplicate" in each for each in found.validation_warnings)
    assert abs(datetime.now(UTC) - found.created_at) < timedelta(minutes=5)
    with pytest.raises(cohere.NotFoundError):
        co.datasets.get("data-nothing")


def test_get_usage_and_delete(co: Any, rows: list[list[str]], cohere_url: str) -> None:
    before = co.datasets.get_usage().organization_usage
    file = _csv(rows, "used", "label")
    made = co.datasets.create(name="usage", data=("a.csv", file), type=SINGLE)
    assert co.datasets.get_usage().organization_usage == before + len(file)
    assert co.datasets.delete(made.id) == {}
    assert co.datasets.get_usage().organization_usage == before
    found = httpx.delete(f"{cohere_url}/v1/datasets/{made.id}")
    assert found.status_code == 404


def test_wait_ends_at_once(co: Any, rows: list[list[str]]) -> None:
    """A data set is checked before its id is answered."""
    made = co.datasets.create(name="waited", data=("a.csv", _csv(rows)), type=SINGLE)
    started = datetime.now(UTC)
    assert co.wait(made).dataset.id == made.id
    assert datetime.now(UTC) - started < timedelta(seconds=2)
