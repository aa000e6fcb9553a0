"""Training on pairs, scored pairs, NLI and triplets.

The losses come from sentence-transformers. Each distinct text of a batch is encoded once, in
buckets of similar length; the frozen layers run once per training run.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tunesmith.errors import DataError, UsageError
from tunesmith.kinds import Examples, Kind
from tunesmith.recipes.losses.kinds import ACCEPTED_KINDS, PairedLoss
from tunesmith.recipes.losses.paired import LossConfig
from tunesmith.recipes.training.lora import LORA_SPEED, require_lora
from tunesmith.recipes.training.recipe import Algorithm, Training
from tunesmith.recipes.training.run import BACKWARD_COST, StepClock
from tunesmith.recipes.training.text_training import Progress, TextTraining, load_model
from tunesmith.recipes.training.text_tuples import TextTuples
from tunesmith.recipes.training.weights import Optimizing

# A few hundred rows at the learning rate for thousands of rows make the model worse.
MANY_ROWS = 3000
_CLASSIFIER_SPEED = 20.0


@dataclass(frozen=True)
class PairedRecipe(Algorithm[TextTuples]):
    """Trains the upper layers of an encoder, or all of them, on pairs or triplets of texts.

    Parameters
    ----------
    loss
        ``"softmax"`` for NLI: a classifier over both vectors and their difference (Reimers and
        Gurevych, 2019); ``"cosine"`` for scored pairs: the squared difference of cosine and score;
        ``"cosent"`` for scored pairs: their order only (Su, 2022); ``"ranking"`` for pairs and
        triplets: the multiple-negatives ranking loss with in-batch negatives (Henderson et al.,
        2017); ``"triplet"`` for triplets: nearer to the positive than to the negative by a margin
        (Schroff et al., 2015); ``"margins"`` for triplets with one negative each and a column
        ``margin``: the difference of the cosines of positive and negative equals the margin
        (Hofstätter et al., 2020).
    train_layers
        Number of upper layers to train; the layers below run once over the texts. None trains all
        layers. The embedding table is never trained.
    lora
        Rank of low-rank adapters on the linear layers to be trained (Hu et al., 2021). The adapters
        are trained in place of the layers and merged into them afterwards; None trains the layers
        themselves. Needs peft: ``pip install 'tunesmith[lora]'``.
    epochs
        Passes over the rows.
    batch_size
        Rows per step. Larger batches improve the ranking loss.
    mini_batch
        Texts encoded at a time, which limits the memory of a large batch (GradCache; Gao et al.,
        2021). The gradient is that of the whole batch, but every text is encoded twice. None
        encodes all texts of a batch together.
    matryoshka_dims
        Dimensions at which truncated vectors are trained along with full ones, so that embeddings
        can be truncated later (Matryoshka; Kusupati et al., 2022). The loss is the mean over these
        and the model's own dimension.
    learning_rate
        Peak learning rate; None takes 2e-4 for upper layers on 3,000 rows or more, else 5e-5, and
        ten times that for adapters.
    weight_decay, warmup_ratio, max_grad_norm
        See :class:`~tunesmith.recipes.training.text_training.Optimizing`.
    dropout
        Whether the trained layers keep the model's own dropout.
    scale
        Factor applied to cosines in the ranking and CoSENT losses.
    both_directions
        Whether the ranking loss also ranks each positive's anchor among the anchors of the batch.
    margin
        Margin of the triplet loss, in cosine distance.
    seed
        Random seed for batches, dropout and the choice among several negatives.

    Examples
    --------
    >>> PairedRecipe("cosent", train_layers=3, epochs=2).work(n_rows=100)
    200
    """

    loss: PairedLoss
    train_layers: int | None = 2
    lora: int | None = None
    epochs: int = 2
    batch_size: int = 32
    mini_batch: int | None = None
    matryoshka_dims: tuple[int, ...] = ()
    learning_rate: float | None = None
    weight_decay: float = 0.01
    warmup_ratio: float = 0.1
    max_grad_norm: float = 1.0
    dropout: bool = True
    scale: float = 20.0
    both_directions: bool = False
    margin: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        """Validate the parameters."""
        require_lora(self.lora)
        if self.loss not in get_args(PairedLoss):
            known = ", ".join(get_args(PairedLoss))
            raise UsageError(f"loss is {self.loss!r}", hint=f"give one of {known}", option="loss")
        if self.epochs < 1 or self.batch_size < 2:
            raise UsageError(
                f"epochs is {self.epochs} and batch_size {self.batch_size}",
                hint="give at least one epoch and a batch size of 2",
                option="epochs",
            )
        if self.mini_batch is not None and self.mini_batch < 1:
            raise UsageError(
                f"mini_batch is {self.mini_batch}", hint="give 1 or more", option="mini_batch"
            )
        if min(self.matryoshka_dims, default=1) < 1:
            raise UsageError(
                f"matryoshka_dims has {min(self.matryoshka_dims)}",
                hint="give 1 or more",
                option="matryoshka_dims",
            )

    @property
    def name(self) -> str:
        """The recipe's name, that of its loss."""
        return self.loss

    def work(self, n_rows: int) -> int:
        """Return the number of rows that :meth:`run` reports to its progress callback."""
        return n_rows * self.epochs

    def peak_rate(self, n_rows: int) -> float:
        """Return the peak learning rate, as given or the default for this number of rows."""
        if self.learning_rate is not None:
            return self.learning_rate
        rate = 2e-4 if self.train_layers is not None and n_rows >= MANY_ROWS else 5e-5
        return rate if self.lora is None else LORA_SPEED * rate

    def repeated(self, times: int, n_rows: int) -> "PairedRecipe":
        """Return the recipe that reads ``n_rows`` rows ``times`` times as often.

        Examples
        --------
        >>> often = PairedRecipe("cosent", epochs=2).repeated(9, n_rows=1_000)
        >>> often.epochs, often.learning_rate
        (18, 0.0002)
        """
        rate = self.peak_rate(times * n_rows)
        return replace(self, epochs=times * self.epochs, learning_rate=rate)

    def cost(self, examples: Examples, mean_tokens: float, layers: int) -> float:
        """Return the cost of a run in tokens of one forward pass through the whole model."""
        distinct = len(set(examples.all_texts()))
        trained = layers if self.train_layers is None else min(self.train_layers, layers)
        rows = len(examples) * (3 if examples.kind is Kind.TRIPLETS else 2)
        updated = BACKWARD_COST * trained * rows * self.epochs
        return mean_tokens * (distinct * (layers - trained) + updated) / layers

    def training_data(self, examples: Examples) -> TextTuples:
        """Return the rows as indices of distinct texts, with their scores or classes.

        Raises
        ------
        UsageError
            The loss needs another kind of data.
        DataError
            Margins or scores are missing, or there are too few rows.
        """
        accepted = ACCEPTED_KINDS[self.loss]
        if examples.kind not in accepted:
            known = " or ".join(accepted)
            raise UsageError(
                f"the {self.loss} loss needs {known}, not {examples.kind}",
                hint="reshape the examples, or choose another loss",
                option="loss",
            )
        tuples = TextTuples.to_train(examples)
        if self.loss == "margins" and tuples.values is None:
            raise DataError(
                "these triplets have no margin column", hint="choose ranking or triplet"
            )
        return tuples

    def training(self, folder: Path, data: TextTuples, clock: StepClock) -> "_Training":
        """Load the model of ``folder`` and return the training of it."""
        return _Training(self, folder, data, clock)


