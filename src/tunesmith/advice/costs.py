"""Estimated training time of each recipe on this machine."""

from contextlib import suppress
from dataclasses import dataclass

from tunesmith.data.reshaping.reshape import reshape
from tunesmith.errors import DataError
from tunesmith.fitting.plans import Speed
from tunesmith.kinds import Examples, Kind
from tunesmith.recipes.build import build_recipe
from tunesmith.recipes.choose import Choice
from tunesmith.recipes.registry import RECIPES
from tunesmith.recipes.training.recipe import Recipe


@dataclass(frozen=True)
class RecipeCost:
    """A recipe that can train on the data, and its cost.

    Parameters
    ----------
    name
        Name of the recipe in :data:`~tunesmith.recipes.RECIPES`.
    learns_from
        Kind of its training data: that of the file, or the kind it is reshaped into.
    rows
        Number of training examples.
    why, when
        Training objective, and the data that it suits.
    seconds
        Estimated time with default settings.
    chosen
        Whether recipe ``auto`` chooses it.

    Examples
    --------
    >>> from tunesmith.recipes import RECIPES
    >>> info = RECIPES["ranking"]
    >>> cost = RecipeCost(info.name, Kind.PAIRS, 51, info.why, info.when, seconds=40.0, chosen=True)
    >>> cost.when
    'there are positive pairs, and texts differ from row to row'
    """

    name: str
    learns_from: Kind
    rows: int
    why: str
    when: str
    seconds: float
    chosen: bool


def recipe_costs(
    examples: Examples, speed: Speed, choice: Choice, *, texts: int, seed: int
) -> tuple[RecipeCost, ...]:
    """Return every recipe that accepts the examples, directly or reshaped.

    Parameters
    ----------
    examples
        Training data.
    speed
        Speed of this machine, measured on the texts.
    choice
        Recipe chosen by recipe ``auto``, and the kind of data it takes.
    texts
        Number of training texts among the measured ones; they come first.
    seed
        Random seed for reshaping.

    Returns
    -------
    tuple of RecipeCost
        In the order of :data:`~tunesmith.recipes.RECIPES`.

    Examples
    --------
    >>> import numpy as np
    >>> from tunesmith.data import detect, read
    >>> from tunesmith.recipes.choose import choose_recipe
    >>> pairs = detect(read("examples/pairs.csv")).examples
    >>> speed = Speed(rate=1000.0, serving_rate=3000.0, lengths=np.full(100, 20), layers=6)
    >>> costs = recipe_costs(pairs, speed, choose_recipe(pairs), texts=100, seed=0)
    >>> [cost.name for cost in costs if cost.chosen]
    ['ranking']
    """
    found = []
    for info in RECIPES.values():
        if examples.kind not in info.kinds:
            continue
        chosen = choice.name == info.name
        kind = choice.kind if chosen else info.kind_for(examples.kind)
        with suppress(DataError):  # these rows cannot be reshaped into that kind
            given = reshape(examples, kind, seed=seed)
            seconds = _seconds(build_recipe(info.name), given, speed, texts)
            found.append(
                RecipeCost(info.name, kind, len(given), info.why, info.when, seconds, chosen)
            )
    return tuple(found)


def _seconds(recipe: Recipe, examples: Examples, speed: Speed, texts: int) -> float:
    mean_tokens = float(speed.lengths[:texts].mean())
    return 1.0 + recipe.cost(examples, mean_tokens, speed.layers) / speed.rate
