"""Training on unlabelled texts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import DataError, UsageError
from tunesmith.kinds import Examples, Kind
from tunesmith.recipes.losses.unlabelled import (
    LossSettings,
    UnlabelledLoss,
    make_loss,
    require_trainable,
)
from tunesmith.recipes.training.batches import shuffled_batches
from tunesmith.recipes.training.recipe import Algorithm, Training
from tunesmith.recipes.training.run import BACKWARD_COST, StepClock
from tunesmith.recipes.training.text_training import Progress, TextTraining, load_model
from tunesmith.recipes.training.weights import Optimizing

# Forward passes per text through a six-layer model; a head over the vocabulary counts as one.
_PASSES: dict[UnlabelledLoss, float] = {
    "simcse": 2.0,
    "contrastive_tension": 2.0,
    "masked_lm": 2.0,
    "tsdae": 2.5,
}


@dataclass(frozen=True)
class UnlabelledRecipe(Algorithm["DistinctTexts"]):
    """Trains an encoder on unlabelled texts.

    Parameters
    ----------
    loss
        ``"tsdae"``: a text is reconstructed from the vector of a copy with most words deleted;
        ``"simcse"``: two dropout views of a text are nearer than other texts of the batch;
        ``"contrastive_tension"``: the same with a second trained copy of the model as the other
        view; ``"masked_lm"``: masked tokens are predicted from context.
    train_layers
        Number of upper layers to train; None for all. The embedding table is never trained.
    epochs
        Number of passes over the texts.
    batch_size
        Texts per step; None takes 8 for ``tsdae`` and ``masked_lm``, else 32.
    learning_rate
        Peak learning rate.
    weight_decay, warmup_ratio, max_grad_norm
        See :class:`~tunesmith.recipes.training.weights.Optimizing`.
    pooling
        ``"own"`` keeps the model's pooling; ``"cls"`` takes the first token's vector, as TSDAE does
        for a plain transformer. The trained model keeps the pooling it was trained with.
    deletion
        Share of words that TSDAE deletes, 0 to 1.
    masking
        Share of tokens that masked language modelling masks, 0 to 1.
    scale
        Factor applied to cosines.
    max_tokens
        Maximum text length in tokens during training; longer texts are truncated. None takes 64
        for ``tsdae`` and ``masked_lm``, whose heads cost as much per token as all layers, else 128.
    seed
        Random seed for batches, dropout, and the words to delete or mask.

    Examples
    --------
    >>> UnlabelledRecipe("simcse", epochs=2).work(n_rows=100)
    200
    """

    loss: UnlabelledLoss
    train_layers: int | None = None
    epochs: int = 1
    batch_size: int | None = None
    learning_rate: float = 3e-5
    weight_decay: float = 0.01
    warmup_ratio: float = 0.1
    max_grad_norm: float = 1.0
    pooling: Literal["own", "cls"] = "own"
    deletion: float = 0.6
    masking: float = 0.15
    scale: float = 20.0
    max_tokens: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Validate the parameters."""
        if self.loss not in get_args(UnlabelledLoss):
            known = ", ".join(get_args(UnlabelledLoss))
            raise UsageError(f"loss is {self.loss!r}", hint=f"give one of {known}", option="loss")
        if self.epochs < 1 or self.texts_per_step < 2 or self.longest < 4:
            raise UsageError(
                f"epochs is {self.epochs}, batch_size {self.texts_per_step} and max_tokens "
                f"{self.longest}",
                hint="they must be at least 1, 2 and 4 respectively",
                option="epochs",
            )
        for name, share in (("deletion", self.deletion), ("masking", self.masking)):
            if not 0 < share < 1:
                raise UsageError(
                    f"{name} is {share:g}", hint="give a share between 0 and 1", option=name
                )

    @property
    def texts_per_step(self) -> int:
        """The batch size, or its default for the loss."""
        if self.batch_size is not None:
            return self.batch_size
        return 8 if self.reads_anew else 32

    @property
    def longest(self) -> int:
        """The maximum number of tokens read from a text."""
        if self.max_tokens is not None:
            return self.max_tokens
        return 64 if self.reads_anew else 128

    @property
    def name(self) -> str:
        """The recipe's name, that of its loss."""
        return self.loss

    def work(self, n_rows: int) -> int:
        """Return the number of texts that :meth:`run` reports to its progress callback."""
        return n_rows * self.epochs

    @property
    def reads_anew(self) -> bool:
        """Whether the tokens of a text change in each pass, so that no layer can run in advance."""
        return self.loss in {"tsdae", "masked_lm"}

    def cost(self, examples: Examples, mean_tokens: float, layers: int) -> float:
        """Return the cost of a run in tokens of one forward pass through the whole model."""
        tokens = len(examples) * min(mean_tokens, self.longest)
        trained = layers if self.train_layers is None else min(self.train_layers, layers)
        trunk = 0 if self.reads_anew else layers - trained
        updated = BACKWARD_COST * trained * _PASSES[self.loss] * self.epochs
        return tokens * (trunk + updated) / layers

    def require_trainable(self, folder: Path) -> None:
        """Raise ModelError if this loss cannot train the model; no weights are read."""
        require_trainable(self.loss, folder)

    def training_data(self, examples: Examples) -> "DistinctTexts":
        """Return the distinct texts."""
        return DistinctTexts.of(examples)

    def training(self, folder: Path, data: "DistinctTexts", clock: StepClock) -> "_Training":
        """Load the model of ``folder`` and return the training of it."""
        self.require_trainable(folder)
        return _Training(self, folder, data.texts, clock)


