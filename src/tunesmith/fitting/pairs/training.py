"""The rungs that train weights: a recipe's model, blended with the base by validation score."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.reshaping.reshape import reshape
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.evaluation.evaluator import Encode, Evaluator
from tunesmith.evaluation.item_scores import value
from tunesmith.evaluation.pairs.evaluators import RetrievalEvaluator
from tunesmith.fitting.pairs.task import MOST_DOCUMENTS, PairTask
from tunesmith.fitting.plans import RungPlan, Speed, base_space, encoder_of
from tunesmith.fitting.task import Space
from tunesmith.fitting.workspace import state_folder, trained_name
from tunesmith.kinds import Examples, Kind
from tunesmith.progress import progress_bar
from tunesmith.recipes.training.blend import SHARES, blend, choose_blend
from tunesmith.recipes.training.options import RunOptions, Score
from tunesmith.recipes.training.recipe import Recipe
from tunesmith.vectors.similarity import search

# Scoring more often on part of the validation set would select weights by chance.
_EVALS_PER_EPOCH = 1


def recipe_plan(
    name: str, title: str, recipe: Recipe, examples: Examples, task: PairTask
) -> RungPlan:
    """Return the rung of a recipe.

    Parameters
    ----------
    name, title
        Name and title of the rung.
    recipe, examples
        Recipe and its training data.
    task
        Task of the ladder.
    """
    learned, scored = len(task.learned), task.scored_texts
    shorter = _mean_characters(examples.all_texts()) / _mean_characters(task.learned)
    evaluations = 2 + getattr(recipe, "epochs", 1)

    def estimate(speed: Speed) -> float:
        mean = shorter * float(speed.lengths[:learned].mean())
        training = 1.0 + recipe.cost(examples, mean, speed.layers) / speed.rate
        each = float(speed.lengths[learned:].mean()) if len(speed.lengths) > learned else 0.0
        evaluation = (evaluations + len(SHARES)) * scored * each / speed.rate
        return training + evaluation + speed.encoding

    return RungPlan(name, title, _trained(name, recipe, examples.kind), estimate)


def _mean_characters(texts: Sequence[str]) -> float:
    return max(sum(map(len, texts)), 1) / max(len(texts), 1)


def _trained(name: str, recipe: Recipe, kind: Kind) -> Callable[[PairTask], Space]:
    def make(task: PairTask) -> Space:
        trained, blended = (task.workspace.model(each) for each in (trained_name(name), name))
        if task.workspace.seconds(trained_name(name)) is None:
            task.workspace.finish(trained_name(name), _train(task, recipe, kind, trained))
        if task.share is not None:
            blend(task.base, trained, task.share, blended)
            return Space(encoder_of(blended, []), blended)
        if task.workspace.seconds(name) is None:
            chosen = choose_blend(task.base, trained, blended, _scorer(task))
            task.workspace.write_number(name, chosen.share)
            task.workspace.finish(name, task.workspace.seconds(trained_name(name)) or 0.0)
        return Space(encoder_of(blended, task.texts), blended)

    return make


def _train(task: PairTask, recipe: Recipe, kind: Kind, folder: Path) -> float:
    examples = reshape(task.train, kind, seed=task.seed)
    options = RunOptions(
        checkpoint=state_folder(folder),
        score=None if task.share is not None else _validation_score(task),
        fallback_to_base=False,  # the ladder compares with the base, and blends the weights with it
        evals_per_epoch=_EVALS_PER_EPOCH,
    )
    with progress_bar("Training", recipe.work(len(examples))) as advance:
        run = recipe.run(
            task.base,
            examples,
            folder,
            progress=advance,
            stop=task.stop,
            options=options,
        )
    return run.seconds


def _validation_score(task: PairTask) -> Score:
    evaluator = _reduced_validation(task)
    return lambda encode: value(evaluator.evaluate(_any_prompt(encode)), evaluator.headline)


def _any_prompt(encode: Callable[[Sequence[str]], NDArray[np.float32]]) -> Encode:
    def without_prompt(texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
        del prompt  # a model in training has no prompts
        return encode(texts)

    return without_prompt


def _scorer(task: PairTask) -> Callable[[Path], float]:
    """Return a function that scores a model folder on validation, with a reduced corpus."""
    evaluator = _reduced_validation(task)

    def score(folder: Path) -> float:
        encoder = SentenceEncoder(str(folder), cache=False, verbose=True)
        return value(evaluator.evaluate(encoder.encode), evaluator.headline)

    return score


def _reduced_validation(task: PairTask) -> Evaluator:
    evaluator = task.validation
    if isinstance(evaluator, RetrievalEvaluator) and len(evaluator.documents) > MOST_DOCUMENTS:
        return reduce_corpus(evaluator, base_space(task))
    return evaluator


def reduce_corpus(evaluator: RetrievalEvaluator, base: Space) -> RetrievalEvaluator:
    """Return the evaluator over the relevant documents and the base's top results, for speed."""
    documents = base.encode(evaluator.documents, prompt="document")
    each = max(2, MOST_DOCUMENTS // len(evaluator))
    found = search(base.encode(evaluator.queries, prompt="query"), documents, k=each).indices
    kept = np.union1d(found, np.concatenate(evaluator.relevant))
    indices = np.full(len(evaluator.documents), -1)
    indices[kept] = np.arange(len(kept))
    return evaluator.with_documents([evaluator.documents[index] for index in kept], indices)
