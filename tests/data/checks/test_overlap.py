"""Rows shared by two files are found by their texts, for any kind."""

from pathlib import Path

import pyarrow as pa
import pytest

from tests.data.checks.checked import labelled, sentence, sentences
from tunesmith.data.checks.check import drop_faulty
from tunesmith.data.checks.overlap import overlap, overlap_with_queries, rows_with
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.data.reshaping.reshape import reshape
from tunesmith.kinds import Examples, Pairs, ScoredPairs, Triplets
from tunesmith.results.finding import Severity

ROWS = [(f"question {row} of mine", f"answer {row} to it") for row in range(5)]


def examples_of(cls: type[Examples], *more: list[object]) -> Examples:
    """Return the rows as examples of a kind, with additional columns."""
    columns = dict(zip(cls.roles, [*map(list, zip(*ROWS, strict=True)), *more], strict=True))
    return cls(pa.table({**columns, "row": list(range(5))}))


def test_overlap_lists_the_rows_to_drop() -> None:
    """Training texts that also occur in the test set are found, including near-duplicates."""
    long = "the blue kettle that I ordered three weeks ago has still not arrived"
    train = labelled([*sentences(50), long])
    other = labelled([sentence(90), sentence(7).upper(), long + " yet"])
    (found,) = overlap(train, other, "test.csv")
    assert (found.severity, found.count, found.rows) == (Severity.WARNING, 2, (8, 51))
    assert "2 rows of test.csv" in found.message
    assert overlap(drop_faulty(train, [found]), other, "test.csv") == ()


@pytest.mark.parametrize(
    "rows",
    [
        examples_of(Pairs),
        examples_of(ScoredPairs, [0.5] * 5),
        examples_of(Triplets, [[f"question {row + 5} of mine"] for row in range(5)]),
    ],
    ids=lambda rows: rows.kind,
)
def test_a_query_is_found_in_any_text_of_a_row(rows: Examples) -> None:
    """Even with another answer; a shared answer does not count."""
    other = Pairs(
        pa.table(
            {
                "anchor": ["QUESTION 3 of mine", "question 9 of mine", "what else"],
                "positive": ["another answer", "none", "answer 1 to it"],
                "row": [1, 2, 3],
            }
        )
    )
    (found,) = overlap_with_queries(rows, other, "test.csv")
    assert found.faulty == ((3, 4) if isinstance(rows, Triplets) else (3,))
    assert overlap(rows, other, "test.csv") == ()


def test_judgements_are_compared_by_their_texts(examples: Path) -> None:
    """The ids in judgements are replaced by the texts of query and document."""
    judged = detect(read(examples / "retrieval")).examples
    pairs = reshape(judged, "pairs")
    assert len(overlap_with_queries(pairs, judged, "test")[0].faulty) == len(pairs)
    assert overlap(judged, pairs, "test")[0].faulty
    document = judged.texts("document")[0]
    answered = rows_with(judged, [document])
    assert 0 < answered.sum() < len(judged)
