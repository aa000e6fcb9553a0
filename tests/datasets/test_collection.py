"""Queries and their relevant documents are searched among all documents, however both are given."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tunesmith
from tunesmith.datasets.dataset import Dataset
from tunesmith.datasets.evaluation_data import EvaluationOptions, load_evaluation_data
from tunesmith.datasets.training_data import DataOptions, load_training_data
from tunesmith.errors import DataError, UnreadableFile, UsageError
from tunesmith.events import ignore

WORDS = ("card", "order", "refund", "login", "fee", "limit", "code", "loan")
TITLES = [f"About {word}" for word in WORDS]
TEXTS = [f"Everything that there is to know about the {word}." for word in WORDS]
CLICKS = [("where is my card", 0), ("refund me now", 2), ("I cannot login", 3), ("a loan", 7)]


def frame(ids: list[str], title: str = "title", text: str = "text") -> pd.DataFrame:
    return pd.DataFrame({"_id": ids, title: TITLES, text: TEXTS, "date": "2026-01-01"})


def as_csv(ids: list[str], folder: Path) -> Path:
    frame(ids, "Headline", "Body").to_csv(folder / "documents.csv", index=False)
    return folder / "documents.csv"


def as_json_lines(ids: list[str], folder: Path) -> Path:
    frame(ids).to_json(folder / "corpus.jsonl", orient="records", lines=True)
    return folder / "corpus.jsonl"


def as_parquet(ids: list[str], folder: Path) -> Path:
    pq.write_table(pa.Table.from_pandas(frame(ids)), folder / "documents.parquet")
    return folder / "documents.parquet"


def as_mapping(ids: list[str], folder: Path) -> dict[str, dict[str, str]]:
    return {
        one: {"title": title, "text": text}
        for one, title, text in zip(ids, TITLES, TEXTS, strict=True)
    }


def as_frame(ids: list[str], folder: Path) -> pd.DataFrame:
    return frame(ids)


def as_polars(ids: list[str], folder: Path) -> pl.DataFrame:
    return pl.from_pandas(frame(ids))


def as_folder(ids: list[str], folder: Path) -> Path:
    for one, title, text in zip(ids, TITLES, TEXTS, strict=True):
        path = folder / "articles" / f"{one}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {title}\n\n{text}\n", encoding="utf-8")
    return folder / "articles"


SOURCES = [as_csv, as_json_lines, as_parquet, as_mapping, as_frame, as_polars, as_folder]
REFERENCES: dict[str, Callable[[str, int], str]] = {
    "ids": lambda one, _: one,
    "texts": lambda _, number: TEXTS[number],
    "titles and texts": lambda _, number: f"{TITLES[number]} {TEXTS[number]}",
    "titles": lambda _, number: TITLES[number].lower(),
}


def relevant(data: Dataset) -> set[tuple[str, str]]:
    """Return the text of each query with the text of each of its relevant documents."""
    examples: Any = data.examples
    queries, corpus = (
        dict(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))
        for table in (examples.queries, examples.corpus)
    )
    rows = examples.table.to_pylist()
    return {(queries[row["query"]], corpus[row["document"]]) for row in rows if row["score"] > 0}


EXPECTED = {(query, f"{TITLES[number]} {TEXTS[number]}") for query, number in CLICKS}


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("source", SOURCES)
def test_every_source_and_reference(
    source: Callable[[list[str], Path], object], reference: str, tmp_path: Path
) -> None:
    """All eight documents are searched, and the judgements name those that were clicked."""
    ids = [f"d-{number}" for number in range(len(WORDS))]
    clicks = pd.DataFrame(
        [(query, REFERENCES[reference](ids[number], number)) for query, number in CLICKS],
        columns=["query", "clicked"],
    )
    data = tunesmith.read(clicks, documents=source(ids, tmp_path))
    assert data.kind == "retrieval"
    assert len(data.examples.texts("document")) == len(WORDS)
    assert relevant(data) == EXPECTED
    assert [each.code for each in data.findings if each.severity == "error"] == ["few-rows"]
    assert "queries from 'query', documents from 'clicked'" in data.loaded.notes


@settings(max_examples=25)
@given(
    ids=st.lists(
        st.one_of(
            st.integers(0, 10**6).map(str), st.uuids().map(str), st.text("abcß/_-", min_size=3)
        ),
        min_size=len(WORDS),
        max_size=len(WORDS),
        unique_by=lambda one: one.strip("/-"),
    ),
    names=st.sampled_from(
        [("query", "doc_id"), ("search_term", "clicked"), ("Frage", "url"), ("question", "page")]
    ),
    as_numbers=st.booleans(),
)
def test_ids_of_any_form(ids: list[str], names: tuple[str, str], as_numbers: bool) -> None:
    """Numbers, UUIDs and paths are ids, as text or as numbers, in columns of any name."""
    given_ids: list[Any] = [int(one) if as_numbers and one.isdecimal() else one for one in ids]
    clicks = pd.DataFrame(
        {
            "user": [11, 12, 13, 14],
            names[0]: [query for query, _ in CLICKS],
            names[1]: [str(given_ids[number]) for _, number in CLICKS],
        }
    )
    documents = {
        one: {"title": t, "text": x} for one, t, x in zip(given_ids, TITLES, TEXTS, strict=True)
    }
    assert relevant(tunesmith.read(clicks, documents=documents)) == EXPECTED


@pytest.mark.parametrize(
    "form",
    [
        "guide/{}.md",
        "./guide/{}.md",
        "articles/guide/{}.md",
        "/guide/{}.md",
        "guide\\{}.md",
        "guide/{}",
        "{}.md",
        "{}",
    ],
)
def test_paths(form: str, tmp_path: Path) -> None:
    """A file is named by its path, with or without folder, suffix and slash."""
    documents = as_folder([f"guide/{word}" for word in WORDS], tmp_path)
    clicks = {query: form.format(WORDS[number]) for query, number in CLICKS}
    assert relevant(tunesmith.read(clicks, documents=documents)) == EXPECTED


def test_absolute_paths(tmp_path: Path) -> None:
    """So is the absolute path."""
    documents = as_folder(list(WORDS), tmp_path)
    clicks = {query: str(documents / f"{WORDS[number]}.md") for query, number in CLICKS}
    assert relevant(tunesmith.read(clicks, documents=documents)) == EXPECTED


@pytest.mark.parametrize(
    "form",
    [
        "/help/articles/guide/{}.md",
        "help/articles/guide/{}",
        "C:\\docs\\articles\\guide\\{}.md",
        "/en/articles/guide/{}/",
        "https://example.com/help/articles/guide/{}.html?lang=en#top",
        "https://example.com/articles/guide/{}.md#fees",
        "http://localhost:8000/articles/guide%2F{}",
        "file:///home/ann/articles/./guide/{}.md",
        "/articles/old/articles/guide/{}.md",
    ],
)
def test_longer_paths_and_addresses(form: str, tmp_path: Path) -> None:
    """A path that contains the name of the folder names the file below it."""
    documents = as_folder([f"guide/{word}" for word in WORDS], tmp_path)
    clicks = {query: form.format(WORDS[number]) for query, number in CLICKS}
    assert relevant(tunesmith.read(clicks, documents=documents)) == EXPECTED


def test_addresses_in_other_scripts(tmp_path: Path) -> None:
    """Browsers write them with percent signs."""
    documents = as_folder([f"费用/{word} 表" for word in WORDS], tmp_path)
    form = "https://example.cn/articles/%E8%B4%B9%E7%94%A8/{}%20%E8%A1%A8"
    clicks = {query: form.format(WORDS[number]) for query, number in CLICKS}
    assert relevant(tunesmith.read(clicks, documents=documents)) == EXPECTED


@pytest.mark.parametrize(
    "form", ["/blog/guide/{}.md", "/articles/news/{}.md", "/articles/guide/{}.pdf", "/articles/"]
)
def test_other_paths_are_refused(form: str, tmp_path: Path) -> None:
    """The message has a path of the clicks and some of the documents."""
    documents = as_folder([f"guide/{word}" for word in WORDS], tmp_path)
    clicks = {f"{query}?": form.format(WORDS[number]) for query, number in CLICKS}
    with pytest.raises(DataError, match=r"no column .*guide/card\.md") as caught:
        tunesmith.read(clicks, documents=documents)
    assert form.format("card") in str(caught.value)


def test_one_path_that_names_no_document(tmp_path: Path) -> None:
    """It is an error that names the path and its row, and can be skipped."""
    documents = as_folder(list(WORDS), tmp_path)
    clicks = {
        f"{query} {n}": f"/kb/articles/{WORDS[at]}" for n in range(20) for query, at in CLICKS
    }
    clicks["where is it"] = "/kb/articles/gone.md"
    found = {each.code: each for each in tunesmith.read(clicks, documents=documents).findings}
    assert found["unknown-judgement"].rows == (len(clicks),)
    assert "/kb/articles/gone.md" in found["unknown-judgement"].message


def test_files_with_two_suffixes_are_not_confused(tmp_path: Path) -> None:
    """An address without suffix may be either file."""
    documents = as_folder(list(WORDS), tmp_path)
    (documents / "card.txt").write_text("Another text about cards.\n")
    clicks = {query: f"/kb/articles/{WORDS[number]}" for query, number in CLICKS}
    found = {each.code: each for each in tunesmith.read(clicks, documents=documents).findings}
    assert found["unknown-judgement"].rows == (1,)


def test_a_name_in_two_folders_is_no_reference(tmp_path: Path) -> None:
    """An ambiguous base name is unknown, and its judgement an error that can be skipped."""
    documents = as_folder(
        [*(f"a/{word}" for word in WORDS[:4]), *(f"b/{word}" for word in WORDS[:4])], tmp_path
    )
    data = tunesmith.read({"one": "a/card", "two": "b/card", "three": "card"}, documents=documents)
    found = {each.code: each.rows for each in data.findings}
    assert found["unknown-judgement"] == (3,)


@pytest.mark.parametrize("form", ["{}", "/help/articles/{}"])
def test_passages_of_a_file(form: str, tmp_path: Path) -> None:
    """A file that was clicked stands for all of its passages; a passage can be named as well."""
    folder = tmp_path / "articles"
    folder.mkdir()
    long = " ".join(f"Sentence number {number} is about cards." for number in range(200))
    (folder / "cards.md").write_text(f"# Cards\n\n{long}")
    (folder / "fees.md").write_text("# Fees\n\nNone.")
    clicks = {"a card": form.format("cards.md"), "step": form.format("cards.md#2")}
    data = tunesmith.read(clicks, documents=folder)
    found = [(row["query"], row["document"]) for row in data.examples.table.to_pylist()]
    passages = len(data.examples.texts("document")) - 1
    assert found[:passages] == [("row 1", f"cards.md#{n}") for n in range(1, passages + 1)]
    assert found[passages:] == [("row 2", "cards.md#2")]


def test_several_clicks_add_up() -> None:
    """Repeated rows, and counts, are one judgement with their sum; several queries stay one."""
    documents = dict(zip("abcdefgh", TEXTS, strict=True))
    rows = [("lost it", "a"), ("lost it", "a"), ("lost it", "b"), (" lost it ", "a")]
    clicks = pd.DataFrame(rows, columns=["query", "doc"])
    judged = tunesmith.read(clicks, documents=documents).examples.table
    assert judged["score"].to_pylist() == [3.0, 1.0]
    counted = clicks.assign(clicks=[5, 1, 2, 0])
    judged = tunesmith.read(counted, documents=documents).examples.table
    assert judged["score"].to_pylist() == [6.0, 2.0]
    assert judged["row"].to_pylist() == [1, 3]


def test_documents_stay_when_a_verb_repeats_the_columns() -> None:
    """Same kind and columns: nothing is detected again. Others would lose the documents."""
    documents = dict(zip("abcdefgh", TEXTS, strict=True))
    clicks = pd.DataFrame([("lost it", "a", "x"), ("no card", "b", "y")], columns=["q", "d", "e"])
    columns = {"query": "q", "document": "d"}
    data = tunesmith.read(clicks, columns=columns, documents=documents)
    assert tunesmith.read(data, kind="retrieval", columns=columns) is data
    assert tunesmith.read(data, columns=columns, strict=True).documents is data.documents
    with pytest.raises(UsageError, match="read with documents"):
        tunesmith.read(data, columns={"query": "e"})
    with pytest.raises(UsageError, match="read with documents"):
        tunesmith.read(data, kind="pairs")


def test_grades_are_kept() -> None:
    """Grades are judgements as they are; two for one document are a finding."""
    documents = dict(zip("abcdefgh", TEXTS, strict=True))
    clicks = pd.DataFrame(
        [("q", "a", 3), ("q", "b", 0), ("q", "b", 1), ("r", "c", 2)],
        columns=["query", "doc", "relevance"],
    )
    data = tunesmith.read(clicks, documents=documents)
    assert data.examples.table["score"].to_pylist() == [3.0, 0.0, 1.0, 2.0]
    assert "conflict" in [each.code for each in data.findings]


@pytest.mark.parametrize("cell", [["a", "c"], "a;c", "a, c", '["a", "c"]', "['a', 'c']"], ids=str)
def test_lists_of_documents(cell: object) -> None:
    """A cell may list several documents."""
    documents = dict(zip("abcdefgh", TEXTS, strict=True))
    table = pa.table({"query": ["q one", "q two"], "docs": [cell, cell]})
    found = tunesmith.read(table, documents=documents).examples.table
    assert found["document"].to_pylist() == ["a", "c", "a", "c"]


def test_splits(tmp_path: Path) -> None:
    """A column named split divides the judgements as the files of a BEIR folder do."""
    clicks = pd.DataFrame(
        {
            "query": ["one", "two", "three"],
            "doc": ["a", "b", "c"],
            "split": ["train", "test", "test"],
        }
    )
    data = tunesmith.read(clicks, documents=dict(zip("abcdefgh", TEXTS, strict=True)))
    assert data.examples.table["split"].to_pylist() == ["train", "test", "test"]


def test_texts_that_no_document_has_are_added() -> None:
    """They are documents too, with a warning; so are rows without a query or document."""
    clicks = pd.DataFrame(
        {
            "query": ["one", "two", "three", "four"],
            "positive": [TEXTS[0], "A text that is not among the documents.", TEXTS[1], None],
        }
    )
    data = tunesmith.read(clicks, documents=dict(zip("abcdefgh", TEXTS, strict=True)))
    assert len(data.examples.texts("document")) == len(TEXTS) + 1
    codes = {each.code: each for each in data.findings}
    assert codes["added-document"].count == 1
    assert (codes["incomplete-row"].count, codes["incomplete-row"].rows) == (1, (4,))


def test_columns_can_be_given() -> None:
    """Where several columns name documents, an error asks, and `columns` answers."""
    documents = dict(zip("abcdefgh", TEXTS, strict=True))
    clicks = pd.DataFrame(
        {"shown": list("abcd"), "seen": list("efgh"), "words": ["1 a", "2 b", "3 c", "4 d"]}
    )
    with pytest.raises(DataError, match=r"both 'shown' and 'seen' of .* name documents"):
        tunesmith.read(clicks, documents=documents)
    roles = {"document": "seen", "query": "words"}
    data = tunesmith.read(clicks, documents=documents, columns=roles)
    assert data.examples.table["document"].to_pylist() == list("efgh")
    assert "not used: shown" in data.loaded.notes
    for wrong in ({"document": "none"}, {"label": "seen"}):
        with pytest.raises(UsageError):
            tunesmith.read(clicks, documents=documents, columns=wrong)


def test_row_numbers_are_no_references() -> None:
    """Ids that count the rows, and numbers of clicks, are not mistaken for documents."""
    documents = dict(zip(map(str, range(1, 9)), TEXTS, strict=True))
    clicks = pd.DataFrame(
        {
            "id": [1, 2, 3],
            "query": ["one", "two", "three"],
            "article": [5, 6, 7],
            "clicks": [1, 2, 3],
        }
    )
    found = tunesmith.read(clicks, documents=documents).examples.table
    assert found["document"].to_pylist() == ["5", "6", "7"]
    assert found["score"].to_pylist() == [1.0, 2.0, 3.0]


def test_documents_that_no_row_names() -> None:
    """The error shows both sides."""
    clicks = pd.DataFrame({"query": ["a b c"], "article": ["x-17"]})
    with pytest.raises(DataError, match=r"no column .* names documents .*'x-17'.*“d1”"):
        tunesmith.read(clicks, documents={"d1": "A text."})


def test_a_collection_has_no_other_documents() -> None:
    """A BEIR folder has its own documents, and a collection needs texts."""
    with pytest.raises(UsageError, match="has its own documents: omit `documents`"):
        tunesmith.read("examples/retrieval", documents={"d1": "A text."})
    with pytest.raises(UnreadableFile, match="has no column of texts"):
        tunesmith.read({"a": "1"}, documents=pd.DataFrame({"id": [1], "n": [2]}))


def mappings() -> list[dict[str, Any]]:
    queries = {f"q{n}": query for n, (query, _) in enumerate(CLICKS)}
    corpus = {
        f"d{n}": {"title": t, "text": x} for n, (t, x) in enumerate(zip(TITLES, TEXTS, strict=True))
    }
    qrels = {f"q{n}": {f"d{number}": 1} for n, (_, number) in enumerate(CLICKS)}
    rows = [(query, document, 1) for query, found in qrels.items() for document in found]
    return [
        {"queries": queries, "corpus": corpus, "qrels": qrels},
        {
            "queries": queries,
            "corpus": corpus,
            "relevant_docs": {q: [*d] for q, d in qrels.items()},
        },
        {
            "queries": pd.DataFrame({"_id": [*queries], "text": [*queries.values()]}),
            "corpus": frame([*corpus]),
            "qrels": pd.DataFrame(rows, columns=["query-id", "corpus-id", "score"]),
        },
        {
            "queries": queries,
            "corpus": pl.from_pandas(frame([*corpus])),
            "qrels": pd.DataFrame(rows, columns=["qid", "docid", "label"])[
                ["docid", "label", "qid"]
            ],
        },
    ]


@pytest.mark.parametrize("source", mappings(), ids=["mappings", "lists", "frames", "mixed"])
def test_three_parts_in_memory(source: dict[str, Any]) -> None:
    """Queries, corpus and judgements as mappings by id, or as tables."""
    data = tunesmith.read(source)
    assert data.kind == "retrieval"
    assert relevant(data) == EXPECTED
    assert data.digest


def test_pairs_without_documents_say_so() -> None:
    """Pairs are searched among their own positives; with documents, that is not said."""
    pairs = pd.DataFrame({"anchor": [q for q, _ in CLICKS], "positive": TEXTS[:4]})
    note = "Anchors are searched among the 4 positives of this file only"
    assert note in tunesmith.inspect(pairs).notes[-1]
    documents = dict(zip("abcdefgh", TEXTS, strict=True))
    assert note not in str(tunesmith.inspect(pairs, documents=documents).notes)
    many = pd.DataFrame(
        {"anchor": [f"q {n}" for n in range(60)], "positive": [f"p {n}" for n in range(60)]}
    )
    loaded = load_training_data(many, {}, DataOptions(), "all-MiniLM-L6-v2", ignore)
    assert "own-positives" in [each.code for each in loaded.findings]
    evaluated = load_evaluation_data(many, EvaluationOptions(), "all-MiniLM-L6-v2")
    assert "among the 60 positives of this file only" in evaluated.notes[-1]


def test_test_files_have_the_same_documents(tmp_path: Path) -> None:
    """Clicks of the test file are searched in the same collection."""
    documents = as_folder([f"{word}-{n}" for n, word in enumerate(WORDS)], tmp_path)
    rows = [(f"query {n} about {word}", f"{word}-{n % 8}") for n, word in enumerate(WORDS * 8)]
    for name, part in (("train.csv", rows[:48]), ("test.csv", rows[48:])):
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file).writerows([("query", "article"), *part])
    data = tunesmith.read(tmp_path / "train.csv", documents=documents)
    others = {"test": str(tmp_path / "test.csv")}
    loaded = load_training_data(data, others, DataOptions(), "all-MiniLM-L6-v2", ignore)
    assert loaded.test is not None
    assert loaded.test.kind == "retrieval"
    assert len(loaded.test.texts("document")) == len(WORDS)


def test_the_digest_depends_on_both(tmp_path: Path) -> None:
    """Other clicks, documents or columns are other data."""
    clicks, documents = {"one": "a"}, {"a": "A text.", "b": "Another."}
    digests = {
        tunesmith.read(c, documents=d).digest
        for c in (clicks, {"one": "b"})
        for d in (documents, {**documents, "c": "More."})
    }
    assert len(digests) == 4
    assert json.loads(json.dumps(sorted(digests)))
