"""The frozen trunk: run the lower layers of a transformer once and train only the upper ones.

The outputs of frozen layers do not change. The hidden states between the two parts are
kept for every token of every text, without padding, in one flat array; each training step
starts from them. The model is not rebuilt: during a forward pass, the layers to skip return
their input. So the library creates attention masks and position embeddings as usual, and any
architecture with a single list of layers can be split.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tunesmith.errors import ModelError
from tunesmith.recipes.training.batches import token_budget_batches

TOLERANCE = 1e-4
MEMORY_LIMIT = 1 << 30


@dataclass(frozen=True, eq=False)
class HiddenStates:
    """Hidden states of texts, one token after another, without padding.

    Parameters
    ----------
    values
        Hidden states, float32, shape (tokens of all texts, hidden size); in memory or in a
        temporary file.
    starts
        Start of each text, followed by the end of the last, int64, shape (texts + 1,).
    """

    values: NDArray[np.float32]
    starts: NDArray[np.int64]

    def of(self, rows: NDArray[np.int64]) -> Tensor:
        """Return the concatenated states of these texts, shape (their tokens, hidden size)."""
        parts = [self.values[self.starts[row] : self.starts[row + 1]] for row in rows]
        return torch.from_numpy(np.concatenate(parts))


class Trunk:
    """A sentence-transformers model, split below its trained layers.

    Parameters
    ----------
    model
        A ``SentenceTransformer`` whose first module is a transformer.
    train_layers
        Number of upper layers to train; None for all.

    Raises
    ------
    ModelError
        If the model has no single list of layers to split.

    Attributes
    ----------
    frozen : int
        Number of frozen layers.
    """

    def __init__(self, model: Any, train_layers: int | None) -> None:
        self.model = model
        self.layers = _find_layers(model)
        trained = len(self.layers) if train_layers is None else train_layers
        self.frozen = max(0, len(self.layers) - trained)
        self._in_tuple = False

    def parameters(self) -> list[nn.Parameter]:
        """Freeze the model and unfreeze the upper layers and the modules after the transformer.

        Returns the trainable parameters. The embedding table is always frozen: most of its rows
        never get a gradient, and Adam on the full table would dominate the cost of a step.
        """
        self.model.requires_grad_(False)
        behind = [module for position, module in enumerate(self.model) if position]
        trained = [*self.layers[self.frozen :], *behind]
        for module in trained:
            module.requires_grad_(True)
        return [parameter for module in trained for parameter in module.parameters()]

    def features(self, texts: Sequence[str]) -> dict[str, Any]:
        """Return the texts as token tensors on the model's device."""
        return tokens(self.model, list(texts))

    def token_lengths(self, texts: Sequence[str], chunk: int = 512) -> NDArray[np.int64]:
        """Return the number of tokens of each text as the model sees it, int64, shape (n,)."""
        lengths = np.zeros(len(texts), dtype=np.int64)
        order = np.argsort([len(text) for text in texts], kind="stable")
        for start in range(0, len(order), chunk):
            part = order[start : start + chunk]
            features = self.model.preprocess([texts[row] for row in part])
            lengths[part] = features["attention_mask"].sum(dim=1).numpy()
        return lengths

    def run(
        self,
        texts: Sequence[str],
        lengths: NDArray[np.int64],
        *,
        progress: Callable[[int], None] | None = None,
        stop: Callable[[], bool] = lambda: False,
        memory_limit: int = MEMORY_LIMIT,
    ) -> HiddenStates | None:
        """Run the frozen layers over all texts, sorted by length and batched by token budget.

        Parameters
        ----------
        texts, lengths
            The texts and their :meth:`token_lengths`.
        progress
            Called with the number of texts in each batch.
        stop
            Called before each batch; the result is None as soon as it returns True.
        memory_limit
            Maximum size in bytes kept in memory; larger results are kept in a temporary file.
        """
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        values: NDArray[np.float32] | None = None
        self.model.eval()
        for rows in token_budget_batches(lengths):
            if stop():
                return None
            flat = self.lower(self.features([texts[row] for row in rows])).cpu().numpy()
            if values is None:
                values = _storage((int(starts[-1]), flat.shape[1]), memory_limit)
            ends = np.cumsum(lengths[rows])
            for row, part in zip(rows, np.split(flat, ends[:-1]), strict=True):
                values[starts[row] : starts[row + 1]] = part
            if progress is not None:
                progress(len(rows))
        return None if values is None else HiddenStates(values, starts)

    def lower(self, features: dict[str, Any]) -> Tensor:
        """Return the output of the frozen layers, without padding, shape (tokens, hidden size)."""
        captured: list[Tensor] = []

        def keep(_module: nn.Module, _inputs: Any, output: Any) -> None:
            self._in_tuple = isinstance(output, tuple)
            captured.append(output[0] if self._in_tuple else output)

        hook = self.layers[self.frozen - 1].register_forward_hook(keep)
        try:
            with torch.no_grad(), self._passing_through(self.layers[self.frozen :]):
                self.model[0](dict(features))
        finally:
            hook.remove()
        return captured[0][features["attention_mask"].bool()].float()

    def upper(self, features: dict[str, Any], hidden: Tensor | None) -> Tensor:
        """Return the embeddings that the upper layers compute from the trunk's states.

        Parameters
        ----------
        features
            Token tensors of the texts.
        hidden
            Output of :meth:`lower` for them, or None for a forward pass of all layers.
        """
        if hidden is None or self.frozen == 0:
            return self._embeddings(features)
        mask = features["attention_mask"].bool()
        padded = hidden.new_zeros((*mask.shape, hidden.shape[-1])).to(mask.device)
        padded[mask] = hidden.to(mask.device)
        with self._passing_through(self.layers[: self.frozen], padded):
            return self._embeddings(features)

    def verify(self, texts: Sequence[str]) -> None:
        """Check that the trunk followed by the upper layers equals the whole forward pass.

        Raises
        ------
        ModelError
            If they differ by more than 1e-4, or the architecture fails when split.
        """
        self.model.eval()
        features = self.features(texts)
        with torch.no_grad():
            whole = self._embeddings(features)
            try:
                split = self.upper(features, self.lower(features))
                difference = float((whole - split).abs().max())
            except (IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
                raise ModelError(_cannot_split(self.model, str(error))) from error
        if not difference <= TOLERANCE:
            raise ModelError(_cannot_split(self.model, f"the vectors differ by {difference:.2g}"))

    def _embeddings(self, features: dict[str, Any]) -> Tensor:
        embeddings: Tensor = self.model(dict(features))["sentence_embedding"]
        return embeddings[:, : self.model.truncate_dim]

    @contextmanager
    def _passing_through(
        self, layers: Iterable[nn.Module], given: Tensor | None = None
    ) -> Iterator[None]:
        """Make layers return their input, or ``given`` in its place."""

        def pass_through(hidden_states: Tensor, *_: Any, **__: Any) -> Any:
            states = hidden_states if given is None else given
            return (states,) if self._in_tuple else states

        for layer in layers:
            vars(layer)["forward"] = pass_through
        try:
            yield
        finally:
            for layer in layers:
                del vars(layer)["forward"]


def tokens(model: Any, inputs: list[Any]) -> dict[str, Any]:
    """Return texts, or pairs of texts, as token tensors on the device of a model."""
    return {
        name: value.to(model.device) if isinstance(value, Tensor) else value
        for name, value in model.preprocess(inputs).items()
    }


def _find_layers(model: Any) -> nn.ModuleList:
    """Return the transformer's only list of layers."""
    transformer = getattr(model, "transformers_model", None)
    count = getattr(getattr(transformer, "config", None), "num_hidden_layers", None)
    lists = [
        module
        for module in (transformer.modules() if transformer is not None else ())
        if isinstance(module, nn.ModuleList) and len(module) == count
    ]
    if len(lists) != 1:
        reason = f"expected one list of {count} layers, found {len(lists)}"
        raise ModelError(_cannot_split(model, reason))
    return lists[0]


def _cannot_split(model: Any, reason: str) -> str:
    transformer = getattr(model, "transformers_model", None)
    name = type(transformer or model).__name__
    return f"the layers of {name} cannot be trained separately: {reason}; choose a tuner instead"


def _storage(shape: tuple[int, int], memory_limit: int) -> NDArray[np.float32]:
    if shape[0] * shape[1] * 4 <= memory_limit:
        return np.empty(shape, dtype=np.float32)
    # The unnamed file is deleted with the array, even if the process is killed.
    with tempfile.TemporaryFile(prefix="tunesmith-") as file:
        return np.memmap(file, dtype=np.float32, mode="w+", shape=shape)
