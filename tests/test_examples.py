"""Facts about the files in ``examples/`` that the tests and the documentation rely on."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from tunesmith.data.reshaping.document_pairs import sentences

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"

CLASS_COUNTS = {
    "delivery_late": 122,
    "refund_status": 91,
    "return_item": 85,
    "delivery_missing": 70,
    "payment_failed": 62,
    "order_change": 57,
    "order_cancel": 55,
    "subscription_cancel": 47,
    "login_problem": 34,
    "charged_twice": 24,
}
DUPLICATES = {(45, 197), (177, 469), (178, 473), (324, 385), (387, 622), (443, 578)}
NEAR_DUPLICATES = {(4, 594), (32, 204), (332, 439), (405, 548), (426, 574)}
CONFLICTS = {(181, 408), (438, 521)}
HTML_ROWS = {175, 468, 597}

ANSWER_COUNTS = {
    "number": 58,
    "yes_no": 56,
    "list": 54,
    "explanation": 53,
    "name": 52,
    "choice": 52,
}


def read_table(name: str, delimiter: str = ",") -> tuple[list[str], list[list[str]]]:
    with (EXAMPLES / name).open(encoding="utf-8", newline="") as handle:
        header, *rows = csv.reader(handle, delimiter=delimiter)
    return header, rows


def read_jsonl(name: str) -> list[dict[str, Any]]:
    lines = (EXAMPLES / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def tickets() -> list[tuple[str, str]]:
    _, rows = read_table("tickets.csv")
    return [(text, intent) for text, intent in rows]


def rows_by_text() -> dict[str, list[int]]:
    """Return the row numbers (from 1) of each ticket text."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, (text, _) in enumerate(tickets(), start=1):
        found[text].append(number)
    return found


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower().replace("'", ""))


def assert_filled(rows: list[list[str]]) -> None:
    assert all(cell.strip() for row in rows for cell in row)


def test_every_file_is_utf8_with_lf() -> None:
    """Every example file is UTF-8 without a byte-order mark, with LF and a final newline."""
    files = [path for path in EXAMPLES.rglob("*") if path.is_file()]
    assert len(files) == 17
    for path in files:
        data = path.read_bytes()
        data.decode("utf-8")
        assert not data.startswith(b"\xef\xbb\xbf"), path
        assert b"\r" not in data, path
        assert data.endswith(b"\n"), path


def test_tickets_shape() -> None:
    """tickets.csv has 647 filled rows of text and intent, each text 4 to 60 words long."""
    header, rows = read_table("tickets.csv")
    assert header == ["text", "intent"]
    assert len(rows) == 647
    assert all(len(row) == 2 for row in rows)
    assert_filled(rows)
    assert all(4 <= len(text.split()) <= 60 for text, _ in rows)


def test_tickets_class_counts() -> None:
    """tickets.csv has ten intents with the unequal class sizes stated in the README."""
    assert Counter(intent for _, intent in tickets()) == CLASS_COUNTS


def test_tickets_are_shuffled() -> None:
    """Any 100 consecutive rows of tickets.csv contain at least eight intents."""
    intents = [intent for _, intent in tickets()]
    for start in range(len(intents) - 99):
        assert len(set(intents[start : start + 100])) >= 8


def test_tickets_exact_duplicates() -> None:
    """Exactly six rows of tickets.csv repeat the text and intent of another row."""
    rows = tickets()
    repeated = {
        tuple(numbers)
        for numbers in rows_by_text().values()
        if len(numbers) > 1 and len({rows[n - 1][1] for n in numbers}) == 1
    }
    assert repeated == DUPLICATES
    assert len(rows) - len(set(rows)) == 6


def test_tickets_conflicts() -> None:
    """Exactly two texts of tickets.csv occur twice with different intents."""
    rows = tickets()
    conflicting = {
        tuple(numbers)
        for numbers in rows_by_text().values()
        if len({rows[n - 1][1] for n in numbers}) > 1
    }
    assert conflicting == CONFLICTS


def test_tickets_near_duplicates() -> None:
    """Exactly five pairs in tickets.csv differ only in case, punctuation or one word."""
    rows = tickets()
    split = [words(text) for text, _ in rows]
    near: set[tuple[int, int]] = set()
    for i, first in enumerate(split):
        for j in range(i + 1, len(split)):
            second = split[j]
            if len(first) != len(second) or rows[i][0] == rows[j][0]:
                continue
            if sum(a != b for a, b in zip(first, second, strict=True)) <= 1:
                near.add((i + 1, j + 1))
    assert near == NEAR_DUPLICATES
    assert all(rows[i - 1][1] == rows[j - 1][1] for i, j in near)


def test_tickets_html() -> None:
    """Exactly three rows of tickets.csv contain HTML: a break, a space and a paragraph."""
    pattern = re.compile(r"</?[a-z]+/?>|&[a-z]+;")
    found = {n: pattern.findall(text) for n, (text, _) in enumerate(tickets(), 1)}
    assert {number for number, tags in found.items() if tags} == HTML_ROWS
    assert {tag for tags in found.values() for tag in tags} == {"<br>", "&nbsp;", "<p>", "</p>"}


def test_tickets_vary_in_style() -> None:
    """tickets.csv has lower-case openings, emoji, accents, and cells with comma and quotes."""
    texts = [text for text, _ in tickets()]
    assert sum(text[0].islower() for text in texts) >= 40
    assert sum(any(ord(char) >= 0x2600 for char in text) for text in texts) >= 8
    assert sum(any(0xC0 <= ord(char) < 0x2000 for char in text) for text in texts) >= 10
    assert sum("," in text and '"' in text for text in texts) >= 5


