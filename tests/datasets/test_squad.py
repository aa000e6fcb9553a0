"""SQuAD is read as questions and the contexts that answer them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tunesmith
from tunesmith.errors import DataError, UnreadableFile
from tunesmith.kinds import Kind, Retrieval

HOUSES = 24
CONTEXTS = [f"House {number} has a lift. It was built in 19{number}." for number in range(HOUSES)]
CHINESE = [f"{number}号楼有电梯，建于19{number}年。" for number in range(HOUSES)]
Question = tuple[str, str, str | None]


def questions(contexts: list[str]) -> list[Question]:
    """Return two questions for each context; every second context answers only one of them."""
    return [
        (f"When was the lift of house {number} built?", context, f"19{number}")
        if first
        else (f"Who painted house {number}?", context, "Ann" if number % 2 else None)
        for number, context in enumerate(contexts)
        for first in (True, False)
    ]


def article(asked: list[Question], **more: Any) -> dict[str, Any]:
    contexts = dict.fromkeys(context for _, context, _ in asked)
    paragraphs = [
        {
            "context": context,
            "qas": [
                {"question": text, "id": f"q-{text}", "answers": answers(answer), **more}
                for text, where, answer in asked
                if where == context
            ],
        }
        for context in contexts
    ]
    return {"title": "Houses", "paragraphs": paragraphs}


def answers(answer: str | None) -> list[dict[str, Any]]:
    return [{"text": answer, "answer_start": 3}] * 2 if answer else []


def rows(asked: list[Question]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"{number:024x}",
            "title": "Houses",
            "context": context,
            "question": text,
            "answers": {"text": [answer] if answer else [], "answer_start": [3] if answer else []},
        }
        for number, (text, context, answer) in enumerate(asked)
    ]


def written(path: Path, asked: list[Question]) -> Any:
    """Write a file of the form that the name of its folder says; or return a table."""
    flat = [{**row, "answers": row["answers"]["text"]} for row in rows(asked)]
    marked = [
        {"question": text, "context": context, "answer_text": answer, "is_impossible": not answer}
        for text, context, answer in asked
    ]
    arrays = [
        {**row, "answers": {"text": np.array(row["answers"]["text"], dtype=object)}}
        for row in rows(asked)
    ]
    documents: dict[str, Any] = {
        "SQuAD": {"version": "v2.0", "data": [article(asked)]},
        "no version": {"data": [article(asked[:20]), article(asked[20:])]},
        "articles": [article(asked)],
        "passages": {"data": article(asked)["paragraphs"]},
        "rows": rows(asked),
    }
    if path.name in documents:
        file = path.with_suffix(".json")
        file.write_text(json.dumps(documents[path.name], ensure_ascii=False), encoding="utf-8-sig")
        return file
    if path.name == "lines":
        file = path.with_suffix(".jsonl")
        lines = (json.dumps(row, ensure_ascii=False) for row in rows(asked))
        file.write_bytes("\r\n".join(lines).encode())
        return file
    if path.name == "parquet":
        pq.write_table(pa.Table.from_pylist(rows(asked)), path)
        return path
    if path.name.startswith("csv"):
        file = path.with_suffix(".csv")
        frame = {
            "csv of objects": rows(asked),
            "csv of lists": flat,
            "csv of flags": marked,
            "csv of arrays": arrays,
        }
        pd.DataFrame(frame[path.name]).to_csv(file, index=False)
        return file
    return pd.DataFrame(rows(asked)) if path.name == "frame" else rows(asked)


FORMS = ["SQuAD", "no version", "articles", "passages", "rows", "lines", "parquet", "list", "frame"]


@pytest.mark.parametrize("contexts", [CONTEXTS, CHINESE])
@pytest.mark.parametrize(
    "form", [*FORMS, "csv of objects", "csv of lists", "csv of flags", "csv of arrays"]
)
def test_questions_and_contexts(form: str, contexts: list[str], tmp_path: Path) -> None:
    """Questions without an answer are left out and named; their contexts stay documents."""
    asked = questions(contexts)
    data = tunesmith.read(written(tmp_path / form, asked))
    examples = data.examples
    assert isinstance(examples, Retrieval)
    answered = [(text, context) for text, context, answer in asked if answer]
    assert examples.queries["text"].to_pylist() == [text for text, _ in answered]
    assert examples.corpus["text"].to_pylist() == contexts
    texts = {key: table for table in (examples.queries, examples.corpus) for key in table["id"]}
    assert len(texts) == len(answered) + len(contexts)
    queries, documents = examples.texts("query"), examples.texts("document")
    by_id = dict(zip(examples.queries["id"].to_pylist(), queries, strict=True))
    by_id |= dict(zip(examples.corpus["id"].to_pylist(), documents, strict=True))
    pairs = zip(*(examples.table[name].to_pylist() for name in ("query", "document")), strict=True)
    assert [(by_id[query], by_id[document]) for query, document in pairs] == answered
    found = {finding.code: finding for finding in data.findings}["unanswered-question"]
    expected = [number for number, each in enumerate(asked, start=1) if not each[2]]
    assert (found.count, list(found.rows)) == (len(expected), expected[:10])
    assert not set(examples.rows.tolist()) & set(expected)


@pytest.mark.parametrize("form", FORMS)
def test_other_kinds_can_be_set(form: str, tmp_path: Path) -> None:
    """The rows are still there, also for a data set that was read."""
    source = written(tmp_path / form, questions(CONTEXTS))
    columns = {"anchor": "question", "positive": "context"}
    for each in (source, tunesmith.read(source)):
        data = tunesmith.read(each, columns=columns)
        assert (data.kind, len(data)) == (Kind.PAIRS, 2 * HOUSES)
        assert tunesmith.read(each, kind="texts", columns={"text": "context"}).kind is Kind.TEXTS


def test_impossible_questions_with_answers(tmp_path: Path) -> None:
    """``is_impossible`` decides, as SQuAD's plausible answers are none."""
    asked = questions(CONTEXTS)
    first, second = article(asked[:2], is_impossible=True), article(asked[2:])
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"data": [first, second]}))
    found = {finding.code: finding for finding in tunesmith.read(path).findings}
    assert found["unanswered-question"].rows[:2] == (1, 2)