@dataclass(frozen=True)
class DistinctTexts:
    """Distinct texts to train on."""

    texts: list[str]

    @classmethod
    def of(cls, examples: Examples) -> "DistinctTexts":
        """Return the distinct texts of unlabelled examples.

        Raises
        ------
        UsageError
            The examples are of another kind.
        DataError
            There are fewer than two texts.
        """
        if examples.kind is not Kind.TEXTS:
            raise UsageError(
                f"this recipe needs texts, not {examples.kind}",
                hint="give it reshape(examples, 'texts')",
                option="examples",
            )
        texts = list(dict.fromkeys(examples.texts("text")))
        if len(texts) < 2:
            raise DataError(f"{len(texts)} texts are too few to train on", hint="give at least 2")
        return cls(texts)

    def numbers(self) -> list[NDArray[Any]]:
        """Return nothing: there are only texts."""
        return []


class _Training(Training[NDArray[np.int64]]):
    """One run: the texts, the loss, and the weights."""

    def __init__(
        self, recipe: UnlabelledRecipe, folder: Path, texts: list[str], clock: StepClock
    ) -> None:
        self.recipe, self.epochs = recipe, recipe.epochs
        self.generator = np.random.default_rng(recipe.seed)
        model = load_model(folder)
        if recipe.pooling == "cls":
            _pool_first_token(model)
        self._length = model.max_seq_length
        model.max_seq_length = min(self._length or recipe.longest, recipe.longest)
        settings = LossSettings(recipe.deletion, recipe.masking, recipe.scale, recipe.train_layers)
        self.loss = make_loss(recipe.loss, model, settings)
        optimizing = Optimizing(
            recipe.learning_rate, recipe.weight_decay, recipe.warmup_ratio, recipe.max_grad_norm
        )
        self.weights: TextTraining = TextTraining(
            model, texts, recipe.train_layers, optimizing, clock
        )
        if parameters := self.loss.parameters():
            self.weights.add(parameters)

    def prepare(self, progress: Progress | None) -> None:
        """Run the frozen layers, unless the texts change in each pass."""
        del progress  # texts are reported when they are trained on
        if not self.recipe.reads_anew:
            self.weights.prepare(None)
        for module in (self.weights.model, *self.loss.modules()):
            module.train()

    def result(self) -> Any:
        """Return the model with its original maximum length."""
        self.weights.model.max_seq_length = self._length
        return self.weights.result()

    def epoch(self) -> list[NDArray[np.int64]]:
        """Return shuffled batches."""
        return shuffled_batches(len(self.weights.texts), self.recipe.texts_per_step, self.generator)

    def step(self, batch: NDArray[np.int64]) -> float:
        """Update the weights once and return the loss."""
        return self.weights.update(self.loss.loss(self.weights, batch, self.generator))


def _pool_first_token(model: Any) -> None:
    from sentence_transformers.sentence_transformer.modules import Pooling  # noqa: PLC0415 - takes seconds

    for index, module in enumerate(model):
        if isinstance(module, Pooling):
            model[index] = Pooling(module.get_embedding_dimension(), "cls")
