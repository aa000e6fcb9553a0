"""The candidates for labelled text, cheapest first."""

from collections.abc import Callable
from pathlib import Path

from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.fitting.labels.task import LabelTask, WithLabels, refit_tuner
from tunesmith.fitting.plans import RungPlan, Speed, base_space, encoder_of, given_rung
from tunesmith.fitting.task import Space
from tunesmith.progress import progress_bar
from tunesmith.recipes.contrastive import ContrastiveRecipe
from tunesmith.tuners.base import Tuner
from tunesmith.tuners.feed_forward import FeedForwardTuner
from tunesmith.tuners.linear import LinearTuner


def _tuned(tuner: Tuner) -> Callable[[LabelTask], Space]:
    def make(task: LabelTask) -> Space:
        return refit_tuner(Space(base_space(task).encoder, task.base, tuner), task.train)

    return make


def _trained(name: str, recipe: ContrastiveRecipe) -> Callable[[LabelTask], Space]:
    def make(task: LabelTask) -> Space:
        folder = task.workspace.model(name)
        if task.workspace.seconds(name) is None:
            task.workspace.finish(name, _train(task, recipe, folder))
        return Space(_encoder(task, folder), folder)

    return make


def _encoder(task: LabelTask, folder: Path) -> SentenceEncoder:
    if task.fold:
        return encoder_of(folder, [], cache=False)
    return encoder_of(folder, task.train.texts)


def _train(task: LabelTask, recipe: ContrastiveRecipe, folder: Path) -> float:
    with progress_bar("Training", recipe.work(len(task.train))) as advance:
        run = recipe.run(task.base, task.train.examples, folder, progress=advance, stop=task.stop)
    return run.seconds


def _network(seed: int) -> FeedForwardTuner:
    """Return an ensemble of five wide networks with noise, dropout and label smoothing.

    On frozen vectors this regularisation helps more than depth: it keeps the probe on the hidden
    layer from memorising the training texts.
    """
    return FeedForwardTuner(
        hidden_dim=512,
        learning_rate=1e-3,
        batch_size=64,
        activation="relu",
        start="random",
        dropout=0.5,
        noise=0.5,
        label_smoothing=0.1,
        n_networks=5,
        patience=8,
        random_state=seed,
    )


def rung_plans(
    examples: WithLabels, seed: int, given: ContrastiveRecipe | None = None
) -> tuple[RungPlan, ...]:
    """Return the rungs for these training examples, cheapest first.

    A given recipe is the only one that trains weights.

    Parameters
    ----------
    examples
        Training examples, for the estimates of the training time.
    seed
        Random seed of the rungs.
    given
        The caller's recipe, or None.

    Examples
    --------
    >>> from tunesmith.kinds import labelled_examples
    >>> examples = labelled_examples(["a card", "an order"], ["card", "order"])
    >>> [rung.name for rung in rung_plans(examples, seed=0)]
    ['base', 'linear', 'network', 'top', 'whole']
    """
    cheap = _cheap_plans(seed)
    if given is not None:
        name, title = given_rung(given.train_layers)
        return (*cheap, _recipe_plan(name, title, given, examples))
    top = ContrastiveRecipe(train_layers=2, seed=seed)
    whole = ContrastiveRecipe(train_layers=None, seed=seed)
    return (
        *cheap,
        _recipe_plan("top", "Top layers over a frozen trunk", top, examples),
        _recipe_plan("whole", "Whole model", whole, examples),
    )


def _cheap_plans(seed: int) -> tuple[RungPlan, ...]:
    return (
        RungPlan("base", "Untouched base", base_space, lambda speed: speed.encoding),
        RungPlan(
            "linear",
            "Closed-form linear map",
            _tuned(LinearTuner()),
            lambda speed: 0.1 + 2e-5 * len(speed.lengths),
        ),
        RungPlan(
            "network",
            "Small networks on vectors",
            _tuned(_network(seed)),
            lambda speed: 0.5 + 4e-3 * len(speed.lengths),
        ),
    )


def _recipe_plan(
    name: str, title: str, recipe: ContrastiveRecipe, examples: WithLabels
) -> RungPlan:
    def estimate(speed: Speed) -> float:
        cost = recipe.cost(examples, float(speed.lengths.mean()), speed.layers)
        return 1.0 + cost / speed.rate + speed.encoding

    return RungPlan(name, title, _trained(name, recipe), estimate)
