"""The upper layers of an encoder under training: texts in, vectors out, one update a step."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tunesmith.encoders.forward import without_bars
from tunesmith.errors import TunesmithError
from tunesmith.recipes.base import StepClock, warm_up_then_decay
from tunesmith.recipes.batches import length_buckets, token_budget_batches
from tunesmith.recipes.lora import adapt
from tunesmith.recipes.trunk import HiddenStates, Trunk

Progress = Callable[[int], None]
_BUCKETS = 4
_SCORED_TEXTS = 4  # lists of texts whose hidden states are kept from one score to the next
_MODEL, _LOSS, _MOMENT, _DICE = "model.", "loss.", "moment.", "dice."


@dataclass(frozen=True)
class Optimizing:
    """How weights are updated: AdamW, the rate rising and then falling to zero.

    Parameters
    ----------
    learning_rate
        The highest rate.
    weight_decay, warm_up
        AdamW's decay, and the share of the steps in which the rate rises.
    clip
        The largest norm of the gradient.
    """

    learning_rate: float
    weight_decay: float = 0.01
    warm_up: float = 0.1
    clip: float = 1.0


class TextTraining:
    """The weights of an encoder, and the texts that they are trained on.

    Parameters
    ----------
    folder
        A sentence-transformers folder.
    texts
        Distinct texts; a text is named by its position among them.
    train_layers
        How many upper layers are trained; None for all. The embedding table never is.
    optimizing
        How.
    clock
        Counts the steps.
    lora
        The rank of adapters that are trained instead of the weights of those layers; None: none.

    Raises
    ------
    UsageError
        The rank is more than the width of a layer.
    ModelError
        The model's layers cannot be split, or have no place for an adapter.
    """

    def __init__(
        self,
        folder: Path,
        texts: list[str],
        train_layers: int | None,
        optimizing: Optimizing,
        clock: StepClock,
        lora: int | None = None,
    ) -> None:
        self.texts, self.clock = texts, clock
        self.trunk = Trunk(_load(folder), train_layers)
        self._adapted = None if lora is None else adapt(self.trunk, lora)
        self._parameters = self._trainable()
        self._optimizing = optimizing
        self._optimizer = torch.optim.AdamW(
            self._parameters,
            optimizing.learning_rate,
            weight_decay=optimizing.weight_decay,
            fused=True,
        )
        self._speeds = [1.0]
        self._lengths = self.trunk.token_lengths(texts)
        self._hidden: HiddenStates | None = None
        self._lower = lru_cache(maxsize=_SCORED_TEXTS)(self._run_lower)

    def prepare(self, progress: Progress | None) -> None:
        """Run the frozen layers over all texts, where there are any."""
        if not self.trunk.frozen:
            return
        by_length = np.argsort(self._lengths, kind="stable")
        sample = by_length[:: max(1, len(self.texts) // 4)]
        self.trunk.verify([self.texts[row] for row in sample])
        self._hidden = self.trunk.run(
            self.texts, self._lengths, progress=progress, stop=lambda: self.clock.late
        )

    def add(self, parameters: Iterable[nn.Parameter], *, speed: float = 1.0) -> None:
        """Train these too, which belong to a loss: without decay, at ``speed`` times the rate."""
        self._optimizer.add_param_group({"params": list(parameters), "weight_decay": 0.0})
        self._speeds.append(speed)

    def vectors(self, rows: NDArray[np.int64]) -> Tensor:
        """Return the vectors of texts, shape (rows, d), as the model gives them.

        They are encoded in buckets of similar length, for a text costs as much as the longest
        that it is padded to.
        """
        buckets = length_buckets(self._lengths[rows], _BUCKETS)
        parts = [self._encode(rows[bucket]) for bucket in buckets]
        order = np.concatenate(buckets)
        return torch.cat(parts)[torch.from_numpy(np.argsort(order))]

    def update(self, loss: Tensor) -> float:
        """Update the weights once, and return the loss.

        Raises
        ------
        TunesmithError
            The loss or its gradient is no finite number.
        """
        self._begin_step()
        loss.backward()  # type: ignore[no-untyped-call]
        return self._end_step(float(loss.detach()))

    def update_in_parts(
        self, rows: NDArray[np.int64], loss_of: Callable[[Tensor], Tensor], size: int
    ) -> float:
        """Update the weights once with little memory, and return the loss.

        Texts are encoded in parts without their gradients, then again for the gradient that the
        loss has at their vectors, with the same dropout (GradCache; Gao et al. 2021,
        https://arxiv.org/abs/2101.06983).

        Parameters
        ----------
        rows
            The texts.
        loss_of
            Gives the loss of their vectors.
        size
            How many texts are encoded at a time.

        Raises
        ------
        TunesmithError
            The loss or its gradient is no finite number.
        """
        from sentence_transformers.base.losses.gradcache import RandContext

        buckets = length_buckets(self._lengths[rows], -(-len(rows) // size))
        parts, dice = [], []
        with torch.no_grad():
            for bucket in buckets:
                dice.append(RandContext(*self._parameters[:1]))
                parts.append(self._encode(rows[bucket]))
        places = torch.from_numpy(np.argsort(np.concatenate(buckets)))
        vectors = torch.cat(parts).requires_grad_()
        self._begin_step()
        loss = loss_of(vectors[places])
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = torch.split(cast("Tensor", vectors.grad), [len(bucket) for bucket in buckets])
        for bucket, gradient, same in zip(buckets, gradients, dice, strict=True):
            with same:
                self._encode(rows[bucket]).backward(gradient)  # type: ignore[no-untyped-call]
        return self._end_step(float(loss.detach()))

    def _trainable(self) -> list[nn.Parameter]:
        if self._adapted is None:
            return self.trunk.parameters()
        return [parameter for parameter in self._adapted.parameters() if parameter.requires_grad]

    def _begin_step(self) -> None:
        self._set_rates()
        self._optimizer.zero_grad(set_to_none=True)

    def _end_step(self, loss: float) -> float:
        norm = float(nn.utils.clip_grad_norm_(self._parameters, self._optimizing.clip))
        if not np.isfinite([loss, norm]).all():
            raise TunesmithError(
                f"training broke down in step {self.clock.steps + 1} (loss {loss:.3g}, gradient "
                f"{norm:.3g}): choose a lower learning rate; nothing was written"
            )
        self._optimizer.step()
        return loss

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors that texts have by now, of length 1, float32, shape (n, d).

        The frozen layers run once over the same texts.
        """
        if not texts:
            return np.zeros((0, self.trunk.model.get_embedding_dimension()), dtype=np.float32)
        lengths, hidden = self._lower(tuple(texts))
        order, parts = token_budget_batches(lengths), []
        with torch.no_grad():
            for rows in order:
                features = self.trunk.features([texts[row] for row in rows])
                found = self.trunk.upper(features, None if hidden is None else hidden.of(rows))
                parts.append(nn.functional.normalize(found, dim=1).cpu().numpy())
        return np.concatenate(parts)[np.argsort(np.concatenate(order))]

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Switch dropout off, and keep the random state as it is, while the block runs."""
        training = self.trunk.model.training
        with torch.random.fork_rng():
            self.trunk.model.eval()
            try:
                yield
            finally:
                self.trunk.model.train(training)

    def result(self) -> Any:
        """Return the model, adapters merged into its weights; it is not trained any more."""
        if self._adapted is not None:
            self._adapted.merge_and_unload()
        return self.trunk.model

    def trained(self) -> dict[str, Tensor]:
        """Return the model's weights that are trained, by name; they are no copies."""
        named = self.trunk.model.named_parameters(remove_duplicate=False)
        frozen = {name for name, parameter in named if not parameter.requires_grad}
        weights = self.trunk.model.state_dict()
        return {name: weight for name, weight in weights.items() if name not in frozen}

    def put(self, weights: Mapping[str, Tensor]) -> None:
        """Give the model these weights, one for each name of :meth:`trained`.

        Raises
        ------
        KeyError, ValueError
            One is missing or of another shape.
        """
        self.require_fitting(weights)
        with torch.no_grad():
            for name, held in self.trained().items():
                held.copy_(weights[name])

    def require_fitting(self, weights: Mapping[str, Tensor]) -> None:
        """Raise KeyError or ValueError where a weight is missing or of another shape."""
        for name, held in self.trained().items():
            if held.shape != weights[name].shape:
                raise ValueError(f"{name} has the shape {tuple(weights[name].shape)}")

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that training has changed: weights, moments, and torch's random state."""
        held = {f"{_MODEL}{name}": weight for name, weight in self.trained().items()}
        held |= {f"{_LOSS}{place}": weight for place, weight in enumerate(self._of_loss())}
        for place, moments in self._optimizer.state_dict()["state"].items():
            held |= {f"{_MOMENT}{place}.{name}": moment for name, moment in moments.items()}
        held |= {f"{_DICE}{name}": dice.get_rng_state() for name, dice in self._dice().items()}
        return {name: tensor.detach().cpu().numpy() for name, tensor in held.items()}

    def go_on(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on from :meth:`arrays`.

        Raises
        ------
        KeyError, ValueError
            Something is missing or of another shape.
        """
        held = {name: torch.from_numpy(array) for name, array in arrays.items()}
        self.put(_below(_MODEL, held))
        with torch.no_grad():
            for place, weight in enumerate(self._of_loss()):
                weight.copy_(held[f"{_LOSS}{place}"])
        state: dict[int, dict[str, Tensor]] = {}
        for name, moment in _below(_MOMENT, held).items():
            number, _, kind = name.partition(".")
            state.setdefault(int(number), {})[kind] = moment
        groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": state, "param_groups": groups})
        for name, dice in self._dice().items():
            dice.set_rng_state(held[f"{_DICE}{name}"])

    def _of_loss(self) -> list[Tensor]:
        return [weight for group in self._optimizer.param_groups[1:] for weight in group["params"]]

    def _dice(self) -> dict[str, Any]:
        """Return the modules of torch whose random state training draws from, by device."""
        device = self.trunk.model.device
        here = {} if device.type == "cpu" else {device.type: torch.get_device_module(device)}
        return {"cpu": torch, **here}

    def _run_lower(self, texts: tuple[str, ...]) -> tuple[NDArray[np.int64], HiddenStates | None]:
        lengths = self.trunk.token_lengths(texts)
        return lengths, self.trunk.run(texts, lengths) if self.trunk.frozen else None

    def _encode(self, rows: NDArray[np.int64]) -> Tensor:
        features = self.trunk.features([self.texts[row] for row in rows])
        return self.trunk.upper(features, None if self._hidden is None else self._hidden.of(rows))

    def _set_rates(self) -> None:
        factor = warm_up_then_decay(self.clock.progress, self._optimizing.warm_up)
        for group, speed in zip(self._optimizer.param_groups, self._speeds, strict=True):
            group["lr"] = speed * factor * self._optimizing.learning_rate


def _below(prefix: str, held: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): held[name] for name in held if name.startswith(prefix)}


def _load(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    with without_bars():
        return SentenceTransformer(str(folder), local_files_only=True).float()
