"""Encoding with a sentence-transformers model in torch, batch by batch."""

import math
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.backends.batches import batches_with_tokens, pad, token_mask
from tunesmith.encoders.backends.parts import Encoded, Settings, Side, check_finite
from tunesmith.encoders.backends.quiet import no_progress_bars
from tunesmith.encoders.backends.tokenizer import encode_starts, truncated, truncating_tokenizer
from tunesmith.encoders.backends.weights import require_pooled_dimension, require_weights
from tunesmith.encoders.model_files.description import Description, describe
from tunesmith.errors import DamagedModel, ModelError, TunesmithError, UsageError
from tunesmith.extras import missing_extra
from tunesmith.threads import threads_for

# Larger batches are not faster; measured for CPUs, chosen to fill the memory of other devices.
BATCH_TOKENS = {"cpu": 1024, "mps": 8192, "cuda": 65536}
_FALLBACK_BATCH = 32


@dataclass(frozen=True, eq=False)
class _Tokenised:
    ids: list[NDArray[np.int32]]
    types: list[NDArray[np.int32]]
    truncated: NDArray[np.bool_]

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.array([len(row) for row in self.ids], dtype=np.int64)


Half = Literal["bfloat16", "float16"]
_loaded: WeakValueDictionary[tuple[str, str, str, str], "TorchModel"] = WeakValueDictionary()
_latest: deque["TorchModel"] = deque(maxlen=1)  # a recently used model is often used again


def load(folder: Path, digest: str, device: str | None, half: Half | None = None) -> "TorchModel":
    """Load a model, or return the one already loaded.

    Parameters
    ----------
    folder
        A sentence-transformers folder.
    digest
        Digest of the folder; a changed folder is loaded again.
    device
        Name of a torch device, or None for the best one available.
    half
        See :class:`TorchModel`.

    Raises
    ------
    UsageError
        The device does not exist.
    DamagedModel
        sentence-transformers cannot load the folder, or its weights do not match its configuration.
    """
    try:
        chosen = choose_device(device)
    except ModuleNotFoundError as error:
        raise missing_extra(error) or error from error
    key = (str(folder), digest, chosen, half or "")
    model = _loaded.get(key)
    if model is None:
        model = TorchModel(folder, chosen, half)
        _loaded[key] = model
    _latest.append(model)
    return model


def choose_device(device: str | None) -> str:
    """Return the name of a torch device: the given one, or the best one available."""
    import torch

    if device in {None, "auto"}:
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise UsageError(
            f"the device {device!r} is not available",
            hint="omit device, or use 'cpu'",
            option="device",
        ) from error
    return str(device)


