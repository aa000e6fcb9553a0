"""All recipes in one table: what each learns from, towards what, when it is the right one.

Nothing heavy is imported before a recipe is made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunesmith.data.reshape import possible_kinds
from tunesmith.kinds import Kind

if TYPE_CHECKING:
    from tunesmith.recipes.contrastive import ContrastiveRecipe
    from tunesmith.recipes.paired import PairedRecipe


@dataclass(frozen=True)
class RecipeInfo:
    """One recipe.

    Parameters
    ----------
    name
        What it is called on the command line and in reports.
    accepts
        The kinds of examples that it learns from as they are.
    why
        What it moves vectors towards.
    when
        What data it is the right one for.
    paper
        Where it comes from.
    make
        Makes the recipe, given its settings by name.

    Examples
    --------
    >>> [str(kind) for kind in RECIPES["cosent"].kinds]
    ['scored_pairs', 'labelled_pairs', 'nli']
    >>> RECIPES["cosent"].make(epochs=1).loss
    'cosent'
    """

    name: str
    accepts: tuple[Kind, ...]
    why: str
    when: str
    paper: str
    make: "Callable[..., PairedRecipe | ContrastiveRecipe]"

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds that it accepts, and those of which it can be given one by reshaping."""
        return (*self.accepts, *(kind for kind in Kind if self._reached_from(kind)))

    def _reached_from(self, kind: Kind) -> bool:
        return kind not in self.accepts and bool({*possible_kinds(kind)} & {*self.accepts})


def _paired(loss: str) -> "Callable[..., PairedRecipe]":
    def make(**settings: Any) -> "PairedRecipe":
        from tunesmith.recipes.paired import PairedRecipe

        return PairedRecipe(loss, **settings)  # type: ignore[arg-type]

    return make


def _contrastive(**settings: Any) -> "ContrastiveRecipe":
    from tunesmith.recipes.contrastive import ContrastiveRecipe

    return ContrastiveRecipe(**settings)


RECIPES = {
    info.name: info
    for info in (
        RecipeInfo(
            "contrastive",
            (Kind.LABELLED, Kind.MULTILABEL),
            "texts of one label come together, away from all others",
            "texts have labels",
            "Khosla et al., 2020; Zhai and Wu, 2018",
            _contrastive,
        ),
        RecipeInfo(
            "ranking",
            (Kind.PAIRS, Kind.TRIPLETS),
            "the positive is nearer than all others of the batch, and than the row's negative (one "
            "is drawn where there are several)",
            "it is known what belongs together, and texts differ from row to row",
            "Henderson et al., 2017",
            _paired("ranking"),
        ),
        RecipeInfo(
            "triplet",
            (Kind.TRIPLETS,),
            "the positive is nearer than the negative by a margin",
            "the same few texts stand in all rows, so that a batch holds nothing to rank",
            "Schroff et al., 2015",
            _paired("triplet"),
        ),
        RecipeInfo(
            "cosent",
            (Kind.SCORED_PAIRS,),
            "of two pairs the one with the higher score is more alike; the size of scores does not "
            "matter",
            "scores differ",
            "Su, 2022",
            _paired("cosent"),
        ),
        RecipeInfo(
            "cosine",
            (Kind.SCORED_PAIRS,),
            "the cosine is the score",
            "most scores are the same, or cosines shall mean what the scores mean",
            "Reimers and Gurevych, 2019",
            _paired("cosine"),
        ),
        RecipeInfo(
            "softmax",
            (Kind.NLI,),
            "a classifier, dropped afterwards, tells entailment, neutral and contradiction",
            "there is too little entailment to rank",
            "Reimers and Gurevych, 2019",
            _paired("softmax"),
        ),
    )
}
