"""Generated retrieval data: BEIR folders with judgements in many forms, and one JSON document."""

import json
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.data.generated_texts import Language

Judgement = tuple[str, str, float]


@dataclass(frozen=True)
class GeneratedRetrieval:
    """Files by name, one of them for a JSON document, and the judgements that must be read."""

    files: dict[str, bytes]
    judgements: list[Judgement]
    says: list[str]
    recipe: dict[str, Any]


def generate_retrieval(language: Language, rng: Random) -> GeneratedRetrieval:
    """Return queries, documents and judgements in one of the known forms."""
    texts = language.sentences(60, rng)
    numbered = rng.random() < 0.5
    queries = {f"{'' if numbered else 'q'}{number}": texts[number] for number in range(1, 21)}
    corpus = {f"{'' if numbered else 'd'}{80 + number}": texts[number] for number in range(20, 60)}
    grades = rng.choice([[1], [1, 2, 3], [0, 1]])
    judgements = [
        (query, rng.choice(list(corpus)[2 * index : 2 * index + 2]), float(rng.choice(grades)))
        for index, query in enumerate(queries)
    ]
    judgements[0] = (*judgements[0][:2], 1.0)
    fault = rng.choice([None, None, "unknown id", "repeated"])
    says = []
    if fault == "unknown id":
        judgements[3] = (judgements[3][0], "nowhere", 1.0)
        says.append("unknown-judgement")
    if fault == "repeated":
        judgements.append(judgements[-1])  # in a document, a judgement has a key of its own
        says.append("duplicate")
    form = rng.choice(["document", "tsv", "tsv", "tsv", "trec"])
    recipe = {"form": f"retrieval {form}", "fault": fault}
    if form == "document" and fault != "repeated":
        return GeneratedRetrieval(_document(queries, corpus, judgements), judgements, says, recipe)
    files = _folder(queries, corpus, rng)
    files["qrels/test.tsv"] = _judgements(judgements, form, rng).encode()
    return GeneratedRetrieval(files, judgements, says, recipe)


def _document(
    queries: dict[str, str], corpus: dict[str, str], judgements: list[Judgement]
) -> dict[str, bytes]:
    qrels: dict[str, dict[str, int]] = {}
    for query, document, grade in judgements:
        qrels.setdefault(query, {})[document] = int(grade)
    content = {"queries": queries, "corpus": corpus, "qrels": qrels, "mode": "text"}
    return {"questions.json": json.dumps(content, ensure_ascii=False).encode()}


def _folder(queries: dict[str, str], corpus: dict[str, str], rng: Random) -> dict[str, bytes]:
    key = rng.choice(["_id", "id"])
    asked = [{key: each, "text": text} for each, text in queries.items()]
    documents = [{key: each, "title": "", "text": text} for each, text in corpus.items()]
    return {"queries.jsonl": _lines(asked), "corpus.jsonl": _lines(documents)}


def _lines(rows: list[dict[str, str]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


_NAMES = (
    ("query-id", "corpus-id", "score"),
    ("qid", "docid", "relevance"),
    ("query_id", "doc_id", "label"),
)


def _judgements(judgements: list[Judgement], form: str, rng: Random) -> str:
    """Return a table, its columns in any order below names, or TREC's four columns."""
    rows = [[query, document, f"{grade:g}"] for query, document, grade in judgements]
    if form == "trec":
        gap = rng.choice(["\t", " "])
        return "".join(gap.join((row[0], "0", *row[1:])) + "\n" for row in rows)
    order = rng.sample(range(3), 3)
    lines = [rng.choice(_NAMES), *rows]
    return "".join("\t".join(line[index] for index in order) + "\n" for line in lines)
