"""The rungs of the ladder for pairs, scores, NLI, triplets and queries, cheapest first."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.data.reshape import reshape
from tunesmith.encoders.sentence import SentenceEncoder
from tunesmith.evaluation.exams import Encode, Exam, RetrievalExam
from tunesmith.evaluation.items import value
from tunesmith.fitting.pairs import PairTask, QuerySpace
from tunesmith.fitting.rungs import RungPlan, Speed, base_space, encoder_of
from tunesmith.fitting.search_sides import joined
from tunesmith.fitting.task import Space
from tunesmith.fitting.workspace import Workspace
from tunesmith.kinds import Examples, Kind
from tunesmith.progress import progress_bar
from tunesmith.recipes.blend import SHARES, choose_blend
from tunesmith.recipes.choose import Choice
from tunesmith.recipes.options import RunOptions
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.table import RECIPES
from tunesmith.recipes.watch import scored_steps
from tunesmith.tuners.contrastive_learner import ContrastiveLearner
from tunesmith.tuners.query import QueryTuner
from tunesmith.vectors import search

TRAINED = ("top", "whole")
_OVERHEAD = 1.3
# A blend is judged on so many documents at most: those that the base finds first, and the answers.
_MOST_DOCUMENTS = 500
# Weights are looked at once an epoch: on a part of validation they would be chosen by chance.
_LOOKS = 1


def pair_rung_plans(task: PairTask, choice: Choice) -> tuple[RungPlan, ...]:
    """Return the rungs in the order of their cost.

    Parameters
    ----------
    task
        What is learned from.
    choice
        How weights are trained.
    """
    examples = reshape(task.train, choice.kind, seed=task.seed)
    make = RECIPES[choice.name].make
    # Three layers learn more from pairs than two, and still cost half of all six.
    top = make(train_layers=3, seed=task.seed)
    whole = make(train_layers=None, seed=task.seed)
    assert isinstance(top, PairedRecipe)
    assert isinstance(whole, PairedRecipe)
    return (
        RungPlan("base", "Untouched base", base_space, lambda speed: speed.encoding),
        _map_plan(task),
        _recipe_plan("top", "Top layers over a frozen trunk", top, examples, task),
        _recipe_plan("whole", "Whole model", whole, examples, task),
    )


def _map_plan(task: PairTask) -> RungPlan:
    if task.queries is not None:
        return RungPlan("map", "Query map in closed form", _query_map, lambda _: 5.0)
    rows = len(task.train)
    return RungPlan("map", "Linear map on vectors", _pair_map, lambda _: 1 + 2e-4 * rows)


def _query_map(task: PairTask) -> Space:
    assert task.queries is not None
    return learn_query_map(base_space(task), task.queries[0], task)


def learn_query_map(space: Space, queries: RetrievalExam, task: PairTask) -> Space:
    """Learn how queries move, in the vectors of a space.

    For a fixed collection the map is held back less: documents without queries need no care.
    """
    tuner = QueryTuner(
        alpha=1.0 if task.collection == "fixed" else 10.0,
        collection=task.collection,
        random_state=task.seed,
    )
    relevant = [(row, place) for row, own in enumerate(queries.relevant) for place in own]
    vectors = space.encode(queries.queries, prompt="query")
    tuner.fit(vectors, space.encode(queries.documents, prompt="document"), relevant)
    return QuerySpace(space.encoder, space.folder, query_tuner=tuner)


def _pair_map(task: PairTask) -> Space:
    return learn_pair_map(base_space(task), task.train, task)


def learn_pair_map(space: Space, examples: Examples, task: PairTask) -> Space:
    """Learn a linear map that brings similar pairs together, from vectors of the base."""
    first, second, similarity = _similarities(examples, task.seed)
    learner = ContrastiveLearner(
        learning_rate=1e-3, epochs=5, batch_size=64, random_state=task.seed
    )
    learner.fit(space.encode(first), space.encode(second), similarity)
    return Space(space.encoder, space.folder, learner)


def _similarities(
    examples: Examples, seed: int
) -> tuple[list[str], list[str], NDArray[np.float32]]:
    """Return two sides and how similar they are, 0 to 1."""
    if examples.kind in {Kind.PAIRS, Kind.TRIPLETS}:
        triplets = reshape(examples, Kind.TRIPLETS, seed=seed)
        anchors, positives = triplets.texts("anchor"), triplets.texts("positive")
        negatives = triplets.table["negatives"].to_pylist()
        apart = [(one, text) for one, own in zip(anchors, negatives, strict=True) for text in own]
        first, second = anchors + [one for one, _ in apart], positives + [two for _, two in apart]
        return first, second, np.array([1] * len(anchors) + [0] * len(apart), dtype=np.float32)
    scored = reshape(examples, Kind.SCORED_PAIRS)
    scores = np.array(scored.table["score"].to_pylist(), dtype=np.float32)
    return scored.texts("text1"), scored.texts("text2"), scores


def _recipe_plan(
    name: str, title: str, recipe: PairedRecipe, examples: Examples, task: PairTask
) -> RungPlan:
    learned, judged = len(task.learned), _texts_to_judge(task)
    steps = max(1, len(examples) // recipe.batch)
    looks = 1 + len(scored_steps([steps] * recipe.epochs, _LOOKS))

    def estimate(speed: Speed) -> float:
        training = _training_seconds(recipe, examples, speed, learned)
        each = float(speed.lengths[learned:].mean()) if len(speed.lengths) > learned else 0.0
        judging = (looks + len(SHARES)) * judged * each / speed.rate
        return training + judging + speed.encoding

    return RungPlan(name, title, _trained(name, recipe, examples), estimate)


def _texts_to_judge(task: PairTask) -> int:
    exam = task.validation
    if isinstance(exam, RetrievalExam):
        return min(len(exam.documents), _MOST_DOCUMENTS) + len(exam)
    return len(exam.texts)


def _training_seconds(
    recipe: PairedRecipe, examples: Examples, speed: Speed, learned: int
) -> float:
    mean = float(speed.lengths[:learned].mean())
    columns = [examples.texts(role) for role in examples.text_roles]
    tokens = mean * len({text for column in columns for text in column})
    trained = speed.layers if recipe.train_layers is None else recipe.train_layers
    epoch = mean * len(examples) * (3 if examples.kind is Kind.TRIPLETS else 2)
    trunk = tokens * (speed.layers - trained)
    # A backward pass costs twice a forward one.
    work = trunk + 3 * _OVERHEAD * trained * epoch * recipe.epochs
    return 1.0 + work / speed.layers / speed.rate


def as_trained(rung: str) -> str:
    """Return the name under which a rung's weights lie as training left them, unmixed."""
    return f"{rung}-trained"


