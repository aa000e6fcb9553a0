"""Build a recipe by its name in the registry."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, get_args

from tunesmith.recipes.augmented import AugmentedRecipe
from tunesmith.recipes.contrastive import ContrastiveRecipe
from tunesmith.recipes.gpl import GplRecipe
from tunesmith.recipes.losses.kinds import PairedLoss
from tunesmith.recipes.losses.unlabelled import UnlabelledLoss
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.training.recipe import Recipe
from tunesmith.recipes.unlabelled import UnlabelledRecipe

BUILDERS: Final[dict[str, Callable[..., Recipe]]] = {
    "contrastive": ContrastiveRecipe,
    "augmented": AugmentedRecipe,
    "gpl": partial(GplRecipe, judge="judge"),
    **{loss: partial(PairedRecipe, loss) for loss in get_args(PairedLoss)},
    **{loss: partial(UnlabelledRecipe, loss) for loss in get_args(UnlabelledLoss)},
}


def build_recipe(name: str, **settings: Any) -> Recipe:
    """Return the recipe with this name in :data:`~tunesmith.recipes.RECIPES`.

    Parameters
    ----------
    name
        Key of the registry.
    settings
        Parameters of the recipe, such as ``epochs`` or ``learning_rate``.

    Examples
    --------
    >>> build_recipe("cosent", epochs=1).loss
    'cosent'
    """
    return BUILDERS[name](**settings)