def test_equal_questions_are_one_query() -> None:
    """Two contexts then answer it."""
    asked: list[Question] = [("When was it built?", context, "1900") for context in CONTEXTS]
    data = tunesmith.read(rows(asked))
    assert isinstance(data.examples, Retrieval)
    assert data.examples.queries.num_rows == 1
    assert len(data) == HOUSES


def test_a_test_set_without_answers() -> None:
    """Its contexts answer the questions, as far as the file says."""
    plain = [{**row, "answers": None} for row in rows(questions(CONTEXTS))]
    assert len(tunesmith.read(plain)) == 2 * HOUSES


def test_no_answer_at_all() -> None:
    """Nothing is left to train on."""
    asked: list[Question] = [(text, context, None) for text, context, _ in questions(CONTEXTS)]
    with pytest.raises(DataError, match="no question of the list has"):
        tunesmith.read(rows(asked))


@pytest.mark.parametrize("broken", ["context", "question"])
def test_missing_texts(broken: str, tmp_path: Path) -> None:
    """The rows are left out and named."""
    content = article(questions(CONTEXTS))
    passage = content["paragraphs"][3]
    del (passage if broken == "context" else passage["qas"][1])[broken]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"data": [content]}))
    found = {finding.code: finding for finding in tunesmith.read(path).findings}
    assert found["incomplete-row"].rows == ((7, 8) if broken == "context" else (8,))


def test_questions_that_are_texts(tmp_path: Path) -> None:
    """The message names the paragraph and the article."""
    content = article(questions(CONTEXTS))
    content["paragraphs"][3]["qas"] = ["When was it built?"]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"data": [content]}))
    with pytest.raises(UnreadableFile, match="paragraph 4 of 'Houses'"):
        tunesmith.read(path)


def test_the_context_of_an_answer_is_not_left_aside_in_silence() -> None:
    """A question, a context and an answer may be meant otherwise."""
    asked = questions(CONTEXTS)
    columns = {"question": 0, "context": 1, "answer": 2}
    data = tunesmith.read(
        {name: [each[at] or "nobody knows that" for each in asked] for name, at in columns.items()}
    )
    assert data.kind is Kind.PAIRS
    labelled = {"query": [each[0] for each in asked], "label": ["0", "1"] * HOUSES}
    labelled |= {"context": [each[1] for each in asked]}
    codes = {finding.code: finding for finding in tunesmith.read(labelled).findings}
    assert "“context”" in codes["left-aside"].message
    found = {finding.code: finding for finding in data.findings}["left-aside"]
    assert "“context”" in found.message
    assert '"positive": "context"' in found.advice
