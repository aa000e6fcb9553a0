"""All recipes in one table: training data, objective, when to use it.

Importing it does not load torch; :func:`~tunesmith.recipes.build_recipe` builds a recipe.
"""

from dataclasses import dataclass

from tunesmith.data.reshaping.reshape import possible_kinds
from tunesmith.kinds import Kind
from tunesmith.recipes.losses.kinds import ACCEPTED_KINDS


@dataclass(frozen=True)
class RecipeInfo:
    """One recipe.

    Parameters
    ----------
    name
        Name on the command line and in reports.
    accepts
        Kinds of examples it trains on without reshaping.
    why
        Training objective.
    when
        Data it suits.
    paper
        Source of the method.

    Examples
    --------
    >>> [str(kind) for kind in RECIPES["cosent"].kinds]
    ['scored_pairs', 'labelled_pairs', 'nli']
    >>> str(RECIPES["cosent"].kind_for(Kind.NLI))
    'scored_pairs'
    """

    name: str
    accepts: tuple[Kind, ...]
    why: str
    when: str
    paper: str

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds it accepts, and those that can be reshaped into one it accepts."""
        return (*self.accepts, *(kind for kind in Kind if self._can_reshape(kind)))

    def kind_for(self, kind: Kind) -> Kind:
        """Return the kind that examples of one of its :attr:`kinds` are reshaped into."""
        return next(each for each in possible_kinds(kind) if each in self.accepts)

    def _can_reshape(self, kind: Kind) -> bool:
        return kind not in self.accepts and bool({*possible_kinds(kind)} & {*self.accepts})


RECIPES = {
    info.name: info
    for info in (
        RecipeInfo(
            "contrastive",
            (Kind.LABELLED, Kind.MULTILABEL),
            "texts with the same label move together and away from texts with other labels",
            "texts have labels",
            "Khosla et al., 2020; Zhai and Wu, 2018",
        ),
        RecipeInfo(
            "ranking",
            ACCEPTED_KINDS["ranking"],
            "the positive ranks above the in-batch negatives and the row's hard negative (drawn at "
            "random if it has several)",
            "there are positive pairs, and texts differ from row to row",
            "Henderson et al., 2017",
        ),
        RecipeInfo(
            "triplet",
            ACCEPTED_KINDS["triplet"],
            "the positive is nearer than the negative by a margin",
            "few distinct texts, so in-batch negatives collide",
            "Schroff et al., 2015",
        ),
        RecipeInfo(
            "cosent",
            ACCEPTED_KINDS["cosent"],
            "pairs with higher scores get higher cosines; only the order of scores matters",
            "scores differ",
            "Su, 2022",
        ),
        RecipeInfo(
            "cosine",
            ACCEPTED_KINDS["cosine"],
            "the cosine equals the score",
            "most scores are equal, or cosines must be on the scale of the scores",
            "Reimers and Gurevych, 2019",
        ),
        RecipeInfo(
            "augmented",
            (Kind.SCORED_PAIRS,),
            "like cosent, with many more pairs, scored by a cross-encoder",
            "there are one to a few thousand scored pairs",
            "Thakur et al., 2021",
        ),
        RecipeInfo(
            "softmax",
            ACCEPTED_KINDS["softmax"],
            "a classifier of entailment, neutral and contradiction, discarded after training",
            "there are too few entailments for ranking",
            "Reimers and Gurevych, 2019",
        ),
        RecipeInfo(
            "simcse",
            (Kind.TEXTS,),
            "two dropout views of a text are nearer to each other than to other texts in the batch",
            "texts are single unlabelled sentences",
            "Gao et al., 2021",
        ),
        RecipeInfo(
            "contrastive_tension",
            (Kind.TEXTS,),
            "two copies of the model give a text the same vector, and other texts different ones",
            "as for simcse, and for models without dropout",
            "Carlsson et al., 2021",
        ),
        RecipeInfo(
            "gpl",
            (Kind.TEXTS,),
            "cosine margins between passages match the score margins of a cross-encoder",
            "texts are passages to search, and a cross-encoder for retrieval is available",
            "Wang et al., 2022",
        ),
        RecipeInfo(
            "tsdae",
            (Kind.TEXTS,),
            "a text is reconstructed from the vector of a copy with 60% of its words deleted",
            "there are thousands of texts with a vocabulary new to the model",
            "Wang et al., 2021",
        ),
        RecipeInfo(
            "masked_lm",
            (Kind.TEXTS,),
            "masked tokens are predicted from context",
            "as for tsdae, before training on pairs or labels",
            "Devlin et al., 2019",
        ),
    )
}
