"""Self-supervised losses for unlabelled texts."""

import copy
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tunesmith.errors import ModelError
from tunesmith.recipes.losses.heads import (
    decoder,
    masked_head,
    only_positions,
    require_decoder,
    require_masked_head,
)
from tunesmith.recipes.losses.paired import LossConfig
from tunesmith.recipes.training.text_training import TextTraining
from tunesmith.recipes.training.trunk import Trunk

UnlabelledLoss = Literal["tsdae", "simcse", "contrastive_tension", "masked_lm"]
_IGNORED = -100  # the index that cross-entropy ignores


@dataclass(frozen=True)
class LossSettings:
    """Parameters of the losses; see :class:`~tunesmith.recipes.UnlabelledRecipe`."""

    deletion: float = 0.6
    masking: float = 0.15
    scale: float = 20.0
    train_layers: int | None = None


class TextLoss(ABC):
    """A loss for unlabelled texts.

    Parameters
    ----------
    model
        ``SentenceTransformer`` to train.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    def parameters(self) -> list[nn.Parameter]:
        """Return the parameters of the loss, trained with the model and discarded afterwards."""
        own = {id(parameter) for parameter in self.model.parameters()}
        found = {id(each): each for module in self.modules() for each in module.parameters()}
        return [each for key, each in found.items() if key not in own and each.requires_grad]

    def modules(self) -> list[nn.Module]:
        """Return the modules that the loss adds."""
        return []

    @abstractmethod
    def loss(
        self, weights: TextTraining, rows: NDArray[np.int64], generator: np.random.Generator
    ) -> Tensor:
        """Return the loss of texts, a scalar; ``generator`` is the source of randomness."""


class SimCse(TextLoss):
    """Two dropout views of a text are nearer than other texts of the batch.

    Gao et al., 2021, https://arxiv.org/abs/2104.08821.

    Parameters
    ----------
    model
        As for :class:`TextLoss`.
    scale
        Factor applied to cosines.

    Raises
    ------
    ModelError
        The model has no dropout.
    """

    def __init__(self, model: Any, scale: float) -> None:
        super().__init__(model)
        _require_dropout(model)
        self._ranking = LossConfig("ranking", scale, False, 0.0, ()).make(model)

    def loss(
        self, weights: TextTraining, rows: NDArray[np.int64], generator: np.random.Generator
    ) -> Tensor:
        """Return the cross-entropy of each text's second view among all second views."""
        del generator
        first, second = weights.vectors(rows), weights.vectors(rows)
        return self._ranking([first, second], torch.zeros(len(rows)))


class ContrastiveTension(TextLoss):
    """Two copies of a model learn to give the same text similar vectors.

    Carlsson et al., 2021, https://openreview.net/forum?id=Ov_sMNau-PF; here with in-batch
    negatives and in both directions. The second copy is discarded.

    Parameters
    ----------
    model, scale
        As for :class:`SimCse`.
    train_layers
        Number of upper layers to train; both copies share the frozen layers' outputs.

    Raises
    ------
    ModelError
        The layers cannot be split.
    """

    def __init__(self, model: Any, scale: float, train_layers: int | None) -> None:
        super().__init__(model)
        self._trunk = Trunk(copy.deepcopy(model), train_layers)
        self._trunk.parameters()
        if self._trunk.frozen:
            self._trunk.verify(["two copies share their frozen layers"])
        self._ranking = LossConfig("ranking", scale, True, 0.0, ()).make(model)

    def modules(self) -> list[nn.Module]:
        """Return the second copy, in which the same layers are trained."""
        return [self._trunk.model]

    def loss(
        self, weights: TextTraining, rows: NDArray[np.int64], generator: np.random.Generator
    ) -> Tensor:
        """Return the cross-entropy of each text's vector from the other copy among all texts."""
        del generator
        own, other = weights.vectors(rows), weights.vectors(rows, self._trunk)
        return self._ranking([other, own], torch.zeros(len(rows)))


class MaskedLanguageModel(TextLoss):
    """Masked tokens are predicted from context.

    Devlin et al., 2019, https://arxiv.org/abs/1810.04805.

    Parameters
    ----------
    model
        As for :class:`TextLoss`.
    masking
        Share of tokens that are masked, 0 to 1.

    Raises
    ------
    ModelError
        The architecture has no masked-language-model head.
    """

    def __init__(self, model: Any, masking: float) -> None:
        from transformers import DataCollatorForLanguageModeling  # noqa: PLC0415 - takes seconds

        super().__init__(model)
        self._head = masked_head(model)
        self._masks = DataCollatorForLanguageModeling(model.tokenizer, mlm_probability=masking)

    def modules(self) -> list[nn.Module]:
        """Return the head."""
        return [self._head]

    def loss(
        self, weights: TextTraining, rows: NDArray[np.int64], generator: np.random.Generator
    ) -> Tensor:
        """Return the mean cross-entropy of the masked tokens."""
        del generator  # the library uses torch's random state
        losses, counts = [], 0
        for bucket in weights.buckets(rows):
            features = weights.trunk.features([weights.texts[row] for row in rows[bucket]])
            ids, labels = self._masks.torch_mask_tokens(features["input_ids"].cpu().clone())
            device, mask = weights.model.device, features["attention_mask"]
            masked = labels != _IGNORED
            with only_positions(self._head, masked.to(device)):
                logits = self._head(input_ids=ids.to(device), attention_mask=mask).logits
            losses.append(_cross_entropy(logits, labels[masked].to(device)))
            counts += int(masked.sum())
        return torch.stack(losses).sum() / max(counts, 1)


