"""Fit pairs, scores, NLI, triplets, retrieval data or unlabelled text: one ladder, one test."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.reshaping.reshape import reshape
from tunesmith.datasets.training_data import TrainingData
from tunesmith.encoders.model_files.locate import locate
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.evaluator import Evaluator
from tunesmith.evaluation.item_scores import ItemScores, MeanScores
from tunesmith.evaluation.pairs.alignment import label_free_scores
from tunesmith.evaluation.pairs.evaluators import RetrievalEvaluator
from tunesmith.evaluation.pairs.forgetting import forgetting
from tunesmith.events import Note, Planned, Split
from tunesmith.fitting.adaptation import (
    add_adapted_rungs,
    all_shares_kept,
    compare_adaptation,
    prepare_domain,
    unblended_weights,
)
from tunesmith.fitting.cross_validation import CrossValidation
from tunesmith.fitting.ladder import LadderResult, plan, run_ladder
from tunesmith.fitting.outcome import Finalist, Finalists, FitOutcome, Run, TestResult
from tunesmith.fitting.pairs.augmentation import compare_silver, stages_of, teacher_folder
from tunesmith.fitting.pairs.evidence import gather_pairs
from tunesmith.fitting.pairs.rungs import pair_rung_plans, refit_map
from tunesmith.fitting.pairs.search_split import as_pairs, has_test_split, split_search
from tunesmith.fitting.pairs.split import split_pairs
from tunesmith.fitting.pairs.task import PairTask
from tunesmith.fitting.plans import encoder_of, measure_speed
from tunesmith.fitting.settings import AUTO, Settings, recipe_name
from tunesmith.fitting.task import TrainedCandidate
from tunesmith.fitting.workspace import Workspace
from tunesmith.kinds import Examples, Kind, Retrieval
from tunesmith.models.seen import SeenTexts
from tunesmith.recipes.choose import Choice, choose_recipe
from tunesmith.recipes.registry import RECIPES
from tunesmith.recipes.training.recipe import Recipe
from tunesmith.results.evidence import Evidence
from tunesmith.results.summary import Change, PairFindings, Part
from tunesmith.stop import Stop

RETRIEVAL_KINDS = frozenset({Kind.PAIRS, Kind.RETRIEVAL})


@dataclass(frozen=True, eq=False)
class PreparedPairs:
    """A task, its test evaluator, the split sizes, the held-out texts and the digests of all."""

    task: PairTask
    test: Evaluator
    sizes: tuple[int, int, int]
    held_out_texts: list[str]
    seen: SeenTexts


def fit_pairs_once(
    data: TrainingData, settings: Settings, space: Workspace, run: Run, folding: CrossValidation
) -> FitOutcome:
    """Split the data, run the ladder and evaluate once on the held-out test set.

    Parameters
    ----------
    data
        Pairs, scores, NLI, triplets, retrieval data or unlabelled text.
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
        There are too few rows, or a set cannot be evaluated.
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
    >>> folding = CrossValidation(0, "as requested")
    >>> space, run = Workspace(Path("work")), Run(ignore, Stop())
    >>> outcome = fit_pairs_once(data, settings, space, run, folding)
    >>> outcome.finalists.chosen.name
    'base'
    """
    prepared = prepare_pairs(data, settings, space, run.within(settings.budget))
    domain = None
    if settings.adaptation is not None:
        domain = prepare_domain(
            data.domain, prepared.task.learned, prepared.held_out_texts, settings, run.on_event
        )
    task = prepared.task
    choice = choose_or_given(task.train, settings.training)
    run.on_event(Split(*prepared.sizes))
    run.on_event(Note(f"recipe {choice.name}: {' '.join(choice.sentences)}"))
    speed = measure_speed(task.base, task.texts)
    plans = pair_rung_plans(task, choice, settings)
    if domain is not None:
        plans = add_adapted_rungs(plans, domain, task)
    run.on_event(Planned(plan(task, plans, speed), task.stop.left))
    ladder = run_ladder(task, plans, speed, run.on_event)
    finalists = _finalists(ladder, task)
    test_result = evaluate_test(finalists, prepared, choice, data)
    return FitOutcome(finalists, test_result, *prepared.sizes, prepared.seen, folding)


def choose_or_given(examples: Examples, recipe: str | Recipe) -> Choice:
    """Return the caller's recipe as a choice, or the recipe for these examples."""
    if recipe == AUTO:
        return choose_recipe(examples)
    name = recipe_name(recipe)
    kind = RECIPES[name].kind_for(examples.kind)
    given = "" if isinstance(recipe, str) else f"Its settings: {recipe}."
    return Choice(name, kind, (f"It was requested; it trains on {kind}.", given))


