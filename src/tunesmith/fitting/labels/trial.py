"""One climb and one sealed test: the unit that a fit is made of, and each fold of one."""

from collections.abc import Sequence
from dataclasses import replace

from tunesmith.datasets.training_data import Material
from tunesmith.encoders.model_files.locate import locate
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.labels.label_scores import LabelScores, class_changes
from tunesmith.events import Listener
from tunesmith.fitting.adaptation import Domain, adaptation_compared, domain_of, with_adapted
from tunesmith.fitting.budget import Clock
from tunesmith.fitting.labels.evidence import gather
from tunesmith.fitting.labels.rungs import rung_plans
from tunesmith.fitting.labels.sealed_test import LabelFinal, finalise, open_sealed_test
from tunesmith.fitting.labels.split import divide
from tunesmith.fitting.labels.task import LabelCandidate, LabelTask, Side, WithLabels, with_labels
from tunesmith.fitting.ladder import climb, plan
from tunesmith.fitting.outcome import Finalists, Opened, Trial
from tunesmith.fitting.plans import measure_speed
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.task import Candidate
from tunesmith.fitting.workspace import Workspace
from tunesmith.results.summary import Compared


def one_trial(
    material: Material, settings: Settings, space: Workspace, listener: Listener
) -> Trial:
    """Divide the material once, climb, and open the sealed test."""
    sides = divide(material, settings.seed)
    sizes = len(sides.train), len(sides.validation), len(sides.test)
    listener.divided(*sizes)
    labels = all_labels(material)
    domain = None
    if settings.adapts:
        held_out = sides.validation.texts() + sides.test.texts()
        domain = domain_of(material.domain, sides.train.texts(), held_out, settings, listener)
    clock = Clock.start(settings.budget)  # comparing files is no training
    task = make_task(sides.train, sides.validation, labels, settings, space, clock)
    finalists = find_finalists(task, listener, domain)
    test = Side.of(sides.test, labels)
    opened = open_test(finalists, task, test, maps=True)
    if domain is not None:
        opened = replace(opened, compared=_adapted_over_others(finalists, task, test))
    return Trial(finalists, opened, *sizes)


def _adapted_over_others(finalists: Finalists, task: LabelTask, test: Side) -> tuple[Compared, ...]:
    everything = task.train.join(task.validation)

    def mark(candidate: Candidate) -> LabelScores:
        assert isinstance(candidate, LabelCandidate)
        return open_sealed_test(finalise(candidate, everything), test).scores

    metrics = finalists.climb.base.scores.metrics
    return adaptation_compared(finalists.climb, mark, metrics, task.seed)


def all_labels(material: Material) -> tuple[str, ...]:
    """Return every label that may be trained on, sorted; the same for all folds."""
    labels = set(with_labels(material.examples).classes)
    if material.validation is not None:
        labels |= set(with_labels(material.validation).classes)
    return tuple(sorted(labels))


def make_task(
    train: WithLabels,
    validation: WithLabels,
    labels: Sequence[str],
    settings: Settings,
    space: Workspace,
    clock: Clock,
) -> LabelTask:
    """Return what the rungs are given."""
    return LabelTask(
        train=Side.of(train, labels),
        validation=Side.of(validation, labels),
        base=locate(settings.base),
        goal=settings.goal,
        seed=settings.seed,
        clock=clock,
        workspace=space,
    )


def find_finalists(task: LabelTask, listener: Listener, domain: Domain | None = None) -> Finalists:
    """Climb the ladder, from the base and the adapted one, and make base and choice ready."""
    speed = measure_speed(task)
    plans = rung_plans(task.seed)
    if domain is not None:
        plans = with_adapted(plans, domain, task)
    listener.planned(plan(plans, speed), task.clock.left)
    climbed = climb(task, plans, speed, listener)
    everything = task.train.join(task.validation)
    start, chosen = climbed.base, climbed.chosen
    assert isinstance(start, LabelCandidate)
    assert isinstance(chosen, LabelCandidate)
    base = finalise(start, everything)
    return Finalists(climbed, base, base if chosen is start else finalise(chosen, everything))


def open_test(finalists: Finalists, task: LabelTask, test: Side, *, maps: bool) -> Opened:
    """Let base and choice answer the test texts, once."""
    start, chosen = finalists.base, finalists.chosen
    assert isinstance(start, LabelFinal)
    assert isinstance(chosen, LabelFinal)
    base = open_sealed_test(start, test)
    tuned = base if chosen is start else open_sealed_test(chosen, test)
    evidence = gather(
        test,
        task.train.texts + task.validation.texts,
        (start, base),
        (chosen, tuned),
        task.seed,
        maps=maps,
    )
    return Opened(
        task.metric,
        Comparison(base.scores, tuned.scores, task.seed),
        evidence,
        class_changes(base.scores, tuned.scores, seed=task.seed),
    )
