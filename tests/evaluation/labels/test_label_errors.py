"""Suspected label errors: planted errors are found, hard and rare labels are not accused."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tunesmith.evaluation.labels.label_errors import (
    FIRST_ROWS,
    confident_joint,
    suspected_label_finding,
    suspected_labels,
)
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.results.evidence import Evidence, SuspectedLabel

LABELS = ("card", "login", "order")
Codes = NDArray[np.int64]


def predicted(codes: Codes, seed: int = 0, scale: float = 1.2) -> NDArray[np.float64]:
    """Return noisy probabilities in favour of these labels."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=scale, size=(len(codes), 3)) + 4 * np.eye(3)[codes]
    return np.asarray(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))


def targets_of(codes: Codes) -> Targets:
    """Return single-label targets."""
    return Targets(np.eye(3, dtype=np.float32)[codes], LABELS, multilabel=False)


def naive_joint(probabilities: NDArray[np.float64], codes: Codes) -> NDArray[np.int64]:
    """Return the confident joint row by row, as in the paper."""
    thresholds = [probabilities[codes == label, label].mean() for label in range(3)]
    joint = np.zeros((3, 3), dtype=np.int64)
    for row, code in zip(probabilities, codes, strict=True):
        passing = [label for label in range(3) if row[label] >= thresholds[label]]
        if passing:
            joint[code, max(passing, key=lambda label: row[label])] += 1
    return joint


def test_the_confident_joint_equals_the_formula() -> None:
    """On noisy probabilities and labels."""
    codes = np.random.default_rng(0).integers(0, 3, 400)
    probabilities = predicted(codes, scale=3)
    given = np.where(np.random.default_rng(1).random(400) < 0.2, (codes + 1) % 3, codes)
    np.testing.assert_array_equal(
        confident_joint(probabilities, given, 3), naive_joint(probabilities, given)
    )


def test_planted_errors_are_found() -> None:
    """Most of them, with their true label and few false alarms, the clearest first."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 600)
    probabilities = predicted(codes)
    wrong = rng.choice(600, size=30, replace=False)
    given = codes.copy()
    given[wrong] = (codes[wrong] + 1) % 3
    rows = np.arange(600) * 2 + 5
    found = suspected_labels(probabilities, targets_of(given), rows)
    positions = [(suspect.row - 5) // 2 for suspect in found]
    hits = set(positions) & {*wrong.tolist()}
    assert len(hits) >= 24
    assert len(hits) / len(found) > 0.9
    assert {*positions[:20]} <= {*wrong.tolist()}
    for position, suspect in zip(positions, found, strict=True):
        likely = LABELS.index(suspect.likely)
        assert suspect.given == LABELS[given[position]]
        assert suspect.probability == pytest.approx(probabilities[position, likely])
    margins = [
        probabilities[position, given[position]] - suspect.probability
        for position, suspect in zip(positions, found, strict=True)
    ]
    assert margins == sorted(margins)


def test_a_label_that_is_hard_to_predict_needs_less_confidence() -> None:
    """Rows of a label with low probabilities are found by its own threshold, not by 0.5."""
    codes = np.repeat([0, 1], 50)
    probabilities = np.where(np.eye(3)[codes] == 1, 0.9, 0.05)
    probabilities[codes == 1] = (0.03, 0.45, 0.52)
    given = codes.copy()
    given[60] = 0
    found = suspected_labels(probabilities, targets_of(given), np.arange(100))
    assert [(suspect.row, suspect.given, suspect.likely) for suspect in found] == [
        (60, "card", "login")
    ]


def test_the_likely_label_is_ten_times_as_probable() -> None:
    """A row between two labels is not accused."""
    codes = np.repeat([0, 1], 20)
    probabilities = np.where(np.eye(3)[codes] == 1, 0.7, 0.15)
    probabilities[5], probabilities[6] = (0.075, 0.74, 0.185), (0.07, 0.74, 0.19)
    found = suspected_labels(probabilities, targets_of(codes), np.arange(40))
    assert [suspect.row for suspect in found] == [6]


def test_clean_labels_have_no_suspect() -> None:
    """Also if every row of a label has the same probability."""
    codes = np.repeat([0, 1, 2], 20)
    probabilities = np.where(np.eye(3)[codes] == 1, 0.8, 0.1)
    assert suspected_labels(probabilities, targets_of(codes), np.arange(60)) == ()
    assert suspected_label_finding(()) is None


def test_a_label_with_few_rows_is_not_examined() -> None:
    """Four rows that no classifier learned, and their label attracts no other row."""
    codes = np.concatenate([np.repeat([0, 1], 50), [2] * 4])
    probabilities = np.concatenate([predicted(codes[:100]), np.tile([0.9, 0.1, 1e-9], (4, 1))])
    found = suspected_labels(probabilities, targets_of(codes), np.arange(104))
    assert not [suspect for suspect in found if "order" in (suspect.given, suspect.likely)]
    codes = np.append(codes, 2)
    probabilities = np.vstack([probabilities, [0.95, 0.05, 0]])
    found = suspected_labels(probabilities, targets_of(codes), np.arange(105))
    assert {suspect.row for suspect in found if suspect.given == "order"} >= {104}


def test_each_label_of_multilabel_data_is_examined_by_itself() -> None:
    """A wrong 1 and a wrong 0 are found; unknown entries are left out."""
    rng = np.random.default_rng(0)
    values = (rng.random((200, 2)) < 0.4).astype(np.float32)
    probabilities = np.where(values == 1, 0.96, 0.04) + rng.uniform(-0.02, 0.02, (200, 2))
    values[3, 0], values[7, 1], values[9, 1] = 1 - values[3, 0], 1 - values[7, 1], np.nan
    probabilities[9, 1] = 0.99
    targets = Targets(values, ("a", "b"), multilabel=True)
    texts = [f"text {index}" for index in range(200)]
    found = suspected_labels(probabilities, targets, np.arange(1, 201), texts)
    assert {(each.row, each.text, each.given, each.likely) for each in found} == {
        (4, "text 3", f"a: {values[3, 0]:.0f}", f"a: {1 - values[3, 0]:.0f}"),
        (8, "text 7", f"b: {values[7, 1]:.0f}", f"b: {1 - values[7, 1]:.0f}"),
    }
    assert all(0.8 < each.probability < 1 for each in found)


def test_the_finding_has_rows_and_no_text() -> None:
    """The most suspicious rows first, each once; counts agree with the words."""
    suspects = [SuspectedLabel(row, "a", "b", 0.9, "a secret") for row in (9, 4, 9, *range(20, 60))]
    finding = suspected_label_finding(suspects)
    assert finding is not None
    assert (finding.code, finding.severity, finding.count) == ("suspected-label", "note", 42)
    assert finding.rows[:3] == (9, 4, 20)
    assert len(finding.rows) == FIRST_ROWS
    assert finding.message == "42 rows have labels that may be wrong."
    assert "secret" not in repr((finding, suspects[0]))


def test_evidence_holds_suspects() -> None:
    """None by default, as in earlier versions."""
    nothing = np.zeros((0, 0), dtype=np.int64)
    assert Evidence((), (), (), nothing, nothing, None, ()).suspects == ()
