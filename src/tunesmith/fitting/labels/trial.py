"""Fit labelled text: one ladder and one test, also used for each fold."""

from collections.abc import Sequence
from dataclasses import replace

from tunesmith.datasets.training_data import TrainingData
from tunesmith.encoders.model_files.locate import locate
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.labels.label_scores import LabelScores, class_changes
from tunesmith.events import OnEvent, Planned, Split
from tunesmith.fitting.adaptation import (
    Domain,
    add_adapted_rungs,
    compare_adaptation,
    prepare_domain,
)
from tunesmith.fitting.cross_validation import CrossValidation
from tunesmith.fitting.labels.evidence import gather
from tunesmith.fitting.labels.finalists import LabelFinalist, prepare_finalist, score_test
from tunesmith.fitting.labels.rungs import rung_plans
from tunesmith.fitting.labels.split import split_labelled
from tunesmith.fitting.labels.task import (
    LabelCandidate,
    LabelledSet,
    LabelTask,
    WithLabels,
    with_labels,
)
from tunesmith.fitting.ladder import plan, run_ladder
from tunesmith.fitting.outcome import Finalists, FitOutcome, Run, TestResult
from tunesmith.fitting.plans import measure_speed
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.workspace import Workspace
from tunesmith.models.seen import SeenTexts
from tunesmith.recipes.contrastive import ContrastiveRecipe
from tunesmith.results.summary import Compared
from tunesmith.stop import Stop


def fit_once(
    data: TrainingData, settings: Settings, space: Workspace, run: Run, folding: CrossValidation
) -> FitOutcome:
    """Split the data, run the ladder and evaluate once on the held-out test set.

    Parameters
    ----------
    data
        Labelled text.
    settings
        Settings of the fit.
    space
        Folder for finished rungs.
    run
        Receiver of events, and the token.
    folding
        Why there are no folds.

    Returns
    -------
    FitOutcome
        Finalists with their test result, and the size of each set.

    Raises
    ------
    DataError
        There are too few rows for one of the sets.
    Cancelled
        The token was cancelled, or set before the base was evaluated.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from tunesmith.datasets.training_data import DataOptions, load_training_data
    >>> from tunesmith.events import ignore
    >>> settings = Settings(budget=0.1)    # time for the base only
    >>> rows = pd.read_csv("examples/tickets.csv", nrows=90)
    >>> data = load_training_data(rows, {}, DataOptions(), settings.base, ignore)
    >>> folding = CrossValidation(0, "as requested")
    >>> outcome = fit_once(data, settings, Workspace(Path("work")), Run(ignore, Stop()), folding)
    >>> outcome.finalists.chosen.name
    'base'
    """
    split = split_labelled(data, settings.seed)
    sizes = len(split.train), len(split.validation), len(split.test)
    run.on_event(Split(*sizes))
    labels = all_labels(data)
    domain = None
    if settings.adaptation is not None:
        held_out = split.validation.texts() + split.test.texts()
        domain = prepare_domain(data.domain, split.train.texts(), held_out, settings, run.on_event)
    stop = run.within(settings.budget)
    task = make_task(split.train, split.validation, labels, settings, space, stop)
    finalists = find_finalists(task, run.on_event, domain)
    test = LabelledSet.of(split.test, labels)
    test_result = evaluate_test(finalists, task, test)
    if domain is not None:
        test_result = replace(test_result, compared=_compare_adaptation(finalists, task, test))
    seen = SeenTexts.of(task.train.texts + task.validation.texts, split.test.texts())
    return FitOutcome(finalists, test_result, *sizes, seen, folding)


def _compare_adaptation(
    finalists: Finalists, task: LabelTask, test: LabelledSet
) -> tuple[Compared, ...]:
    everything = task.train.join(task.validation)

    def evaluate(candidate: LabelCandidate) -> LabelScores:
        return score_test(prepare_finalist(candidate, everything), test).scores

    metrics = finalists.ladder.base.scores.metrics
    return compare_adaptation(finalists.ladder, evaluate, metrics, task.seed)


def all_labels(data: TrainingData) -> tuple[str, ...]:
    """Return all labels of the training and validation data, sorted; the same for all folds.

    Examples
    --------
    >>> from tunesmith.datasets.training_data import DataOptions, load_training_data
    >>> from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
    >>> from tunesmith.events import ignore
    >>> file = "examples/multilabel.jsonl"
    >>> data = load_training_data(file, {}, DataOptions(), DEFAULT_BASE, ignore)
    >>> all_labels(data)
    ('delivery', 'price', 'quality', 'service')
    """
    labels = set(with_labels(data.examples).classes)
    if data.validation is not None:
        labels |= set(with_labels(data.validation).classes)
    return tuple(sorted(labels))


def make_task(
    train: WithLabels,
    validation: WithLabels,
    labels: Sequence[str],
    settings: Settings,
    space: Workspace,
    stop: Stop,
) -> LabelTask:
    """Return the task for the ladder.

    Parameters
    ----------
    train, validation
        Training and validation examples.
    labels
        All labels, sorted.
    settings
        Settings of the fit.
    space
        Folder for finished rungs.
    stop
        Token with the time left.

    Raises
    ------
    UnknownModel
        The base model does not exist.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tunesmith.kinds import labelled_examples
    >>> train = labelled_examples(["a card", "an order"], ["card", "order"])
    >>> validation = labelled_examples(["my card"], ["card"])
    >>> space = Workspace(Path("work"))
    >>> make_task(train, validation, train.classes, Settings(), space, Stop()).metric
    'accuracy'
    """
    return LabelTask(
        train=LabelledSet.of(train, labels),
        validation=LabelledSet.of(validation, labels),
        base=locate(settings.base),
        goal=settings.goal,
        seed=settings.seed,
        stop=stop,
        workspace=space,
        recipe=given_recipe(settings),
    )


def given_recipe(settings: Settings) -> ContrastiveRecipe | None:
    """Return the caller's own recipe for labelled text, or None."""
    return settings.training if isinstance(settings.training, ContrastiveRecipe) else None


def find_finalists(task: LabelTask, on_event: OnEvent, domain: Domain | None = None) -> Finalists:
    """Run the ladder, with a domain also from the adapted base, and refit the finalists."""
    speed = measure_speed(task.base, task.texts)
    plans = rung_plans(task.train.examples, task.seed, task.recipe)
    if domain is not None:
        plans = add_adapted_rungs(plans, domain, task)
    on_event(Planned(plan(task, plans, speed), task.stop.left))
    ladder = run_ladder(task, plans, speed, on_event)
    everything = task.train.join(task.validation)
    start, chosen = ladder.base, ladder.chosen
    assert isinstance(start, LabelCandidate)
    assert isinstance(chosen, LabelCandidate)
    base = prepare_finalist(start, everything)
    return Finalists(
        ladder, base, base if chosen is start else prepare_finalist(chosen, everything)
    )


def evaluate_test(finalists: Finalists, task: LabelTask, test: LabelledSet) -> TestResult:
    """Evaluate the base and the chosen model on the test texts, once."""
    start, chosen = finalists.base, finalists.chosen
    assert isinstance(start, LabelFinalist)
    assert isinstance(chosen, LabelFinalist)
    base = score_test(start, test)
    tuned = base if chosen is start else score_test(chosen, test)
    evidence = gather(
        test,
        task.train.texts + task.validation.texts,
        base,
        tuned,
        task.seed,
    )
    return TestResult(
        task.metric,
        Comparison(base.scores, tuned.scores, task.seed),
        evidence,
        class_changes(base.scores, tuned.scores, seed=task.seed),
    )
