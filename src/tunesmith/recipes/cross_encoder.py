"""Training of cross-encoders: two texts in, one score out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits

from tunesmith.encoders.cross_encoder import load_to_train, predict
from tunesmith.errors import UsageError
from tunesmith.kinds import Examples, Kind
from tunesmith.recipes.training.batches import length_buckets
from tunesmith.recipes.training.options import Score
from tunesmith.recipes.training.recipe import Algorithm, Training
from tunesmith.recipes.training.run import BACKWARD_COST, StepClock
from tunesmith.recipes.training.text_training import Progress
from tunesmith.recipes.training.text_tuples import TextTuples
from tunesmith.recipes.training.trunk import tokens
from tunesmith.recipes.training.weights import Optimizing, Weights

_BUCKETS = 4


@dataclass(frozen=True)
class CrossRecipe(Algorithm[TextTuples]):
    """Trains a cross-encoder on scored pairs: the logistic function of its output is the score.

    All layers except the embedding table are trained. Each epoch swaps the texts of half of the
    pairs, because scores are symmetric.

    Parameters
    ----------
    epochs
        Number of passes over the rows.
    batch_size
        Rows per step.
    learning_rate
        Peak learning rate.
    weight_decay, warmup_ratio, max_grad_norm
        See :class:`~tunesmith.recipes.training.weights.Optimizing`.
    dropout
        Whether to use the model's dropout.
    seed
        Random seed for the new head, batches, text order and dropout.

    Examples
    --------
    >>> CrossRecipe(epochs=4).work(n_rows=100)
    400
    """

    epochs: int = 4
    batch_size: int = 32
    learning_rate: float = 1e-4
    weight_decay: float = 0.01
    warmup_ratio: float = 0.1
    max_grad_norm: float = 1.0
    dropout: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        """Validate the parameters."""
        if self.epochs < 1 or self.batch_size < 2:
            raise UsageError(
                f"epochs is {self.epochs} and batch_size {self.batch_size}",
                hint="give at least one epoch and a batch size of 2",
                option="epochs",
            )

    @property
    def name(self) -> str:
        """The recipe's name."""
        return "cross_encoder"

    def work(self, n_rows: int) -> int:
        """Return the number of rows that :meth:`run` reports to its progress callback."""
        return n_rows * self.epochs

    def cost(self, examples: Examples, mean_tokens: float, layers: int) -> float:
        """Return the cost of a run in tokens of one forward pass through the whole model."""
        del layers  # all of them are trained
        return 2 * mean_tokens * self.work(len(examples)) * BACKWARD_COST

    def training_data(self, examples: Examples) -> TextTuples:
        """Return scored pairs as indices of distinct texts.

        Raises
        ------
        UsageError
            The examples are not scored pairs.
        DataError
            A score is missing or out of range, or there are too few rows.
        """
        if examples.kind is not Kind.SCORED_PAIRS:
            raise UsageError(
                f"training a cross-encoder needs scored_pairs, not {examples.kind}",
                hint="give it reshape(examples, 'scored_pairs')",
                option="examples",
            )
        return TextTuples.to_train(examples)

    def training(self, folder: Path, data: TextTuples, clock: StepClock) -> "_Training":
        """Load a cross-encoder, or a transformer, which gets a new head."""
        return _Training(self, folder, data, clock)


class _Training(Training[NDArray[np.int64]]):
    """One run: the tuples and the weights. Rows whose texts are swapped are bit-inverted."""

    def __init__(
        self, recipe: CrossRecipe, folder: Path, tuples: TextTuples, clock: StepClock
    ) -> None:
        self.recipe, self.tuples, self.epochs = recipe, tuples, recipe.epochs
        self.generator = np.random.default_rng(recipe.seed)
        optimizing = Optimizing(
            recipe.learning_rate, recipe.weight_decay, recipe.warmup_ratio, recipe.max_grad_norm
        )
        self.weights: CrossWeights = CrossWeights(folder, optimizing, clock)

    def prepare(self, progress: Progress | None) -> None:
        """Switch dropout on or off."""
        del progress  # there is nothing to do before the first step
        self.weights.model.train(self.recipe.dropout)

    def epoch(self) -> list[NDArray[np.int64]]:
        """Return batches of rows, half of them swapped."""
        swapped = np.where(self.generator.random(len(self.tuples)) < 0.5, -1, 0)
        rows = self.tuples.batches(self.recipe.batch_size, self.generator, distinct=False)
        return [np.where(swapped[batch], ~batch, batch) for batch in rows]

    def step(self, batch: NDArray[np.int64]) -> float:
        """Update the weights once and return the loss."""
        return self.weights.step(self.tuples, batch)


class CrossWeights(Weights):
    """The weights of a cross-encoder under training.

    Parameters
    ----------
    folder
        Folder of a cross-encoder, or of a transformer, which gets a new head.
    optimizing
        Optimizer settings.
    clock
        Step counter.
    """

    def __init__(self, folder: Path, optimizing: Optimizing, clock: StepClock) -> None:
        model = load_to_train(folder)
        model.transformers_model.get_input_embeddings().requires_grad_(False)
        parameters = [each for each in model.parameters() if each.requires_grad]
        super().__init__(model, parameters, optimizing, clock)

    def validation_score(self, score: Score) -> float:
        """Return the validation score of the current weights."""
        return score(self.scores)

    def scores(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Return the current scores of pairs, float32, shape (n,)."""
        return predict(self.model, pairs)

    def step(self, tuples: TextTuples, rows: NDArray[np.int64]) -> float:
        """Update the weights once, and return the loss.

        Pairs are processed in buckets of similar length to reduce padding.
        """
        pairs = [_pair(tuples, int(row)) for row in rows]
        targets = tuples.targets(np.where(rows < 0, ~rows, rows))
        lengths = np.array([len(one) + len(other) for one, other in pairs])
        losses = []
        for bucket in length_buckets(lengths, _BUCKETS):
            logits = self._logits([pairs[index] for index in bucket])
            expected = targets[torch.from_numpy(bucket)].to(logits.device)
            losses.append(binary_cross_entropy_with_logits(logits, expected, reduction="sum"))
        return self.update(torch.stack(losses).sum() / len(pairs))

    def _logits(self, pairs: list[tuple[str, str]]) -> torch.Tensor:
        scores: torch.Tensor = self.model(tokens(self.model, pairs))["scores"]
        return scores.reshape(-1)


def _pair(tuples: TextTuples, row: int) -> tuple[str, str]:
    index = ~row if row < 0 else row
    one, other = tuples.texts[tuples.first[index]], tuples.texts[tuples.second[index]]
    return (other, one) if row < 0 else (one, other)
