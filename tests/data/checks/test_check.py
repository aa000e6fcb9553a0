"""The check finds all problems, reports no false alarms, and says what to do."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.data.checks.checked import (
    findings,
    labelled,
    make,
    multilabel,
    retrieval,
    sentence,
    sentences,
)
from tunesmith.data.checks.check import check, drop_faulty, raise_on_errors
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import Rejected, read
from tunesmith.data.statistics import class_counts, sample
from tunesmith.errors import FaultyRows
from tunesmith.kinds import (
    Labelled,
    LabelledPairs,
    Multilabel,
    Nli,
    Pairs,
    ScoredPairs,
    Texts,
    Triplets,
)
from tunesmith.results.finding import Finding, Severity


@dataclass(frozen=True)
class WordTokens:
    """A token counter that treats each word as a token."""

    max_length: int = 8
    name: str = "words"
    languages: frozenset[str] | None = None

    def unknown_shares(self, texts: Sequence[str]) -> NDArray[np.float64]:
        return np.zeros(len(texts))

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int64]:
        return np.array([len(text.split()) + 2 for text in texts], dtype=np.int64)


def test_good_data_has_no_finding() -> None:
    """Valid data of any kind give no finding."""
    text, other = sentences(60), sentences(120)[60:]
    label = [row % 2 for row in range(60)]
    assert findings(labelled(text)) == {}
    assert findings(multilabel([{"a": row % 2, "b": row // 2 % 2} for row in range(60)])) == {}
    assert findings(make(Pairs, anchor=text, positive=other)) == {}
    assert findings(make(LabelledPairs, text1=text, text2=other, label=label)) == {}
    scores = [row / 60 for row in range(60)]
    assert findings(make(ScoredPairs, text1=text, text2=other, score=scores)) == {}
    relations = ["entailment", "neutral", "contradiction"] * 20
    assert findings(make(Nli, premise=text, hypothesis=other, label=relations)) == {}
    negatives = [[sentence(200 + row), sentence(300 + row)] for row in range(60)]
    assert findings(make(Triplets, anchor=text, positive=other, negatives=negatives)) == {}
    assert findings(make(Texts, text=text)) == {}


@pytest.mark.parametrize("empty", [None, "", "  \t", "\u200b"])
def test_rows_without_a_text_are_skipped(empty: str | None) -> None:
    """A missing, blank or invisible text is reported by row; in a strict check it is an error."""
    examples = labelled([*sentences(44), empty, sentence(50)])
    found = findings(examples)["empty-text"]
    assert found.severity is Severity.WARNING
    assert "are skipped" in found.advice
    assert (found.count, found.rows, found.faulty, found.column) == (1, (45,), (44,), "query")


def test_rows_without_a_label_are_skipped() -> None:
    """In a strict check they are errors; multi-label data allow unknowns."""
    examples = labelled(sentences(42), ["a", "b"] * 20 + [None, " "])
    for strict, severity in ((False, Severity.WARNING), (True, Severity.ERROR)):
        missing = findings(examples, strict=strict)["missing-label"]
        assert (missing.severity, missing.faulty) == (severity, (40, 41))
    found = findings(multilabel([{"a": row % 2} for row in range(41)] + [{}]))
    assert found["no-known-label"].severity is Severity.WARNING
    assert (found["no-known-label"].rows, found["no-known-label"].faulty) == ((42,), ())


def test_duplicates_near_duplicates_and_conflicts() -> None:
    """They are three separate findings, and each row is in one of them."""
    long = "the blue kettle that I ordered three weeks ago has still not arrived"
    texts = [*sentences(40), sentence(3), sentence(4), long, long.upper() + "!"]
    labels = ["a", "b"] * 20 + ["b", "b", "a", "a"]
    found = findings(labelled(texts, labels))
    assert set(found) == {"duplicate", "near-duplicate", "conflict"}
    assert all(finding.severity is Severity.WARNING for finding in found.values())
    assert (found["duplicate"].count, found["duplicate"].rows) == (1, (41,))
    assert "row 41 is identical to row 4" in found["duplicate"].message
    assert (found["near-duplicate"].count, found["near-duplicate"].rows) == (1, (44,))
    assert (found["conflict"].count, found["conflict"].rows) == (2, (5, 42))
    assert "“a” and “b”" in found["conflict"].message


def test_conflicts_in_multilabel_data() -> None:
    """Two rows with the same text conflict if a label is 1 in one and 0 in the other."""
    rows = [{"x": row % 2, "y": row % 2} for row in range(40)]
    table = multilabel([*rows, {"x": 1}, {"x": 0}]).table
    texts = [*sentences(40), sentence(1), sentence(3)]
    examples = Multilabel(table.set_column(0, "text", [texts]))
    found = findings(examples)["conflict"]
    assert found.rows == (4, 42)
    assert "“x: 1” and “x: 0”" in found.message


def test_other_checks_are_of_the_remaining_rows() -> None:
    """Skipped rows add no class and no row, and positions and rows are still those of the file."""
    texts = ["", *sentences(43), sentence(60)]
    labels = ["rare", *["a", "b"] * 21, None, "rare"]
    found = findings(labelled(texts, labels))
    assert set(found) == {"empty-text", "missing-label", "tiny-class"}
    assert (found["empty-text"].faulty, found["missing-label"].faulty) == ((0,), (43,))
    assert (found["tiny-class"].rows, found["tiny-class"].faulty) == ((45,), ())
    few = findings(labelled([""] * 5 + sentences(9)))
    assert (few["few-rows"].severity, few["few-rows"].count) == (Severity.ERROR, 9)
    gone = findings(labelled([""] * 20))
    assert set(gone) == {"few-rows", "empty-text"}


def test_errors_of_remaining_rows_have_positions_in_the_file() -> None:
    """So the rows can be dropped together with those that are skipped."""
    score = [row / 60 for row in range(59)] + [float("inf")]
    examples = make(ScoredPairs, text1=["", *sentences(59)], text2=sentences(60), score=score)
    found = findings(examples)
    assert found["missing-score"].faulty == (59,)
    kept = drop_faulty(examples, tuple(found.values()))
    assert kept.rows.tolist() == list(range(2, 60))


@pytest.mark.parametrize("strict", [False, True])
def test_pairs_without_a_text_are_skipped(strict: bool) -> None:
    """So are pairs without a label, and triplets without a negative."""
    severity = Severity.ERROR if strict else Severity.WARNING
    text, other = [*sentences(59), ""], sentences(120)[60:]
    label: list[int | None] = [row % 2 for row in range(60)]
    label[7] = None
    relations: list[str | None] = ["entailment", "neutral", "contradiction"] * 20
    relations[7] = None
    negatives = [[sentence(200 + row)] for row in range(59)] + [[]]
    for examples, codes in (
        (make(Pairs, anchor=text, positive=other), {"empty-text"}),
        (make(ScoredPairs, text1=text, text2=other, score=np.arange(60) / 60), {"empty-text"}),
        (
            make(LabelledPairs, text1=text, text2=other, label=label),
            {"empty-text", "missing-label"},
        ),
        (
            make(Nli, premise=text, hypothesis=other, label=relations),
            {"empty-text", "missing-label"},
        ),
        (make(Triplets, anchor=other, positive=text, negatives=negatives), {"empty-text"}),
        (make(Texts, text=text), {"empty-text"}),
    ):
        found = findings(examples, strict=strict)
        assert set(found) == codes
        assert {finding.severity for finding in found.values()} == {severity}
        assert len(drop_faulty(examples, tuple(found.values()))) == 60 - len(codes)


def test_small_classes() -> None:
    """A class with one row cannot be tested; two to four rows are a warning."""
    labels = ["big"] * 20 + ["also big"] * 20 + ["few"] * 3 + ["single"]
    found = findings(labelled(sentences(44), labels))
    assert found["tiny-class"].severity is Severity.WARNING
    assert (found["tiny-class"].rows, found["tiny-class"].faulty) == ((44,), ())
    assert found["tiny-class"].message == "1 class with a single row: “single”."
    assert "cannot be tested" in found["tiny-class"].advice
    strict = findings(labelled(sentences(44), labels), strict=True)["tiny-class"]
    assert (strict.severity, strict.faulty) == (Severity.ERROR, (43,))
    assert found["small-class"].severity is Severity.WARNING
    assert (found["small-class"].count, found["small-class"].rows) == (3, (41, 42, 43))
    found = findings(multilabel([{"a": row % 2, "rare": int(row < 3)} for row in range(60)]))
    assert "“rare”" in found["small-class"].message


def test_classes_of_near_duplicates_cannot_be_tested() -> None:
    """They have a single distinct text, and are not reported as small classes as well."""
    copies = [
        "my parcel has not arrived",
        "My parcel has not arrived!",
        "my parcel has not arrived",
    ]
    texts = [*sentences(40), *copies, sentence(60)]
    found = findings(labelled(texts, ["a", "b"] * 20 + ["copied"] * 3 + ["single"]))
    assert "small-class" not in found
    assert found["tiny-class"].rows == (41, 42, 43, 44)
    assert found["tiny-class"].message == (
        "2 classes with a single distinct text: “copied” and “single”."
    )


def test_labels_with_a_single_text_cannot_be_tested() -> None:
    """In multi-label data, these are labels that are 1 in a single text."""
    rows = [{"a": row % 2, "b": row // 2 % 2, "rare": int(row == 7)} for row in range(60)]
    found = findings(multilabel(rows))
    assert set(found) == {"tiny-class"}
    assert (found["tiny-class"].rows, found["tiny-class"].column) == ((8,), "labels")
    assert "“rare”" in found["tiny-class"].message


def test_all_classes_that_cannot_be_tested_are_named() -> None:
    """Up to ten of them, so that the message says what no metric covers."""
    names = [f"rare {letter}" for letter in "abcdefghij"]
    found = findings(labelled(sentences(60), ["a", "b"] * 25 + names))["tiny-class"]
    assert all(f"“{name}”" in found.message for name in names)


def test_a_class_with_an_invisible_character_is_named_visibly() -> None:
    """The message would name two equal classes otherwise."""
    labels = ["a", "b"] * 25 + ["rare", "rare\u200b"]
    found = findings(labelled(sentences(52), labels))["tiny-class"]
    assert "“rare” and “rare<U+200B>”" in found.message


@pytest.mark.parametrize(
    ("rows", "severity"), [(0, Severity.ERROR), (9, Severity.ERROR), (10, Severity.WARNING)]
)
def test_few_rows(rows: int, severity: Severity) -> None:
    """Fewer than 40 rows are a warning, fewer than 10 an error that skipping cannot fix."""
    found = findings(labelled(sentences(rows)))["few-rows"]
    assert (found.severity, found.count, found.faulty) == (severity, rows, ())


def test_scores_that_are_not_all_numbers_have_no_range() -> None:
    """The reason does not tell a range of those that are."""
    scores = ["0.5", "0,7", "high", "low", "0.1"] * 10
    table = {"sentence1": sentences(50), "sentence2": sentences(100)[50:], "score": scores}
    reason = detect(read(pa.table(table))).reason
    assert "column 'score' holds values that are not all numbers" in reason
    assert "nan" not in reason


def test_a_dotted_list_of_rows_has_more_rows() -> None:
    """Two texts of one row are one row."""
    many = Finding("empty-text", Severity.WARNING, 30, "", "", tuple(range(10)))
    assert (many.more_rows, replace(many, rows=(51,), count=2).more_rows) == (True, False)


def test_a_single_class_is_an_error() -> None:
    """A single class, or labels that are always 1 or always 0, cannot be learned."""
    assert findings(labelled(sentences(50), ["a"] * 50))["one-class"].severity is Severity.ERROR
    rare = findings(labelled(sentences(52), ["a"] * 50 + ["b", "c"]))
    assert rare["one-class"].severity is Severity.ERROR
    assert "“a”, except in 2 classes with a single row" in rare["one-class"].message
    constant = findings(multilabel([{"a": 1, "b": 0}] * 50))["one-class"]
    assert "Add rows to which these labels do not apply" in constant.advice
    gaps = findings(multilabel([{"a": 1, "b": 0}, {"a": 1}] * 25))["one-class"]
    assert "an empty cell means that this is unknown" in gaps.advice
    pairs = make(LabelledPairs, text1=sentences(50), text2=sentences(100)[50:], label=[1] * 50)
    assert '`kind="pairs"`' in findings(pairs)["one-class"].advice


def test_an_id_as_label_is_an_error() -> None:
    """Labels in more than half of the rows look like ids; classes are not reported one by one."""
    found = findings(labelled(sentences(50), [f"id {row}" for row in range(50)]))
    assert set(found) == {"label-per-row"}
    assert (found["label-per-row"].count, found["label-per-row"].faulty) == (50, ())


@pytest.mark.parametrize(
    "code",
    ["{row}", "-{row}.5", "TICKET-{row}", "q_{row}", "3f2a8c{row:02d}9e", "#{row}",
     "123e4567-e89b-12d3-a456-4266141740{row:02d}"],
)  # fmt: skip
def test_an_id_as_text_is_an_error(code: str) -> None:
    """Numbers, codes and UUIDs are not texts."""
    found = findings(labelled([code.format(row=row) for row in range(50)]))["id-as-text"]
    assert (found.severity, found.column) == (Severity.ERROR, "query")


@pytest.mark.parametrize(
    "path",
    ["/data/mails/{row}.txt", "C:\\mails\\{row}.eml", "mails/2024/letter{row}.pdf", "./x/{row}",
     "https://example.org/{row}"],
)  # fmt: skip
def test_paths_as_texts_are_a_warning(path: str) -> None:
    """Files and URLs are not opened."""
    found = findings(labelled([path.format(row=row) for row in range(50)]))["path-as-text"]
    assert found.severity is Severity.WARNING


@pytest.mark.parametrize(
    "text",
    ["one two<br />three", "a&nbsp;b", "<p>The return", "see <a href='x'>this</a>", "x &#39; y",
     "<script>alert(1)</script>", "AT&amp;T", "<IMG SRC=x onerror=y>", "<!-- note -->"],
)  # fmt: skip
def test_left_over_html_is_found(text: str) -> None:
    """Tags and entities are found."""
    found = findings(labelled([*sentences(44), text]))["html"]
    assert (found.severity, found.rows) == (Severity.WARNING, (45,))


def test_quoted_texts_can_be_removed_from_a_finding() -> None:
    """Quotes of user texts are for the person who checks the file, not for the model card."""
    text = "<p>hello"
    found = findings(labelled([*sentences(44), text]))["html"]
    assert text in found.message
    assert found.without_texts().message == "HTML in 1 row."


@pytest.mark.parametrize(
    "text",
    ["a < b and c > d", "I <3 you", "a<b and c>d", "AT&T; fine", "<unk> word", "x -> y <- z",
     "if i<p then q>r", "R&D", "<3 <3 <3>", "price <100 & size >20;"],
)  # fmt: skip
def test_other_signs_are_not_html(text: str) -> None:
    """Comparisons, hearts and arrows are not HTML."""
    assert "html" not in findings(labelled([*sentences(44), text]))


@pytest.mark.parametrize("text", ["caf\ufffd", "nul\x00l", "cafÃ©", "itâ€™s", "bell \x07"])
def test_damaged_characters_are_found(text: str) -> None:
    """Control characters, replacement characters and wrongly decoded text are found and shown."""
    found = findings(labelled([*sentences(44), text]))["damaged-characters"]
    assert found.rows == (45,)
    assert all(character.isprintable() for character in found.message)


@pytest.mark.parametrize(
    "text", ["São Paulo, NÃO", "naïve café\n", "tab\there", "العربية", "👩‍👧 ok"]
)
def test_other_writing_is_not_damaged(text: str) -> None:
    """Accents, tabs, line endings, other scripts and emoji are not damage."""
    assert findings(labelled([*sentences(44), text])) == {}


def test_truncation_says_what_is_lost() -> None:
    """The shares of truncated texts and lost tokens are reported; below 1% it is a note."""
    texts = [*sentences(49), "word " * 20]
    found = findings(labelled(texts), tokens=WordTokens(12))["truncated"]
    assert (found.severity, found.count, found.rows) == (Severity.WARNING, 1, (50,))
    lengths = WordTokens().token_lengths(texts)
    lost = (lengths[-1] - 12) / lengths.sum()
    assert f"1 text (2%) will be truncated, losing about {lost:.0%} of all tokens" in found.message
    many = labelled([*sentences(199), "word " * 20])
    assert findings(many, tokens=WordTokens(12))["truncated"].severity is Severity.NOTE
    assert "truncated" not in findings(labelled(texts))


@pytest.mark.parametrize("text", ["word " * 4_000, "w" * 3_000 + " word" * 30, "w" * 3_000])
def test_the_tokens_of_very_long_texts_are_estimated(text: str) -> None:
    """Only the start of a long text is counted, unless it does not show that it is truncated."""
    tokens = WordTokens(12)
    found = findings(labelled([*sentences(49), text]), tokens=tokens).get("truncated")
    exact = int(tokens.token_lengths([text])[0])
    assert (found is not None) == (exact > 12)
    if found is not None:
        lost = (exact - 12) / (exact + tokens.token_lengths(sentences(49)).sum())
        assert f"about {lost:.0%} of all tokens" in found.message


def test_the_same_text_in_every_row_is_an_error() -> None:
    """A text column with a single value is an error."""
    assert findings(labelled(["as above"] * 50))["identical-texts"].severity is Severity.ERROR


def test_rejected_lines_are_named() -> None:
    """Unreadable lines are counted, and the first ones are listed with a reason."""
    rejected = [Rejected(line, "3 cells instead of 2") for line in range(7, 15)]
    found = findings(labelled(sentences(50)), rejected)["rejected-line"]
    assert (found.severity, found.count) == (Severity.WARNING, 8)
    assert "line 7: 3 cells instead of 2" in found.message
    assert "and 3 more" in found.message


def test_errors_raise_one_message_with_rows_and_remedy() -> None:
    """The message names file, column and rows, and suggests skipping rows if that helps."""
    examples = labelled([*sentences(43), ""], ["a", "b"] * 21 + [None, "a"])
    found = tuple(findings(examples, strict=True).values())
    with pytest.raises(FaultyRows) as caught:
        raise_on_errors(found, "tickets.csv")
    assert str(caught.value).splitlines() == [
        "tickets.csv has errors:",
        "- No text in 1 row (column query; row 44). Fill in the text or drop the row.",
        "- No label in 1 row (column label; row 43). Fill in the label or drop the row.",
        "Or skip the 2 invalid rows with `skip_invalid=True`.",
    ]
    kept = drop_faulty(examples, found)
    assert kept.rows.tolist() == list(range(1, 43))
    assert findings(kept) == {}


def test_skipping_is_not_suggested_where_it_cannot_help() -> None:
    """Skipping rows does not add a class; warnings alone raise no error."""
    found = tuple(findings(labelled([*sentences(50), ""], ["a"] * 51)).values())
    with pytest.raises(FaultyRows, match=r"skip_invalid.* cannot fix"):
        raise_on_errors(found, "tickets.csv")
    warnings = tuple(findings(labelled([*sentences(50), sentence(0)])).values())
    assert [finding.code for finding in warnings] == ["duplicate"]
    raise_on_errors(warnings, "tickets.csv")


def test_row_numbers_refer_to_the_file() -> None:
    """Row numbers remain those of the file after lines are rejected or rows are dropped."""
    table = labelled([*sentences(44), ""]).table
    numbered = Labelled(table.set_column(2, "row", [np.arange(101, 146)]))
    assert findings(numbered)["empty-text"].rows == (145,)


def test_class_counts() -> None:
    """The most frequent class comes first; multi-label data also count 0s and unknowns."""
    counts = class_counts(labelled(sentences(5), ["b", "a", "b", "b", None]))
    assert [(item.label, item.count, item.share) for item in counts] == [
        ("b", 3, 0.6), ("a", 1, 0.2),
    ]  # fmt: skip
    (only,) = class_counts(multilabel([{"x": 1}, {"x": 0}, {}, {"x": 1}]))
    assert (only.count, only.negative, only.unknown, only.share) == (2, 1, 1, 0.5)
    assert class_counts(make(Texts, text=["a"])) == ()


def test_sample_is_drawn_with_a_seed_and_kept_in_order() -> None:
    """A sample depends on the seed, is in file order, and has at most all rows."""
    examples = labelled(sentences(50))
    rows = sample(examples)
    assert len(rows) == 5
    assert rows == sample(examples) != sample(examples, seed=1)
    assert [row["row"] for row in rows] == sorted(row["row"] for row in rows)
    assert len(sample(examples, 80)) == 50
    assert sample(retrieval([("3", "4")]))[0]["query"] == sentence(3)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.none() | st.text(max_size=12), st.none() | st.text(max_size=3)), max_size=30
    )
)
def test_any_text_can_be_checked(rows: list[tuple[str | None, str | None]]) -> None:
    """For any content, faulty positions are valid and dropping them fixes the problem."""
    texts = pa.array([text for text, _ in rows], pa.string())
    labels = pa.array([label for _, label in rows], pa.string())
    examples = make(Labelled, text=texts, label=labels)
    found = findings(examples)
    assert all(set(item.faulty) <= set(range(len(rows))) for item in found.values())
    left = findings(drop_faulty(examples, tuple(found.values())))
    assert not {"empty-text", "missing-label"} & set(left)


def test_the_findings_of_the_example(examples: Path) -> None:
    """In tickets.csv, exactly the problems listed in its README are found."""
    with (examples / "tickets.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    tickets = labelled([row["text"] for row in rows], [row["intent"] for row in rows])
    found = findings(tickets)
    assert all(finding.count == len(finding.rows) for finding in found.values())
    assert {code: set(finding.rows) for code, finding in found.items()} == {
        "duplicate": {197, 385, 469, 473, 578, 622},
        "near-duplicate": {204, 439, 548, 574, 594},
        "conflict": {181, 408, 438, 521},
        "html": {175, 468, 597},
    }


def test_the_other_examples_are_clean(examples: Path) -> None:
    """The example files of all other kinds give no finding."""
    names = "multilabel.jsonl pairs.csv labelled_pairs.csv scored_pairs.csv nli.jsonl"
    for name in [*names.split(), "triplets.jsonl", "retrieval", "texts.txt"]:
        loaded = read(examples / name)
        assert check(detect(loaded), loaded) == (), name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("atis/atis-ft-3classes.csv", {"near-duplicate": 9}),
        ("banking77/train.csv", {"duplicate": 4, "near-duplicate": 495, "conflict": 2}),
        ("imdb/train.jsonl", {"html": 587}),
        (
            "stsb/stsb-en-train.csv",
            {
                "score-range": 4646,
                "duplicate": 39,
                "conflict": 2,
                "equal-sides": 18,
                "html": 3,
                "damaged-characters": 2,
            },
        ),
        ("scifact", {"repeated-text": 4, "damaged-characters": 8}),
    ],
)
def test_real_data(shared_data: Path, file: str, expected: dict[str, int]) -> None:
    """Real files have no errors, and their known problems are found."""
    loaded = read(shared_data / file)
    found = check(detect(loaded), loaded)
    assert {finding.code: finding.count for finding in found} == expected
    raise_on_errors(found, loaded.name)
