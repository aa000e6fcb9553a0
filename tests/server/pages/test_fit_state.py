"""How far a fit is follows from its events alone."""

from itertools import combinations
from typing import Any

import pytest

from tunesmith.results.summary import Rung, RungStatus
from tunesmith.server.fits import Status, StoredEvent, StoredFit
from tunesmith.server.pages.fit_chart import ChartPoint, _numbered, cost_chart
from tunesmith.server.pages.fit_state import FitState, fit_state
from tunesmith.server.pages.ladder import finished_lines


def fit(status: Status = Status.TRAINING, budget: float | None = 100.0) -> StoredFit:
    return StoredFit(
        id="tune-1",
        name="a",
        dataset_id="data-1",
        request={"budget": budget},
        status=status,
        error=None,
        attempt=1,
        worker=None,
        origin={},
        created_at=0.0,
        created_by=None,
        started_at=1.0,
        finished_at=60.0 if status.ended else None,
    )


def rung(name: str, estimate: float = 1.0, **changes: Any) -> dict[str, Any]:
    given = {"name": name, "title": name.title(), "status": "skipped", "estimate": estimate}
    return {**given, **changes}


def planned(budget: float | None = 90.0) -> dict[str, Any]:
    candidates = [rung("base"), rung("linear"), rung("whole", estimate=500.0)]
    return {"event": "planned", "candidates": candidates, "budget": budget}


def started(name: str) -> dict[str, Any]:
    return {"event": "candidate-started", "candidate": rung(name)}


def finished(name: str, score: float | None = None) -> dict[str, Any]:
    done: dict[str, Any] = {"status": "done", "score": score, "seconds": 2.0}
    done |= {"standard_error": 0.01}
    return {"event": "candidate-finished", "candidate": rung(name, **(done if score else {}))}


TRAINING = {"event": "status", "status": "training"}


def after(*events: dict[str, Any], status: Status = Status.TRAINING) -> FitState:
    """Return the state after events that come every second, from second 10 on."""
    stored = [StoredEvent(number, 10.0 + number, event) for number, event in enumerate(events)]
    return fit_state(fit(status), stored, now=31.0)


def test_the_budget_began_before_the_plan() -> None:
    state = after(TRAINING, planned())
    assert (state.started, state.seconds, state.left, state.used) == (1.0, 30.0, 70.0, 30.0)
    assert state.phase == "preparing"


def test_the_current_candidate_is_named() -> None:
    state = after(TRAINING, planned(), started("base"), finished("base", 0.8), started("linear"))
    assert state.phase == "candidate 2 of 3: Linear"
    assert [line.look for line in state.ladder] == ["done", "running", "waiting"]
    assert state.ladder[2].note == "will probably be skipped: needs about 8 min 20 s"


def test_progress_ends_with_its_candidate() -> None:
    progress = {"event": "progress", "title": "Encoding", "done": 5, "total": 9}
    folds = {"event": "progress", "title": "Folds", "done": 1, "total": 5}
    events = (TRAINING, planned(), started("base"), folds, progress)
    state = after(*events)
    assert (state.progress and state.progress.done, state.folds and state.folds.done) == (5, 1)
    assert after(*events, {**progress, "ended": True}).progress is None
    assert after(*events, finished("base", 0.8)).folds is None
    assert after(*events, status=Status.CANCELLED).progress is None


def test_a_later_attempt_begins_again() -> None:
    events = (TRAINING, planned(), started("base"), finished("base", 0.8))
    state = after(*events, TRAINING)
    assert (state.rungs, state.points, state.started) == ((), (), None)
    assert len(state.log) == len(events) + 1


def test_a_fit_that_has_ended_takes_no_more_time() -> None:
    ended = (finished("base", 0.8), finished("linear", 0.9), finished("whole"))
    state = after(TRAINING, planned(), *ended, status=Status.READY)
    assert state.seconds == 59.0
    assert state.phase == "testing and saving"
    assert [line.look for line in state.ladder] == ["done", "done", "skipped"]
    assert state.log[0].text == "Whole: skipped"


def test_a_fit_without_a_limit_has_no_bar() -> None:
    stored = [StoredEvent(1, 10.0, TRAINING), StoredEvent(2, 10.0, planned(None))]
    state = fit_state(fit(budget=None), stored, now=31.0)
    assert (state.budget, state.left, state.used, state.seconds) == (None, None, 0.0, 21.0)
    assert state.ladder[2].note == ""


def test_the_chart_places_scores_by_time() -> None:
    assert cost_chart(after(TRAINING, planned())) is None
    chart = cost_chart(after(TRAINING, planned(), finished("base", 0.8), finished("linear", 0.9)))
    assert chart is not None
    first, second = chart.points
    assert (first.number, second.number) == (1, 2)
    assert first.x < second.x < (chart.budget or 0)
    assert second.y < first.y
    assert first.top < first.y < first.bottom


def test_numbers_of_near_points_are_apart() -> None:
    points = [ChartPoint(number, 20.0 + number, 100.0, 90.0, 110.0, "a") for number in range(4)]
    placed = [(4 * each.x + each.dx, each.y + each.dy) for each in _numbered(points)]
    for (x, y), (other_x, other_y) in combinations(placed, 2):
        assert abs(x - other_x) >= 11 or abs(y - other_y) >= 11


def test_bars_share_an_axis_on_which_differences_show() -> None:
    rungs = [
        Rung("base", "Base", RungStatus.DONE, 1.0, score=0.90, standard_error=0.01),
        Rung("linear", "Linear", RungStatus.DONE, 1.0, score=0.93, standard_error=0.01),
        Rung("whole", "Whole", RungStatus.FAILED, 1.0, reason="out of memory"),
    ]
    base, linear, whole = finished_lines(rungs)
    assert base.bar is not None
    assert linear.bar is not None
    assert linear.bar.point - base.bar.point == pytest.approx(50.0, abs=0.1)
    assert (whole.bar, whole.note, whole.look) == (None, "out of memory", "failed")
