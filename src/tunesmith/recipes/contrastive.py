"""Contrastive training on labels: texts of one label move together and away from other labels.

Batches are class-balanced, and each text is encoded once per epoch. Small data sets compare
texts with each other; large ones compare them with a prototype vector learned for each class.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from tunesmith.errors import UsageError
from tunesmith.recipes.losses.contrastive import prototype_loss, supervised_contrastive_loss
from tunesmith.recipes.training.batches import Batch
from tunesmith.recipes.training.checkpoint import Checkpoint, open_checkpoint
from tunesmith.recipes.training.epochs import Epochs
from tunesmith.recipes.training.labelled_texts import LabelledTexts
from tunesmith.recipes.training.lora import LORA_SPEED, require_lora
from tunesmith.recipes.training.options import PLAIN, RunOptions
from tunesmith.recipes.training.run import RecipeRun, StepClock, require_free, save_model
from tunesmith.recipes.training.text_training import Progress, TextTraining, load_model
from tunesmith.recipes.training.weights import Optimizing
from tunesmith.stop import Stop

Loss = Literal["pairs", "prototypes"]

MANY_TEXTS = 3000
MANY_TEXTS_A_CLASS = 20
"""Fewest texts, in total and per class on average, for training against prototypes."""


@dataclass(frozen=True)
class ContrastiveRecipe:
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
        zero. None takes 2e-4 for upper layers and 5e-5 for all; with prototypes, 5e-4 and 1e-4; ten
        times that for adapters. Prototypes have 20 times the encoder's learning rate.
    label_smoothing
        With prototypes, the share of each target spread evenly over all classes.
    weight_decay, warmup_ratio
        Weight decay of AdamW, and share of steps for learning-rate warm-up.
    dropout
        Whether the trained layers use the model's dropout; None uses it with prototypes only.
    max_grad_norm
        Maximum gradient norm.
    seed
        Random seed for batches and dropout, unless :meth:`run` is given one.

    Examples
    --------
    >>> recipe = ContrastiveRecipe(train_layers=2, epochs=3)
    >>> recipe.work(n_texts=100)
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

    def work(self, n_texts: int) -> int:
        """Return the number of texts that :meth:`run` reports to its progress callback.

        This is one pass through the frozen layers, if any, and one per epoch; duplicate texts
        reduce it.
        """
        return n_texts * (self.passes(n_texts) + (self.train_layers is not None))

    def estimate(self, token_lengths: ArrayLike, rate: float, *, layers: int = 6) -> float:
        """Return the expected wall time of :meth:`run` in seconds.

        Parameters
        ----------
        token_lengths
            Number of tokens of each text, shape (n,).
        rate
            Encoding speed of the whole model on this machine, in tokens per second.
        layers
            Number of layers of the model.
        """
        lengths = np.asarray(token_lengths, dtype=np.int64)
        trained = layers if self.train_layers is None else min(self.train_layers, layers)
        encoding = float(lengths.sum()) / rate
        trunk = encoding * (layers - trained) / layers
        # A backward pass costs twice a forward pass; padding and the optimizer add to both.
        step = encoding * 3.0 * _OVERHEAD * trained / layers
        return _FIXED_SECONDS + trunk + step * self.passes(len(lengths))

    def run(
        self,
        folder: Path,
        texts: Sequence[str],
        labels: ArrayLike,
        out: Path,
        *,
        progress: Progress | None = None,
        stop: Stop | None = None,
        seed: int | None = None,
        options: RunOptions = PLAIN,
    ) -> RecipeRun:
        """Train the model of ``folder`` and write a sentence-transformers folder to ``out``.

        Parameters
        ----------
        folder
            A sentence-transformers folder to start from.
        texts
            n texts; a duplicate counts once, with its first label.
        labels
            One label each, shape (n,); or 1, 0 and NaN for unknown, shape (n, labels).
        out
            Output folder; written under a temporary name and renamed, so it is complete or absent.
        progress
            Called with the number of texts done, :meth:`work` in total.
        stop
            Token that ends training. The number of steps is reduced to what its time limit allows,
            and the last weights are kept; when it is set, the checkpoint is written and
            :class:`~tunesmith.errors.Cancelled` is raised.
        seed
            Random seed, overriding the recipe's. The same seed gives the same weights on a CPU;
            the caller's random state is not changed.
        options
            Validation during training, to keep the best weights instead of the last, and the
            checkpoint folder from which an interrupted run resumes.

        Raises
        ------
        UsageError
            If ``lora`` exceeds the model's hidden size, or the checkpoint belongs to another run.
        DamagedModel
            If the checkpoint cannot be resumed.
        DataError
            If the labels do not form two groups.
        ModelError
            If the model's layers cannot be split.
        OutputError
            If ``out`` exists or cannot be written.
        TunesmithError
            If the loss is not finite; nothing is written.
        """
        begun = time.monotonic()
        require_free(out)
        targets = LabelledTexts.of(texts, labels)
        recipe = self if seed is None else replace(self, seed=seed)
        checkpoint = open_checkpoint(options, recipe, folder, targets.texts, [targets.classes])
        with torch.random.fork_rng():
            torch.manual_seed(recipe.seed)
            training = _Training(recipe, folder, targets, StepClock(stop))
            epochs = training.run(progress, options, checkpoint)
        save_model(training.weights.result(), out)
        if checkpoint is not None:
            checkpoint.remove()
        return epochs.report(time.monotonic() - begun)

    def loss_for(self, targets: LabelledTexts) -> Loss:
        """Return the loss, as given or by default."""
        if self.loss == "prototypes" and targets.multilabel:
            raise UsageError(
                "loss='prototypes' needs exactly one label per text: choose loss='pairs'"
            )
        if self.loss is not None:
            return self.loss
        many = len(targets.texts) >= MANY_TEXTS and targets.texts_per_class >= MANY_TEXTS_A_CLASS
        return "prototypes" if many else "pairs"

    def peak_rate(self, loss: Loss) -> float:
        """Return the peak learning rate, as given or by default."""
        if self.learning_rate is not None:
            return self.learning_rate
        rate = _RATES[loss][self.train_layers is None]
        return rate if self.lora is None else LORA_SPEED * rate

    def dropout_for(self, loss: Loss) -> bool:
        """Return whether dropout is on, as given or by default."""
        return loss == "prototypes" if self.dropout is None else self.dropout

    def passes(self, n_texts: int) -> int:
        """Return the number of epochs for ``n_texts`` texts."""
        return default_epochs(n_texts) if self.epochs is None else self.epochs


_OVERHEAD = 1.2
_FIXED_SECONDS = 1.0
_RATES: dict[Loss, tuple[float, float]] = {"pairs": (2e-4, 5e-5), "prototypes": (5e-4, 1e-4)}
_PROTOTYPE_SPEED = 20.0
_TEXTS_TO_START_FROM = 8


def default_epochs(n_texts: int) -> int:
    """Return the default number of passes over ``n_texts`` texts.

    Examples
    --------
    >>> [default_epochs(n) for n in (100, 616, 2464, 10003)]
    [20, 5, 3, 3]
    """
    return int(np.clip(round(3000 / max(n_texts, 1)), 3, 20))


class _Training:
    """The data and state of one run."""

    def __init__(
        self,
        recipe: ContrastiveRecipe,
        folder: Path,
        targets: LabelledTexts,
        clock: StepClock,
    ) -> None:
        self.recipe, self.targets = recipe, targets
        self.rng = np.random.default_rng(recipe.seed)
        self.loss = recipe.loss_for(targets)
        self.prototypes: Tensor | None = None
        optimizing = Optimizing(
            recipe.peak_rate(self.loss),
            recipe.weight_decay,
            recipe.warmup_ratio,
            recipe.max_grad_norm,
        )
        self.weights = TextTraining(
            load_model(folder), targets.texts, recipe.train_layers, optimizing, clock, recipe.lora
        )

    def run(
        self, progress: Progress | None, options: RunOptions, checkpoint: Checkpoint | None
    ) -> Epochs:
        """Run the frozen layers, then the epochs that the time allows."""
        self.weights.prepare(progress)
        model = self.weights.model
        if self.loss == "prototypes" and not self.weights.clock.late:
            self.prototypes = self._class_means().requires_grad_()
            self.weights.add([self.prototypes], speed=_PROTOTYPE_SPEED)  # type: ignore[list-item]  # set above for this loss
        model.train(self.recipe.dropout_for(self.loss))
        passes = self.recipe.passes(len(self.targets.texts))
        plan = [self._epoch() for _ in range(passes)]
        epochs = Epochs(self.weights, self.rng, options, checkpoint)
        epochs.run(plan, self._step, lambda batch: len(batch.rows), progress)
        return epochs

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

    def _epoch(self) -> list[Batch]:
        return self.targets.batches(self.recipe.batch_size, self.recipe.per_class, self.rng)

    def _step(self, batch: Batch) -> float:
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
