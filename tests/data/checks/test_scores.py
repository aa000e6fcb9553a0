"""The check finds problems in pairs, scores, triplets, NLI data and judgements."""

from collections.abc import Sequence

import numpy as np
import pytest

from tests.data.checks.checked import findings, make, retrieval, sentence, sentences
from tunesmith.data.reshaping.score_scale import scale_of
from tunesmith.kinds import Examples, LabelledPairs, Nli, Pairs, ScoredPairs, Triplets
from tunesmith.results.finding import Severity


def scored(scores: Sequence[float | None]) -> Examples:
    count = len(scores)
    return make(
        ScoredPairs, text1=sentences(count), text2=sentences(2 * count)[count:], score=scores
    )


def test_scores_on_a_common_scale_are_a_warning_with_the_conversion() -> None:
    """Scores from 0 to 5 can be rescaled, and the message says how."""
    found = findings(scored(np.linspace(0, 5, 50).tolist()))["score-range"]
    assert found.severity is Severity.WARNING
    assert "from 0 to 5" in found.message
    assert "training rescales them: divide by 5" in found.advice


@pytest.mark.parametrize(
    ("scores", "conversion"),
    [
        ([0, 2.5, 5], "divide by 5"),
        ([0.2, 4.75], "divide by 5"),
        ([1, 2, 3, 4, 5], "subtract 1 and divide by 4"),
        ([1.2, 2.5, 5], "divide by 5"),
        ([0, 9.5], "divide by 10"),
        ([3, 88, 100], "divide by 100"),
        ([-0.3, 0.9], "add 1 and divide by 2"),
        ([0, 1.2], None),
        ([-7, 3], None),
        ([10, 500], None),
    ],
)
def test_scales_are_recognised(scores: list[float], conversion: str | None) -> None:
    """Scores match a scale if they reach its top, and for 1 to 5 if they are whole numbers."""
    scale = scale_of(np.array(scores, dtype=np.float64))
    assert (scale.conversion if scale else None) == conversion


def test_outliers_are_errors_that_can_be_skipped() -> None:
    """A few scores outside 0 to 1 can be skipped; an unknown scale cannot be fixed that way."""
    found = findings(scored([*np.linspace(0, 1, 50), 1.7]))["score-range"]
    assert (found.severity, found.faulty) == (Severity.ERROR, (50,))
    found = findings(scored(np.linspace(-7, 300, 50).tolist()))["score-range"]
    assert (found.severity, found.faulty) == (Severity.ERROR, ())
    assert "subtract -7 and divide by 307" in found.advice


def test_scores_that_are_not_numbers_are_errors() -> None:
    """NaN, infinite and missing scores are reported and can be skipped."""
    found = findings(scored([*np.linspace(0, 1, 47), float("nan"), None, float("inf")]))
    assert set(found) == {"missing-score"}
    assert found["missing-score"].faulty == (47, 48, 49)


def test_pairs_of_a_text_and_itself() -> None:
    """Self-pairs and false negatives are found."""
    text, other = sentences(50), sentences(100)[50:]
    other[7] = text[7].upper()
    assert findings(make(Pairs, anchor=text, positive=other))["equal-sides"].rows == (8,)
    negatives = [[sentence(300 + row)] for row in range(50)]
    negatives[3] = [sentence(299), other[3]]
    flat = findings(make(Triplets, anchor=text, positive=other, negatives=negatives))
    assert (flat["equal-sides"].rows, flat["false-negative"].rows) == ((8,), (4,))
    everywhere = findings(make(Pairs, anchor=text, positive=text))["equal-sides"]
    assert everywhere.severity is Severity.ERROR


def test_triplets_without_a_negative_are_errors() -> None:
    """An empty list of negatives and an empty negative both count as a missing text."""
    negatives: list[list[str | None]] = [[sentence(300 + row)] for row in range(50)]
    negatives[3], negatives[5] = [], [None]
    triplets = make(
        Triplets, anchor=sentences(50), positive=sentences(100)[50:], negatives=negatives
    )
    found = findings(triplets)["empty-text"]
    assert (found.faulty, found.column) == ((3, 5), "negatives")


def test_nli_labels() -> None:
    """An unknown label is an error, an absent label a warning."""
    text, other = sentences(50), sentences(100)[50:]
    labels = ["entailment", "neutral"] * 24 + ["-", "maybe"]
    found = findings(make(Nli, premise=text, hypothesis=other, label=labels))
    assert found["unknown-label"].faulty == (48, 49)
    assert "absent-label" not in found
    found = findings(make(Nli, premise=text, hypothesis=other, label=labels[:48] + labels[:2]))
    assert "“contradiction”" in found["absent-label"].message
    pairs = make(LabelledPairs, text1=text, text2=other, label=[0, 1] * 24 + [2, 1])
    assert findings(pairs)["unknown-label"].faulty == (48,)


def test_judgements_must_refer_to_existing_texts() -> None:
    """A judgement of an unknown query or document is an error that skipping fixes."""
    judged = [(str(row % 40), str((row + row // 40) % 40)) for row in range(48)]
    found = findings(retrieval([*judged, ("99", "1"), ("1", "x")]))
    assert set(found) == {"empty-text", "unknown-judgement"}
    assert found["unknown-judgement"].faulty == (48, 49)
    assert "“99” and “x”" in found["unknown-judgement"].message
    assert found["empty-text"].severity is Severity.WARNING
