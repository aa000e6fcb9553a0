"""Preferred and rejected answers are triplets; a rejected text is never a positive."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest

import tunesmith
from tests.data.checks.checked import sentences
from tests.data.detection.test_triples import chinese
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.errors import TunesmithError, UnknownKind
from tunesmith.kinds import Kind

ROWS = 40
Make = Callable[[int], list[str]]


def table(names: Sequence[str], make: Make) -> pa.Table:
    """Return a table with a different text in every cell."""
    texts = make(ROWS * len(names))
    return pa.table({name: texts[at :: len(names)] for at, name in enumerate(names)})


@pytest.mark.parametrize("make", [sentences, chinese])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("names", "negatives"),
    [
        (("prompt", "chosen", "rejected"), "rejected"),
        (("Instruction", "Chosen", "Rejected"), "Rejected"),
        (("rejected", "chosen", "question"), "rejected"),
        (("prompt", "preferred", "dispreferred"), "dispreferred"),
        (
            ("question", "correct_answer", "distractor1", "distractor2"),
            "distractor1+distractor2",
        ),
        (("question", "distractor3", "distractor1", "distractor2", "correct_answer"),
         "distractor3+distractor1+distractor2"),
        (("question", "best_answer", "incorrect_answer"), "incorrect_answer"),
        (("text", "similar", "dissimilar"), "dissimilar"),
    ],
)  # fmt: skip
def test_preferences_are_triplets(
    names: Sequence[str], negatives: str, delimiter: str, make: Make, tmp_path: Path
) -> None:
    path = tmp_path / "preferences.csv"
    written = table(names, make)
    pa_csv.write_csv(written, path, pa_csv.WriteOptions(delimiter=delimiter))
    data = tunesmith.read(path)
    assert data.kind is Kind.TRIPLETS
    assert data.detected.columns["negatives"] == negatives
    positive = data.detected.columns["positive"]
    assert data.examples.table["positive"].to_pylist() == written[positive].to_pylist()
    assert not data.detected.doubts


@pytest.mark.parametrize("make", [sentences, chinese])
@pytest.mark.parametrize(
    "names",
    [
        ("chosen", "rejected"),
        ("rejected", "chosen"),
        ("Chosen", "Rejected"),
        ("chosen", "rejected_1", "rejected_2"),
        ("positive", "negative"),
        ("similar", "dissimilar"),
    ],
)
def test_rejected_texts_without_a_prompt_are_refused(names: Sequence[str], make: Make) -> None:
    with pytest.raises(UnknownKind, match="also need an anchor") as refused:
        tunesmith.read(table(names, make))
    assert repr(names[1]) in str(refused.value)


@pytest.mark.parametrize("other", ["text", "answer", "body", "reply"])
@pytest.mark.parametrize("extra", [None, "label", "score"])
def test_a_rejected_text_is_never_a_positive(other: str, extra: str | None) -> None:
    rows = table((other, "rejected"), sentences)
    if extra:
        values = [row % 2 if extra == "label" else row / 7 for row in range(ROWS)]
        rows = rows.append_column(extra, pa.array(values))
    try:
        data = tunesmith.read(rows)
    except TunesmithError:
        return
    assert "rejected" not in data.detected.columns.values()
    assert "rejected" in [doubt.column for doubt in data.detected.doubts]


@pytest.mark.parametrize("first", [True, False])
def test_a_source_of_rows_is_not_the_prompt(first: bool) -> None:
    rows = table(("chosen", "rejected"), sentences)
    sources = pa.array(["forum", "survey"] * (ROWS // 2))
    rows = rows.add_column(0, "source", sources) if first else rows.append_column("source", sources)
    data = tunesmith.read(rows)
    assert data.kind is Kind.LABELLED
    assert {doubt.column for doubt in data.detected.doubts} & {"chosen", "rejected"}
    prompted = rows.append_column("prompt", pa.array(sentences(ROWS)))
    assert tunesmith.read(prompted).detected.columns["anchor"] == "prompt"


@pytest.mark.parametrize("name", ["completion", "answer", "response", "output"])
@pytest.mark.parametrize("answers", [["yes", "no", "maybe"], ["card lost", "fee", "refund"]])
def test_answers_that_repeat_very_often_are_labels(name: str, answers: list[str]) -> None:
    """Short answers of which few repeat make pairs."""
    asked = [f"is the lift number {row} out of order" for row in range(60)]
    found = detect(read(pa.table({"question": asked, name: answers * 20})))
    assert (found.kind, found.columns["label"]) == (Kind.LABELLED, name)
    if name != "completion":
        names = [f"{answer} {row // 2}" for row, answer in enumerate(answers * 20)]
        table = pa.table({"query" if name == "response" else "question": asked, name: names})
        assert detect(read(table)).kind is not Kind.LABELLED


@pytest.mark.parametrize("name", ["tags", "labels", "topics"])
def test_hashtags_are_several_labels(name: str) -> None:
    """Spaces separate them if all begin with a hash."""
    texts = [f"the lift number {row} is out of order" for row in range(24)]
    found = detect(read(pa.table({"text": texts, name: ["#a #b", "#b", "#a #c"] * 8})))
    assert found.kind is Kind.MULTILABEL
    assert {label for label, value in found.examples.table["labels"][0].as_py() if value} == {
        "#a",
        "#b",
    }


@pytest.mark.parametrize("name", ["score1", "reward", "votes", "Punkte"])
def test_numbers_next_to_pairs_are_doubtful(name: str) -> None:
    """They may say that texts do not match; ids say nothing."""
    texts = [f"the lift number {row} is out of order" for row in range(24)]
    columns = {
        "question": texts,
        "answer": texts[::-1],
        name: [3, 1, 2] * 8,
        "extra": [1, 2, 4] * 8,
    }
    found = detect(read(pa.table(columns)))
    assert found.kind is Kind.PAIRS
    assert {doubt.column for doubt in found.doubts} == {name, "extra"}
    numbered = pa.table({"question": texts, "answer": texts[::-1], "ticket_id": list(range(24))})
    assert detect(read(numbered)).doubts == ()
