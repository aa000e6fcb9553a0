"""Contrastive training on labels: texts of one label move together and away from other labels.

Batches are class-balanced, and each text is encoded once per epoch. Small data sets compare
texts with each other; large ones compare them with a prototype vector learned for each class.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from tunesmith.errors import UsageError
from tunesmith.kinds import Examples
from tunesmith.recipes.losses.contrastive import prototype_loss, supervised_contrastive_loss
from tunesmith.recipes.training.batches import Batch
from tunesmith.recipes.training.labelled_texts import LabelledTexts
from tunesmith.recipes.training.lora import LORA_SPEED, require_lora
from tunesmith.recipes.training.recipe import Algorithm, Training
from tunesmith.recipes.training.run import StepClock
from tunesmith.recipes.training.text_training import Progress, TextTraining, load_model
from tunesmith.recipes.training.weights import Optimizing

Loss = Literal["pairs", "prototypes"]

MANY_TEXTS = 3000
MANY_TEXTS_A_CLASS = 20
"""Minimum number of texts, in total and per class on average, for training against prototypes."""


@dataclass(frozen=True)
class ContrastiveRecipe(Algorithm[LabelledTexts]):
    """Trains the upper layers of an encoder, or all of them, on labelled texts.

    Parameters
    ----------
    train_layers
        Number of upper layers to train; the layers below run once over the texts. None trains all
        layers. The embedding table is never trained.
    lora
        Rank of low-rank adapters on the linear layers to be trained (Hu et al., 2021). The adapters
        are trained in place of the layers and merged into them afterwards; None trains the layers
        themselves. Needs peft: ``pip install 'tunesmith[lora]'``.
    loss
        ``"pairs"`` compares the texts of a batch with each other
        (:func:`~tunesmith.recipes.losses.contrastive.supervised_contrastive_loss`);
        ``"prototypes"`` compares each text with a learned vector for every class, initialised to
        the mean of its texts (:func:`~tunesmith.recipes.losses.contrastive.prototype_loss`), for
        texts with one label each. None takes prototypes if there are at least 3,000 texts and 20
        per class on average.
    epochs
        Number of passes over the texts; None takes :func:`default_epochs`.
    batch_size
        Texts per step.
    per_class
        Texts of one class placed together in a batch.
    temperature
        Divisor of the cosine similarities in the loss; lower values focus on the nearest texts.
    learning_rate
        Peak learning rate of AdamW; it rises over the first ``warmup_ratio`` and then falls to
        zero. None takes 5e-4 for upper layers and 2e-4 for all, twice that for adapters; with
        prototypes 5e-4 and 1e-4, ten times that for adapters. It is less for vectors of more than
        384 dimensions, in proportion. Prototypes have 20 times the encoder's learning rate.
    label_smoothing
        With prototypes, the share of each target spread evenly over all classes.
    weight_decay, warmup_ratio
        Weight decay of AdamW, and share of steps for learning-rate warm-up.
    dropout
        Whether the trained layers use the model's dropout; None uses it with prototypes only.
    max_grad_norm
        Maximum gradient norm.
    seed
        Random seed for batches and dropout.

    Examples
    --------
    >>> recipe = ContrastiveRecipe(train_layers=2, epochs=3)
    >>> recipe.work(n_rows=100)
    400
    """

    train_layers: int | None = 2
    lora: int | None = None
    loss: Loss | None = None
    epochs: int | None = None
    batch_size: int = 64
    per_class: int = 2
    temperature: float = 0.05
    learning_rate: float | None = None
    label_smoothing: float = 0.1
    weight_decay: float = 0.01
    warmup_ratio: float = 0.1
    dropout: bool | None = None
    max_grad_norm: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Validate the parameters."""
        require_lora(self.lora)

    @property
    def name(self) -> str:
        """The recipe's name."""
        return "contrastive"

    def work(self, n_rows: int) -> int:
        """Return the number of texts that :meth:`run` reports to its progress callback.

        This is one pass through the frozen layers, if any, and one per epoch; duplicate texts
        reduce it.
        """
        return n_rows * (self.passes(n_rows) + (self.train_layers is not None))

    def cost(self, examples: Examples, mean_tokens: float, layers: int) -> float:
        """Return the cost of a run in tokens of one forward pass through the whole model."""
        tokens, rows = len(examples) * mean_tokens, len(examples)
        trained = layers if self.train_layers is None else min(self.train_layers, layers)
        step = STEP_COST * trained * self.passes(rows)
        return tokens * (layers - trained + step) / layers

    def training_data(self, examples: Examples) -> LabelledTexts:
        """Return the distinct texts with their labels; of a repeated text the first row counts."""
        return LabelledTexts.of_examples(examples)

    def training(self, folder: Path, data: LabelledTexts, clock: StepClock) -> "_Training":
        """Load the model of ``folder`` and return the training of it."""
        return _Training(self, folder, data, clock)

    def loss_for(self, targets: LabelledTexts) -> Loss:
        """Return the loss, as given or by default.

        Raises
        ------
        UsageError
            The loss needs exactly one label for each text, and the data have several.
        """
        if self.loss == "prototypes" and targets.multilabel:
            raise UsageError(
                "loss='prototypes' needs exactly one label per text",
                hint="choose loss='pairs'",
                option="loss",
            )
        if self.loss is not None:
            return self.loss
        many = len(targets.texts) >= MANY_TEXTS and targets.texts_per_class >= MANY_TEXTS_A_CLASS
        return "prototypes" if many else "pairs"

    def peak_rate(self, loss: Loss, width: int) -> float:
        """Return the peak learning rate, as given or by default.

        With Adam, the best rate falls as the width of a model grows (Yang et al., 2022, "Tensor
        Programs V").
        """
        if self.learning_rate is not None:
            return self.learning_rate
        rate = _RATES[loss][self.train_layers is None] * min(1.0, _WIDTH / width)
        return rate if self.lora is None else _ADAPTER_SPEED[loss] * rate

    def dropout_for(self, loss: Loss) -> bool:
        """Return whether dropout is on, as given or by default."""
        return loss == "prototypes" if self.dropout is None else self.dropout

    def passes(self, n_texts: int) -> int:
        """Return the number of epochs for ``n_texts`` texts."""
        return default_epochs(n_texts) if self.epochs is None else self.epochs


