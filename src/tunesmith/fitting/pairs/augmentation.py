"""Augmented training on the test set: silver pairs against gold alone, and the cross-encoder."""

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
from tunesmith.fitting.task import TrainedCandidate
from tunesmith.fitting.workspace import state_folder, trained_name
from tunesmith.recipes.training.stages import finished_stages
from tunesmith.results.summary import Compared, Stage

AUGMENTED = "augmented"


def compare_silver(
    ladder: LadderResult[TrainedCandidate], task: PairTask, test: Evaluator, base: ItemScores
) -> tuple[Compared, ...]:
    """Compare training with and without silver pairs, and the cross-encoder with the base.

    Empty if the augmented rung was not finished.

    Parameters
    ----------
    ladder, task
        The finished ladder and its task.
    test
        Evaluator of the held-out test set.
    base
        Test scores of the base.
    """
    spaces = {candidate.name: candidate.space for candidate in ladder.candidates}
    if not {"top", AUGMENTED} <= spaces.keys():
        return ()
    gold, both = (test.evaluate(spaces[name].encode) for name in ("top", AUGMENTED))
    change = Comparison(gold, both, task.seed).change(test.headline)
    silver = Compared("Gold and silver vs gold alone", "same number of training steps", change)
    teacher = _teacher_scores(test, teacher_folder(task))
    if teacher is None:
        return (silver,)
    change = Comparison(base, teacher, task.seed).change(test.headline)
    note = "the cross-encoder that scored the silver pairs"
    return silver, Compared("Cross-encoder vs base", note, change)


def teacher_folder(task: PairTask) -> Path:
    """Return the folder of the cross-encoder trained by an augmented rung."""
    return state_folder(task.workspace.model(trained_name(AUGMENTED))) / "teacher"


def stages_of(task: PairTask) -> tuple[Stage, ...]:
    """Return the finished stages of an augmented rung."""
    return finished_stages(state_folder(task.workspace.model(trained_name(AUGMENTED))))


def _teacher_scores(test: Evaluator, teacher: Path) -> ItemScores | None:
    if not isinstance(test, SimilarityEvaluator | PairClassificationEvaluator):
        return None
    pairs = list(zip(test.left, test.right, strict=True))
    model = CrossEncoder(teacher, verbose=True)
    both_ways = model.score(pairs) + model.score([(other, one) for one, other in pairs])
    scores = both_ways.astype(np.float64) / 2
    if isinstance(test, PairClassificationEvaluator):
        return PairClassificationResult(scores, test.positive)
    return SimilarityResult({"cosine": scores}, test.scores)
