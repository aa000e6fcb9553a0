"""Cross-fitting of pairs: every row is scored by models that were not trained on it.

Each candidate is trained once per fold, for a fixed number of epochs, and blended with the base in
several proportions, which are candidates too. The best one is trained once more on all rows. For
retrieval, the folds divide the queries, and the documents are the same in all folds.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tunesmith.datasets.training_data import TrainingData
from tunesmith.encoders.model_files.locate import locate
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.evaluator import Evaluator
from tunesmith.evaluation.pairs.evaluators import RetrievalEvaluator, build_evaluator, held_out
from tunesmith.evaluation.selection import Selection
from tunesmith.events import Note, Planned, Split
from tunesmith.fitting.cross_validation import CrossValidation
from tunesmith.fitting.ladder import LadderResult, plan, run_ladder
from tunesmith.fitting.outcome import Finalist, Finalists, FitOutcome, Run, TestResult
from tunesmith.fitting.pairs.cross_task import PairCrossCandidate, PairCrossTask, joined_items
from tunesmith.fitting.pairs.folds import PairFold, query_folds, row_folds
from tunesmith.fitting.pairs.rungs import pair_rung_plans
from tunesmith.fitting.pairs.search_split import (
    as_pairs,
    predefined_queries,
    with_seen,
)
from tunesmith.fitting.pairs.task import PairTask
from tunesmith.fitting.pairs.trial import (
    RETRIEVAL_KINDS,
    PreparedPairs,
    choose_or_given,
    describe_test,
    evaluate_test,
    evaluates_otherwise,
    general_change,
    in_rows,
    seen_and_unseen,
)
from tunesmith.fitting.plans import RungPlan, Speed, measure_speed
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.task import TrainedCandidate
from tunesmith.fitting.workspace import Workspace
from tunesmith.kinds import Examples
from tunesmith.models.seen import SeenTexts
from tunesmith.recipes.choose import Choice
from tunesmith.results.evidence import Evidence
from tunesmith.results.summary import Change, PairFindings, Part
from tunesmith.stop import Stop


def cross_fit_pairs(
    data: TrainingData,
    settings: Settings,
    space: Workspace,
    run: Run,
    folding: CrossValidation,
    speed: Speed | None = None,
) -> FitOutcome:
    """Score every candidate out of fold, and train the best one on all rows.

    Parameters
    ----------
    data
        Pairs, scores, NLI, triplets or retrieval data. A test file, or a test split of judgements,
        is never trained on, and gives the verdict.
    settings
        Settings of the fit.
    space
        Folder for finished rungs, with a subfolder for each fold.
    run
        Receiver of events, and the token.
    folding
        Number of folds.
    speed
        Speed of the base on this data; measured if None.

    Returns
    -------
    FitOutcome
        Finalists trained on all rows, with the test results out of fold or on the test file.

    Raises
    ------
    DataError
        There are too few rows, or a fold cannot be evaluated.
    ModelError
        The recipe cannot train the base.
    Cancelled
        The token was cancelled, or set before the base was evaluated.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tunesmith.datasets.training_data import DataOptions, load_training_data
    >>> from tunesmith.events import ignore
    >>> settings = Settings(budget=0.1)    # time for the base only
    >>> data = load_training_data("examples/pairs.csv", {}, DataOptions(), settings.base, ignore)
    >>> folding = CrossValidation(2, "as requested")
    >>> space, run = Workspace(Path("work")), Run(ignore, Stop())
    >>> outcome = cross_fit_pairs(data, settings, space, run, folding)
    >>> outcome.finalists.chosen.name
    'base'
    """
    task, test = pair_cross_task(data, settings, space, run.within(settings.budget), folding)
    rows = sum(len(fold.validation) for fold in task.folds)
    tested = rows if test is None else len(test)
    choice = choose_or_given(task.train, settings.training)
    run.on_event(Split(len(task.train), 0, tested, folding.folds))
    run.on_event(Note(f"recipe {choice.name}: {' '.join(choice.sentences)}"))
    speed = speed or measure_speed(task.base, task.texts)
    plans = pair_rung_plans(task, choice, settings)
    run.on_event(Planned(plan(task, plans, speed), task.stop.left))
    ladder = run_ladder(task, plans, speed, run.on_event)
    finalists = _train_finalists(ladder, task, plans, run)
    seen = _seen_texts(task, test)
    if test is None:
        result = _test_out_of_fold(
            ladder, finalists, task, choice, f"{describe_test(data)}, fold by fold"
        )
    else:
        prepared = PreparedPairs(
            task.whole(ladder.chosen.share), test, (len(task.train), 0, tested), [], seen
        )
        result = _with_share(evaluate_test(finalists, prepared, choice, data), ladder.chosen)
    return FitOutcome(finalists, result, len(task.train), 0, tested, seen, folding)


def pair_cross_task(
    data: TrainingData, settings: Settings, space: Workspace, stop: Stop, folding: CrossValidation
) -> tuple[PairCrossTask, Evaluator | None]:
    """Return the task for the ladder, and the evaluator of the caller's own test data, if any.

    Parameters
    ----------
    data, settings, space, folding
        As for :func:`cross_fit_pairs`.
    stop
        Token with the time left.
    """
    if data.examples.kind in RETRIEVAL_KINDS and not evaluates_otherwise(data):
        queries, more, test = predefined_queries(data)
        queries = queries if more is None else queries.join(more)
        test = None if test is None else with_seen(test, queries)
        whole = _whole(as_pairs(queries), queries, (queries, queries), settings, space, stop)
        folds = query_folds(queries, folding.folds, settings.seed)
        return _with_folds(whole, folds), test
    examples = in_rows(data).examples
    whole = _whole(examples, build_evaluator(examples), None, settings, space, stop)
    folds = row_folds(examples, folding.folds, settings.seed)
    return _with_folds(whole, folds), None if data.test is None else build_evaluator(data.test)


def _whole(
    train: Examples,
    evaluator: Evaluator,
    queries: tuple[RetrievalEvaluator, RetrievalEvaluator] | None,
    settings: Settings,
    space: Workspace,
    stop: Stop,
) -> PairTask:
    return PairTask(
        base=locate(settings.base),
        seed=settings.seed,
        stop=stop,
        workspace=space,
        train=train,
        holdout=train.take(np.arange(0)),
        validation=evaluator,
        queries=queries,
        corpus_type=settings.corpus_type,
    )


def _with_folds(whole: PairTask, folds: Sequence[PairFold]) -> PairCrossTask:
    count = len(folds)
    tasks = (
        fold.task(whole, f"fold-{number}-of-{count}") for number, fold in enumerate(folds, start=1)
    )
    return PairCrossTask(**vars(whole), folds=tuple(tasks))


def _train_finalists(
    ladder: LadderResult[PairCrossCandidate],
    task: PairCrossTask,
    plans: Sequence[RungPlan],
    run: Run,
) -> Finalists:
    """Train the chosen candidate on all rows; the ladder then has it and the base."""
    make = {item.name: item.make for item in plans}

    def train(candidate: PairCrossCandidate) -> TrainedCandidate:
        space = make[candidate.name](task.whole(candidate.share))
        return TrainedCandidate(candidate.name, candidate.scores, candidate.score, space)

    chosen = base = train(ladder.base)
    if ladder.chosen is not ladder.base:
        run.on_event(Note(f"{ladder.chosen_title} is chosen and trained on all rows"))
        chosen = train(ladder.chosen)
    trained = LadderResult(
        ladder.rungs, tuple({base.name: base, chosen.name: chosen}.values()), chosen, None
    )
    start = Finalist(base.name, base.space, None)
    end = start if chosen is base else Finalist(chosen.name, chosen.space, None)
    return Finalists(trained, start, end)


def _seen_texts(task: PairCrossTask, test: Evaluator | None) -> SeenTexts:
    never = () if test is None else held_out(test)
    if task.queries is not None:  # documents are there to be found, so only queries count as seen
        return SeenTexts.of(task.queries[0].queries, never)
    return SeenTexts.of(task.train.all_texts(), never)


def _test_out_of_fold(
    ladder: LadderResult[PairCrossCandidate],
    finalists: Finalists,
    task: PairCrossTask,
    choice: Choice,
    judged_by: str,
) -> TestResult:
    base, chosen = ladder.base, ladder.chosen
    blends = [scores for each in ladder.candidates for scores in each.by_share.values()]
    number = next(index for index, scores in enumerate(blends) if scores is chosen.scores)
    return TestResult(
        metric=task.metric,
        comparison=Selection.among(blends, number, task.metric, seed=task.seed),
        evidence=Evidence.of_pairs(chosen.evidence),
        pairs=PairFindings(
            recipe=choice.name,
            why=" ".join(choice.sentences),
            judged_by=judged_by,
            chosen_by=task.metric,
            corpus_type=task.corpus_type if task.queries is not None else "",
            parts=_seen_unseen(base, chosen, task),
            shares=_shares(chosen),
            unguarded=_without_blending(ladder, task),
            forgetting=general_change(finalists, task.seed),
        ),
    )


def _shares(chosen: PairCrossCandidate) -> dict[str, float]:
    return {} if chosen.share is None else {chosen.name: chosen.share}


def _with_share(result: TestResult, chosen: PairCrossCandidate) -> TestResult:
    assert result.pairs is not None
    return replace(result, pairs=replace(result.pairs, shares=_shares(chosen)))


def _without_blending(
    ladder: LadderResult[PairCrossCandidate], task: PairCrossTask
) -> Change | None:
    """Return the change without blending of the chosen candidate, or the last one trained."""
    trained = [each for each in ladder.candidates if each.share is not None]
    if not trained:
        return None
    candidate = ladder.chosen if ladder.chosen.share is not None else trained[-1]
    return Comparison(ladder.base.scores, candidate.by_share[1.0], task.seed).change(task.metric)


def _seen_unseen(
    base: PairCrossCandidate, chosen: PairCrossCandidate, task: PairCrossTask
) -> tuple[Part, ...]:
    """Return the changes for queries whose documents were, and were not, seen in their fold."""
    if task.seen is None:
        return ()
    before, after = joined_items(base.scores), joined_items(chosen.scores)
    return seen_and_unseen(before, after, task.seen, task.seed)
