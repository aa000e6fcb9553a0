"""The ladder keeps finished candidates and chooses the cheapest that is good enough."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tunesmith.datasets.inspection import inspect
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import Cancelled
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.events import ignore
from tunesmith.fitting.labels.task import LabelledSet, LabelTask
from tunesmith.fitting.ladder import STOPPED, choose_cheapest, run_ladder
from tunesmith.fitting.plans import RungPlan, Speed
from tunesmith.fitting.task import Candidate, Space, Task
from tunesmith.fitting.workspace import Workspace
from tunesmith.kinds import Labelled
from tunesmith.results.summary import RungStatus
from tunesmith.stop import Stop, check_stop

SPEED = Speed(rate=1000.0, serving_rate=1000.0, lengths=np.full(100, 10), layers=3)


@pytest.fixture
def task(tiny_model: Path, toy_tickets: Path, tmp_path: Path) -> LabelTask:
    examples = inspect(toy_tickets, base=tiny_model).examples
    assert isinstance(examples, Labelled)
    order = np.random.default_rng(0).permutation(len(examples))
    train, validation = (
        LabelledSet.of(examples.take(part), examples.classes) for part in (order[:90], order[90:])
    )
    return LabelTask(tiny_model, 0, Stop(), Workspace(tmp_path), train, validation, "classify")


def base(task: Task) -> Space:
    return Space(SentenceEncoder(str(task.base)), task.base)


def broken(_: Task) -> Space:
    raise RuntimeError("out of memory\nlong trace")


def stopped(task: Task) -> Space:
    task.stop.set()
    check_stop()
    raise AssertionError("it goes on")


def cancelled(task: Task) -> Space:
    task.stop.cancel()
    return stopped(task)


def rung(name: str, make: object, seconds: float = 0.1) -> RungPlan:
    return RungPlan(name, name.title(), make, lambda _: seconds)  # type: ignore[arg-type]  # given by name


def test_an_error_in_a_rung_ends_only_that_rung(task: LabelTask) -> None:
    """The rungs before and after it are finished, and its reason is one line."""
    plans = [rung("base", base), rung("bad", broken), rung("last", base)]
    ladder = run_ladder(task, plans, SPEED, ignore)
    assert [item.status for item in ladder.rungs] == [
        RungStatus.DONE,
        RungStatus.FAILED,
        RungStatus.DONE,
    ]
    assert ladder.rungs[1].reason == "out of memory"


def test_a_set_token_stops_the_ladder_and_keeps_finished_candidates(task: LabelTask) -> None:
    """The choice is among finished candidates; later rungs are skipped."""
    plans = [rung("base", base), rung("slow", stopped), rung("last", base)]
    ladder = run_ladder(task, plans, SPEED, ignore)
    assert [item.status for item in ladder.rungs] == [
        RungStatus.DONE,
        RungStatus.INTERRUPTED,
        RungStatus.SKIPPED,
    ]
    assert ladder.chosen.name == "base"
    assert tuple(item.reason for item in ladder.rungs[1:]) == STOPPED


@pytest.mark.parametrize("plans", [[("base", stopped)], [("base", base), ("slow", cancelled)]])
def test_a_cancelled_ladder_raises(task: LabelTask, plans: list[tuple[str, object]]) -> None:
    """So does one that is stopped before there is a base to compare with."""
    with pytest.raises(Cancelled):
        run_ladder(task, [rung(*each) for each in plans], SPEED, ignore)


def test_without_a_base_there_is_nothing_to_compare(task: LabelTask) -> None:
    """An error in the base is raised."""
    with pytest.raises(RuntimeError, match="out of memory"):
        run_ladder(task, [rung("base", broken)], SPEED, ignore)


def test_a_rung_that_does_not_fit_the_budget_is_skipped(task: LabelTask) -> None:
    """The base is tried regardless of the budget."""
    late = replace(task, stop=Stop(0))
    plans = [rung("base", base, 50), rung("expensive", base, 500)]
    ladder = run_ladder(late, plans, SPEED, ignore)
    assert [item.status for item in ladder.rungs] == [RungStatus.DONE, RungStatus.SKIPPED]


def test_time_that_cached_encoding_would_take_is_named(task: LabelTask) -> None:
    """It counts, so a rung may be skipped long before the budget's end, and the reason says so."""
    short = replace(task, stop=Stop(100))
    plans = [rung("base", base, 100), rung("cheap", base, 5), rung("expensive", base, 5000)]
    _, cheap, expensive = run_ladder(short, plans, SPEED, ignore).rungs
    assert re.search(r": encoding counts as estimated, .* more than it took$", cheap.reason)
    assert "encoding" not in expensive.reason


def candidate(name: str, hits: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Candidate:
    targets = one_class(len(hits))
    predictions = Predictions.of_labels(np.stack([hits, ~hits], axis=1), targets)
    return Candidate(name, LabelScores(predictions, targets), float(hits.mean()))


def one_class(items: int) -> Targets:
    return Targets(np.tile(np.array([1, 0], np.float32), (items, 1)), ("a", "b"), False)


def test_the_cheapest_within_one_standard_error_is_chosen(task: LabelTask) -> None:
    """A more expensive rung must be better by more than the standard error of the difference."""
    items = 60
    hits = np.arange(items) % 4 > 0
    one_more, many_more = hits.copy(), np.ones(items, dtype=np.bool_)
    one_more[[0, 4, 5]] = [True, True, False]
    rungs = [candidate("base", hits), candidate("one more", one_more)]
    assert choose_cheapest(rungs, task.metric, 0).name == "base"
    rungs.append(candidate("all", many_more))
    assert choose_cheapest(rungs, task.metric, 0).name == "all"


def test_a_rung_has_the_standard_error_of_its_difference_from_the_best(task: LabelTask) -> None:
    """The best has none, nor has a rung without a score."""
    plans = [rung("base", base), rung("again", base), rung("broken", broken)]
    errors = [each.difference_error for each in run_ladder(task, plans, SPEED, ignore).rungs]
    assert errors == [None, 0.0, None]
