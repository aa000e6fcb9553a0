"""A sentence-transformers model in memory, and texts through it batch by batch."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.backends.batches import by_token_budget, padded, real
from tunesmith.encoders.backends.quiet import no_progress_bars
from tunesmith.encoders.backends.tokenizer import cutting_tokenizer
from tunesmith.errors import DamagedModel, ModelError, UsageError
from tunesmith.threads import threads_for

# Beyond these a batch gains nothing; measured for CPUs, set to fill the card for the others.
BATCH_TOKENS = {"cpu": 1024, "mps": 8192, "cuda": 65536}
_FALLBACK_BATCH = 32


@dataclass(frozen=True)
class Settings:
    """What decides a text's vector beside the model.

    Parameters
    ----------
    prompt
        Put before every text.
    task
        ``"query"`` or ``"document"`` for models that send them different ways.
    max_length
        The tokens after which a text is cut off; None for no limit.
    normalize
        Scale vectors to length 1.
    """

    prompt: str = ""
    task: str | None = None
    max_length: int | None = None
    normalize: bool = True


@dataclass(frozen=True, eq=False)
class Encoded:
    """Vectors (float32, shape (m, d)) and the positions (m,) of the texts they belong to."""

    positions: NDArray[np.int64]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Tokenised:
    ids: list[NDArray[np.int32]]
    types: list[NDArray[np.int32]]

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.array([len(row) for row in self.ids], dtype=np.int64)


Half = Literal["bfloat16", "float16"]
_loaded: WeakValueDictionary[tuple[str, str, str, str], "TorchModel"] = WeakValueDictionary()
_latest: deque["TorchModel"] = deque(maxlen=1)  # one that was just used is often used again


def load(folder: Path, digest: str, device: str | None, half: Half | None = None) -> "TorchModel":
    """Load a model, or share the one that is loaded already.

    Parameters
    ----------
    folder
        A sentence-transformers folder.
    digest
        Its digest: a folder that was changed is loaded again.
    device
        A torch device's name, or None for the best that is there.
    half
        See :class:`TorchModel`.

    Raises
    ------
    UsageError
        The device is not there.
    DamagedModel
        sentence-transformers cannot load the folder.
    """
    chosen = choose_device(device)
    key = (str(folder), digest, chosen, half or "")
    model = _loaded.get(key)
    if model is None:
        model = TorchModel(folder, chosen, half)
        _loaded[key] = model
    _latest.append(model)
    return model


def choose_device(device: str | None) -> str:
    """Return a torch device's name: the one asked for, or the best that is there."""
    import torch

    if device in {None, "auto"}:
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise UsageError(
            f"the device {device!r} cannot be used here: leave device out, or use 'cpu'"
        ) from error
    return str(device)


