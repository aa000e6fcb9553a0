"""The trained layers of an encoder: texts in, vectors out, one update per step."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tunesmith.encoders.backends.quiet import no_progress_bars
from tunesmith.encoders.model_files.description import describe
from tunesmith.recipes.training.batches import (
    length_buckets,
    padding_buckets,
    token_budget_batches,
)
from tunesmith.recipes.training.lora import adapt
from tunesmith.recipes.training.options import Score
from tunesmith.recipes.training.run import StepClock
from tunesmith.recipes.training.trunk import HiddenStates, Trunk
from tunesmith.recipes.training.weights import Optimizing, Weights

Progress = Callable[[int], None]
_BUCKETS = 4
_SCORED_TEXTS = 4  # lists of texts whose hidden states are kept between evaluations


class TextTraining(Weights):
    """The weights of an encoder and its training texts.

    Parameters
    ----------
    model
        A ``SentenceTransformer``, as returned by :func:`load_model`.
    texts
        Distinct texts; other methods refer to them by index.
    train_layers
        Number of upper layers to train; None for all. The embedding table is never trained.
    optimizing
        Optimizer settings.
    clock
        Step counter.
    lora
        Rank of adapters trained in place of these layers' weights; None trains the weights.

    Raises
    ------
    UsageError
        The rank exceeds the width of a layer.
    ModelError
        The model's layers cannot be split, or contain no linear layer for an adapter.
    """

    def __init__(
        self,
        model: Any,
        texts: list[str],
        train_layers: int | None,
        optimizing: Optimizing,
        clock: StepClock,
        lora: int | None = None,
    ) -> None:
        self.texts = texts
        self.trunk = Trunk(model, train_layers)
        self._adapted = None if lora is None else adapt(self.trunk, lora)
        super().__init__(self.trunk.model, self._trainable(), optimizing, clock)
        self._lengths = self.trunk.token_lengths(texts)
        self.row_tokens = float(self._lengths.mean()) if texts else 0.0
        self._hidden: HiddenStates | None = None
        self._lower = lru_cache(maxsize=_SCORED_TEXTS)(self._run_lower)

    def prepare(self, progress: Progress | None) -> None:
        """Run the frozen layers, if any, over all texts."""
        if not self.trunk.frozen:
            return
        by_length = np.argsort(self._lengths, kind="stable")
        sample = by_length[:: max(1, len(self.texts) // 4)]
        self.trunk.verify([self.texts[row] for row in sample])
        self._hidden = self.trunk.run(
            self.texts, self._lengths, progress=progress, stop=lambda: self.clock.late
        )

    def vectors(self, rows: NDArray[np.int64], trunk: Trunk | None = None) -> Tensor:
        """Return the vectors of texts, shape (rows, d), as computed by the model.

        They are encoded in buckets of similar length to reduce padding.

        Parameters
        ----------
        rows
            Indices of the texts.
        trunk
            Another model with the same frozen layers; by default the model being trained.
        """
        buckets = self.buckets(rows)
        parts = [self._encode(rows[bucket], trunk) for bucket in buckets]
        order = np.concatenate(buckets)
        return torch.cat(parts)[torch.from_numpy(np.argsort(order))]

    def buckets(self, rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Return indices into ``rows`` in a few buckets of similar length."""
        return padding_buckets(self._lengths[rows], _BUCKETS)

    def update_in_parts(
        self, rows: NDArray[np.int64], loss_of: Callable[[Tensor], Tensor], size: int
    ) -> float:
        """Update the weights once with limited memory, and return the loss.

        Texts are encoded in parts without gradients, then again with the same dropout to
        backpropagate the gradient of the loss with respect to their vectors (GradCache; Gao et al.
        2021, https://arxiv.org/abs/2101.06983).

        Parameters
        ----------
        rows
            Indices of the texts.
        loss_of
            Function that returns the loss of their vectors.
        size
            Number of texts encoded at a time.

        Raises
        ------
        TrainingFailed
            The loss or its gradient is not finite.
        """
        # sentence-transformers 5.4 defines RandContext there; later versions keep it importable.
        from sentence_transformers.sentence_transformer.losses import (  # noqa: PLC0415 - takes seconds
            cached_multiple_negatives_ranking,
        )

        buckets = length_buckets(self._lengths[rows], -(-len(rows) // size))
        parts, dice = [], []
        with torch.no_grad():
            for bucket in buckets:
                dice.append(cached_multiple_negatives_ranking.RandContext(*self._parameters[:1]))
                parts.append(self._encode(rows[bucket]))
        places = torch.from_numpy(np.argsort(np.concatenate(buckets)))
        vectors = torch.cat(parts).requires_grad_()
        self._begin_step()
        loss = loss_of(vectors[places])
        loss.backward()  # type: ignore[no-untyped-call]  # torch ships no types for it
        gradients = torch.split(cast("Tensor", vectors.grad), [len(bucket) for bucket in buckets])
        for bucket, gradient, same in zip(buckets, gradients, dice, strict=True):
            with same:
                self._encode(rows[bucket]).backward(gradient)  # type: ignore[no-untyped-call]  # torch ships no types for it
        return self._end_step(float(loss.detach()))

    def _trainable(self) -> list[nn.Parameter]:
        if self._adapted is None:
            return self.trunk.parameters()
        return [parameter for parameter in self._adapted.parameters() if parameter.requires_grad]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the current unit vectors of texts, float32, shape (n, d).

        The frozen layers run once per list of texts; their output is cached.
        """
        if not texts:
            return np.zeros((0, self.model.get_embedding_dimension()), dtype=np.float32)
        lengths, hidden = self._lower(tuple(texts))
        order, parts = token_budget_batches(lengths), []
        with torch.no_grad():
            for rows in order:
                features = self.trunk.features([texts[row] for row in rows])
                found = self.trunk.upper(features, None if hidden is None else hidden.of(rows))
                parts.append(nn.functional.normalize(found, dim=1).cpu().numpy())
        return np.concatenate(parts)[np.argsort(np.concatenate(order))]

    def validation_score(self, score: Score) -> float:
        """Return the validation score of the current vectors."""
        return score(self.encode)

    def result(self) -> Any:
        """Return the trained model, with adapters merged into its weights."""
        if self._adapted is not None:
            self._adapted.merge_and_unload()
        return self.model

    def _run_lower(self, texts: tuple[str, ...]) -> tuple[NDArray[np.int64], HiddenStates | None]:
        lengths = self.trunk.token_lengths(texts)
        return lengths, self.trunk.run(texts, lengths) if self.trunk.frozen else None

    def _encode(self, rows: NDArray[np.int64], trunk: Trunk | None = None) -> Tensor:
        features = self.trunk.features([self.texts[row] for row in rows])
        hidden = None if self._hidden is None else self._hidden.of(rows)
        return (trunk or self.trunk).upper(features, hidden)


def load_model(folder: Path) -> Any:
    """Load a sentence-transformers folder for training, in float32."""
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - takes seconds

    with no_progress_bars():
        model = SentenceTransformer(str(folder), local_files_only=True).float()
    limit = describe(folder).max_length
    if limit is not None and (model.max_seq_length or limit) > limit:
        model.max_seq_length = limit
    return model