class Tsdae(TextLoss):
    """A text is reconstructed from the vector of a copy with most words deleted.

    Wang et al., 2021, https://arxiv.org/abs/2104.06979. The decoder shares the weights of the
    encoder except for its cross-attention.

    Parameters
    ----------
    model
        As for :class:`TextLoss`.
    deletion
        Share of words that are deleted, 0 to 1.

    Raises
    ------
    ModelError
        The architecture has no decoder.
    """

    def __init__(self, model: Any, deletion: float) -> None:
        super().__init__(model)
        self._decoder = decoder(model)
        self._deletion = deletion

    def modules(self) -> list[nn.Module]:
        """Return the decoder."""
        return [self._decoder]

    def loss(
        self, weights: TextTraining, rows: NDArray[np.int64], generator: np.random.Generator
    ) -> Tensor:
        """Return the mean cross-entropy over all tokens of the complete texts."""
        losses, counts = [], 0
        for bucket in weights.buckets(rows):
            texts = [weights.texts[row] for row in rows[bucket]]
            damaged = [delete_words(text, self._deletion, generator) for text in texts]
            target = weights.trunk.features(texts)
            labels = target["input_ids"][:, 1:].clone()
            labels[target["attention_mask"][:, 1:] == 0] = _IGNORED
            losses.append(_cross_entropy(self._logits(weights, damaged, target), labels))
            counts += int((labels != _IGNORED).sum())
        return torch.stack(losses).sum() / counts

    def _logits(self, weights: TextTraining, damaged: list[str], target: dict[str, Any]) -> Tensor:
        vectors = self.model(weights.trunk.features(damaged))["sentence_embedding"][:, None]
        logits: Tensor = self._decoder(
            input_ids=target["input_ids"][:, :-1],
            attention_mask=target["attention_mask"][:, :-1],
            encoder_hidden_states=vectors,
            use_cache=False,
        ).logits
        return logits


def make_loss(loss: UnlabelledLoss, model: Any, settings: LossSettings) -> TextLoss:
    """Return a loss for a model.

    Raises
    ------
    ModelError
        The loss cannot train such a model.
    """
    if loss == "tsdae":
        return Tsdae(model, settings.deletion)
    if loss == "masked_lm":
        return MaskedLanguageModel(model, settings.masking)
    if loss == "simcse":
        return SimCse(model, settings.scale)
    return ContrastiveTension(model, settings.scale, settings.train_layers)


def require_trainable(loss: UnlabelledLoss, folder: Path) -> None:
    """Check that a loss can train a model, without reading its weights.

    Raises
    ------
    ModelError
        The architecture has no decoder (``tsdae``) or no masked-language-model head
        (``masked_lm``).
    """
    if loss == "tsdae":
        require_decoder(folder)
    elif loss == "masked_lm":
        require_masked_head(folder)


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    flat = logits.reshape(-1, logits.shape[-1])
    return nn.functional.cross_entropy(
        flat, labels.reshape(-1), ignore_index=_IGNORED, reduction="sum"
    )


def _require_dropout(model: Any) -> None:
    rates = [module.p for module in model.modules() if isinstance(module, nn.Dropout)]
    if not any(rates):
        raise ModelError(
            "simcse needs dropout to create two views of a text, and this model has none",
            hint="choose contrastive_tension",
        )


# Chinese, Japanese and Thai do not separate words by spaces: each character counts as a word.
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"


_WORD = re.compile(rf"(?:[{_UNSPACED}]|[^\s{_UNSPACED}]+)\s*")


def words(text: str) -> list[str]:
    """Split a text into words, each with its trailing space.

    Examples
    --------
    >>> words("A red card,  please.")
    ['A ', 'red ', 'card,  ', 'please.']
    """
    return _WORD.findall(text)


def delete_words(text: str, share: float, generator: np.random.Generator) -> str:
    """Return a text with words deleted at random; at least one is kept.

    Parameters
    ----------
    text
        Text to shorten.
    share
        Probability of deleting each word, 0 to 1.
    generator
        Random generator.

    Examples
    --------
    >>> delete_words("where is my new card", 0.6, np.random.default_rng(0))
    'where card'
    """
    found = words(text)
    if not found:
        return text
    kept = np.flatnonzero(generator.random(len(found)) >= share)
    indices = kept if len(kept) else generator.integers(len(found), size=1)
    return "".join(found[index] for index in indices).strip()
