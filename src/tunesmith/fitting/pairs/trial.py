"""Fit pairs, scores, NLI, triplets, retrieval data or unlabelled text: one ladder, one test."""

from dataclasses import dataclass, replace

from tunesmith.data.reshaping.reshape import reshape
from tunesmith.datasets.training_data import TrainingData
from tunesmith.encoders.model_files.locate import locate
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.evaluator import Evaluator
from tunesmith.evaluation.item_scores import ItemScores
from tunesmith.evaluation.pairs.alignment import label_free_scores
from tunesmith.evaluation.pairs.evaluators import RetrievalEvaluator
from tunesmith.evaluation.pairs.forgetting import forgetting
from tunesmith.events import Events
from tunesmith.fitting.adaptation import (
    adaptation_compared,
    all_shares_kept,
    domain_of,
    with_adapted,
    without_guard,
)
from tunesmith.fitting.budget import Clock
from tunesmith.fitting.ladder import LadderResult, plan, run_ladder
from tunesmith.fitting.outcome import Final, Finalists, FitOutcome, TestResult
from tunesmith.fitting.pairs.augmentation import judge_of, silver_compared, stages_of
from tunesmith.fitting.pairs.evidence import gather_pairs
from tunesmith.fitting.pairs.rungs import pair_rung_plans, relearned
from tunesmith.fitting.pairs.search_split import as_pairs, marked_test, split_search
from tunesmith.fitting.pairs.split import split_pairs
from tunesmith.fitting.pairs.task import PairTask, part
from tunesmith.fitting.plans import encoder_of, measure_speed
from tunesmith.fitting.settings import ADAPT, Settings
from tunesmith.fitting.workspace import Workspace
from tunesmith.kinds import Examples, Kind, Retrieval
from tunesmith.recipes.choose import Choice, choose_recipe
from tunesmith.recipes.registry import RECIPES
from tunesmith.results.evidence import Evidence
from tunesmith.results.summary import Change, PairFindings, Part

SEARCHED = frozenset({Kind.PAIRS, Kind.RETRIEVAL})


@dataclass(frozen=True, eq=False)
class PreparedPairs:
    """A task, its test evaluator, the split sizes and the held-out texts."""

    task: PairTask
    test: Evaluator
    sizes: tuple[int, int, int]
    sealed: list[str]


def fit_pairs(
    data: TrainingData, settings: Settings, space: Workspace, events: Events
) -> FitOutcome:
    """Split the data, run the ladder and evaluate once on the held-out test set."""
    ground, domain = prepare_pairs(data, settings, space), None
    if settings.adapts:
        domain = domain_of(data.domain, ground.task.learned, ground.sealed, settings, events)
        clock = Clock.start(settings.budget)  # preparing the data does not count as training
        ground = replace(ground, task=replace(ground.task, clock=clock))
    task = ground.task
    choice = _choice(task.train, settings.recipe)
    events.divided(*ground.sizes)
    events.note(f"recipe {choice.name}: {' '.join(choice.sentences)}")
    speed = measure_speed(task)
    plans = pair_rung_plans(task, choice, settings)
    if domain is not None:
        plans = with_adapted(plans, domain, task)
    events.planned(plan(plans, speed), task.clock.left)
    ladder = run_ladder(task, plans, speed, events)
    finalists = _finalists(ladder, task)
    test_result = _open(finalists, ground, choice, data)
    return FitOutcome(finalists, test_result, *ground.sizes)


def _choice(examples: Examples, recipe: str) -> Choice:
    if recipe in {"auto", ADAPT}:
        return choose_recipe(examples)
    kind = RECIPES[recipe].kind_for(examples.kind)
    return Choice(recipe, kind, (f"It was requested; it trains on {kind}.", ""))


def prepare_pairs(data: TrainingData, settings: Settings, space: Workspace) -> PreparedPairs:
    """Split the data into training, validation and held-out test sets."""
    clock = Clock.start(settings.budget)
    start = (locate(settings.base), settings.seed, clock, space)
    if data.examples.kind not in SEARCHED or _judged_otherwise(data):
        rows = split_pairs(_in_rows(data), settings.seed)
        task = PairTask(*start, rows.train, rows.held, rows.validation, None, settings.corpus_type)
        sizes = (len(rows.train), len(rows.validation), len(rows.test))
        return PreparedPairs(task, rows.test, sizes, rows.sealed)
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
    return PreparedPairs(task, queries.test, sizes, held_out)


