"""Files with two or more texts per row and typical user errors give one clear finding each."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tunesmith.cli.app import app
from tunesmith.data.checks.check import raise_on_errors
from tunesmith.datasets.inspection import inspect
from tunesmith.errors import DataError
from tunesmith.results.finding import Severity

Make = Callable[[Path], Path]
Case = tuple[str, Make, Severity, list[str]]
ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
COUNT = 50
THINGS = [
    "lamp",
    "chair",
    "kettle",
    "sofa",
    "mirror",
    "carpet",
    "blanket",
    "shelf",
    "drawer",
    "clock",
]


def ask(number: int) -> str:
    return f"where is the {THINGS[number % 10]} of order{number * 37} in town{number}"


def tell(number: int) -> str:
    return f"order{number * 37} with one {THINGS[number % 10]} lies in depot{number * 31}"


def other(number: int) -> str:
    return f"we sell a {THINGS[number * 3 % 10]} like part{number * 17} for {number} coins"


def table(header: Sequence[str], rows: Iterable[Sequence[Any]], name: str = "data.csv") -> Make:
    def make(folder: Path) -> Path:
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])
        return folder / name

    return make


def objects(rows: Iterable[object]) -> Make:
    return content("".join(json.dumps(row) + "\n" for row in rows), "data.jsonl")


def content(text: str | bytes, name: str = "data.csv") -> Make:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return folder / name

    return make


PAIR_HEADER = ["anchor", "positive"]
PAIRS = [(ask(number), tell(number)) for number in range(COUNT)]

PAIRS_CASES: list[Case] = [
    ("the other column is missing", table(["anchor"], [row[:1] for row in PAIRS]), WARNING, ["detected as texts", "“anchor”", "--columns"]),
    ("objects as positives", objects({"anchor": left, "positive": {"page": [number], "site": [1]}} for number, (left, _) in enumerate(PAIRS)), ERROR, ["row 1 of data.jsonl", "'positive.page'", "not a text"]),
    ("an empty anchor", table(PAIR_HEADER, [*PAIRS, ("", tell(99))]), ERROR, ["No text in 1 row", "column anchor; row 51", "drop"]),
    ("a positive of spaces", table(PAIR_HEADER, [*PAIRS, (ask(99), "  ")]), ERROR, ["column positive; row 51"]),
    ("a null", objects([dict(zip(PAIR_HEADER, row, strict=True)) for row in [*PAIRS, (ask(99), None)]]), ERROR, ["column positive; row 51"]),
    ("no positive at all", table(PAIR_HEADER, [(left, "") for left, _ in PAIRS]), ERROR, ["No text in 50 rows", "column positive"]),
    ("a text with itself", table(PAIR_HEADER, [*PAIRS, (ask(99), ask(99).upper())]), WARNING, ["texts of the pair are the same", "row 51"]),
    ("every text with itself", table(PAIR_HEADER, [(left, left) for left, _ in PAIRS]), ERROR, ["texts of the pair are the same in 50 rows"]),
    ("one answer to everything", table(PAIR_HEADER, [(left, "please write to us") for left, _ in PAIRS]), ERROR, ["same in all 50 rows", "column positive"]),
    ("ids as texts", table(PAIR_HEADER, [(f"q{number:04}", right) for number, (_, right) in enumerate(PAIRS)]), ERROR, ["from an id column", "column anchor"]),
    ("paths as texts", table(PAIR_HEADER, [(left, f"/texts/{number}.txt") for number, (left, _) in enumerate(PAIRS)]), WARNING, ["paths", "column positive"]),
    ("copies", table(PAIR_HEADER, [*PAIRS, *PAIRS[:2]]), WARNING, ["row 51 is identical to row 1"]),
    ("four rows", table(PAIR_HEADER, PAIRS[:4]), ERROR, ["Only 4 rows", "at least 10"]),
    ("commas without quotes", content("anchor,positive\n" + "".join(f"{left}, please,{right}\n" for left, right in PAIRS)), ERROR, ["line 2", "3 columns instead of 2", "quotes"]),
    ("an unclosed quote", content("anchor,positive\n" + "".join(f"{left},{right}\n" for left, right in PAIRS) + f'"{ask(99)},{tell(99)}\n'), WARNING, ["line 52", "opening quote"]),
    ("two columns of one name", table(["anchor", "anchor"], PAIRS), ERROR, ["two columns named 'anchor'", "rename"]),
    ("header only", content("anchor,positive\n"), ERROR, ["no rows"]),
]  # fmt: skip

LABELLED_HEADER = ["question1", "question2", "is_duplicate"]
YES_OR_NO = [(*pair, number % 2) for number, pair in enumerate(PAIRS)]

LABELLED_PAIRS_CASES: list[Case] = [
    ("one text only", table(["question1", "is_duplicate"], [(left, label) for left, _, label in YES_OR_NO]), WARNING, ["detected as labelled", "“question1”"]),
    ("a 2", table(LABELLED_HEADER, [*YES_OR_NO, (ask(99), tell(99), 2)]), ERROR, ["Unknown label", "“2”", "column is_duplicate; row 51", "Use 1 or 0"]),
    ("a word", table(LABELLED_HEADER, [*YES_OR_NO, (ask(99), tell(99), "maybe")]), ERROR, ["“maybe”", "row 51"]),
    ("words that are neither yes nor no", table(LABELLED_HEADER, [(*pair, ["hot", "cold"][number % 2]) for number, pair in enumerate(PAIRS)]), ERROR, ["“hot” and “cold”", "Use 1 or 0"]),
    ("question marks for missing labels", table(LABELLED_HEADER, [*YES_OR_NO[:30], *((*pair, "?") for pair in PAIRS[30:])]), ERROR, ["Unknown label in 20 rows", "“?”"]),
    ("a missing label", table(LABELLED_HEADER, [*YES_OR_NO, (ask(99), tell(99), "")]), ERROR, ["No label in 1 row", "column is_duplicate; row 51"]),
    ("no label at all", table(LABELLED_HEADER, [(*pair, "") for pair in PAIRS]), ERROR, ["No label in 50 rows"]),
    ("labels 1 and 2", table(LABELLED_HEADER, [(*pair, 1 + number % 2) for number, pair in enumerate(PAIRS)]), ERROR, ["from 1 to 2", "subtract 1"]),
    ("labels -1 and 1", table(LABELLED_HEADER, [(*pair, 2 * (number % 2) - 1) for number, pair in enumerate(PAIRS)]), WARNING, ["from -1 to 1", "add 1 and divide by 2"]),
    ("all positive", table(LABELLED_HEADER, [(*pair, 1) for pair in PAIRS]), ERROR, ["same label, “1”", "--kind pairs"]),
    ("none positive", table(LABELLED_HEADER, [(*pair, 0) for pair in PAIRS]), ERROR, ["same label, “0”", "Add rows with another label"]),
    ("a pair labelled twice", table(LABELLED_HEADER, [*YES_OR_NO, (*PAIRS[0], 1)]), WARNING, ["rows 1 and 51 have “0” and “1”"]),
    ("a pair labelled again in reverse order", table(LABELLED_HEADER, [*YES_OR_NO, (*PAIRS[0][::-1], 1)]), WARNING, ["rows 1 and 51 have “0” and “1”"]),
    ("an empty text", table(LABELLED_HEADER, [*YES_OR_NO, (ask(99), "", 1)]), ERROR, ["column question2; row 51"]),
    ("ids as texts", table(LABELLED_HEADER, [(f"q{number:04}", f"q{number + 500:04}", number % 2) for number in range(COUNT)]), ERROR, ["from an id column", "column question1"]),
    ("a text with itself", table(LABELLED_HEADER, [*YES_OR_NO, (ask(99), ask(99), 0)]), WARNING, ["texts of the pair are the same", "row 51"]),
    ("five rows", table(LABELLED_HEADER, YES_OR_NO[:5]), ERROR, ["Only 5 rows"]),
]  # fmt: skip

SCORED_HEADER = ["sentence1", "sentence2", "score"]
SCORES = [(*pair, number / COUNT) for number, pair in enumerate(PAIRS)]

SCORED_PAIRS_CASES: list[Case] = [
    ("one text only", table(["sentence1", "score"], [(left, score) for left, _, score in SCORES]), WARNING, ["“sentence1”", "--columns"]),
    ("scores 0 to 5", table(SCORED_HEADER, [(*pair, 5 * score) for *pair, score in SCORES]), WARNING, ["column score", "divide by 5"]),
    ("per cent", table(SCORED_HEADER, [(*pair, 100 * score) for *pair, score in SCORES]), WARNING, ["divide by 100"]),
    ("per cent signs", table(SCORED_HEADER, [(*pair, f"{score:.0%}") for *pair, score in SCORES]), NOTE, ["45% is read as 0.45", "column score"]),
    ("NaN", table(SCORED_HEADER, [*SCORES, (ask(99), tell(99), "NaN")]), ERROR, ["column score; row 51", "drop the row"]),
    ("an empty score", table(SCORED_HEADER, [*SCORES, (ask(99), tell(99), "")]), ERROR, ["column score; row 51"]),
    ("an infinite score", table(SCORED_HEADER, [*SCORES, (ask(99), tell(99), "inf")]), ERROR, ["column score; row 51"]),
    ("a null", objects([dict(zip(SCORED_HEADER, row, strict=True)) for row in [*SCORES, (ask(99), tell(99), None)]]), ERROR, ["column score; row 51"]),
    ("words instead of scores", table(SCORED_HEADER, [(*pair, ["high", "low", "so so"][number % 3]) for number, pair in enumerate(PAIRS)]), ERROR, ["not a number in 50 rows"]),
    ("some words among scores", table(SCORED_HEADER, [*SCORES, *((ask(number), tell(number), "high") for number in range(90, 100))]), ERROR, ["not a number in 10 rows", "rows 51, 52"]),
    ("one stray score", table(SCORED_HEADER, [*SCORES, (ask(99), tell(99), 7)]), ERROR, ["from 0 to 7", "row 51", "outliers"]),
    ("an unusual scale", table(SCORED_HEADER, [(*pair, 7 * number) for number, pair in enumerate(PAIRS)]), ERROR, ["from 0 to 343", "divide by 343"]),
    ("one score for all", table(SCORED_HEADER, [(*pair, 0.5) for pair in PAIRS]), ERROR, ["same score, 0.5"]),
    ("one pair, two scores", table(SCORED_HEADER, [*SCORES, (*PAIRS[0][::-1], 0.9)]), WARNING, ["rows 1 and 51 have 0 and 0.9"]),
    ("an empty text", table(SCORED_HEADER, [*SCORES, ("", tell(99), 0.3)]), ERROR, ["column sentence1; row 51"]),
    ("copies", table(SCORED_HEADER, [*SCORES, SCORES[3]]), WARNING, ["row 51 is identical to row 4"]),
    ("five rows", table(SCORED_HEADER, SCORES[:5]), ERROR, ["Only 5 rows"]),
]  # fmt: skip

NLI_HEADER = ["premise", "hypothesis", "label"]
RELATIONS = ["entailment", "neutral", "contradiction"]
NLI = [(*pair, RELATIONS[number % 3]) for number, pair in enumerate(PAIRS)]

NLI_CASES: list[Case] = [
    ("no hypothesis", table(["premise", "label"], [(left, label) for left, _, label in NLI]), WARNING, ["detected as labelled", "“premise”"]),
    ("one misspelled label", table(NLI_HEADER, [*NLI, (ask(99), tell(99), "entailmnt")]), ERROR, ["“entailmnt”", "column label; row 51", "Use entailment, neutral or contradiction"]),
    ("a label misspelled throughout", table(NLI_HEADER, [(*pair, label.replace("neutral", "neutrl")) for *pair, label in NLI]), ERROR, ["“neutrl”", "Use entailment"]),
    ("misspelled, in other columns", table(["sentence1", "sentence2", "gold_label"], [(*pair, label.replace("neutral", "neutrl")) for *pair, label in NLI]), ERROR, ["“neutrl”", "column gold_label", "Use entailment"]),
    ("words of another data set", table(NLI_HEADER, [(*pair, ["supports", "refutes", "unclear"][number % 3]) for number, pair in enumerate(PAIRS)]), ERROR, ["“supports”, “refutes” and “unclear”"]),
    ("SNLI's dash", table(NLI_HEADER, [*NLI, (ask(99), tell(99), "-")]), ERROR, ["“-”", "row 51", "drop the row"]),
    ("a -1", table(NLI_HEADER, [*((*pair, number % 3) for number, pair in enumerate(PAIRS)), (ask(99), tell(99), -1)]), ERROR, ["“-1”", "row 51"]),
    ("numbers from 1", table(NLI_HEADER, [(*pair, 1 + number % 3) for number, pair in enumerate(PAIRS)]), ERROR, ["from 1 to 3", "column label"]),
    ("a missing label", table(NLI_HEADER, [*NLI, (ask(99), tell(99), "")]), ERROR, ["No label in 1 row", "row 51"]),
    ("no label at all", table(NLI_HEADER, [(*pair, "") for pair in PAIRS]), ERROR, ["No label in 50 rows"]),
    ("one label for all", table(NLI_HEADER, [(*pair, "entailment") for pair in PAIRS]), ERROR, ["same label", "Add rows with another label"]),
    ("no contradiction", table(NLI_HEADER, [(*pair, RELATIONS[number % 2]) for number, pair in enumerate(PAIRS)]), WARNING, ["No row is labelled “contradiction”"]),
    ("two labels for one row", table(NLI_HEADER, [*NLI, (*PAIRS[0], "contradiction")]), WARNING, ["rows 1 and 51 have “entailment” and “contradiction”"]),
    ("an empty hypothesis", table(NLI_HEADER, [*NLI, (ask(99), "", "neutral")]), ERROR, ["column hypothesis; row 51"]),
    ("labels in lists", objects({"premise": left, "hypothesis": right, "label": [label]} for left, right, label in NLI), WARNING, ["detected as multilabel", "“premise”", "“hypothesis”"]),
    ("a line cut off", content("".join(json.dumps(dict(zip(NLI_HEADER, row, strict=True))) + "\n" for row in NLI) + '{"premise": "where', "data.jsonl"), WARNING, ["line 51", "not valid JSON"]),
    ("four rows", table(NLI_HEADER, NLI[:4]), ERROR, ["Only 4 rows"]),
]  # fmt: skip

TRIPLET_HEADER = ["anchor", "positive", "negative"]
TRIPLETS = [(*pair, other(number)) for number, pair in enumerate(PAIRS)]
LISTS = [{"anchor": left, "positive": right, "negatives": [no, other(number + 300)]} for number, (left, right, no) in enumerate(TRIPLETS)]  # fmt: skip


def with_negatives(negatives: object) -> Make:
    return objects([*LISTS, {"anchor": ask(99), "positive": tell(99), "negatives": negatives}])


TRIPLETS_CASES: list[Case] = [
    ("an empty negative", table(TRIPLET_HEADER, [*TRIPLETS, (ask(99), tell(99), "")]), ERROR, ["No negative in 1 row", "column negative; row 51"]),
    ("no negative at all", table(TRIPLET_HEADER, [(*pair, "") for pair in PAIRS]), WARNING, ["detected as pairs", "“negative”", "empty in every row"]),
    ("an empty list", with_negatives([]), ERROR, ["No negative in 1 row", "column negatives; row 51"]),
    ("a null", with_negatives(None), ERROR, ["column negatives; row 51"]),
    ("a blank in a list", with_negatives([other(99), " "]), ERROR, ["column negatives; row 51"]),
    ("a null in a list", with_negatives([other(99), None]), ERROR, ["column negatives; row 51"]),
    ("ids in lists", objects({**row, "negatives": [number, number + 1]} for number, row in enumerate(LISTS)), ERROR, ["row 1 of data.jsonl", "'negatives'", "not a text"]),
    ("objects in lists", objects({**row, "negatives": [{"page": 3}]} for row in LISTS), ERROR, ["row 1 of data.jsonl", "'negatives'"]),
    ("objects instead of lists", objects({**row, "negatives": {"first": row["negatives"][0], "second": other(99)}} for row in LISTS), WARNING, ["detected as triplets", "“negatives.second”", "'negatives.first' is used"]),
    ("lists of bare words", table(["anchor", "positive", "negatives"], [(*pair, f"['{no}]") for *pair, no in TRIPLETS]), ERROR, ["row 1 of data.csv", "double quotes"]),
    ("ids as texts", table(TRIPLET_HEADER, [(*pair, f"d{number:04}") for number, pair in enumerate(PAIRS)]), ERROR, ["from an id column", "column negative"]),
    ("the positive as negative", table(TRIPLET_HEADER, [*TRIPLETS, (ask(99), tell(99), tell(99))]), WARNING, ["also the anchor or one of its positives", "column negative; row 51"]),
    ("another row's positive as negative", table(TRIPLET_HEADER, [*TRIPLETS, (ask(0), other(99), tell(0))]), WARNING, ["also the anchor or one of its positives", "row 51"]),
    ("the positive as negative throughout", table(TRIPLET_HEADER, [(*pair, pair[1]) for pair in PAIRS]), ERROR, ["also the anchor or one of its positives", "in 50 rows"]),
    ("the anchor as positive", table(TRIPLET_HEADER, [*TRIPLETS, (ask(99), ask(99), other(99))]), WARNING, ["texts of the pair are the same", "column positive; row 51"]),
    ("an empty list of positives", objects([{**row, "positive": [row["positive"]]} for row in LISTS] + [{"anchor": ask(99), "positive": [], "negatives": [other(99)]}]), ERROR, ["No text in 1 row", "column positive; row 51"]),
    ("uninformative names", table(["a", "b", "c"], TRIPLETS), ERROR, ["cannot detect the kind", "'a'", "--kind"]),
    ("four rows", table(TRIPLET_HEADER, TRIPLETS[:4]), ERROR, ["Only 4 rows"]),
]  # fmt: skip

QUERIES = [{"_id": f"q{number}", "text": ask(number)} for number in range(COUNT)]
CORPUS = [{"_id": f"d{number}", "title": "", "text": tell(number)} for number in range(COUNT)]
JUDGEMENTS = [(f"q{number}", f"d{number}", 1) for number in range(COUNT)]
FILES: dict[str, Any] = {
    "queries.jsonl": QUERIES,
    "corpus.jsonl": CORPUS,
    "qrels/train.tsv": [("query-id", "corpus-id", "score"), *JUDGEMENTS],
}


def collection(**changed: Any) -> Make:
    """Make a BEIR folder; a file may be rows or text, or None to omit it."""
    names = {"queries": "queries.jsonl", "corpus": "corpus.jsonl", "train": "qrels/train.tsv", "test": "qrels/test.tsv"}  # fmt: skip

    def make(folder: Path) -> Path:
        for name, rows in (FILES | {names[key]: rows for key, rows in changed.items()}).items():
            if rows is None:
                continue
            path = folder / "shop" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(rows if isinstance(rows, str) else "".join(map(line, rows)))
        return folder / "shop"

    return make


def line(row: object) -> str:
    return ("\t".join(map(str, row)) if isinstance(row, tuple) else json.dumps(row)) + "\n"


def judged(*rows: tuple[str, str, object], head: bool = True) -> list[tuple[object, ...]]:
    return [*([("query-id", "corpus-id", "score")] if head else []), *rows]


RETRIEVAL_CASES: list[Case] = [
    ("no judgements", collection(train=None), ERROR, ["shop", "lacks qrels/*.tsv"]),
    ("no corpus", collection(corpus=None), ERROR, ["shop", "lacks corpus.jsonl"]),
    ("an empty corpus", collection(corpus=""), ERROR, ["corpus.jsonl is empty"]),
    ("a broken line", collection(corpus=line(CORPUS[0]) + '{"_id": "d1", "te\n' + "".join(map(line, CORPUS[2:]))), ERROR, ["line 2 of corpus.jsonl", "not valid JSON"]),
    ("a document without text", collection(corpus=[*CORPUS, {"_id": "d99", "title": "", "text": ""}]), WARNING, ["No text in 1 document (“d99”)"]),
    ("a document whose text is null", collection(corpus=[*CORPUS, {"_id": "d99", "title": None, "text": None}]), WARNING, ["No text in 1 document (“d99”)"]),
    ("texts under another name", collection(corpus=[{"_id": row["_id"], "body": row["text"]} for row in CORPUS]), ERROR, ["corpus.jsonl", "'text'", "body"]),
    ("an id that is missing", collection(corpus=[*CORPUS, {"text": tell(99)}]), ERROR, ["row 51 of corpus.jsonl", "'_id'"]),
    ("a document's id twice", collection(corpus=[*CORPUS, {"_id": "d1", "text": tell(99)}]), ERROR, ["id of a document", "“d1”"]),
    ("a query's id twice", collection(queries=[*QUERIES, {"_id": "q1", "text": ask(99)}]), ERROR, ["id of a query", "“q1”"]),
    ("a query without text", collection(queries=[*QUERIES[1:], {"_id": "q0", "text": " "}]), WARNING, ["No text in 1 query (“q0”)"]),
    ("an unknown document", collection(train=judged(*JUDGEMENTS, ("q1", "d99", 1))), ERROR, ["“d99”", "row 51", "drop the judgement"]),
    ("an unknown query", collection(train=judged(*JUDGEMENTS, ("q99", "d1", 1))), ERROR, ["“q99”", "row 51"]),
    ("queries and documents swapped", collection(train=judged(*((document, query, 1) for query, document, _ in JUDGEMENTS))), ERROR, ["in 50 judgements", "swap the columns"]),
    ("scores first, without a header", collection(train=[(1, query, document) for query, document, _ in JUDGEMENTS]), ERROR, ["in 50 judgements"]),
    ("two columns", collection(train=[row[:2] for row in JUDGEMENTS]), ERROR, ["train.tsv has 2 columns", "query-id, corpus-id and score"]),
    ("columns with unknown names", collection(train=[("a", "b", "c"), *JUDGEMENTS]), ERROR, ["train.tsv has the columns a, b, c", "name the columns query-id, corpus-id and score"]),
    ("a query that is a document, too", collection(corpus=[*CORPUS, {"_id": "q1", "text": tell(99)}]), NOTE, ["has the id of a query: “q1”", "as in BEIR"]),
    ("a document's text twice", collection(corpus=[*CORPUS, {**CORPUS[0], "_id": "copy"}]), NOTE, ["1 document repeats", "count as one document"]),
    ("a query's text twice", collection(queries=[*QUERIES, {**QUERIES[0], "_id": "copy"}], train=judged(*JUDGEMENTS, ("copy", "d0", 1))), NOTE, ["1 query repeats", "count as one query"]),
    ("a word instead of a score", collection(train=judged(*JUDGEMENTS, ("q1", "d2", "yes"))), ERROR, ["not a number in 1 judgement", "row 51"]),
    ("a query without a relevant document", collection(train=judged(*JUDGEMENTS[1:], ("q0", "d0", 0))), WARNING, ["No relevant document for 1 query: “q0”", "row 50"]),
    ("no relevant document at all", collection(train=judged(*((query, document, 0) for query, document, _ in JUDGEMENTS))), ERROR, ["No relevant document for 50 queries"]),
    ("two scores for one judgement", collection(train=judged(*JUDGEMENTS, ("q1", "d1", 0))), WARNING, ["different scores", "rows 2, 51"]),
    ("a judgement twice", collection(train=judged(*JUDGEMENTS, ("q1", "d1", 1))), WARNING, ["the same score", "row 51"]),
    ("test queries in training", collection(test=judged(("q1", "d1", 1))), WARNING, ["1 query with judgements in more than one of test and train", "“q1”"]),
    ("a judgement cut off", collection(train="".join(map(line, judged(*JUDGEMENTS))) + "q1\td2\n"), WARNING, ["line 52", "2 columns instead of 3"]),
    ("four judgements", collection(queries=QUERIES[:4], train=judged(*JUDGEMENTS[:4])), ERROR, ["Only 4 rows"]),
]  # fmt: skip

KINDS = {
    "pairs": PAIRS_CASES,
    "labelled_pairs": LABELLED_PAIRS_CASES,
    "scored_pairs": SCORED_PAIRS_CASES,
    "nli": NLI_CASES,
    "triplets": TRIPLETS_CASES,
    "retrieval": RETRIEVAL_CASES,
}
ALL = [pytest.param(*case[1:], id=f"{kind}: {case[0]}") for kind in KINDS for case in KINDS[kind]]


def only_message(path: Path) -> tuple[Severity, str]:
    """Return the only error or the only finding of a file."""
    try:
        inspection = inspect(path, strict=True)
        assert [item.code for item in inspection.findings] == [inspection.findings[0].code]
        raise_on_errors(inspection.findings, inspection.name)
    except DataError as error:
        return ERROR, str(error)
    finding = inspection.findings[0]
    return finding.severity, f"{finding.message} {finding.advice} {finding.rows}"


@pytest.mark.parametrize(("make", "severity", "words"), ALL)
def test_a_broken_file_gives_one_clear_finding(
    make: Make, severity: Severity, words: list[str], tmp_path: Path
) -> None:
    """It names file, row, column and remedy; the strict command sets the exit code."""
    path = make(tmp_path)
    found, message = only_message(path)
    assert found is severity
    assert severity is not ERROR or path.name in message or path.is_dir()
    result = CliRunner().invoke(app, ["inspect", str(path), "--strict"], env={"COLUMNS": "400"})
    output = " ".join((result.stdout + result.stderr).split())
    assert result.exit_code == (1 if severity is ERROR else 0), output
    assert "Traceback" not in output
    assert "unexpected" not in output
    assert all(word in output for word in words), output


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_at_least_ten_cases(kind: str) -> None:
    """Case names are unique."""
    assert len({case[0] for case in KINDS[kind]}) == len(KINDS[kind]) >= 10


VALID: dict[str, Make] = {
    "pairs": table(PAIR_HEADER, PAIRS),
    "labelled_pairs": table(LABELLED_HEADER, YES_OR_NO),
    "scored_pairs": table(SCORED_HEADER, SCORES),
    "nli": table(NLI_HEADER, NLI),
    "triplets": objects(LISTS),
    "retrieval": collection(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_valid_file_has_no_finding(kind: str, tmp_path: Path) -> None:
    """Its kind is detected correctly."""
    inspection = inspect(VALID[kind](tmp_path))
    assert (inspection.detected.kind, inspection.findings) == (kind, ())


def test_harmless_variations_give_no_finding(tmp_path: Path) -> None:
    """An id column, another column order, lists mixed with single texts, other encodings."""
    with_id = table(["id", *SCORED_HEADER], [(number, *row) for number, row in enumerate(SCORES)])
    turned = table(TRIPLET_HEADER[::-1], [row[::-1] for row in TRIPLETS])
    latin = content("anchor,positive\n" + "".join(f"{a} à Paris,{b}\n" for a, b in PAIRS))
    wide = content(latin(tmp_path).read_text(encoding="utf-8").encode("utf-16"))
    header = ("corpus-id", "query-id", "score")
    exchanged = collection(train=[header, *((d, q, score) for q, d, score in JUDGEMENTS)])
    for make in (with_id, turned, latin, wide, with_negatives(other(99)), exchanged):
        assert inspect(make(tmp_path)).findings == ()
    examples = inspect(with_negatives(other(99))(tmp_path)).examples
    assert examples.table["negatives"].to_pylist()[-2:] == [LISTS[-1]["negatives"], [other(99)]]


def test_columns_set_by_the_user_give_no_finding(tmp_path: Path) -> None:
    """A user may ignore a column named like part of a pair."""
    path = table(["premise", "label"], [(left, label) for left, _, label in NLI])(tmp_path)
    assert inspect(path, columns={"text": "premise", "label": "label"}).findings == ()


def test_no_model_library_is_loaded(tmp_path: Path) -> None:
    """The command prints its result for every kind without importing torch."""
    code = """
import sys
from tunesmith.cli import main
codes = []
for path in sys.argv[2:]:
    sys.argv = ["tunesmith", "inspect", path]
    try:
        main()
    except SystemExit as stop:
        codes.append(stop.code)
print(codes, {"torch", "transformers", "sentence_transformers"} & set(sys.modules))
"""
    paths = []
    for kind, cases in KINDS.items():
        (tmp_path / kind).mkdir()
        paths.append(str(cases[-1][1](tmp_path / kind)))
    argv = [sys.executable, "-c", code, "inspect", *paths]
    run = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == f"{[1] * len(paths)} set()", run.stderr