def _trained(name: str, recipe: PairedRecipe, examples: Examples) -> Callable[[PairTask], Space]:
    def make(task: PairTask) -> Space:
        trained, mixed = (task.workspace.model(each) for each in (as_trained(name), name))
        if task.workspace.seconds(as_trained(name)) is None:
            task.workspace.finish(as_trained(name), _train(task, recipe, examples, trained))
        if task.workspace.seconds(name) is None:
            blend = choose_blend(task.base, trained, mixed, _scorer(task))
            task.workspace.note(name, blend.share)
            task.workspace.finish(name, task.workspace.seconds(as_trained(name)) or 0.0)
        return Space(encoder_of(mixed, len(task.texts)), mixed)

    return make


def _train(task: PairTask, recipe: PairedRecipe, examples: Examples, folder: Path) -> float:
    exam = _over_few_documents(task)
    options = RunOptions(
        checkpoint=folder.with_name(f"{folder.name}-state"),
        score=lambda encode: value(exam.mark(_any_prompt(encode)), exam.headline),
        or_base=False,  # the ladder compares with the base, and the weights are mixed with it
        looks=_LOOKS,
    )
    with progress_bar("Training", recipe.work(len(examples))) as advance:
        run = recipe.run(
            task.base,
            examples,
            folder,
            progress=advance,
            deadline=task.clock.deadline,
            options=options,
        )
    return run.seconds


def _any_prompt(encode: Callable[[Sequence[str]], NDArray[np.float32]]) -> Encode:
    def whatever_prompt(texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
        del prompt  # weights under training know of none
        return encode(texts)

    return whatever_prompt


def _scorer(task: PairTask) -> Callable[[Path], float]:
    """Return what scores a folder on validation; of many documents, on part of them."""
    exam = _over_few_documents(task)

    def score(folder: Path) -> float:
        encoder = SentenceEncoder(str(folder), cache=False, verbose=True)
        return value(exam.mark(encoder.encode), exam.headline)

    return score


def _over_few_documents(task: PairTask) -> Exam:
    exam = task.validation
    if isinstance(exam, RetrievalExam) and len(exam.documents) > _MOST_DOCUMENTS:
        return narrowed(exam, base_space(task))
    return exam


def narrowed(exam: RetrievalExam, base: Space) -> RetrievalExam:
    """Return the exam over the answers and what the base finds first, for quick comparisons."""
    documents = base.encode(exam.documents, prompt="document")
    each = max(2, _MOST_DOCUMENTS // len(exam))
    found = search(base.encode(exam.queries, prompt="query"), documents, k=each).indices
    kept = np.union1d(found, np.concatenate(exam.relevant))
    places = np.full(len(exam.documents), -1)
    places[kept] = np.arange(len(kept))
    return replace(
        exam,
        documents=[exam.documents[place] for place in kept],
        relevant=tuple(places[own] for own in exam.relevant),
    )


def shares_kept(workspace: Workspace) -> dict[str, float]:
    """Return how much of its training each trained rung kept."""
    noted = {name: workspace.noted(name) for name in TRAINED}
    return {name: share for name, share in noted.items() if share is not None}


def relearned(space: Space, task: PairTask) -> Space:
    """Return a space with its map learned anew from training and validation rows together."""
    if isinstance(space, QuerySpace) and task.queries is not None:
        plain = Space(space.encoder, space.folder)
        return learn_query_map(plain, joined(*task.queries), task)
    if space.tuner is None or not len(task.held):
        return space
    plain = Space(space.encoder, space.folder)
    return learn_pair_map(plain, _both(task.train, task.held), task)


def _both(one: Examples, other: Examples) -> Examples:
    return replace(one, table=pa.concat_tables([one.table, other.table]))
