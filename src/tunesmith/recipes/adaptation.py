"""Domain adaptation as a recipe of a fit."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tunesmith.recipes.training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Adaptation:
    """Adapt the base to unlabelled text of the domain first, then train from both bases.

    Every rung of the ladder runs twice, from the base and from the adapted base, and validation
    chooses among all of them (Gururangan et al., 2020, https://arxiv.org/abs/2004.10964).

    Parameters
    ----------
    domain
        Unlabelled texts or text pairs of the domain: a file, a table or a data set; by default the
        training texts.
    first
        Recipe of the adaptation: a name in :data:`~tunesmith.recipes.RECIPES`, a recipe, or
        ``"auto"``, which chooses by the kind of the domain data.
    recipe
        Recipe that follows, as in :func:`tunesmith.fit`.

    Examples
    --------
    >>> Adaptation(first="tsdae").recipe
    'auto'
    """

    domain: object | None = None
    first: "str | Recipe" = "auto"
    recipe: "str | Recipe" = "auto"