# A backward pass costs twice a forward pass; padding and the optimizer add a fifth to both.
STEP_COST = 3.0 * 1.2
_RATES: dict[Loss, tuple[float, float]] = {"pairs": (5e-4, 2e-4), "prototypes": (5e-4, 1e-4)}
_ADAPTER_SPEED: dict[Loss, float] = {"pairs": 2.0, "prototypes": LORA_SPEED}
_WIDTH = 384  # of the base for which the rates were measured
_PROTOTYPE_SPEED = 20.0
_TEXTS_TO_START_FROM = 8


def default_epochs(n_texts: int) -> int:
    """Return the default number of passes over ``n_texts`` texts.

    Examples
    --------
    >>> [default_epochs(n) for n in (100, 300, 616, 10003)]
    [10, 5, 3, 3]
    """
    return int(np.clip(round(1500 / max(n_texts, 1)), 3, 10))


class _Training(Training[Batch]):
    """The data and state of one run."""

    def __init__(
        self,
        recipe: ContrastiveRecipe,
        folder: Path,
        targets: LabelledTexts,
        clock: StepClock,
    ) -> None:
        self.recipe, self.targets = recipe, targets
        self.generator = np.random.default_rng(recipe.seed)
        self.epochs = recipe.passes(len(targets.texts))
        self.loss = recipe.loss_for(targets)
        self.prototypes: Tensor | None = None
        model = load_model(folder)
        optimizing = Optimizing(
            recipe.peak_rate(self.loss, model.get_embedding_dimension()),
            recipe.weight_decay,
            recipe.warmup_ratio,
            recipe.max_grad_norm,
        )
        self.weights: TextTraining = TextTraining(
            model, targets.texts, recipe.train_layers, optimizing, clock, recipe.lora
        )

    def prepare(self, progress: Progress | None) -> None:
        """Run the frozen layers, and start the prototypes from the means of their classes."""
        self.weights.prepare(progress)
        if self.loss == "prototypes" and not self.weights.clock.late:
            self.prototypes = self._class_means().requires_grad_()
            self.weights.add([self.prototypes], speed=_PROTOTYPE_SPEED)  # type: ignore[list-item]  # set above for this loss
        self.weights.model.train(self.recipe.dropout_for(self.loss))

    @torch.no_grad()
    def _class_means(self) -> Tensor:
        """Return the mean of the first few texts of each class, shape (classes, d)."""
        self.weights.model.eval()
        means = []
        for number in range(int(self.targets.classes.max()) + 1):
            rows = np.flatnonzero(self.targets.classes == number)[:_TEXTS_TO_START_FROM]
            vectors = torch.nn.functional.normalize(self.weights.vectors(rows), dim=1)
            means.append(vectors.mean(dim=0))
        return torch.nn.functional.normalize(torch.stack(means), dim=1)

    def epoch(self) -> list[Batch]:
        """Return class-balanced batches."""
        return self.targets.batches(self.recipe.batch_size, self.recipe.per_class, self.generator)

    def size(self, batch: Batch) -> int:
        """Return the number of texts in a batch."""
        return len(batch.rows)

    def result(self) -> Any:
        """Return the trained model, with adapters merged."""
        return self.weights.result()

    def step(self, batch: Batch) -> float:
        """Update the weights once and return the loss."""
        vectors = self.weights.vectors(batch.rows)
        groups = torch.from_numpy(batch.groups).to(vectors.device)
        loss = self._loss(vectors, groups)
        return 0.0 if loss is None else self.weights.update(loss)

    def _loss(self, vectors: Tensor, groups: Tensor) -> Tensor | None:
        temperature = self.recipe.temperature
        if self.prototypes is None:
            return supervised_contrastive_loss(vectors, groups, temperature)
        smoothing = self.recipe.label_smoothing
        return prototype_loss(vectors, self.prototypes, groups, temperature, smoothing)
