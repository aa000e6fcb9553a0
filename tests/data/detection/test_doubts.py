"""No column that may matter is left out in silence, and no label is taken for texts."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.detection.test_detect import OTHERS, SENTENCES
from tunesmith.data.checks.check import check
from tunesmith.data.column_names import LABEL, TEXT, WEAK_LABEL
from tunesmith.data.detection.detect import Detected, detect
from tunesmith.data.reading.read import read
from tunesmith.errors import UnknownKind
from tunesmith.kinds import Kind

ROWS = 24
TEXTS = [f"{sentence} since {row}" for row in range(4) for sentence in SENTENCES]
LABELS = ["lift", "water", "heating"] * 8
FLAGS = {
    "Python": ("True", "False"),
    "JSON": (True, False),
    "numbers": (1, 0),
    "floats": (1.0, 0.0),
    "upper case": ("YES", "NO"),
    "one letter": ("y", "n"),
    "German": ("ja", "nein"),
    "French": ("Oui", "Non"),
    "Chinese": ("是", "否"),
    "Japanese": ("はい", "いいえ"),
    "Korean": ("예", "아니요"),
    "Thai": ("ใช่", "ไม่ใช่"),
}


def found(**columns: Any) -> tuple[Detected, str]:
    """Return the detection result, and the message on doubtful columns, if any."""
    loaded = read(pa.table(columns))
    detected = detect(loaded)
    codes = {finding.code: finding for finding in check(detected, loaded)}
    return detected, codes["left-aside"].message if "left-aside" in codes else ""


@pytest.mark.parametrize(
    "names", [("Erstellt von", "Anna", ""), ("by", "", "2024"), ("作者", "安娜", "")]
)
def test_a_title_that_is_read_as_the_header_is_named(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    """A column without a name that is used is doubtful: the header is then in row 1."""
    rows = [("Haus", "Meldung", "Art"), *zip(LABELS, TEXTS, LABELS[1:] + LABELS[:1], strict=True)]
    lines = ["Report Q2,,", ",".join(names), *map(",".join, rows)]
    (tmp_path / "report.csv").write_text("\n".join(lines), encoding="utf-8")
    loaded = read(tmp_path / "report.csv")
    messages = [finding.message for finding in check(detect(loaded), loaded)]
    assert any("see whether that is a title, and row 1 is the header" in each for each in messages)


@pytest.mark.parametrize("name", ["embedding", "vector", "向量", "e"])
@pytest.mark.parametrize("form", [list, str])
def test_lists_of_fractions_are_no_labels(name: str, form: Any) -> None:
    """Nothing suggests to use an embedding as a label; lists of flags may be labels."""
    vectors = [form([0.25 * row, 0.5, -1.0]) for row in range(ROWS)]
    assert found(text=TEXTS, topic=LABELS, **{name: vectors})[1] == ""
    flags = [form([row % 2, 1]) for row in range(ROWS)]
    assert "it holds lists" in found(text=TEXTS, topic=LABELS, **{name: flags})[1]


@pytest.mark.parametrize("case", FLAGS)
def test_several_columns_of_flags_are_labels(case: str) -> None:
    """True and False, yes and no are columns of 1 and 0, whatever the columns are called."""
    yes, no = FLAGS[case]
    flags = {
        name: [yes if row % step == 0 else no for row in range(ROWS)]
        for name, step in (("lift", 2), ("water", 3), ("urgent", 5))
    }
    detected, doubts = found(story=TEXTS, **flags)
    assert (detected.kind, doubts) == (Kind.MULTILABEL, "")
    assert detected.columns == {"text": "story", "labels": "lift+water+urgent"}
    first = dict(detected.examples.table["labels"][1].as_py())
    assert first == {"lift": 0, "water": 0, "urgent": 0}


@pytest.mark.parametrize("case", FLAGS)
def test_flags_beside_a_label_are_reported(case: str) -> None:
    """They may be the labels that the user means."""
    yes, no = FLAGS[case]
    flags = {name: [yes, no] * 12 for name in ("lift", "water")}
    detected, doubts = found(text=TEXTS, label=LABELS, **flags)
    assert detected.kind is Kind.LABELLED
    assert "“lift”" in doubts
    assert "“water”" in doubts


VALUES: dict[str, list[Any]] = {
    "half stars": [3.5, 4.5, 2.5, 1.0] * 6,
    "stars as strings": ["3.5", "4.5", "2.5"] * 8,
    "versions": ["1.10", "1.1", "2.0"] * 8,
    "long versions": ["1.10.2", "1.1.0"] * 12,
    "dates": ["2024-01-02", "2024-01-03"] * 12,
    "addresses": ["https://a.org/1", "https://a.org/2"] * 12,
    "whole numbers": [7, 8, 9] * 8,
    "booleans": [True, False] * 12,
    "real dates": pa.array([0, 1] * 12, pa.int32()).cast(pa.date32()).to_pylist(),
    "times": pa.array([0, 10**6] * 12, pa.timestamp("us")).to_pylist(),
}


@pytest.mark.parametrize("name", ["rating", "label", "Category", "topic", "stars", "类别"])
@pytest.mark.parametrize("case", VALUES)
def test_named_labels_that_repeat_are_labels(case: str, name: str) -> None:
    """Whatever the values look like."""
    detected, doubts = found(**{"review": TEXTS, name: VALUES[case]})
    assert (detected.kind, doubts) == (Kind.LABELLED, "")
    assert detected.columns == {"text": "review", "label": name}
    assert len(set(detected.examples.table["label"].to_pylist())) == len(set(VALUES[case]))


def test_versions_stay_different_labels() -> None:
    """1.10 is another version than 1.1."""
    detected, _ = found(review=TEXTS, label=VALUES["versions"])
    assert set(detected.examples.table["label"].to_pylist()) == {"1.10", "1.1", "2.0"}


@given(
    name=st.sampled_from(sorted(set(LABEL) - {"labels"})),
    values=st.sampled_from([
        [row / 100 for row in range(ROWS)],
        [f"2024-01-{row + 1:02}" for row in range(ROWS)],
        [f"{sentence} and so on" for sentence in TEXTS],
        ["always"] * ROWS,
        [{"name": ["x"]}] * ROWS,
        [["a", "b"], ["c"]] * 12,
    ]),
)  # fmt: skip
def test_a_column_named_as_a_label_is_used_or_reported(name: str, values: list[Any]) -> None:
    """It is the label, or a finding or an error names it; it is never the texts of a text file."""
    detected, doubts = found(**{"text": TEXTS, name: values})
    used = "+".join(detected.columns.values()).split("+")
    assert any(f"{column}.".startswith(f"{name}.") for column in used) or f"“{name}" in doubts
    assert detected.columns.get("text", "text") == "text"


@pytest.mark.parametrize("name", sorted(set(LABEL) - WEAK_LABEL))
def test_labels_alone_are_no_texts(name: str) -> None:
    """A file with nothing but labels is refused."""
    with pytest.raises(UnknownKind):
        detect(read(pa.table({name: LABELS, "id": range(ROWS)})))


@pytest.mark.parametrize("constant", ["label", "language", "category", "type"])
def test_a_constant_column_is_not_preferred(constant: str) -> None:
    """Another column has the labels, by name or by value."""
    for name in ("intent", "sorte"):
        detected, doubts = found(**{"text": TEXTS, constant: ["en"] * ROWS, name: LABELS})
        assert detected.columns == {"text": "text", "label": name}
        assert f"“{constant}” (named like a label; it has the same value in every row)" in doubts


def test_an_empty_label_column_is_not_preferred() -> None:
    """Another column named as a label is used."""
    detected, _ = found(text=TEXTS, label=pa.nulls(ROWS), category=LABELS)
    assert detected.columns["label"] == "category"


@pytest.mark.parametrize("text", ["Comment", "feedback", "Kommentar"])
@pytest.mark.parametrize("label", ["Category", "department", "Thema"])
@pytest.mark.parametrize("question", ["Q{}", "q_{}", "Question {}", "Text{}", "Name {}"])
def test_answers_of_a_survey_are_not_pairs(text: str, label: str, question: str) -> None:
    """Short answers and numbered questions do not hide the comment and its label."""
    answers = (["agree", "disagree"] * 12, ["never", "often", "seldom"] * 8, [1, 2, 3, 4] * 6)
    columns = {question.format(number): values for number, values in enumerate(answers, start=1)}
    detected, _ = found(**{text: TEXTS, label: LABELS, **columns})
    assert (detected.kind, detected.columns) == (Kind.LABELLED, {"text": text, "label": label})


@pytest.mark.parametrize("names", [("q1", "q2"), ("sentence1", "sentence2"), ("Text A", "Text B")])
def test_pairs_beside_other_columns_stay_pairs(names: tuple[str, str]) -> None:
    """Two texts and a label of pairs, with a comment of an annotator."""
    others = [f"{sentence} at {row}" for row in range(4) for sentence in OTHERS]
    detected, _ = found(
        **{names[0]: TEXTS, names[1]: others, "is_duplicate": [0, 1] * 12, "comment": TEXTS}
    )
    assert detected.kind is Kind.LABELLED_PAIRS


def test_the_number_of_a_label_says_nothing_new() -> None:
    """Label names and their numbers are one label."""
    numbers = [LABELS.index(label) for label in LABELS]
    detected, doubts = found(text=TEXTS, label=numbers, label_text=LABELS)
    assert (detected.columns["label"], doubts) == ("label_text", "")
    assert "“label”" in found(text=TEXTS, label=sorted(numbers), label_text=LABELS)[1]


@pytest.mark.parametrize("name", ["pos_scores", "spans", "x"])
def test_lists_and_objects_are_reported(name: str) -> None:
    """They are read in no other way."""
    for cells in ([["a", "b"]] * ROWS, [[{"start": 1}]] * ROWS):
        assert f"“{name}” (it holds lists)" in found(text=TEXTS, intent=LABELS, **{name: cells})[1]


def test_a_choice_by_value_names_the_others() -> None:
    """Two columns of repeated values, or two of texts, with names that say nothing."""
    doubts = found(a=TEXTS, b=LABELS, c=["x", "y", "z", "w"] * 6)[1]
    assert "“c” (its values repeat as in 'b', which is used)" in doubts
    others = [f"{sentence} at {row}" for row in range(4) for sentence in OTHERS]
    assert "“a”" in found(a=TEXTS, b=LABELS, c=[f"{other} and more" for other in others])[1]


@pytest.mark.parametrize("name", [name for name in TEXT if name not in ("text", "query")][:12])
def test_a_second_text_is_reported(name: str) -> None:
    """Only one text is used for a label."""
    others = [f"{sentence} at {row}" for row in range(4) for sentence in OTHERS]
    assert f"“{name}” (named like a text" in found(text=TEXTS, label=LABELS, **{name: others})[1]


@pytest.mark.parametrize(
    ("name", "doubted"),
    [("closeness", True), ("x", True), ("length", False), ("Text length", False), ("year", False)],
)
def test_numbers_next_to_pairs_may_be_scores(name: str, doubted: bool) -> None:
    """Sizes, places and properties of a text are not."""
    positives = [f"{sentence} at {row}" for row in range(4) for sentence in OTHERS]
    numbers = [row % 5 for row in range(len(TEXTS))]
    pages = [row % 7 for row in range(len(TEXTS))]
    doubts = found(anchor=TEXTS, positive=positives, page=pages, **{name: numbers})[1]
    assert (f"“{name}” (its numbers may be scores" in doubts) is doubted
    assert "“page”" not in doubts


def test_set_columns_are_not_doubted() -> None:
    """The user has decided."""
    loaded = read(pa.table({"text": TEXTS, "label": LABELS, "topic": LABELS[::-1]}))
    detected = detect(loaded, columns={"text": "text", "label": "topic"})
    assert "left-aside" not in {finding.code for finding in check(detected, loaded)}


@pytest.mark.parametrize("name", ["length", "votes", "Länge"])
def test_a_score_that_is_not_named_like_one_is_reported(name: str) -> None:
    """It is used as the only column of numbers, which may be chance."""
    numbers = [row * 1.5 for row in range(ROWS)]
    detected, doubts = found(question=TEXTS, answer=TEXTS[::-1], **{name: numbers})
    assert detected.kind is Kind.SCORED_PAIRS
    assert f"“{name}” (not named like a score" in doubts
    assert found(question=TEXTS, answer=TEXTS[::-1], score=numbers)[1] == ""


@pytest.mark.parametrize("value", [0, 1, 3, 2.5])
def test_a_constant_number_is_no_score_or_flag(value: float) -> None:
    """The rows are pairs, as without it."""
    detected, _ = found(question=TEXTS, answer=TEXTS[::-1], version=[value] * ROWS)
    assert detected.kind is Kind.PAIRS


@pytest.mark.parametrize("name", ["entailment", "is_entailment"])
@pytest.mark.parametrize("flags", [(1, 0), (True, False), ("yes", "no")])
def test_a_column_named_entailment_says_yes_and_no(name: str, flags: tuple[Any, Any]) -> None:
    """1 means entailment there, while 0 does in numbered NLI labels."""
    columns = {"premise": TEXTS, "hypothesis": TEXTS[::-1], name: list(flags) * 12}
    detected, _ = found(**columns)
    assert detected.kind is Kind.LABELLED_PAIRS
    assert detected.examples.table["label"].to_pylist()[:2] == [1, 0]


@pytest.mark.parametrize("values", [[1.5, 2.5, 3.5], [7, 8, 9]])
def test_numbers_that_repeat_next_to_raw_texts_are_reported(values: list[Any]) -> None:
    """They may be labels under a name that is not known."""
    days = [date(2024, 1, row % 3 + 1) for row in range(ROWS)]
    for cells in (values * 8, days):
        detected, doubts = found(text=TEXTS, mystery=cells)
        assert detected.kind is Kind.LABELLED or "“mystery” (its values repeat" in doubts


@pytest.mark.parametrize("mark", ["x", "X", "✓", "✔", "1", "yes"])
def test_a_box_that_is_ticked_or_empty_is_reported(mark: str) -> None:
    """An empty cell may mean no, or that nothing is known, so nothing is assumed."""
    ticks = [mark if row % 3 else None for row in range(ROWS)]
    _, doubts = found(comment=TEXTS, complaint=ticks)
    assert f"“complaint” (it holds {mark!r} or nothing; write 1 and 0" in doubts
    assert found(comment=TEXTS, complaint=[mark] * ROWS)[1] == ""


@pytest.mark.parametrize(
    ("query", "name", "cell"),
    [
        ("query", "clicked_page", "art-{0}"),
        ("query", "article", "/help/articles/{0}.md"),
        ("question", "doc_id", "d{0}"),
        ("q", "relevant_page", "p{0}"),
    ],
)
def test_documents_of_queries_are_reported(query: str, name: str, cell: str) -> None:
    """They are ids, which only mean something with the documents."""
    columns = {query: TEXTS, name: [cell.format(row) for row in range(ROWS)]}
    _, doubts = found(**columns)
    assert f"“{name}” (it may name the documents of the queries" in doubts


def test_the_stars_of_a_shop_are_labels() -> None:
    """Texts, a headline and a flag are no labelled pairs if the reviews have stars."""
    detected, _ = found(
        overall=[row % 5 + 1.0 for row in range(ROWS)],
        review_text=TEXTS,
        summary=[f"great stuff {row}" for row in range(ROWS)],
        verified=[True, False] * 12,
    )
    assert (detected.kind, detected.columns["label"]) == (Kind.LABELLED, "overall")


@pytest.mark.parametrize("label", ["category", "intent", "分类"])
@pytest.mark.parametrize(
    ("text", "other"), [("question", "answer"), ("query", "document"), ("prompt", "chosen")]
)
def test_a_pair_beside_a_label_is_said_to_be_one(text: str, other: str, label: str) -> None:
    """The reason names what is used instead, and the advice reads the pairs."""
    columns = {text: TEXTS, other: [f"it is {each}" for each in TEXTS], label: LABELS}
    detected, doubts = found(**columns)
    assert detected.columns == {"text": text, "label": label}
    assert f"{text!r} is used as the text and {label!r} as the label, not as pairs" in doubts
    paired = detect(read(pa.table(columns)), columns={"positive": other})
    assert paired.columns == {"anchor": text, "positive": other}


@pytest.mark.parametrize("names", [("pos", "neg"), ("toxic", "insult"), ("wahr", "falsch")])
def test_shares_of_labels_are_reported(names: tuple[str, ...]) -> None:
    """Numbers from 0 to 1 next to raw texts; other measurements are not reported."""
    shares = {name: [(row * 7 % ROWS) / ROWS for row in range(ROWS)] for name in names}
    detected, doubts = found(text=TEXTS, **shares)
    assert detected.kind is Kind.TEXTS
    assert all(f"“{name}” (its numbers from 0 to 1" in doubts for name in names)
    assert found(text=TEXTS, seconds=[row + 0.5 for row in range(ROWS)])[1] == ""


@pytest.mark.parametrize("values", [[1, 2], ["1", "2"], [1.0, 2.0]])
def test_ones_and_twos_are_no_relations(values: list[Any]) -> None:
    """Two numbers without a 0 are not neutral and contradiction."""
    pairs = {"sentence1": TEXTS, "sentence2": TEXTS[::-1]}
    assert found(**pairs, label=values * 12)[0].kind is not Kind.NLI
    assert found(**pairs, label=[0, 1, 2] * 8)[0].kind is Kind.NLI


@pytest.mark.parametrize("name", ["tokens", "words"])
def test_texts_split_into_words_are_named(name: str) -> None:
    """The error says what to do with them."""
    with pytest.raises(UnknownKind, match=f"Join the words of '{name}'"):
        found(**{name: [text.split() for text in TEXTS]}, label=LABELS)