def _in_rows(data: TrainingData) -> TrainingData:
    """Return relevance judgements as pairs, for evaluation on something other than retrieval."""
    if data.examples.kind is not Kind.RETRIEVAL:
        return data
    return replace(data, examples=reshape(data.examples, Kind.PAIRS))


def _unjudged(data: TrainingData) -> bool:
    """Whether there is only unlabelled text to evaluate on."""
    return data.examples.kind is Kind.TEXTS and data.test is None


def _judged_otherwise(data: TrainingData) -> bool:
    """Whether a validation or test file asks for something other than retrieval."""
    own = [part for part in (data.validation, data.test) if part is not None]
    return any(part.kind not in SEARCHED for part in own)


def _finalists(ladder: LadderResult, task: PairTask) -> Finalists:
    base = Final(ladder.base.name, ladder.base.space, None)
    if ladder.chosen is ladder.base:
        return Finalists(ladder, base, base)
    space = relearned(ladder.chosen.space, task)
    return Finalists(ladder, base, Final(ladder.chosen.name, space, None))


def _open(
    finalists: Finalists, ground: PreparedPairs, choice: Choice, data: TrainingData
) -> TestResult:
    """Evaluate the base and the chosen model on the held-out test set, once."""
    task, test, unjudged = ground.task, ground.test, _unjudged(data)
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
            judged_by=_judged_by(data),
            chosen_by=task.metric,
            corpus_type=task.corpus_type if isinstance(test, RetrievalEvaluator) else "",
            parts=_parts(test, before, after, task.seed),
            shares=all_shares_kept(task.workspace),
            unguarded=_unguarded(finalists.ladder, ground, before),
            forgetting=_forgetting(finalists, task.seed),
            label_free=_signs(test, finalists, task.seed) if unjudged else (),
        ),
        compared=(
            *silver_compared(finalists.ladder, task, test, before),
            *adaptation_compared(
                finalists.ladder,
                lambda candidate: test.evaluate(candidate.space.encode),
                (test.headline,),
                task.seed,
            ),
        ),
        stages=stages_of(task),
        judge=judge_of(task) if judge_of(task).is_dir() else None,
    )


def _signs(test: Evaluator, finalists: Finalists, seed: int) -> tuple[Change, ...]:
    """Return the changes of alignment and uniformity on the held-out documents."""
    assert isinstance(test, RetrievalEvaluator)
    answers = [test.documents[own[0]] for own in test.relevant]
    before, after = (
        label_free_scores(final.space.encode(test.queries), final.space.encode(answers))
        for final in (finalists.base, finalists.chosen)
    )
    return Comparison(before, after, seed).changes()


def _forgetting(finalists: Finalists, seed: int) -> Change | None:
    base, chosen = finalists.base, finalists.chosen
    if chosen is base:
        return None
    return forgetting(base.space.encode, chosen.space.encode, seed=seed)


def _parts(test: Evaluator, before: ItemScores, after: ItemScores, seed: int) -> tuple[Part, ...]:
    if not isinstance(test, RetrievalEvaluator):
        return ()
    found = []
    for name, seen in (("seen", True), ("unseen", False)):
        both = part(test, before, after, seen=seen)
        if both is not None:
            base, tuned = both
            found.append(Part(name, len(base), Comparison(base, tuned, seed).changes()))
    return tuple(found)


def _unguarded(ladder: LadderResult, ground: PreparedPairs, before: ItemScores) -> Change | None:
    """Return the change on the test set from training alone, without blending or validation."""
    names = [each.name for each in ladder.candidates]
    folder = without_guard(names, ladder.chosen.name, ground.task.workspace)
    if folder is None:
        return None
    alone = ground.test.evaluate(encoder_of(folder, len(ground.test.texts)).encode)
    return Comparison(before, alone, ground.task.seed).change(ground.test.headline)


def _judged_by(data: TrainingData) -> str:
    if data.test is not None:
        return f"{data.test.kind} from the test file"
    if _unjudged(data):
        return f"{Kind.PAIRS} of document parts held out of {data.inspection.name}"
    if isinstance(data.examples, Retrieval) and marked_test(data.examples):
        return f"{data.examples.kind} in the test split of {data.inspection.name}"
    return f"{data.examples.kind} held out of {data.inspection.name}"
