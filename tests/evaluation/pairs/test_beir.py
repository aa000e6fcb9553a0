"""A BEIR folder is measured as BEIR measures it, whatever the form of its judgements."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import pytrec_eval
from numpy.typing import NDArray

from tunesmith.datasets.evaluation_data import (
    EvaluationData,
    EvaluationOptions,
    load_evaluation_data,
)
from tunesmith.errors import UnreadableFile
from tunesmith.evaluation.pairs.evaluators import RetrievalEvaluator

BASE = "all-MiniLM-L6-v2"
WIDTH = 12
Judgement = tuple[str, str, int]


def collection(
    folder: Path, judgements: str, queries: Sequence[str], documents: Sequence[str]
) -> Path:
    """Write a BEIR folder; the text of a query or document is its id in words."""
    (folder / "qrels").mkdir()
    for name, ids in (("queries", queries), ("corpus", documents)):
        lines = [json.dumps({"_id": each, "text": f"{name} number {each}"}) for each in ids]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "qrels" / "test.tsv").write_text(judgements, "utf-8")
    return folder


def encode(texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
    """Return a random vector that depends on the text, queries and documents of an id alike."""
    del prompt
    ids = [text.rpartition(" ")[2] for text in texts]
    seeds = [int.from_bytes(each.encode(), "big") for each in ids]
    drawn = [np.random.default_rng(seed).normal(size=WIDTH) for seed in seeds]
    noise = [np.random.default_rng(len(text)).normal(size=WIDTH) for text in texts]
    return (np.array(drawn) + np.array(noise) / 9).astype(np.float32)


def load(folder: Path) -> EvaluationData:
    return load_evaluation_data(folder, EvaluationOptions(), BASE)


def measured(data: EvaluationData) -> dict[str, float]:
    """Return nDCG@10 by query id."""
    assert isinstance(data.evaluator, RetrievalEvaluator)
    values = data.evaluator.evaluate(encode).items["nDCG@10"].tolist()
    names = [text.rpartition(" ")[2] for text in data.evaluator.queries]
    return dict(zip(names, values, strict=True))


def by_beir(judgements: list[Judgement], documents: Sequence[str]) -> dict[str, float]:
    """Return nDCG@10 by query as BEIR does: trec_eval without documents of the query's id."""
    judged: dict[str, dict[str, int]] = {}
    for query, document, score in judgements:
        judged.setdefault(query, {})[document] = score
    vectors = encode([f"corpus number {each}" for each in documents])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    run = {
        query: {
            each: float(score)
            for each, score in zip(
                documents, vectors @ encode([f"queries number {query}"])[0], strict=True
            )
            if each != query
        }
        for query in judged
    }
    found = pytrec_eval.RelevanceEvaluator(judged, {"ndcg_cut.10"}).evaluate(run)
    return {name: values["ndcg_cut_10"] for name, values in found.items()}


ORDERS = {
    "BEIR": "query-id\tcorpus-id\tscore\n{0}\t{1}\t{2}",
    "no header": "{0}\t{1}\t{2}",
    "documents first": "docid\tqid\trelevance\n{1}\t{0}\t{2}",
    "scores first": "rel\tquery_id\tdoc_id\n{2}\t{0}\t{1}",
    "one unknown name": "qid\tsource\tlabel\n{0}\t{1}\t{2}",
    "more columns": "rank\tscore\tcorpusId\tqueryId\tannotator\n7\t{2}\t{1}\t{0}\tme",
    "TREC": "{0}\t0\t{1}\t{2}",
    "TREC with spaces": "{0} 0  {1} {2}",
    "TREC with a header": "topic iter docno rel\n{0} 0 {1} {2}",
    "spaces": "{0} {1} {2}",
}


@pytest.mark.parametrize("form", ORDERS)
def test_judgements_are_read_by_the_names_of_their_columns(form: str, tmp_path: Path) -> None:
    """Ids of queries and documents that cannot be told apart; place counts without names."""
    ids = [str(number) for number in range(12)]
    judgements = [(name, ids[(5 * number + 3) % 12], 1) for number, name in enumerate(ids)]
    head, _, row = ORDERS[form].rpartition("\n")
    lines = [head] * bool(head) + [row.format(*judgement) for judgement in judgements]
    data = load(collection(tmp_path, "\n".join(lines) + "\n", ids, ids))
    evaluator = data.evaluator
    assert isinstance(evaluator, RetrievalEvaluator)
    found = {
        (query.rpartition(" ")[2], evaluator.documents[own].rpartition(" ")[2], 1)
        for query, documents in zip(evaluator.queries, evaluator.relevant, strict=True)
        for own in documents
    }
    assert found == set(judgements)


@pytest.mark.parametrize("head", ["a\tb\tc", "qid\tb\tc", "query\tqid\tscore"])
def test_columns_that_cannot_be_told_are_refused(head: str, tmp_path: Path) -> None:
    """The message lists the columns and the names to use."""
    rows = "".join(f"{each}\t{each}\t1\n" for each in "pqrst")
    with pytest.raises(UnreadableFile, match="name the columns query-id, corpus-id and score"):
        load(collection(tmp_path, f"{head}\n{rows}", "pqrst", "pqrst"))


@pytest.mark.parametrize("seed", range(4))
def test_the_figure_is_that_of_beir(seed: int, tmp_path: Path) -> None:
    """Grades are gains, a document with the query's id is no candidate, other queries go."""
    random = np.random.default_rng(seed)
    documents = [f"d{number}" for number in range(40)]
    queries = [f"d{number}" for number in range(15)] + [f"q{number}" for number in range(15)]
    drawn = [(name, each) for name in queries[:-1] for each in random.choice(documents, 4, False)]
    judgements = [
        (name, str(each), int(random.integers(4))) for name, each in drawn if name != each
    ]
    text = "".join(f"{name}\t{each}\t{score}\n" for name, each, score in judgements)
    data = load(collection(tmp_path, text, queries, documents))
    expected = by_beir(judgements, documents)
    answered = {name for name, _, score in judgements if score}
    assert measured(data) == pytest.approx({name: expected[name] for name in answered})
    notes = " ".join(data.notes)
    assert "None of them is a result for the query with its id" in notes
    assert all(f"“{name}”" in notes for name in queries if name not in answered)


def test_queries_and_documents_numbered_alike_keep_their_answers(tmp_path: Path) -> None:
    """A relevant document with another text is not the query, although it has its id."""
    ids = [str(number) for number in range(12)]
    text = "".join(f"{each}\t{each}\t1\n" for each in ids)
    data = load(collection(tmp_path, text, ids, ids))
    assert set(measured(data).values()) == {1.0}
    assert data.notes == ()


def test_copies_of_a_document_are_one(tmp_path: Path) -> None:
    """A copy without a judgement answers, too, and a note says how many there are."""
    ids = [str(number) for number in range(12)]
    folder = collection(tmp_path, "".join(f"{each}\t{each}\t1\n" for each in ids), ids, ids)
    corpus = (folder / "corpus.jsonl").read_text()
    copies = corpus.replace('"_id": "', '"_id": "copy of ')
    (folder / "corpus.jsonl").write_text(copies + corpus)
    data = load(folder)
    assert set(measured(data).values()) == {1.0}
    assert data.notes == (
        "12 documents repeat an earlier text. Equal texts count as one document, unlike in BEIR.",
    )
