"""The rungs of the ladder for pairs, scores, NLI, triplets and queries, cheapest first."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.data.reshaping.reshape import reshape
from tunesmith.evaluation.pairs.evaluators import RetrievalEvaluator
from tunesmith.fitting.pairs.augmentation import AUGMENTED
from tunesmith.fitting.pairs.task import PairTask, QuerySpace
from tunesmith.fitting.pairs.training import recipe_plan
from tunesmith.fitting.plans import RungPlan, base_space, given_rung
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.task import Space
from tunesmith.kinds import Examples, Kind
from tunesmith.recipes.augmented import AugmentedRecipe
from tunesmith.recipes.build import build_recipe
from tunesmith.recipes.choose import Choice
from tunesmith.recipes.gpl import GplRecipe
from tunesmith.recipes.paired import MANY_ROWS, PairedRecipe
from tunesmith.recipes.training.recipe import Recipe
from tunesmith.recipes.unlabelled import UnlabelledRecipe
from tunesmith.tuners.contrastive_learner import ContrastiveLearner
from tunesmith.tuners.query import QueryTuner

# On pairs, three trained layers score higher than two and still cost half as much as all six.
_TOP = 3
# More epochs do not help 200 scored pairs, but they do help 300.
_MAX_REPEATS = 12
# Parts of one document are weaker positives than labelled pairs, so training is gentler.
_GENTLE = {"learning_rate": 5e-5, "epochs": 1}


def pair_rung_plans(task: PairTask, choice: Choice, settings: Settings) -> tuple[RungPlan, ...]:
    """Return the rungs, cheapest first.

    Parameters
    ----------
    task
        Task with the training data.
    choice
        Chosen recipe and the kind of data it takes.
    settings
        Settings of the fit, with the caller's recipe, if any.

    Raises
    ------
    ModelError
        The recipe cannot train the base.

    Examples
    --------
    >>> from tunesmith.datasets.training_data import DataOptions, load_training_data
    >>> from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
    >>> from tunesmith.events import ignore
    >>> file = "examples/scored_pairs.csv"
    >>> data = load_training_data(file, {}, DataOptions(), DEFAULT_BASE, ignore)
    >>> from pathlib import Path
    >>> from tunesmith.fitting.pairs import prepare_pairs
    >>> from tunesmith.fitting.workspace import Workspace
    >>> from tunesmith.recipes import choose_recipe
    >>> from tunesmith.stop import Stop
    >>> task = prepare_pairs(data, Settings(), Workspace(Path("work")), Stop()).task
    >>> [rung.name for rung in pair_rung_plans(task, choose_recipe(task.train), Settings())]
    ['base', 'map', 'top', 'whole']
    """
    examples = reshape(task.train, choice.kind, seed=task.seed)
    return (
        RungPlan("base", "Untouched base", base_space, lambda speed: speed.encoding),
        _map_plan(task),
        *(
            recipe_plan(name, title, recipe, examples, task)
            for name, title, recipe in _recipes(choice.name, task, settings.training)
        ),
    )


def _recipes(name: str, task: PairTask, given: str | Recipe) -> Iterator[tuple[str, str, Recipe]]:
    """Yield name, title and recipe of each rung that trains weights."""
    recipe = None if isinstance(given, str) else given
    if name == AUGMENTED:
        both = recipe or AugmentedRecipe(train_layers=_TOP, seed=task.seed)
        assert isinstance(both, AugmentedRecipe)
        yield "top", "Top layers, gold only", both.gold_alone(len(task.train))
        yield AUGMENTED, "Top layers, gold and silver", both
    elif isinstance(recipe, GplRecipe):
        recipe.require_models()
        yield "top", "Top layers, cross-encoder margins", recipe
    elif isinstance(recipe, PairedRecipe | UnlabelledRecipe):
        if isinstance(recipe, UnlabelledRecipe):
            recipe.require_trainable(task.base)
        yield *given_rung(recipe.train_layers), recipe
    else:
        yield from _top_and_whole(name, task)


def _with_more_epochs(recipe: PairedRecipe, task: PairTask) -> PairedRecipe:
    """Return the recipe with more epochs for few scored or labelled pairs."""
    rows = len(task.train)
    enough = MANY_ROWS if task.train.kind is Kind.SCORED_PAIRS else MANY_ROWS / 2
    repeats = math.ceil(enough / rows)
    return recipe.repeated(repeats, rows) if repeats <= _MAX_REPEATS else recipe


def _top_and_whole(name: str, task: PairTask) -> Iterator[tuple[str, str, Recipe]]:
    overrides = _GENTLE if _trains_on_parts(name, task) else {}
    for rung, title, layers in (
        ("top", "Top layers over a frozen trunk", _TOP),
        ("whole", "Whole model", None),
    ):
        recipe = build_recipe(name, train_layers=layers, seed=task.seed, **overrides)
        assert isinstance(recipe, PairedRecipe | UnlabelledRecipe)
        if name == "cosent" and isinstance(recipe, PairedRecipe):
            recipe = _with_more_epochs(recipe, task)
        if _is_worth_a_rung(recipe, task):
            yield rung, title, recipe


def _trains_on_parts(name: str, task: PairTask) -> bool:
    return name == "ranking" and task.train.kind is Kind.TEXTS


def _is_worth_a_rung(recipe: PairedRecipe | UnlabelledRecipe, task: PairTask) -> bool:
    if isinstance(recipe, PairedRecipe):
        return True
    recipe.require_trainable(task.base)
    # Without a trunk that runs only once, training some layers costs as much as training all.
    return recipe.train_layers is None or not recipe.reads_anew


def _map_plan(task: PairTask) -> RungPlan:
    if task.queries is not None:
        known = task.queries[0]
        # Measured from 40 queries for 40 documents to 900 for 5,000, on one core.
        seconds = 0.3 + len(known.queries) * (1.5e-3 + 2.2e-6 * len(known.documents))
        return RungPlan("map", "Query map in closed form", _query_map, lambda _: seconds)
    rows = len(task.train)
    return RungPlan("map", "Linear map on vectors", _pair_map, lambda _: 1 + 2e-4 * rows)


def _query_map(task: PairTask) -> Space:
    assert task.queries is not None
    return fit_query_map(base_space(task), task.queries[0], task)


def fit_query_map(space: Space, queries: RetrievalEvaluator, task: PairTask) -> Space:
    """Fit a query map on the vectors of a space.

    A closed corpus gets weaker regularisation, as unseen documents need no protection.
    """
    tuner = QueryTuner(
        alpha=1.0 if task.corpus_type == "closed" else 10.0,
        corpus_type=task.corpus_type,
        random_state=task.seed,
    )
    relevant = [(query, document) for query, own in enumerate(queries.relevant) for document in own]
    vectors = space.encode(queries.queries, prompt="query")
    tuner.fit(vectors, space.encode(queries.documents, prompt="document"), relevant)
    return QuerySpace(space.encoder, space.folder, query_tuner=tuner)


def _pair_map(task: PairTask) -> Space:
    return fit_pair_map(base_space(task), task.train, task)


def fit_pair_map(space: Space, examples: Examples, task: PairTask) -> Space:
    """Fit a linear map on the vectors of a space that brings similar pairs together."""
    first, second, similarity = _training_similarities(examples, task.seed)
    learner = ContrastiveLearner(
        learning_rate=1e-3, epochs=5, batch_size=64, random_state=task.seed
    )
    learner.fit(space.encode(first), space.encode(second), similarity)
    return Space(space.encoder, space.folder, learner)


def _training_similarities(
    examples: Examples, seed: int
) -> tuple[list[str], list[str], NDArray[np.float32]]:
    """Return the first texts, the second texts and their similarities, 0 to 1."""
    if examples.kind is Kind.TEXTS:
        examples = reshape(examples, Kind.PAIRS, seed=seed)
    if examples.kind in {Kind.PAIRS, Kind.TRIPLETS}:
        triplets = reshape(examples, Kind.TRIPLETS, seed=seed)
        anchors, positives = triplets.texts("anchor"), triplets.texts("positive")
        negatives = triplets.table["negatives"].to_pylist()
        negative = [
            (one, text) for one, own in zip(anchors, negatives, strict=True) for text in own
        ]
        first = anchors + [one for one, _ in negative]
        second = positives + [other for _, other in negative]
        return first, second, np.array([1] * len(anchors) + [0] * len(negative), dtype=np.float32)
    scored = reshape(examples, Kind.SCORED_PAIRS)
    scores = np.array(scored.table["score"].to_pylist(), dtype=np.float32)
    return scored.texts("text1"), scored.texts("text2"), scores


def refit_map(space: Space, task: PairTask) -> Space:
    """Return a space with its map refitted on training and validation rows together."""
    if isinstance(space, QuerySpace) and task.queries is not None:
        plain = Space(space.encoder, space.folder)
        return fit_query_map(plain, task.queries[0].join(task.queries[1]), task)
    if space.tuner is None or not len(task.holdout):
        return space
    plain = Space(space.encoder, space.folder)
    return fit_pair_map(plain, _concatenate(task.train, task.holdout), task)


def _concatenate(one: Examples, other: Examples) -> Examples:
    return replace(one, table=pa.concat_tables([one.table, other.table]))