class TorchModel:
    """A loaded model; use :func:`load` to get one.

    Parameters
    ----------
    folder
        A sentence-transformers folder.
    device
        A torch device's name.
    half
        The type of 16 bits that matrix products are done in (automatic mixed precision), or None
        for 32 bits.
    """

    def __init__(self, folder: Path, device: str, half: Half | None = None) -> None:
        self.device = device
        self._half = half
        self._model = load_quietly(folder, device)
        self._own_length = self._model.max_seq_length
        self._tokenizers: dict[int | None, Any] = {}
        self._plain = is_plain(self._model[0])
        self._token_work = multiplications_per_token(self._model)

    @property
    def dimension(self) -> int:
        """The width of the vectors."""
        found = self._model.get_embedding_dimension()
        return int(found) if found else len(next(self.encode(["a"], Settings())).vectors[0])

    @property
    def max_length(self) -> int | None:
        """The tokens after which the model cuts a text off by itself; None for no limit."""
        return None if self._own_length is None else int(self._own_length)

    def encode(
        self, texts: list[str], settings: Settings, batch_tokens: int | None = None
    ) -> Iterator[Encoded]:
        """Yield vectors batch by batch, the longest texts first.

        Raises
        ------
        ModelError
            The model gives vectors that are not finite.
        """
        encode = self._encode_by_tokens if self._plain else self._encode_as_it_comes
        budget = batch_tokens or BATCH_TOKENS.get(self.device.partition(":")[0], 1024)
        for encoded in encode(texts, settings, budget):
            check_finite(encoded, texts)
            yield encoded

    def _encode_by_tokens(
        self, texts: list[str], settings: Settings, budget: int
    ) -> Iterator[Encoded]:
        tokenised = self._tokenise(texts, settings)
        prompt_length = self._prompt_length(settings.prompt)
        for batch in by_token_budget(tokenised.lengths, budget):
            features = self._features(tokenised, batch)
            if prompt_length is not None:
                features["prompt_length"] = prompt_length
            yield Encoded(batch, self._forward(features, normalize=settings.normalize))

    def _tokenise(self, texts: list[str], settings: Settings) -> _Tokenised:
        tokenizer = self._tokenizer(settings.max_length)
        encodings = tokenizer.encode_batch_fast([settings.prompt + text for text in texts])
        ids = [np.array(encoding.ids, dtype=np.int32) for encoding in encodings]
        if "token_type_ids" not in self._model.tokenizer.model_input_names:
            return _Tokenised(ids, [])
        types = [np.array(encoding.type_ids, dtype=np.int32) for encoding in encodings]
        return _Tokenised(ids, types)

    def _tokenizer(self, max_length: int | None) -> Any:
        """Make a tokenizer of our own: sentence-transformers sets and resets its one's limits."""
        if max_length not in self._tokenizers:
            theirs = self._model.tokenizer
            self._tokenizers[max_length] = cutting_tokenizer(
                theirs.backend_tokenizer.to_str(), max_length, theirs.truncation_side
            )
        return self._tokenizers[max_length]

    def _prompt_length(self, prompt: str) -> int | None:
        if not prompt:
            return None
        length = self._model.preprocess([""], prompt=prompt).get("prompt_length")
        return None if length is None else int(length)

    def _features(self, tokenised: _Tokenised, batch: NDArray[np.int64]) -> dict[str, Any]:
        import torch

        tokenizer = self._model.tokenizer
        left = tokenizer.padding_side == "left"
        ids = [tokenised.ids[position] for position in batch]
        mask = real(np.array([len(row) for row in ids], dtype=np.int64), left=left)
        arrays = {
            "input_ids": padded(ids, tokenizer.pad_token_id or 0, left=left),
            "attention_mask": mask.astype(np.int64),
        }
        if tokenised.types:
            types = [tokenised.types[position] for position in batch]
            arrays["token_type_ids"] = padded(types, tokenizer.pad_token_type_id, left=left)
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        moved = {name: tensor.to(self.device) for name, tensor in tensors.items()}
        return {**moved, "modality": "text"}

    def _forward(self, features: dict[str, Any], *, normalize: bool) -> NDArray[np.float32]:
        import torch

        work = features["input_ids"].numel() * self._token_work
        with threads_for(work), torch.inference_mode(), self._mixed():
            vectors = self._model(features)["sentence_embedding"].float()
            if normalize:
                vectors = torch.nn.functional.normalize(vectors, dim=-1)
            return np.asarray(vectors.cpu().numpy(), dtype=np.float32)

    def _mixed(self) -> AbstractContextManager[Any]:
        if self._half is None:
            return nullcontext()
        import torch

        kind = self.device.partition(":")[0]
        return torch.autocast(kind, dtype=getattr(torch, self._half))

    def _encode_as_it_comes(
        self, texts: list[str], settings: Settings, budget: int
    ) -> Iterator[Encoded]:
        """Let sentence-transformers itself encode what is no plain transformer."""
        order = np.argsort([-len(text) for text in texts], kind="stable").astype(np.int64)
        step = max(_FALLBACK_BATCH, budget // 8)
        self._set_length(settings.max_length or self._own_length)
        for start in range(0, len(order), step):
            batch = order[start : start + step]
            with self._mixed():
                vectors = self._model.encode(
                    [texts[position] for position in batch],
                    prompt=settings.prompt,
                    normalize_embeddings=settings.normalize,
                    show_progress_bar=False,
                    **({"task": settings.task} if settings.task else {}),
                )
            yield Encoded(batch, np.asarray(vectors, dtype=np.float32))

    def _set_length(self, length: int | None) -> None:
        if length == self._model.max_seq_length:
            return
        try:
            self._model.max_seq_length = length
        except AttributeError as error:
            raise UsageError("max_length cannot be set: this model never cuts texts off") from error


def load_quietly(folder: Path, device: str, **settings: Any) -> Any:
    """Load a SentenceTransformer, without progress bars, ready to encode.

    Raises
    ------
    DamagedModel
        sentence-transformers cannot load the folder.
    """
    from sentence_transformers import SentenceTransformer

    try:
        with no_progress_bars():
            model = SentenceTransformer(
                str(folder), device=device, local_files_only=True, model_kwargs=settings
            )
    except Exception as error:  # a damaged file can fail in any of four libraries
        raise DamagedModel(
            f"{folder} cannot be loaded as a sentence-transformers model: {error}"
        ) from error
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
    """Tell whether our own tokenising and padding gives what the module's would."""
    from sentence_transformers.base.modules import Transformer

    return (
        type(module) is Transformer
        and module.modalities == ["text"]
        and not module.can_flatten_inputs
        and not module.processing_kwargs
        and bool(getattr(module.tokenizer, "is_fast", False))
    )


def check_finite(encoded: Encoded, texts: Sequence[str]) -> None:
    """Raise :class:`~tunesmith.errors.ModelError` for a vector with a number that is not finite."""
    finite = np.isfinite(encoded.vectors).all(axis=1)
    if not finite.all():
        first = texts[int(encoded.positions[~finite][0])]
        raise ModelError(
            f"the model gives numbers that are not finite for the text {first[:60]!r}: "
            "its weights are damaged"
        )
