"""How changes are phrased."""

from dataclasses import replace

from tests.report.report_samples import few
from tunesmith.phrasing import format_change, format_interval, score_note
from tunesmith.results.summary import Change, Rung, RungStatus, Summary


def test_percentage_points_are_for_fractions_only() -> None:
    """A change of log loss is not given in points."""
    loss = Change("log loss", 0.412, 0.299, -0.2, -0.05, higher_is_better=False)
    assert format_change(loss) == "−0.113 log loss"
    assert format_interval(loss) == "95% CI −0.200 to −0.050"


def _summary(**changed: object) -> Summary:
    """Return a summary of a fit that chose by cross-validation."""
    rung = Rung("linear", "Linear map", RungStatus.DONE, estimate=1.0, score=0.928, chosen=True)
    change = Change("accuracy", 0.9, 0.927, 0.01, 0.04)
    verdict = replace(few().summary.verdict, headline=change)
    facts = {"folds": 5, "folds_reason": "few rows", "validation": 0, "rungs": (rung,)}
    return replace(few().summary, verdict=verdict, **{**facts, **changed})  # type: ignore[arg-type]


def test_two_scores_of_one_candidate_are_explained() -> None:
    """The verdict is corrected for the choice, the ladder is not."""
    note = score_note(_summary())
    assert note.startswith("The verdict has 0.927 instead of 0.928 for the chosen candidate")
    equal = Rung("linear", "Linear map", RungStatus.DONE, estimate=1.0, score=0.927, chosen=True)
    assert score_note(_summary(rungs=(equal,))) == ""
    held_out = score_note(_summary(folds=0, validation=40))
    assert held_out.endswith("Those of the verdict were measured on the held-out test set.")