class _Training(Training[NDArray[np.int64]]):
    """One run: the tuples, the loss, and the weights."""

    def __init__(
        self, recipe: PairedRecipe, folder: Path, tuples: TextTuples, clock: StepClock
    ) -> None:
        self.recipe, self.tuples, self.epochs = recipe, tuples, recipe.epochs
        self.generator = np.random.default_rng(recipe.seed)
        optimizing = Optimizing(
            recipe.peak_rate(len(tuples)),
            recipe.weight_decay,
            recipe.warmup_ratio,
            recipe.max_grad_norm,
        )
        self.weights: TextTraining = TextTraining(
            load_model(folder), tuples.texts, recipe.train_layers, optimizing, clock, recipe.lora
        )
        config = LossConfig(
            recipe.loss, recipe.scale, recipe.both_directions, recipe.margin, recipe.matryoshka_dims
        )
        self.loss = config.make(self.weights.model)
        parameters = list(self.loss.parameters()) if isinstance(self.loss, nn.Module) else []
        if parameters:
            self.weights.add(parameters, speed=_CLASSIFIER_SPEED)

    def prepare(self, progress: Progress | None) -> None:
        """Run the frozen layers."""
        del progress  # rows are reported, not the texts of this pass
        self.weights.prepare(None)
        self.weights.model.train(self.recipe.dropout)

    def result(self) -> Any:
        """Return the trained model, with adapters merged."""
        return self.weights.result()

    def epoch(self) -> list[NDArray[np.int64]]:
        """Return batches of rows.

        Raises
        ------
        DataError
            No batch has two rows without a shared text.
        """
        # The same text in another row of the batch would be a false negative.
        distinct = self.recipe.loss == "ranking"
        found = self.tuples.batches(self.recipe.batch_size, self.generator, distinct=distinct)
        if not found:
            raise DataError(
                "each row shares a text with every other row, so there are no in-batch negatives",
                hint="choose another loss",
            )
        return found

    def step(self, batch: NDArray[np.int64]) -> float:
        """Update the weights once and return the loss."""
        columns = self.tuples.columns(batch, self.generator)
        distinct, indices = np.unique(columns, return_inverse=True)
        targets = self.tuples.targets(batch)

        def loss(vectors: Tensor) -> Tensor:
            parts = [vectors[torch.from_numpy(column)] for column in indices.reshape(columns.shape)]
            return self.loss(parts, targets.to(vectors.device))

        if self.recipe.mini_batch is not None:
            return self.weights.update_in_parts(distinct, loss, self.recipe.mini_batch)
        return self.weights.update(loss(self.weights.vectors(distinct)))
