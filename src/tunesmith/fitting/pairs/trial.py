"""One climb and one sealed test for pairs, scores, NLI, triplets and queries."""

from dataclasses import dataclass, replace

from tunesmith.data.reshaping.reshape import reshape
from tunesmith.datasets.training_data import Material
from tunesmith.encoders.model_files.locate import locate
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.evaluator import Exam
from tunesmith.evaluation.item_scores import ItemScores
from tunesmith.evaluation.pairs.alignment import label_free_scores
from tunesmith.evaluation.pairs.evaluators import RetrievalExam
from tunesmith.evaluation.pairs.forgetting import forgetting
from tunesmith.events import Listener
from tunesmith.fitting.adaptation import (
    adaptation_compared,
    all_shares_kept,
    domain_of,
    with_adapted,
    without_guard,
)
from tunesmith.fitting.budget import Clock
from tunesmith.fitting.ladder import Climb, climb, plan
from tunesmith.fitting.outcome import Final, Finalists, Opened, Trial
from tunesmith.fitting.pairs.augmentation import judge_of, silver_compared, stages_of
from tunesmith.fitting.pairs.evidence import gather_pairs
from tunesmith.fitting.pairs.rungs import pair_rung_plans, relearned
from tunesmith.fitting.pairs.search_split import as_pairs, divide_search, marked_test
from tunesmith.fitting.pairs.split import divide_pairs
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
class Ground:
    """A task, its test, how many items stand where, and the texts not to be learned from."""

    task: PairTask
    test: Exam
    sizes: tuple[int, int, int]
    sealed: list[str]


def one_pair_trial(
    material: Material, settings: Settings, space: Workspace, listener: Listener
) -> Trial:
    """Divide the material once, climb, and open the sealed test."""
    ground, domain = lay_ground(material, settings, space), None
    if settings.adapts:
        domain = domain_of(material.domain, ground.task.learned, ground.sealed, settings, listener)
        clock = Clock.start(settings.budget)  # comparing files is no training
        ground = replace(ground, task=replace(ground.task, clock=clock))
    task = ground.task
    choice = _choice(task.train, settings.recipe)
    listener.divided(*ground.sizes)
    listener.note(f"recipe {choice.name}: {' '.join(choice.sentences)}")
    speed = measure_speed(task)
    plans = pair_rung_plans(task, choice, settings)
    if domain is not None:
        plans = with_adapted(plans, domain, task)
    listener.planned(plan(plans, speed), task.clock.left)
    climbed = climb(task, plans, speed, listener)
    finalists = _finalists(climbed, task)
    opened = _open(finalists, ground, choice, material)
    return Trial(finalists, opened, *ground.sizes)


def _choice(examples: Examples, recipe: str) -> Choice:
    if recipe in {"auto", ADAPT}:
        return choose_recipe(examples)
    kind = RECIPES[recipe].kind_for(examples.kind)
    return Choice(recipe, kind, (f"It was asked for and learns from {kind}.", ""))


def lay_ground(material: Material, settings: Settings, space: Workspace) -> Ground:
    """Divide the material into what is learned from, what chooses, and the sealed test."""
    clock = Clock.start(settings.budget)
    start = (locate(settings.base), settings.seed, clock, space)
    if material.examples.kind not in SEARCHED or _judged_otherwise(material):
        sides = divide_pairs(_in_rows(material), settings.seed)
        task = PairTask(
            *start, sides.train, sides.held, sides.validation, None, settings.collection
        )
        sizes = (len(sides.train), len(sides.validation), len(sides.test))
        return Ground(task, sides.test, sizes, sides.sealed)
    found = divide_search(material, settings.collection, settings.seed)
    train, held = as_pairs(found.train), as_pairs(found.validation)
    queries = (found.train, found.validation)
    task = PairTask(*start, train, held, found.validation, queries, settings.collection)
    sizes = (len(found.train), len(found.validation), len(found.test))
    return Ground(task, found.test, sizes, found.validation.queries + found.test.queries)


