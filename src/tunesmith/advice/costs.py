"""What each recipe would cost on this machine: read off the table of recipes."""

from contextlib import suppress
from dataclasses import dataclass

from tunesmith.data.reshaping.reshape import reshape
from tunesmith.errors import DataError
from tunesmith.fitting.plans import Speed
from tunesmith.kinds import Examples, Kind
from tunesmith.recipes.build import build_recipe
from tunesmith.recipes.choose import Choice
from tunesmith.recipes.contrastive import ContrastiveRecipe
from tunesmith.recipes.registry import RECIPES
from tunesmith.recipes.training.run import ExamplesRecipe


@dataclass(frozen=True)
class RecipeCost:
    """One recipe that could learn from the data.

    Parameters
    ----------
    name
        Of the recipe in :data:`~tunesmith.recipes.RECIPES`.
    learns_from
        What it is given: the data's own kind, or what the data is reshaped into.
    rows
        How many examples that makes.
    why, when
        What it moves vectors towards, and what data it is the right one for.
    seconds
        What it should take with its default settings.
    chosen
        Whether ``--recipe auto`` takes it.
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
    """Return every recipe that accepts the examples or what they can be reshaped into.

    Parameters
    ----------
    examples
        What would be learned from.
    speed
        Of this machine, measured with their texts.
    choice
        The recipe that would be taken, and what it would be given.
    texts
        How many of the texts measured are learned from; they come first.
    seed
        Of the reshaping.
    """
    found = []
    for info in RECIPES.values():
        if examples.kind not in info.kinds:
            continue
        chosen = choice.name == info.name
        kind = choice.kind if chosen else info.kind_for(examples.kind)
        with suppress(DataError):  # nothing of that kind can be made of these rows
            given = reshape(examples, kind, seed=seed)
            seconds = _seconds(build_recipe(info.name), given, speed, texts)
            found.append(
                RecipeCost(info.name, kind, len(given), info.why, info.when, seconds, chosen)
            )
    return tuple(found)


def _seconds(
    recipe: ExamplesRecipe | ContrastiveRecipe, examples: Examples, speed: Speed, texts: int
) -> float:
    lengths = speed.lengths[:texts]
    if isinstance(recipe, ContrastiveRecipe):
        return recipe.estimate(lengths, speed.rate, layers=speed.layers)
    return 1.0 + recipe.cost(examples, float(lengths.mean()), speed.layers) / speed.rate
