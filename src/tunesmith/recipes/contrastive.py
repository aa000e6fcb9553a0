"""Label-contrastive training: texts of one label move together, all others apart.

The supervised contrastive loss of Khosla et al. (2020), https://arxiv.org/abs/2004.11362, over
all pairs inside class-balanced batches of texts, each encoded once an epoch.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from tunesmith.errors import DataError, TunesmithError, UsageError
from tunesmith.recipes.base import (
    RecipeRun,
    StepClock,
    require_free,
    save_aside,
    warm_up_then_decay,
    without_bars,
)
from tunesmith.recipes.batches import (
    Batch,
    class_batches,
    label_batches,
    length_buckets,
    usable_labels,
)
from tunesmith.recipes.trunk import HiddenStates, Trunk

Progress = Callable[[int], None]


@dataclass(frozen=True)
class ContrastiveRecipe:
    """Trains the upper layers of an encoder, or all of them, on labelled texts.

    Parameters
    ----------
    train_layers
        How many upper layers are trained; those below run once over the texts. None trains all
        layers. The embedding table is never trained.
    epochs
        Passes over the texts; None takes :func:`default_epochs`.
    batch
        Texts in a step.
    per_class
        Texts of one class that come together in a batch.
    temperature
        Divides the cosine similarities in the loss; lower looks at the nearest texts only.
    learning_rate
        The highest rate of AdamW; it rises over the first ``warm_up`` and then falls to zero.
        None takes 2e-4 for upper layers and 5e-5 for all.
    weight_decay, warm_up
        AdamW's decay, and the share of the steps in which the rate rises.
    dropout
        Whether the trained layers keep the model's own dropout.
    clip
        The largest norm of the gradient.
    seed
        Decides the batches (and dropout) where :meth:`run` is given no seed.

    Examples
    --------
    >>> recipe = ContrastiveRecipe(train_layers=2, epochs=3)
    >>> recipe.work(n_texts=100)
    400
    """

    train_layers: int | None = 2
    epochs: int | None = None
    batch: int = 64
    per_class: int = 2
    temperature: float = 0.05
    learning_rate: float | None = None
    weight_decay: float = 0.01
    warm_up: float = 0.1
    dropout: bool = False
    clip: float = 1.0
    seed: int = 0

    def work(self, n_texts: int) -> int:
        """Return how many texts :meth:`run` reports to its progress callback.

        That is one pass through the trunk, where there is one, and one an epoch; repeated texts
        make it less.
        """
        return n_texts * (self.passes(n_texts) + (self.train_layers is not None))

    def estimate(self, token_lengths: ArrayLike, rate: float, *, layers: int = 6) -> float:
        """Return the seconds of wall time that :meth:`run` should take.

        Parameters
        ----------
        token_lengths
            Tokens of each text, shape (n,).
        rate
            Tokens per second that the whole model encodes on this machine.
        layers
            Layers of the model.
        """
        lengths = np.asarray(token_lengths, dtype=np.int64)
        trained = layers if self.train_layers is None else min(self.train_layers, layers)
        encoding = float(lengths.sum()) / rate
        trunk = encoding * (layers - trained) / layers
        # A backward pass costs twice a forward one; padding and the optimizer add to both.
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
        deadline: float | None = None,
        seed: int | None = None,
    ) -> RecipeRun:
        """Train the model of ``folder`` and write a sentence-transformers folder to ``out``.

        Parameters
        ----------
        folder
            A sentence-transformers folder.
        texts
            The texts, n of them; one that comes again counts once, with its first label.
        labels
            One label each, shape (n,); or 1, 0 and NaN for unknown, shape (n, labels).
        out
            Where the trained model goes; written beside it and renamed, so it is whole or absent.
        progress
            Called with the number of texts done, :meth:`work` in all.
        deadline
            The value of :func:`time.monotonic` at which to stop. The plan is cut to what fits,
            the step under way is finished, and the last weights are kept.
        seed
            Instead of the recipe's. The same seed gives the same weights on a CPU; the caller's
            random state is left as it was.

        Raises
        ------
        DataError
            If the labels hold no two groups to tell apart.
        ModelError
            If the model's layers cannot be split.
        OutputError
            If ``out`` exists or cannot be written.
        TunesmithError
            If the loss is not a finite number; nothing is written then.
        """
        begun = time.monotonic()
        require_free(out)
        targets = LabelledTexts.of(texts, labels)
        with torch.random.fork_rng():
            seed = self.seed if seed is None else seed
            torch.manual_seed(seed)
            training = _Training(self, folder, targets, StepClock(deadline), seed)
            training.run(progress)
        save_aside(training.trunk.model, out)
        return training.report(time.monotonic() - begun)

    @property
    def peak_rate(self) -> float:
        """The highest learning rate, chosen or by default."""
        if self.learning_rate is not None:
            return self.learning_rate
        return 5e-5 if self.train_layers is None else 2e-4

    def passes(self, n_texts: int) -> int:
        """Return the number of epochs for so many texts."""
        return default_epochs(n_texts) if self.epochs is None else self.epochs


_OVERHEAD = 1.2
_FIXED_SECONDS = 1.0


def default_epochs(n_texts: int) -> int:
    """Return how many passes over ``n_texts`` texts are worth their time.

    Examples
    --------
    >>> [default_epochs(n) for n in (100, 616, 2464, 10003)]
    [20, 5, 3, 3]
    """
    return int(np.clip(round(3000 / max(n_texts, 1)), 3, 20))


@dataclass(frozen=True, eq=False)
class LabelledTexts:
    """Distinct texts and what is known of each.

    Parameters
    ----------
    texts
        Distinct texts, n of them.
    classes
        The class of each as a number from 0, int64, shape (n,); or 1, 0 and NaN for unknown,
        float32, shape (n, labels).
    """

    texts: list[str]
    classes: NDArray[Any]

    @classmethod
    def of(cls, texts: Sequence[str], labels: ArrayLike) -> "LabelledTexts":
        """Check texts and labels, and keep the first row of each text."""
        values = np.asarray(labels)
        if len(values) != len(texts):
            raise UsageError(f"there are {len(texts)} texts but {len(values)} labels")
        first = np.array(
            sorted({text: row for row, text in reversed([*enumerate(texts)])}.values())
        )
        distinct = [texts[row] for row in first]
        if values.ndim == 1:
            classes = np.unique(values, return_inverse=True)[1].astype(np.int64)
        else:
            classes = values.astype(np.float32)
        classes = classes[first] if len(first) else classes
        if classes.ndim == 1:  # a class may have lost all its texts to an earlier label
            classes = np.unique(classes, return_inverse=True)[1].astype(np.int64)
        targets = cls(distinct, classes)
        targets._require_contrast()
        return targets

    def batches(self, recipe: ContrastiveRecipe, rng: np.random.Generator) -> list[Batch]:
        """Return one epoch of batches."""
        if self.classes.ndim == 1:
            return class_batches(self.classes, recipe.batch, recipe.per_class, rng)
        return label_batches(self.classes, recipe.batch, rng)

    def _require_contrast(self) -> None:
        if self.classes.ndim == 1:
            counts = np.bincount(self.classes) if len(self.classes) else np.zeros(0)
            enough = (counts > 0).sum() >= 2 and counts.max() >= 2
        else:
            enough = len(usable_labels(self.classes)) > 0
        if not enough:
            raise DataError(
                "contrastive training needs two texts that share a label and one that does not: "
                "add labelled texts or choose a tuner"
            )


def supervised_contrastive_loss(
    vectors: Tensor, groups: Tensor, temperature: float = 0.05
) -> Tensor | None:
    r"""Return the supervised contrastive loss over all pairs of a batch.

    .. math:: \frac{1}{|A|} \sum_{i \in A} \frac{-1}{|P(i)|} \sum_{p \in P(i)}
              \log \frac{e^{s_{ip} / \tau}}{\sum_{a \neq i} e^{s_{ia} / \tau}}

    with cosine similarities s, P(i) the others of i's group, and A the texts that have any.

    Parameters
    ----------
    vectors
        Shape (b, d); they are normalised here.
    groups
        Texts with the same number belong together, -1 to none, shape (b,).
    temperature
        The :math:`\tau` above.

    Returns
    -------
    Tensor or None
        A scalar; None where no text has a partner or none has an opponent.
    """
    itself = torch.eye(len(groups), dtype=torch.bool, device=groups.device)
    alike = (groups[:, None] == groups[None, :]) & (groups >= 0)[:, None] & ~itself
    anchors = alike.any(dim=1)
    if not bool(anchors.any()) or bool((alike | itself).all()):
        return None
    unit = torch.nn.functional.normalize(vectors, dim=1)
    scores = (unit @ unit.T / temperature).masked_fill(itself, -torch.inf)
    log_shares = scores - torch.logsumexp(scores, dim=1, keepdim=True)
    gathered = log_shares.masked_fill(~alike, 0.0).sum(dim=1)
    return -(gathered[anchors] / alike.sum(dim=1)[anchors]).mean()


class _Training:
    """One run: the model, what it learns from, and how far it is."""

    def __init__(
        self,
        recipe: ContrastiveRecipe,
        folder: Path,
        targets: LabelledTexts,
        clock: StepClock,
        seed: int,
    ) -> None:
        self.recipe, self.targets, self.clock = recipe, targets, clock
        self.rng = np.random.default_rng(seed)
        self.epochs = recipe.passes(len(targets.texts))
        self.trunk = Trunk(_load(folder), recipe.train_layers)
        self.parameters = self.trunk.parameters()
        self.optimizer = torch.optim.AdamW(
            self.parameters, recipe.peak_rate, weight_decay=recipe.weight_decay, fused=True
        )
        self.lengths = self.trunk.token_lengths(targets.texts)
        self.losses: list[list[float]] = []

    def run(self, progress: Progress | None) -> None:
        """Run the trunk, then the epochs as far as the clock allows."""
        hidden = self._hidden_states(progress)
        self.trunk.model.train(self.recipe.dropout)
        plan = [self.targets.batches(self.recipe, self.rng) for _ in range(self.epochs)]
        self.clock.begin(sum(len(batches) for batches in plan))
        for batches in plan:
            self.losses.append([])
            for batch in self._until_done(batches):
                self.losses[-1].append(self._step(batch, hidden))
                if progress is not None:
                    progress(len(batch.rows))
        self.trunk.model.eval()

    def report(self, seconds: float) -> RecipeRun:
        """Return what was done."""
        return RecipeRun(
            seconds=seconds,
            epochs=self.epochs * self.clock.steps / self.clock.planned,
            steps=self.clock.steps,
            losses=tuple(float(np.mean(losses)) for losses in self.losses if losses),
            stopped_early=self.clock.steps < self.clock.planned,
        )

    def _hidden_states(self, progress: Progress | None) -> HiddenStates | None:
        if not self.trunk.frozen:
            return None
        texts = self.targets.texts
        by_length = np.argsort(self.lengths, kind="stable")
        self.trunk.verify([texts[row] for row in by_length[:: max(1, len(texts) // 4)]])
        return self.trunk.run(texts, self.lengths, progress=progress, stop=lambda: self.clock.late)

    def _until_done(self, batches: list[Batch]) -> Iterator[Batch]:
        for batch in batches:
            if self.clock.done:
                return
            yield batch
            self.clock.tick()

    def _step(self, batch: Batch, hidden: HiddenStates | None) -> float:
        """Update the weights once and return the loss."""
        self._set_rate()
        vectors, order = self._vectors(batch, hidden)
        groups = torch.from_numpy(batch.groups[order]).to(vectors.device)
        loss = supervised_contrastive_loss(vectors, groups, self.recipe.temperature)
        if loss is None:
            return 0.0
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, self.recipe.clip)
        value = float(loss.detach())
        if not np.isfinite([value, float(norm)]).all():
            raise TunesmithError(
                f"training broke down in step {self.clock.steps + 1} (loss {value:.3g}, gradient "
                f"{float(norm):.3g}): choose a lower learning rate; nothing was written"
            )
        self.optimizer.step()
        return value

    def _vectors(self, batch: Batch, hidden: HiddenStates | None) -> tuple[Tensor, Any]:
        """Encode a batch in buckets of similar length; also return the order they come in."""
        buckets = length_buckets(self.lengths[batch.rows], 4)
        parts = [self._encode(batch.rows[bucket], hidden) for bucket in buckets]
        return torch.cat(parts), np.concatenate(buckets)

    def _encode(self, rows: NDArray[np.int64], hidden: HiddenStates | None) -> Tensor:
        features = self.trunk.features([self.targets.texts[row] for row in rows])
        return self.trunk.upper(features, None if hidden is None else hidden.of(rows))

    def _set_rate(self) -> None:
        factor = warm_up_then_decay(self.clock.progress, self.recipe.warm_up)
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.peak_rate * factor


def _load(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    with without_bars():
        return SentenceTransformer(str(folder), local_files_only=True).float()


LABEL_RECIPES: dict[str, ContrastiveRecipe] = {
    "contrastive-top": ContrastiveRecipe(train_layers=2),
    "contrastive-whole": ContrastiveRecipe(train_layers=None),
}
"""The recipes for labelled data, cheapest first."""
