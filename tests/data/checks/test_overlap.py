"""What stands in two files is found by its texts, whatever kind they are of."""

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
from tunesmith.results.summary import Severity

ROWS = [(f"question {row} of mine", f"answer {row} to it") for row in range(5)]


def made(cls: type[Examples], *more: list[object]) -> Examples:
    """The rows as one kind, with what else it has."""
    columns = dict(zip(cls.roles, [*map(list, zip(*ROWS, strict=True)), *more], strict=True))
    return cls(pa.table({**columns, "row": list(range(5))}))


def test_overlap_names_the_rows_to_leave_out() -> None:
    """Texts of the training data that also stand in the test are found, near copies too."""
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
        made(Pairs),
        made(ScoredPairs, [0.5] * 5),
        made(Triplets, [[f"question {row + 5} of mine"] for row in range(5)]),
    ],
    ids=lambda rows: rows.kind,
)
def test_a_query_is_found_in_any_text_of_a_row(rows: Examples) -> None:
    """With another answer too; an answer that both have is no query."""
    asked = Pairs(
        pa.table(
            {
                "anchor": ["QUESTION 3 of mine", "question 9 of mine", "what else"],
                "positive": ["another answer", "none", "answer 1 to it"],
                "row": [1, 2, 3],
            }
        )
    )
    (found,) = overlap_with_queries(rows, asked, "test.csv")
    assert found.faulty == ((3, 4) if isinstance(rows, Triplets) else (3,))
    assert overlap(rows, asked, "test.csv") == ()


def test_judgements_are_what_they_say(examples: Path) -> None:
    """Their ids stand for a query and a document; each is found where it is written out."""
    judged = detect(read(examples / "retrieval")).examples
    pairs = reshape(judged, "pairs")
    assert len(overlap_with_queries(pairs, judged, "test")[0].faulty) == len(pairs)
    assert overlap(judged, pairs, "test")[0].faulty
    document = judged.texts("document")[0]
    answered = rows_with(judged, [document])
    assert 0 < answered.sum() < len(judged)