def prepare_pairs(
    data: TrainingData, settings: Settings, space: Workspace, stop: Stop
) -> PreparedPairs:
    """Split the data into training, validation and held-out test sets.

    Parameters
    ----------
    data
        Pairs, scores, NLI, triplets, retrieval data or unlabelled text.
    settings
        Settings of the fit.
    space
        Folder for finished rungs.
    stop
        Token that ends the fit, with the time left.

    Returns
    -------
    PreparedPairs
        Task for the ladder, evaluator of the test set, and sizes of the three sets.

    Raises
    ------
    DataError
        There are too few rows, or a set cannot be evaluated.
    UnknownModel
        The base model does not exist.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tunesmith.datasets.training_data import DataOptions, load_training_data
    >>> from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
    >>> from tunesmith.events import ignore
    >>> data = load_training_data("examples/pairs.csv", {}, DataOptions(), DEFAULT_BASE, ignore)
    >>> prepared = prepare_pairs(data, Settings(), Workspace(Path("work")), Stop())
    >>> prepared.sizes
    (32, 8, 10)
    """
    start = (locate(settings.base), settings.seed, stop, space)
    if data.examples.kind not in RETRIEVAL_KINDS or evaluates_otherwise(data):
        rows = split_pairs(in_rows(data), settings.seed)
        task = PairTask(
            *start, rows.train, rows.holdout, rows.validation, None, settings.corpus_type
        )
        sizes = (len(rows.train), len(rows.validation), len(rows.test))
        seen = SeenTexts.of(rows.train.all_texts() + rows.holdout.all_texts(), rows.held_out_texts)
        return PreparedPairs(task, rows.test, sizes, rows.held_out_texts, seen)
    queries = split_search(data, settings.corpus_type, settings.seed)
    task = PairTask(
        *start,
        as_pairs(queries.train),
        as_pairs(queries.validation),
        queries.validation,
        (queries.train, queries.validation),
        settings.corpus_type,
    )
    sizes = (len(queries.train), len(queries.validation), len(queries.test))
    held_out = queries.validation.queries + queries.test.queries
    # Documents are there to be found, so only queries count as seen.
    seen = SeenTexts.of(queries.train.queries + queries.validation.queries, queries.test.queries)
    return PreparedPairs(task, queries.test, sizes, held_out, seen)


def in_rows(data: TrainingData) -> TrainingData:
    """Return relevance judgements as pairs, for evaluation on something other than retrieval."""
    if data.examples.kind is not Kind.RETRIEVAL:
        return data
    return replace(data, examples=reshape(data.examples, Kind.PAIRS))


def is_unlabelled(data: TrainingData) -> bool:
    """Whether there is only unlabelled text to evaluate on."""
    return data.examples.kind is Kind.TEXTS and data.test is None


def evaluates_otherwise(data: TrainingData) -> bool:
    """Whether a validation or test file asks for something other than retrieval."""
    own = [part for part in (data.validation, data.test) if part is not None]
    return any(part.kind not in RETRIEVAL_KINDS for part in own)


def _finalists(ladder: LadderResult[TrainedCandidate], task: PairTask) -> Finalists:
    base = Finalist(ladder.base.name, ladder.base.space, None)
    if ladder.chosen is ladder.base:
        return Finalists(ladder, base, base)
    space = refit_map(ladder.chosen.space, task)
    return Finalists(ladder, base, Finalist(ladder.chosen.name, space, None))