class TorchModel:
    """A loaded model; use :func:`load` to get one.

    Parameters
    ----------
    folder
        A sentence-transformers folder.
    device
        Name of a torch device.
    half
        16-bit type for matrix products (automatic mixed precision), or None for 32 bits.
    """

    def __init__(self, folder: Path, device: str, half: Half | None = None) -> None:
        self.device = device
        self._half = half
        self._name = folder.name
        self._model = load_quietly(folder, device)
        self._own_length = self._model.max_seq_length
        self._tokenizers: dict[tuple[int | None, Side | None], Any] = {}
        self._plain = is_plain(self._model[0]) and not describe(folder).routed
        self._token_work = multiplications_per_token(self._model)

    @property
    def dimension(self) -> int:
        """The number of dimensions of the vectors."""
        dimension = self._model.get_embedding_dimension()
        return int(dimension) if dimension else len(next(self.encode(["a"], Settings())).vectors[0])

    @property
    def weight_bytes(self) -> int:
        """The size of the weights in memory, in bytes."""
        return sum(weight.nbytes for weight in self._model.parameters())

    @property
    def full_precision(self) -> bool:
        """Whether all weights have 32 bits."""
        return all(weight.element_size() >= 4 for weight in self._model.parameters())

    @property
    def max_length(self) -> int | None:
        """The model's own maximum number of tokens; None for no limit."""
        return None if self._own_length is None else int(self._own_length)

    def encode(
        self,
        texts: list[str],
        settings: Settings,
        batch_tokens: int | None = None,
        threads: int | None = None,
    ) -> Iterator[Encoded]:
        """Yield vectors batch by batch, longest texts first.

        Raises
        ------
        ModelError
            The model returns vectors that are not finite.
        """
        encode = self._encode_by_tokens if self._plain else self._encode_with_library
        alone = threads == 1
        budget = batch_tokens or BATCH_TOKENS.get(self.device.partition(":")[0], 1024)
        try:
            for encoded in encode(texts, settings, budget, alone=alone):
                check_finite(encoded, texts)
                yield encoded
        except (TunesmithError, MemoryError):
            raise
        except Exception as error:  # the libraries raise errors of any kind
            if _out_of_memory(error):
                raise
            raise ModelError(
                f"{self._name} cannot encode these texts ({type(error).__name__}: "
                f"{str(error)[:300]})"
            ) from error

    def reference(self, described: Description) -> dict[str | None, Callable[[list[str]], Any]]:
        """Return sentence-transformers' own functions for texts, queries and documents.

        It documents that ``encode_document`` uses a prompt named ``passage`` or ``corpus``; as its
        empty default hides these, they are given by name.
        """
        names = [name for name in ("document", "passage", "corpus") if name in described.prompts]
        own = {"prompt_name": names[0]} if names else {}
        return {
            None: self._model.encode,
            "query": self._model.encode_query,
            "document": partial(self._model.encode_document, **own),
        }

    def _encode_by_tokens(
        self, texts: list[str], settings: Settings, budget: int, *, alone: bool
    ) -> Iterator[Encoded]:
        tokenised = self._tokenise(texts, settings)
        prompt_length = self._prompt_length(settings.prompt)
        empty = np.flatnonzero(tokenised.lengths == 0)
        if len(empty):
            vectors = np.zeros((len(empty), self.dimension), dtype=np.float32)
            yield Encoded(empty, vectors, tokenised.lengths[empty], tokenised.truncated[empty])
        for batch in batches_with_tokens(tokenised.lengths, budget):
            features = self._features(tokenised, batch)
            if prompt_length is not None:
                features["prompt_length"] = prompt_length
            vectors = self._forward(features, normalize=settings.normalize, alone=alone)
            yield Encoded(batch, vectors, tokenised.lengths[batch], tokenised.truncated[batch])

    def _tokenise(self, texts: list[str], settings: Settings) -> _Tokenised:
        tokenizer = self._tokenizer(settings.max_length, settings.truncation_side)
        encodings = encode_starts(tokenizer, [settings.prompt + text for text in texts])
        ids = [np.array(encoding.ids, dtype=np.int32) for encoding in encodings]
        if "token_type_ids" not in self._model.tokenizer.model_input_names:
            return _Tokenised(ids, [], truncated(encodings))
        types = [np.array(encoding.type_ids, dtype=np.int32) for encoding in encodings]
        return _Tokenised(ids, types, truncated(encodings))

    def _tokenizer(self, max_length: int | None, side: Side | None) -> Any:
        """Return our own tokenizer, because sentence-transformers changes the limits of its own."""
        key = (max_length, side)
        if key not in self._tokenizers:
            theirs = self._model.tokenizer
            self._tokenizers[key] = truncating_tokenizer(
                theirs.backend_tokenizer.to_str(), max_length, side or theirs.truncation_side
            )
        return self._tokenizers[key]

    def _prompt_length(self, prompt: str) -> int | None:
        if not prompt or all(getattr(each, "include_prompt", True) for each in self._model):
            return None
        length = self._model.preprocess([""], prompt=prompt).get("prompt_length")
        return None if length is None else int(length)

    def _features(self, tokenised: _Tokenised, batch: NDArray[np.int64]) -> dict[str, Any]:
        import torch

        tokenizer = self._model.tokenizer
        left = tokenizer.padding_side == "left"
        ids = [tokenised.ids[position] for position in batch]
        mask = token_mask(np.array([len(row) for row in ids], dtype=np.int64), left=left)
        arrays = {
            "input_ids": pad(ids, tokenizer.pad_token_id or 0, left=left),
            "attention_mask": mask.astype(np.int64),
        }
        if tokenised.types:
            types = [tokenised.types[position] for position in batch]
            arrays["token_type_ids"] = pad(types, tokenizer.pad_token_type_id, left=left)
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        moved = {name: tensor.to(self.device) for name, tensor in tensors.items()}
        return {**moved, "modality": "text"}

    def _forward(
        self, features: dict[str, Any], *, normalize: bool, alone: bool
    ) -> NDArray[np.float32]:
        import torch

        work = 0 if alone else features["input_ids"].numel() * self._token_work
        with threads_for(work), torch.inference_mode(), self._mixed():
            vectors = self._model(features)["sentence_embedding"].float()
            vectors = vectors[:, : self._model.truncate_dim]
            if normalize:
                vectors = torch.nn.functional.normalize(vectors, dim=-1)
            return np.asarray(vectors.cpu().numpy(), dtype=np.float32)

    def _mixed(self) -> AbstractContextManager[Any]:
        if self._half is None:
            return nullcontext()
        import torch

        kind = self.device.partition(":")[0]
        return torch.autocast(kind, dtype=getattr(torch, self._half))

    def _encode_with_library(
        self, texts: list[str], settings: Settings, budget: int, *, alone: bool
    ) -> Iterator[Encoded]:
        """Encode with sentence-transformers itself, for models that are not plain transformers."""
        if settings.truncation_side not in {None, self._truncation_side}:
            raise UsageError(
                f"{self._name} cannot truncate texts on the {settings.truncation_side}",
                hint="shorten the texts",
            )
        order = np.argsort([-len(text) for text in texts], kind="stable").astype(np.int64)
        step = max(_FALLBACK_BATCH, budget // 8)
        self._set_length(settings.max_length or self._own_length)
        for start in range(0, len(order), step):
            batch = order[start : start + step]
            with threads_for(0 if alone else math.inf), self._mixed():
                vectors = self._model.encode(
                    [texts[position] for position in batch],
                    prompt=settings.prompt,
                    normalize_embeddings=settings.normalize,
                    show_progress_bar=False,
                    **({"task": settings.task} if settings.task else {}),
                )
            width = self._model.get_embedding_dimension()
            if width and vectors.shape[1] != width:
                raise ModelError(
                    f"the Router of {self._name} gives vectors of {vectors.shape[1]} dimensions "
                    f"on one route and of {width} on another"
                )
            yield Encoded(batch, np.asarray(vectors, dtype=np.float32))

    @property
    def _truncation_side(self) -> str | None:
        return getattr(self._model.tokenizer, "truncation_side", None)

    def _set_length(self, length: int | None) -> None:
        if length == self._model.max_seq_length:
            return
        try:
            self._model.max_seq_length = length
        except AttributeError as error:
            raise UsageError(
                "max_length cannot be set: this model never truncates texts", option="max_length"
            ) from error


def _out_of_memory(error: Exception) -> bool:
    return "OutOfMemory" in type(error).__name__ or "not enough memory" in str(error)


def load_quietly(folder: Path, device: str, **settings: Any) -> Any:
    """Load a SentenceTransformer for encoding, without progress bars.

    Raises
    ------
    DamagedModel
        sentence-transformers cannot load the folder, or its weights do not match its configuration.
    """
    from sentence_transformers import SentenceTransformer

    try:
        with no_progress_bars():
            model = SentenceTransformer(
                str(folder), device=device, local_files_only=True, model_kwargs=settings
            )
    except Exception as error:  # a damaged file can raise errors from any of four libraries
        raise DamagedModel(
            f"{folder} cannot be loaded as a sentence-transformers model: {error}"
        ) from error
    require_pooled_dimension(folder, model)
    require_weights(folder, model)
    if device == "cpu":
        model.float()  # in 16 bits, a text's vector would depend on the others of its batch
    return model.eval()


def multiplications_per_token(model: Any) -> float:
    """Return the multiplications that a forward pass makes for a token, roughly.

    Each weight is used once, except in embedding tables, where rows are only looked up.
    """
    from torch import nn

    tables = sum(
        module.weight.numel() for module in model.modules() if isinstance(module, nn.Embedding)
    )
    return float(sum(weight.numel() for weight in model.parameters()) - tables)


def is_plain(module: Any) -> bool:
    """Return whether our tokenisation and padding are equivalent to the module's."""
    from sentence_transformers.base.modules import Transformer

    return (
        type(module) is Transformer
        and module.modalities == ["text"]
        and not module.can_flatten_inputs
        and not module.processing_kwargs
        and bool(getattr(module.tokenizer, "is_fast", False))
    )
