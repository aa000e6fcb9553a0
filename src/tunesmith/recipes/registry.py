"""All recipes in one table: what each learns from, towards what, when it is the right one.

Reading it loads no torch; :func:`~tunesmith.recipes.build_recipe` makes a recipe.
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
        What it is called on the command line and in reports.
    accepts
        The kinds of examples that it learns from as they are.
    why
        What it moves vectors towards.
    when
        What data it is the right one for.
    paper
        Where it comes from.

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
        """The kinds that it accepts, and those of which it can be given one by reshaping."""
        return (*self.accepts, *(kind for kind in Kind if self._reached_from(kind)))

    def kind_for(self, kind: Kind) -> Kind:
        """Return what it is given where one of its :attr:`kinds` is there: that, or made of it."""
        return next(each for each in possible_kinds(kind) if each in self.accepts)

    def _reached_from(self, kind: Kind) -> bool:
        return kind not in self.accepts and bool({*possible_kinds(kind)} & {*self.accepts})


RECIPES = {
    info.name: info
    for info in (
        RecipeInfo(
            "contrastive",
            (Kind.LABELLED, Kind.MULTILABEL),
            "texts of one label come together, away from all others",
            "texts have labels",
            "Khosla et al., 2020; Zhai and Wu, 2018",
        ),
        RecipeInfo(
            "ranking",
            ACCEPTED_KINDS["ranking"],
            "the positive is nearer than all others of the batch, and than the row's negative (one "
            "is drawn where there are several)",
            "it is known what belongs together, and texts differ from row to row",
            "Henderson et al., 2017",
        ),
        RecipeInfo(
            "triplet",
            ACCEPTED_KINDS["triplet"],
            "the positive is nearer than the negative by a margin",
            "the same few texts stand in all rows, so that a batch holds nothing to rank",
            "Schroff et al., 2015",
        ),
        RecipeInfo(
            "cosent",
            ACCEPTED_KINDS["cosent"],
            "of two pairs the one with the higher score is more alike; the size of scores does not "
            "matter",
            "scores differ",
            "Su, 2022",
        ),
        RecipeInfo(
            "cosine",
            ACCEPTED_KINDS["cosine"],
            "the cosine is the score",
            "most scores are the same, or cosines shall mean what the scores mean",
            "Reimers and Gurevych, 2019",
        ),
        RecipeInfo(
            "augmented",
            (Kind.SCORED_PAIRS,),
            "as cosent, on many more pairs that a cross-encoder scores",
            "there are about a thousand scored pairs, or a few thousand",
            "Thakur et al., 2021",
        ),
        RecipeInfo(
            "softmax",
            ACCEPTED_KINDS["softmax"],
            "a classifier, dropped afterwards, tells entailment, neutral and contradiction",
            "there is too little entailment to rank",
            "Reimers and Gurevych, 2019",
        ),
        RecipeInfo(
            "simcse",
            (Kind.TEXTS,),
            "a text is nearer to itself under other dropout than to all others of the batch",
            "texts are single sentences, and nothing is said of them",
            "Gao et al., 2021",
        ),
        RecipeInfo(
            "contrastive_tension",
            (Kind.TEXTS,),
            "two copies of the model give a text the same vector, and other texts others",
            "as for simcse, also for a model without dropout",
            "Carlsson et al., 2021",
        ),
        RecipeInfo(
            "gpl",
            (Kind.TEXTS,),
            "a passage is nearer to a query than others by as much as a cross-encoder says",
            "texts are passages to be found, and there is a cross-encoder that knows answers",
            "Wang et al., 2022",
        ),
        RecipeInfo(
            "tsdae",
            (Kind.TEXTS,),
            "a text with 60% of its words taken out is written anew from its vector",
            "the words of the texts are new to the model, and there are thousands of them",
            "Wang et al., 2021",
        ),
        RecipeInfo(
            "masked_lm",
            (Kind.TEXTS,),
            "covered words are told from those around them",
            "as for tsdae, before training on pairs or labels",
            "Devlin et al., 2019",
        ),
    )
}
