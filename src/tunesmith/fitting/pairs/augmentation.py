"""What silver pairs brought over gold alone, and what their judge is worth."""

from pathlib import Path

import numpy as np

from tunesmith.encoders.cross_encoder import CrossEncoder
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.evaluator import Evaluator
from tunesmith.evaluation.item_scores import ItemScores
from tunesmith.evaluation.pairs.evaluators import PairClassificationEvaluator, SimilarityEvaluator
from tunesmith.evaluation.pairs.pair_classification import PairClassificationResult
from tunesmith.evaluation.pairs.similarity import SimilarityResult
from tunesmith.fitting.ladder import LadderResult
from tunesmith.fitting.pairs.task import PairTask
from tunesmith.fitting.workspace import as_trained, state_of
from tunesmith.recipes.training.stages import finished_stages
from tunesmith.results.summary import Compared, Stage

AUGMENTED = "augmented"


def silver_compared(
    ladder: LadderResult, task: PairTask, test: Evaluator, base: ItemScores
) -> tuple[Compared, ...]:
    """Return what silver adds to gold on the sealed test, and the judge beside the base.

    Nothing where the rung was not finished.

    Parameters
    ----------
    ladder, task
        The ladder.
    test
        The sealed test.
    base
        How the base did on it.
    """
    spaces = {candidate.name: candidate.space for candidate in ladder.candidates}
    if not {"top", AUGMENTED} <= spaces.keys():
        return ()
    gold, both = (test.evaluate(spaces[name].encode) for name in ("top", AUGMENTED))
    change = Comparison(gold, both, task.seed).change(test.headline)
    silver = Compared("Silver over gold alone", "in as many steps", change)
    judged = _judged(test, judge_of(task))
    if judged is None:
        return (silver,)
    beside = Comparison(base, judged, task.seed).change(test.headline)
    return silver, Compared("Cross-encoder over base", "the judge that scored silver", beside)


def judge_of(task: PairTask) -> Path:
    """Return where the cross-encoder lies that an augmented rung left."""
    return state_of(task.workspace.model(as_trained(AUGMENTED))) / "teacher"


def stages_of(task: PairTask) -> tuple[Stage, ...]:
    """Return the stages of an augmented rung."""
    return finished_stages(state_of(task.workspace.model(as_trained(AUGMENTED))))


def _judged(test: Evaluator, judge: Path) -> ItemScores | None:
    if not isinstance(test, SimilarityEvaluator | PairClassificationEvaluator):
        return None
    pairs = list(zip(test.left, test.right, strict=True))
    model = CrossEncoder(judge, verbose=True)
    both_ways = model.score(pairs) + model.score([(other, one) for one, other in pairs])
    scores = both_ways.astype(np.float64) / 2
    if isinstance(test, PairClassificationEvaluator):
        return PairClassificationResult(scores, test.alike)
    return SimilarityResult({"cosine": scores}, test.scores)
