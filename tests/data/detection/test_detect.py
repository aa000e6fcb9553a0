"""The kind is detected from column names, types and values, with a reason."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.error_fields import about
from tunesmith.data.detection.detect import Detected, detect
from tunesmith.data.reading.read import read
from tunesmith.errors import DataError, UnknownKind, UsageError
from tunesmith.kinds import Kind

SENTENCES = [
    "where is the card that I ordered last week",
    "please send my money back to my account",
    "the app does not let me log in any more",
    "how do I change the address you have for me",
    "I was charged twice for the same order today",
    "can you tell me when the parcel will be here",
]
OTHERS = [sentence.replace("the", "that").replace("I ", "we ") for sentence in SENTENCES]
LABELS = ["card", "money", "login", "card", "money", "card"]


def found(**columns: Any) -> Detected:
    """Return the detection result for a table with these columns."""
    return detect(read(pa.table(columns)))


def roles(detected: Detected) -> tuple[str, dict[str, str]]:
    return detected.kind.value, dict(detected.columns)


EXAMPLES = {
    "tickets.csv": "labelled",
    "multilabel.jsonl": "multilabel",
    "pairs.csv": "pairs",
    "labelled_pairs.csv": "labelled_pairs",
    "scored_pairs.csv": "scored_pairs",
    "nli.jsonl": "nli",
    "triplets.jsonl": "triplets",
    "retrieval": "retrieval",
    "texts.txt": "texts",
    "documents.txt": "texts",
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_detected(examples: Path, name: str) -> None:
    """The kind of each example file is detected."""
    if not (examples / name).exists():
        pytest.skip(f"there is no examples/{name}")
    assert detect(read(examples / name)).kind == EXAMPLES[name]


@pytest.mark.parametrize("text", ["text", "Sentence", "customerReview", "query", "body"])
@pytest.mark.parametrize("label", ["label", "Intent", "category", "sentiment", "class name"])
def test_text_and_label_are_detected_by_name(text: str, label: str) -> None:
    """In any spelling and in either order."""
    for columns in ({text: SENTENCES, label: LABELS}, {label: LABELS, text: SENTENCES}):
        assert roles(found(**columns)) == ("labelled", {"text": text, "label": label})


def test_text_and_label_are_detected_by_value_if_names_are_unknown() -> None:
    """Short, repeated values are the labels, in either order and in any language."""
    expected = ("labelled", {"text": "beschwerde", "label": "sorte"})
    assert roles(found(beschwerde=SENTENCES, sorte=LABELS)) == expected
    assert roles(found(sorte=LABELS, beschwerde=SENTENCES)) == expected
    assert roles(found(beschwerde=SENTENCES, sorte=[0, 1, 0, 1, 1, 0])) == expected


PAIR = {"sentence1": SENTENCES, "sentence2": OTHERS}
ZERO_ONE = [0, 1, 0, 1, 1, 0]
SCORES = [0.0, 5.0, 2.5, 3.2, 1.0, 4.4]
WORDS = ["entailment", "neutral", "contradiction"] * 2

CASES: dict[str, tuple[dict[str, Any], str, dict[str, str]]] = {
    "scored by name": (
        {**PAIR, "similarity_score": SCORES},
        "scored_pairs",
        {"text1": "sentence1", "text2": "sentence2", "score": "similarity_score"},
    ),
    "scored by a label of floats": (
        {**PAIR, "label": SCORES},
        "scored_pairs",
        {"text1": "sentence1", "text2": "sentence2", "score": "label"},
    ),
    "scored by values": (
        {"a": SENTENCES, "b": OTHERS, "c": SCORES},
        "scored_pairs",
        {"text1": "a", "text2": "b", "score": "c"},
    ),
    "labelled pairs with ids": (
        {"id": range(6), "qid1": range(6), "qid2": range(6, 12), "question1": SENTENCES,
         "question2": OTHERS, "is_duplicate": ZERO_ONE},
        "labelled_pairs",
        {"text1": "question1", "text2": "question2", "label": "is_duplicate"},
    ),
    "labelled pairs by values": (
        {"a": SENTENCES, "b": OTHERS, "c": ["yes", "no"] * 3},
        "labelled_pairs",
        {"text1": "a", "text2": "b", "label": "c"},
    ),
    "nli by numbers": (
        {"premise": SENTENCES, "hypothesis": OTHERS, "label": [0, 1, 2, -1, 0, 2]},
        "nli",
        {"premise": "premise", "hypothesis": "hypothesis", "label": "label"},
    ),
    "nli as SNLI writes it": (
        {"gold_label": [*WORDS[:5], "-"], **PAIR, "pairID": [f"{n}.jpg#1r1n" for n in range(6)]},
        "nli",
        {"premise": "sentence1", "hypothesis": "sentence2", "label": "gold_label"},
    ),
    "nli by values": (
        {"a": SENTENCES, "b": OTHERS, "c": WORDS},
        "nli",
        {"premise": "a", "hypothesis": "b", "label": "c"},
    ),
    "two relations are a pair label": (
        {"premise": SENTENCES, "hypothesis": OTHERS, "label": ["entailment", "not_entailment"] * 3},
        "labelled_pairs",
        {"text1": "premise", "text2": "hypothesis", "label": "label"},
    ),
    "triplets": (
        {"anchor": SENTENCES, "positive": OTHERS, "negative": SENTENCES[::-1]},
        "triplets",
        {"anchor": "anchor", "positive": "positive", "negatives": "negative"},
    ),
    "triplets with several negatives": (
        {"query": SENTENCES, "pos": OTHERS, "negative_1": OTHERS[::-1], "negative_2": OTHERS},
        "triplets",
        {"anchor": "query", "positive": "pos", "negatives": "negative_1+negative_2"},
    ),
    "triplets with lists": (
        {"query": SENTENCES, "positive": OTHERS, "negatives": [["a b", "c d"]] * 6},
        "triplets",
        {"anchor": "query", "positive": "positive", "negatives": "negatives"},
    ),
    "question and answer": (
        {"question": SENTENCES, "answer": OTHERS},
        "pairs",
        {"anchor": "question", "positive": "answer"},
    ),
    "pairs by values": ({"a": SENTENCES, "b": OTHERS}, "pairs", {"anchor": "a", "positive": "b"}),
    "labels as lists": (
        {"text": SENTENCES, "labels": [["a", "b"], ["b"], [], None, ["a"], ["c"]]},
        "multilabel",
        {"text": "text", "labels": "labels"},
    ),
    "labels as JSON": (
        {"text": SENTENCES, "cats": ['{"x": 1, "y": 0}', '{"x": 0}', None, "{}", "{}", '{"y": 1}']},
        "multilabel",
        {"text": "text", "labels": "cats"},
    ),
    "labels with bars": (
        {"text": SENTENCES, "topic": ["a|b", "b", "a|c", "c", "a", "b|c"]},
        "multilabel",
        {"text": "text", "labels": "topic"},
    ),
    "labels with commas": (
        {"text": SENTENCES, "tags": ["a, b", "b", "a, c", "c", "a", "b,c"]},
        "multilabel",
        {"text": "text", "labels": "tags"},
    ),
    "a column for each label": (
        {"id": range(6), "comment_text": SENTENCES, "toxic": ZERO_ONE, "rude": ZERO_ONE[::-1]},
        "multilabel",
        {"text": "comment_text", "labels": "toxic+rude"},
    ),
    "a label and other flags": (
        {"text": SENTENCES, "label": LABELS, "is_new": ZERO_ONE, "is_paid": ZERO_ONE},
        "labelled",
        {"text": "text", "label": "label"},
    ),
    "label names and label numbers": (
        {"text": SENTENCES, "label": ZERO_ONE, "label_text": ["no", "yes"] * 3},
        "labelled",
        {"text": "text", "label": "label_text"},
    ),
    "one class": (
        {"text": SENTENCES, "label": ["a"] * 6},
        "labelled",
        {"text": "text", "label": "label"},
    ),
    "no label filled in": (
        {"text": SENTENCES, "label": pa.nulls(6)},
        "labelled",
        {"text": "text", "label": "label"},
    ),
    "texts": ({"anything": SENTENCES, "id": range(6)}, "texts", {"text": "anything"}),
    "texts with a number": ({"text": SENTENCES, "price": SCORES}, "texts", {"text": "text"}),
    "a title and a text with a class": (
        {"title": OTHERS, "text": SENTENCES, "category": LABELS},
        "labelled",
        {"text": "text", "label": "category"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_kind_is_detected_by_names_and_values(case: str) -> None:
    """Common layouts of each kind are detected."""
    columns, kind, expected = CASES[case]
    table = {name: pa.array(values) for name, values in columns.items()}
    assert roles(found(**table)) == (kind, expected)


def test_ten_thousand_labels_are_labels_only_by_name() -> None:
    """If all labels differ, only the column name can identify them as labels."""
    texts = [f"the text with number {number} in it" for number in range(10_000)]
    labels = [f"label{number}" for number in range(10_000)]
    named = found(text=texts, label=labels)
    assert named.kind is Kind.LABELLED
    assert "10,000 distinct values" in named.reason
    assert found(text=texts, thing=labels).kind is Kind.TEXTS


def test_id_columns_are_ignored_and_the_reason_says_so() -> None:
    """Columns with id names, consecutive numbers or unique codes are neither text nor label."""
    codes = [f"TK-{number:04}" for number in range(6)]
    detected = found(
        ticket_id=range(10, 16), nr=range(6), code2=codes, text=SENTENCES, label=LABELS
    )
    assert roles(detected) == ("labelled", {"text": "text", "label": "label"})
    for name in ("ticket_id", "nr", "code2"):
        assert f"{name!r} (identifies rows)" in detected.reason


def test_the_caller_can_override_detection() -> None:
    """A kind, some columns, or both override detection."""
    loaded = read(
        pa.table({"title": OTHERS, "abstract": SENTENCES, "field": LABELS, "n": ZERO_ONE})
    )
    assert detect(loaded, kind="texts").columns == {"text": "abstract"}
    assert roles(detect(loaded, kind="labelled")) == (
        "labelled",
        {"text": "abstract", "label": "n"},
    )
    chosen = detect(loaded, columns={"text": "title", "label": "field"})
    assert roles(chosen) == ("labelled", {"text": "title", "label": "field"})
    assert "as specified: text=title, label=field" in chosen.reason
    assert detect(loaded, columns={"label": "field"}, kind="labelled").columns["label"] == "field"
    triplets = {"anchor": "title", "positive": "abstract", "negatives": "abstract+title"}
    assert detect(loaded, columns=triplets).kind is Kind.TRIPLETS
    unusual = detect(loaded, columns={"text": "field", "label": "abstract"})
    assert unusual.columns == {"text": "field", "label": "abstract"}


@pytest.mark.parametrize(
    ("kind", "columns", "expected"),
    [
        ("poem", None, "the kinds are labelled, multilabel"),
        (None, {"text": "body"}, "no column 'body'; it has 'title', 'abstract', 'field'"),
        (None, {"wort": "title"}, "no role 'wort'"),
        ("pairs", {"label": "field"}, "its roles are anchor, positive"),
        (None, {"premise": "title", "score": "field"}, "roles premise, score"),
        ("scored_pairs", None, "Columns: 'title'"),
        ("scored_pairs", {"score": "field"}, "Columns: 'title'"),
        ("retrieval", None, "not a BEIR folder"),
    ],
)
def test_impossible_overrides_are_rejected(
    kind: str | None, columns: dict[str, str] | None, expected: str
) -> None:
    """A UsageError lists the valid kinds, roles or columns."""
    loaded = read(pa.table({"title": OTHERS, "abstract": SENTENCES, "field": LABELS}))
    with pytest.raises(UsageError) as caught:
        detect(loaded, kind=kind, columns=columns)
    assert expected in str(caught.value)


def test_an_unknown_kind_lists_columns_and_attempts() -> None:
    """The message lists the columns with type and sample, the kinds tried, and the options."""
    with pytest.raises(UnknownKind) as caught:
        found(price=SCORES, when=["2024-01-02"] * 6, ref=[f"A{number}" for number in range(6)])
    text = str(caught.value)
    assert "'price' (number, such as '0')" in text
    assert "'ref' (identifies rows" in text
    assert "labelled (no column named like a label, no column of short, repeated values)" in text
    assert '`columns={"text": "COLUMN", "label": "COLUMN"}`' in text


def test_a_beir_folder_cannot_be_overridden(examples: Path) -> None:
    """To use its texts, pass one of its files."""
    if not (examples / "retrieval").exists():
        pytest.skip("there is no examples/retrieval")
    with pytest.raises(UsageError, check=about(file="retrieval", option="kind")):
        detect(read(examples / "retrieval"), kind="texts")
    with pytest.raises(UsageError, check=about(file="retrieval", option="columns")):
        detect(read(examples / "retrieval"), columns={"text": "text"})


words = st.text("abc é", min_size=1, max_size=12)


@given(
    data=st.dictionaries(
        words, st.lists(st.none() | words | st.integers() | st.floats(), min_size=3, max_size=3),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_any_table_is_detected_or_rejected(data: dict[str, list[Any]]) -> None:
    """No table raises an error of another library, and no row is lost."""
    try:
        loaded = read(pd.DataFrame(data, dtype=object))
        detected = detect(loaded)
    except DataError:
        return
    assert detected.examples.rows.tolist() == [1, 2, 3]
    assert detected.reason.startswith(f"{detected.kind}: ")


def test_detection_imports_no_heavy_library(tmp_path: Path) -> None:
    """Reading a CSV file and detecting its kind imports no torch, datasets or scikit-learn."""
    path = tmp_path / "data.csv"
    path.write_text("text,label\n" + "".join(map("{},{}\n".format, SENTENCES, LABELS)))
    heavy = ("torch", "datasets", "sklearn", "transformers", "sentence_transformers")
    code = (
        "import sys; from tunesmith.data.reading.read import read;"
        "from tunesmith.data.detection.detect import detect;"
        f"print(detect(read({str(path)!r})).kind,"
        f" [name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "labelled []"
