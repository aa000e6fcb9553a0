"""One climb and one sealed test: the unit that a fit is made of, and each fold of one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tunesmith.data.duplicates import groups
from tunesmith.data.split import folds as make_folds
from tunesmith.data.split import split
from tunesmith.encoders.locate import locate
from tunesmith.evaluation.compare import Comparison
from tunesmith.evaluation.predictions import Predictions
from tunesmith.evaluation.targets import Targets
from tunesmith.fitting.budget import Clock
from tunesmith.fitting.evidence import gather, merge
from tunesmith.fitting.ladder import Climb, climb, plan
from tunesmith.fitting.listener import Listener, Silence
from tunesmith.fitting.proof import Final, finalise, open_sealed_test
from tunesmith.fitting.rungs import measure_speed, rung_plans
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.sides import VALIDATION_SHARE, Material, Sides, WithLabels, divide
from tunesmith.fitting.task import Side, Task
from tunesmith.fitting.workspace import Workspace
from tunesmith.results import Evidence


@dataclass(frozen=True, eq=False)
class Finalists:
    """A climb, and its base and its choice, ready to be saved or tested."""

    climb: Climb
    base: Final
    chosen: Final


@dataclass(frozen=True, eq=False)
class Trial:
    """Finalists, and what the sealed test says about them.

    Parameters
    ----------
    finalists
        From which the model is taken.
    comparison
        Of base and choice on the test texts.
    evidence
        The texts and pictures behind it.
    train, validation, test
        How many texts stood on each side.
    """

    finalists: Finalists
    comparison: Comparison
    evidence: Evidence
    train: int
    validation: int
    test: int


def one_trial(
    material: Material, settings: Settings, space: Workspace, listener: Listener
) -> Trial:
    """Divide the material once, climb, and open the sealed test."""
    clock = Clock.start(settings.budget)
    sides = divide(material, settings.seed)
    listener.divided(len(sides.train), len(sides.validation), len(sides.test))
    task = _task(sides.train, sides.validation, settings, space, clock)
    finalists = _climb(task, listener)
    comparison, evidence = _open(finalists, task, sides, settings.seed, maps=True)
    return Trial(
        finalists, comparison, evidence, len(sides.train), len(sides.validation), len(sides.test)
    )


def cross_fitted_trial(
    material: Material, settings: Settings, space: Workspace, listener: Listener
) -> Trial:
    """Test every row once by a climb that did not see it; then climb with all rows.

    The verdict is that of the way the model is made: the model that is saved comes from the last
    climb, which no row was held back from.
    """
    examples = material.examples
    near = groups(examples.texts())
    share = settings.budget / (settings.folds + 1)
    parts = make_folds(examples, settings.folds, seed=settings.seed, groups=near)
    results = []
    for number, held_out in enumerate(parts, start=1):
        rest = np.setdiff1d(np.arange(len(examples)), held_out)
        sides = _inner_sides(examples, rest, near, settings.seed, material.validation)
        sides = replace(sides, test=examples.take(held_out))
        fold_space = space.part(f"fold-{number}")
        task = _task(sides.train, sides.validation, settings, fold_space, Clock.start(share))
        finalists = _climb(task, Silence())
        results.append(_open(finalists, task, sides, settings.seed, maps=False))
        chosen = finalists.climb.chosen
        listener.note(
            f"Fold {number} of {settings.folds}: {len(held_out)} rows tested, "
            f"{chosen.name} chosen ({chosen.score:.3f} on validation)"
        )
    listener.note("All rows, for the model itself")
    everything = np.arange(len(examples))
    sides = _inner_sides(examples, everything, near, settings.seed, material.validation)
    listener.divided(len(sides.train), len(sides.validation), len(examples))
    task = _task(sides.train, sides.validation, settings, space, Clock.start(share))
    return Trial(
        _climb(task, listener),
        _join([comparison for comparison, _ in results]),
        merge([evidence for _, evidence in results]),
        len(sides.train),
        len(sides.validation),
        len(examples),
    )


def _inner_sides(
    examples: WithLabels,
    rows: np.ndarray[tuple[int], np.dtype[np.int64]],
    near: np.ndarray[tuple[int], np.dtype[np.int64]],
    seed: int,
    validation: WithLabels | None,
) -> Sides:
    inner = examples.take(rows)
    share = 0.0 if validation is not None else VALIDATION_SHARE
    division = split(inner, seed=seed, test=0.0, validation=share, groups=near[rows])
    held = validation if validation is not None else inner.take(division.validation)
    return Sides(inner.take(division.train), held, inner.take(division.test))


def _task(
    train: WithLabels, validation: WithLabels, settings: Settings, space: Workspace, clock: Clock
) -> Task:
    labels = sorted({*train.classes, *validation.classes})
    return Task(
        train=Side.of(train, labels),
        validation=Side.of(validation, labels),
        base=locate(settings.base),
        goal=settings.goal,
        seed=settings.seed,
        clock=clock,
        workspace=space,
    )


def _climb(task: Task, listener: Listener) -> Finalists:
    speed = measure_speed(task)
    plans = rung_plans(task.seed)
    listener.planned(plan(plans, speed), task.clock.left)
    climbed = climb(task, plans, speed, listener)
    everything = task.train.join(task.validation)
    base = finalise(climbed.base, everything)
    is_base = climbed.chosen.name == climbed.base.name
    return Finalists(climbed, base, base if is_base else finalise(climbed.chosen, everything))


def _open(
    finalists: Finalists, task: Task, sides: Sides, seed: int, *, maps: bool
) -> tuple[Comparison, Evidence]:
    test = Side.of(sides.test, task.train.targets.labels)
    base = open_sealed_test(finalists.base, test)
    same = finalists.chosen is finalists.base
    tuned = base if same else open_sealed_test(finalists.chosen, test)
    training_texts = task.train.texts + task.validation.texts
    evidence = gather(
        test, training_texts, (finalists.base, base), (finalists.chosen, tuned), seed, maps=maps
    )
    return Comparison(base.predictions, tuned.predictions, test.targets, seed), evidence


def _join(comparisons: Sequence[Comparison]) -> Comparison:
    first = comparisons[0].targets
    values = np.vstack([comparison.targets.values for comparison in comparisons])
    return Comparison(
        Predictions.join([comparison.base for comparison in comparisons]),
        Predictions.join([comparison.tuned for comparison in comparisons]),
        Targets(values, first.labels, first.multilabel),
        comparisons[0].seed,
    )
