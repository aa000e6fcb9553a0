"""Durations are parsed in the usual formats."""

from pathlib import Path

import pytest

import tunesmith
from tests.error_fields import about
from tunesmith.errors import UsageError
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.tfidf import reference_seconds
from tunesmith.events import Event, Note, Planned
from tunesmith.fitting import Settings, fit_dataset
from tunesmith.fitting.budget import parse_budget, parse_duration
from tunesmith.fitting.labels.task import reference_rung
from tunesmith.models import folder as model_folders
from tunesmith.results.fit_result import FitResult
from tunesmith.results.from_json import summary_of
from tunesmith.results.summary import RungStatus
from tunesmith.server.inference.loading import load_warm
from tunesmith.stop import Stop


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90", 90), ("90s", 90), ("5m", 300), ("1.5h", 5400), (" 2 M ", 120), (45, 45), (0.5, 0.5)],
)
def test_durations(written: str | float, seconds: float) -> None:
    """Seconds, minutes and hours, with or without a fraction."""
    assert parse_duration(written) == seconds


@pytest.mark.parametrize("written", ["", "soon", "-5m", "0", "5 weeks", "nan", "1e3"])
def test_invalid_durations_are_rejected(written: str) -> None:
    """The error shows valid formats."""
    with pytest.raises(UsageError, check=about(option="budget")):
        parse_duration(written)


@pytest.mark.parametrize("written", [None, "none", " None "])
def test_no_limit_can_be_asked_for(written: str | None) -> None:
    """In Python and as a word of the command line; such a fit has no time limit."""
    assert parse_budget(written) is None
    assert parse_budget("90s") == 90


def test_without_a_limit_every_candidate_runs(
    tiny_model: Path, few_tickets: Path, tmp_path: Path
) -> None:
    """However slow the machine, and whichever share of the budget a fold would have."""
    source, events = tmp_path / "fewer.csv", list[Event]()
    rows = few_tickets.read_text("utf-8").splitlines(keepends=True)
    source.write_text("".join(rows[:46]), "utf-8")
    result = tunesmith.fit(source, base=tiny_model, budget=None, test=2, on_event=events.append)
    assert [event.budget for event in events if isinstance(event, Planned)] == [None]
    assert result.summary.budget is None
    assert {rung.status for rung in result.summary.rungs} == {RungStatus.DONE}


def test_a_model_folder_says_that_there_was_no_limit(toy_fit: FitResult) -> None:
    """In its metadata, its report and its card."""
    stored = model_folders.read_metadata(toy_fit.path)["summary"]
    assert stored["budget"] is None
    assert summary_of(stored, toy_fit.path) == toy_fit.summary
    for page in (toy_fit.report, toy_fit.path / "README.md"):
        assert "no limit" in page.read_text(encoding="utf-8")


@pytest.mark.usefixtures("ticking")
def test_a_budget_cuts_at_one_place_however_fast_the_machine(
    tiny_model: Path, toy_tickets: Path
) -> None:
    """A budget that only the cheap candidates fit into leaves the others untried."""
    result = tunesmith.fit(toy_tickets, base=tiny_model, budget="50s", test="off")
    statuses = [rung.status for rung in result.summary.rungs]
    assert statuses == [RungStatus.DONE] * 3 + [RungStatus.SKIPPED] * 2
    assert all("of the budget left" in rung.reason for rung in result.summary.rungs[3:])


def test_a_very_short_budget_leaves_the_onnx_file_to_its_first_use(
    tiny_model: Path, few_tickets: Path, tmp_path: Path
) -> None:
    """It is said, and int8 weights, which need the file, still get it."""
    for number, int8 in enumerate([False, True]):
        events: list[Event] = []
        made = fit_dataset(
            few_tickets,
            Settings(base=str(tiny_model), budget=0.01, int8=int8),
            output=tmp_path / str(number),
            on_event=events.append,
        )
        assert (made.path / "onnx").exists() is int8
        said = [event.text for event in events if isinstance(event, Note)]
        assert any("left for the first use" in words for words in said) is not int8
    served = load_warm(tmp_path / "0")
    assert served.encode(["my card"]).shape[0] == 1


def test_the_baseline_needs_time_for_its_characters() -> None:
    """TF-IDF is left out, unfitted, if what is left is less than its estimate."""

    def never() -> LabelScores:
        raise AssertionError

    rung = reference_rung(Stop(5), "accuracy", 90.0, never)
    assert (rung.status, rung.estimate, rung.score) == (RungStatus.SKIPPED, 90.0, None)
    assert rung.reason.startswith("needs about 1 min 30 s; ")
    assert reference_rung(Stop(0), "accuracy", 0.1, never).reason == "the budget is used up"
    assert reference_seconds(["a" * 1_000_000], labels=2) == pytest.approx(1)