def test_questions_shape() -> None:
    """questions.csv has 325 distinct texts of 5 to 30 words, with the README's class sizes."""
    header, rows = read_table("questions.csv")
    assert header == ["text", "label"]
    assert Counter(label for _, label in rows) == ANSWER_COUNTS
    assert len({text.casefold() for text, _ in rows}) == len(rows) == 325
    assert_filled(rows)
    assert all(5 <= len(text.split()) <= 30 for text, _ in rows)


def test_questions_are_shuffled() -> None:
    """Any 40 consecutive rows of questions.csv contain at least five labels."""
    labels = [label for _, label in read_table("questions.csv")[1]]
    for start in range(len(labels) - 39):
        assert len(set(labels[start : start + 40])) >= 5


def test_questions_open_in_many_ways() -> None:
    """The first word of a text in questions.csv tells the label of fewer than two thirds."""
    openings: dict[str, Counter[str]] = defaultdict(Counter)
    _, rows = read_table("questions.csv")
    for text, label in rows:
        openings[words(text)[0]][label] += 1
    assert sum(max(counts.values()) for counts in openings.values()) < 2 / 3 * len(rows)


def test_multilabel() -> None:
    """multilabel.jsonl has 120 reviews and four partly known labels, each with 25 1s and 0s."""
    rows = read_jsonl("multilabel.jsonl")
    assert len(rows) == 120
    names = {"quality", "delivery", "price", "service"}
    counts: Counter[tuple[str, int]] = Counter()
    for row in rows:
        assert list(row) == ["text", "cats"]
        assert row["text"].strip()
        assert row["cats"]
        assert set(row["cats"]) <= names
        counts.update(row["cats"].items())
    assert set(counts) == {(name, value) for name in names for value in (0, 1)}
    assert min(counts.values()) >= 25
    assert sum(len(row["cats"]) < 4 for row in rows) > 100


def test_pairs() -> None:
    """pairs.csv has 50 distinct pairs of anchor and positive."""
    header, rows = read_table("pairs.csv")
    assert header == ["anchor", "positive"]
    assert len(rows) == len({row[0] for row in rows}) == len({row[1] for row in rows}) == 50
    assert_filled(rows)


def test_labelled_pairs() -> None:
    """labelled_pairs.csv has 60 question pairs, half of them duplicates."""
    header, rows = read_table("labelled_pairs.csv")
    assert header == ["question1", "question2", "is_duplicate"]
    assert_filled(rows)
    assert Counter(row[2] for row in rows) == {"0": 30, "1": 30}


def test_scored_pairs() -> None:
    """scored_pairs.csv has 50 sentence pairs with scores from 0 to 1 and two decimals."""
    header, rows = read_table("scored_pairs.csv")
    assert header == ["sentence1", "sentence2", "score"]
    assert len(rows) == 50
    assert_filled(rows)
    assert all(re.fullmatch(r"0\.\d\d|1\.00", row[2]) for row in rows)
    scores = [float(row[2]) for row in rows]
    assert min(scores) == 0.0
    assert max(scores) == 1.0
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        assert sum(low <= score < low + 0.2 for score in scores) >= 5


def test_nli() -> None:
    """nli.jsonl has 60 rows, a third for each label."""
    rows = read_jsonl("nli.jsonl")
    assert all(list(row) == ["premise", "hypothesis", "label"] for row in rows)
    assert all(value.strip() for row in rows for value in row.values())
    labels = Counter(row["label"] for row in rows)
    assert labels == {"entailment": 20, "neutral": 20, "contradiction": 20}


def test_triplets() -> None:
    """triplets.jsonl has 45 rows of three distinct texts: anchor, positive, negative."""
    rows = read_jsonl("triplets.jsonl")
    assert len(rows) == 45
    assert all(list(row) == ["anchor", "positive", "negative"] for row in rows)
    assert all(len({value.strip() for value in row.values()} - {""}) == 3 for row in rows)


def test_retrieval_texts() -> None:
    """retrieval/ has 60 documents with title and text, and 40 queries, with unique ids."""
    corpus = read_jsonl("retrieval/corpus.jsonl")
    queries = read_jsonl("retrieval/queries.jsonl")
    assert all(list(row) == ["_id", "title", "text"] for row in corpus)
    assert all(list(row) == ["_id", "text"] for row in queries)
    assert len({row["_id"] for row in corpus}) == len(corpus) == 60
    assert len({row["_id"] for row in queries}) == len(queries) == 40
    assert all(value.strip() for row in corpus + queries for value in row.values())


def test_retrieval_qrels() -> None:
    """The qrels cover 24 train and 16 other test queries; some have two relevant documents."""
    documents = {row["_id"] for row in read_jsonl("retrieval/corpus.jsonl")}
    queries = {row["_id"] for row in read_jsonl("retrieval/queries.jsonl")}
    judged: dict[str, Counter[str]] = {}
    for part in ("train", "test"):
        header, rows = read_table(f"retrieval/qrels/{part}.tsv", delimiter="\t")
        assert header == ["query-id", "corpus-id", "score"]
        assert len({(row[0], row[1]) for row in rows}) == len(rows)
        assert all(row[1] in documents and row[2] == "1" for row in rows)
        judged[part] = Counter(row[0] for row in rows)
        assert set(judged[part].values()) == {1, 2}
    assert len(judged["train"]) == 24
    assert len(judged["test"]) == 16
    assert set(judged["train"]) | set(judged["test"]) == queries


def test_texts() -> None:
    """texts.txt has 60 distinct, non-empty lines."""
    lines = (EXAMPLES / "texts.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(set(lines)) == 60
    assert all(line.strip() for line in lines)


def test_documents() -> None:
    """documents.txt has 48 distinct documents with at least two sentences."""
    lines = (EXAMPLES / "documents.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(set(lines)) == 48
    assert all(len(sentences(line)) >= 2 for line in lines)
