"""Promises of what moved most."""

from dataclasses import replace

import numpy as np

from tests.report import pair_samples
from tunesmith.report.pages.changed_pairs import MOST, moves
from tunesmith.results.evidence import PairEvidence


def _evidence(
    form: str, said: list[float], before: list[float], after: list[float]
) -> PairEvidence:
    names = tuple(f"text {row}" for row in range(len(said)))
    return PairEvidence(form, names, names, np.array(said), np.array(before), np.array(after))


def test_wrong_is_away_from_what_the_data_says() -> None:
    """A pair that belongs together and falls, one that does not and rises."""
    pairs = _evidence("judged", [1, 1, 0, 0], [0.9, 0.5, 0.6, 0.2], [0.1, 0.95, 0.6, 0.7])
    found = moves(pairs)
    assert [pair.left for pair in found.wrong] == ["text 0", "text 3"]
    assert [pair.left for pair in found.right] == ["text 1", "text 2"]
    assert (found.wrong[0].said, found.wrong[0].before, found.wrong[0].after) == (
        "belong together", "0.90", "0.10",
    )  # fmt: skip
    assert found.wrong[0].beside == "more alike than 75% of all pairs, then 0%"


def test_what_all_pairs_do_is_no_fault() -> None:
    """Cosines that all fall alike have moved nothing."""
    for sample in (pair_samples.judged(), pair_samples.scored()):
        pairs = sample.evidence.pairs
        assert pairs is not None
        found = moves(replace(pairs, after=pairs.before - 0.3))
        assert (found.went_wrong, found.went_right) == (0, 0)
        assert found.stayed == len(pairs.said)


def test_scores_are_compared_by_their_order() -> None:
    """As a naive count of places among all says."""
    pairs = pair_samples.scored().evidence.pairs
    assert pairs is not None
    aim, before, after = (
        pair_samples.places(values) for values in (pairs.said, pairs.before, pairs.after)
    )
    change = np.abs(after - aim) - np.abs(before - aim)
    found = moves(pairs)
    assert found.wrong[0].left == pairs.left[int(change.argmax())]
    assert found.right[0].left == pairs.left[int(change.argmin())]
    assert len(found.wrong) == len(found.right) == MOST


def test_ranks_count_by_their_ratio() -> None:
    """From 1 to 4 is farther than from 50 to 100; a fall is wrong and a rise is right."""
    pairs = _evidence("search", [1, 0, 1, 0], [1, 50, 20, 7], [4, 100, 2, 7])
    found = moves(pairs)
    assert [(pair.before, pair.after) for pair in found.wrong] == [("1", "4"), ("50", "100")]
    assert [pair.said for pair in found.right] == ["seen: a document was asked for in training"]
    assert (found.stayed, found.right[0].beside) == (1, "")