def evaluate_test(
    finalists: Finalists, prepared: PreparedPairs, choice: Choice, data: TrainingData
) -> TestResult:
    """Evaluate the base and the chosen model on the held-out test set, once."""
    task, test, unlabelled = prepared.task, prepared.test, is_unlabelled(data)
    base, chosen = finalists.base, finalists.chosen
    before = test.evaluate(base.space.encode)
    after = before if chosen is base else test.evaluate(chosen.space.encode)
    return TestResult(
        metric=test.headline,
        comparison=Comparison(before, after, task.seed),
        evidence=Evidence.of_pairs(gather_pairs(test, base.space.encode, chosen.space.encode)),
        pairs=PairFindings(
            recipe=choice.name,
            why=" ".join(choice.sentences),
            judged_by=describe_test(data),
            chosen_by=task.metric,
            corpus_type=task.corpus_type if isinstance(test, RetrievalEvaluator) else "",
            parts=_seen_unseen(test, before, after, task.seed),
            shares=all_shares_kept(task.workspace),
            unguarded=_unguarded_change(finalists.ladder, prepared, before),
            forgetting=general_change(finalists, task.seed),
            label_free=_label_free_changes(test, finalists, task.seed) if unlabelled else (),
        ),
        compared=(
            *compare_silver(finalists.ladder, task, test, before),
            *compare_adaptation(
                finalists.ladder,
                lambda candidate: test.evaluate(candidate.space.encode),
                (test.headline,),
                task.seed,
            ),
        ),
        stages=stages_of(task),
        judge=teacher_folder(task) if teacher_folder(task).is_dir() else None,
    )


def _label_free_changes(test: Evaluator, finalists: Finalists, seed: int) -> tuple[Change, ...]:
    """Return the changes of alignment and uniformity on the held-out documents."""
    assert isinstance(test, RetrievalEvaluator)
    answers = [test.documents[own[0]] for own in test.relevant]
    before, after = (
        label_free_scores(final.space.encode(test.queries), final.space.encode(answers))
        for final in (finalists.base, finalists.chosen)
    )
    return Comparison(before, after, seed).changes()


def general_change(finalists: Finalists, seed: int) -> Change | None:
    """Return the change on general English sentence pairs; None if the base is chosen."""
    base, chosen = finalists.base, finalists.chosen
    if chosen is base:
        return None
    return forgetting(base.space.encode, chosen.space.encode, seed=seed)


def _seen_unseen(
    test: Evaluator, before: ItemScores, after: ItemScores, seed: int
) -> tuple[Part, ...]:
    if not isinstance(test, RetrievalEvaluator) or test.seen is None:
        return ()
    assert isinstance(before, MeanScores)
    assert isinstance(after, MeanScores)
    return seen_and_unseen(before, after, test.seen, seed)


def seen_and_unseen(
    before: MeanScores, after: MeanScores, seen: NDArray[np.bool_], seed: int
) -> tuple[Part, ...]:
    """Return the changes for queries with a document seen in training, and for all others.

    Parameters
    ----------
    before, after
        Scores of the base and of the chosen model on n queries.
    seen
        Whether a document of the query was seen in training, shape (n,).
    seed
        Random seed for resampling.
    """
    return tuple(
        Part(
            name,
            int(rows.sum()),
            Comparison(before.take(rows), after.take(rows), seed).changes(),
        )
        for name, rows in (("seen", seen), ("unseen", ~seen))
        if rows.any()
    )


def _unguarded_change(
    ladder: LadderResult[TrainedCandidate], prepared: PreparedPairs, before: ItemScores
) -> Change | None:
    """Return the change on the test set from training alone, without blending or validation."""
    names = [each.name for each in ladder.candidates]
    folder = unblended_weights(names, ladder.chosen.name, prepared.task.workspace)
    if folder is None:
        return None
    alone = prepared.test.evaluate(encoder_of(folder, prepared.test.texts).encode)
    return Comparison(before, alone, prepared.task.seed).change(prepared.test.headline)


def describe_test(data: TrainingData) -> str:
    """Return the kind and the origin of the test rows."""
    if data.test is not None:
        return f"{data.test.kind} from the test file"
    if is_unlabelled(data):
        return f"{Kind.PAIRS} of document parts held out from {data.inspection.name}"
    if isinstance(data.examples, Retrieval) and has_test_split(data.examples):
        return f"{data.examples.kind} in the test split of {data.inspection.name}"
    return f"{data.examples.kind} held out of {data.inspection.name}"