def _in_rows(material: Material) -> Material:
    """Return judgements as pairs, where something else than a search judges them."""
    if material.examples.kind is not Kind.RETRIEVAL:
        return material
    return replace(material, examples=reshape(material.examples, Kind.PAIRS))


def _unjudged(material: Material) -> bool:
    """Whether nothing but raw documents is there to judge by."""
    return material.examples.kind is Kind.TEXTS and material.test is None


def _judged_otherwise(material: Material) -> bool:
    """Whether pairs are judged by scores, judgements or triplets, not by a search."""
    own = [part for part in (material.validation, material.test) if part is not None]
    return any(part.kind not in SEARCHED for part in own)


def _finalists(climbed: Climb, task: PairTask) -> Finalists:
    base = Final(climbed.base.name, climbed.base.space, None)
    if climbed.chosen is climbed.base:
        return Finalists(climbed, base, base)
    space = relearned(climbed.chosen.space, task)
    return Finalists(climbed, base, Final(climbed.chosen.name, space, None))


def _open(finalists: Finalists, ground: Ground, choice: Choice, material: Material) -> Opened:
    """Let base and choice sit the sealed test, once."""
    task, test, unjudged = ground.task, ground.test, _unjudged(material)
    base, chosen = finalists.base, finalists.chosen
    before = test.mark(base.space.encode)
    after = before if chosen is base else test.mark(chosen.space.encode)
    return Opened(
        metric=test.headline,
        comparison=Comparison(before, after, task.seed),
        evidence=Evidence.of_pairs(gather_pairs(test, base.space.encode, chosen.space.encode)),
        pairs=PairFindings(
            recipe=choice.name,
            why=" ".join(choice.sentences),
            judged_by=_judged_by(material),
            chosen_by=task.metric,
            collection=task.collection if isinstance(test, RetrievalExam) else "",
            parts=_parts(test, before, after, task.seed),
            shares=all_shares_kept(task.workspace),
            unguarded=_unguarded(finalists.climb, ground, before),
            forgetting=_forgetting(finalists, task.seed),
            signs=_signs(test, finalists, task.seed) if unjudged else (),
        ),
        compared=(
            *silver_compared(finalists.climb, task, test, before),
            *adaptation_compared(
                finalists.climb,
                lambda candidate: test.mark(candidate.space.encode),
                (test.headline,),
                task.seed,
            ),
        ),
        stages=stages_of(task),
        judge=judge_of(task) if judge_of(task).is_dir() else None,
    )


def _signs(test: Exam, finalists: Finalists, seed: int) -> tuple[Change, ...]:
    """Return how alignment and uniformity of a test changed that is made of documents' parts."""
    assert isinstance(test, RetrievalExam)
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


def _parts(test: Exam, before: ItemScores, after: ItemScores, seed: int) -> tuple[Part, ...]:
    if not isinstance(test, RetrievalExam):
        return ()
    found = []
    for name, seen in (("seen", True), ("unseen", False)):
        both = part(test, before, after, seen=seen)
        if both is not None:
            base, tuned = both
            found.append(Part(name, len(base), Comparison(base, tuned, seed).changes()))
    return tuple(found)


def _unguarded(climbed: Climb, ground: Ground, before: ItemScores) -> Change | None:
    """Return what the training alone would have done to the test, with no guard behind it."""
    names = [each.name for each in climbed.candidates]
    folder = without_guard(names, climbed.chosen.name, ground.task.workspace)
    if folder is None:
        return None
    alone = ground.test.mark(encoder_of(folder, len(ground.test.texts)).encode)
    return Comparison(before, alone, ground.task.seed).change(ground.test.headline)


def _judged_by(material: Material) -> str:
    if material.test is not None:
        return f"{material.test.kind} of a test file"
    if _unjudged(material):
        return f"{Kind.PAIRS} of a document's parts held out of {material.inspection.name}"
    if isinstance(material.examples, Retrieval) and marked_test(material.examples):
        return f"{material.examples.kind} marked as test in {material.inspection.name}"
    return f"{material.examples.kind} held out of {material.inspection.name}"
