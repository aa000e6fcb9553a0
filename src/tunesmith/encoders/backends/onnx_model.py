"""Encoding with an exported model in ONNX Runtime, without torch and on all cores."""

import sys
from collections.abc import Iterator
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.backends.batches import cheapest_batches, pad, token_mask
from tunesmith.encoders.backends.cores import by_chunks
from tunesmith.encoders.backends.onnx_folder import MODEL, TOKENIZER, Export
from tunesmith.encoders.backends.parts import Encoded, Settings, Side, check_finite
from tunesmith.encoders.backends.tokenizer import encode_starts, truncated, truncating_tokenizer
from tunesmith.errors import DamagedModel
from tunesmith.vectors.layers import of_length_1

# Each batch runs on one core, so small batches are efficient and fit the core's cache.
BATCH_TOKENS = 384
# A run of the session costs as much as this many more tokens: 7 ms at 0.17 ms per token
# (all-MiniLM-L6-v2, one core, 192 texts of 24 tokens in batches of many lengths).
_PER_BATCH = 40
_loaded: WeakValueDictionary[tuple[str, str], "OnnxModel"] = WeakValueDictionary()


def load_onnx(export: Export) -> "OnnxModel":
    """Load an exported model, or return the one already loaded.

    Raises
    ------
    DamagedModel
        A file cannot be read.
    """
    key = (str(export.folder), export.runtime.digest)  # int8 has its own folder
    model = _loaded.get(key)
    if model is None:
        model = OnnxModel(export)
        _loaded[key] = model
    return model


class OnnxModel:
    """A loaded export; use :func:`load_onnx` to get one.

    There is one thread per core, each with its own batch and tokenisation. So threads neither spin
    nor wait for each other.

    Parameters
    ----------
    export
        Export on disk.
    """

    def __init__(self, export: Export) -> None:
        self._runtime = export.runtime
        self._tokenizers: dict[tuple[int | None, Side | None], Any] = {}
        try:
            self.weight_bytes = (export.folder / MODEL).stat().st_size
            self._session = _session(str(export.folder / MODEL))
            self._tokenizer_text = (export.folder / TOKENIZER).read_text("utf-8")
        except Exception as error:  # ONNX Runtime has a dozen exceptions without a common base
            raise DamagedModel(
                f"{export.folder} cannot be loaded ({error})",
                hint="delete it, and it will be recreated",
            ) from error
        self._inputs = {node.name for node in self._session.get_inputs()}

    @property
    def dimension(self) -> int:
        """The number of dimensions of the vectors."""
        return self._runtime.dimension

    def encode(
        self,
        texts: list[str],
        settings: Settings,
        batch_tokens: int | None = None,
        threads: int | None = None,
    ) -> Iterator[Encoded]:
        """Yield vectors chunk by chunk, roughly longest texts first.

        An int8 model scales the activations of a batch together. So each text is a batch of its
        own there, and ``batch_tokens`` has no effect: its vector does not depend on other texts.

        Raises
        ------
        ModelError
            The model returns vectors that are not finite.
        """
        tokenizer = self._tokenizer(settings.max_length, settings.truncation_side)

        def encode(chunk: NDArray[np.int64]) -> Encoded:
            return self._encode(chunk, texts, tokenizer, settings, budget)

        budget = 1 if self._runtime.quantized else batch_tokens or BATCH_TOKENS
        for encoded in by_chunks(encode, texts, threads=threads):
            check_finite(encoded, texts)
            yield encoded

    def encode_together(self, texts: list[str], settings: Settings) -> NDArray[np.float32]:
        """Return the vectors (n, d) of texts encoded in a single batch."""
        indices = np.arange(len(texts), dtype=np.int64)
        tokenizer = self._tokenizer(settings.max_length, settings.truncation_side)
        return self._encode(indices, texts, tokenizer, settings, sys.maxsize).vectors

    def _encode(
        self,
        chunk: NDArray[np.int64],
        texts: list[str],
        tokenizer: Any,
        settings: Settings,
        budget: int,
    ) -> Encoded:
        encodings = encode_starts(
            tokenizer, [settings.prompt + texts[position] for position in chunk]
        )
        lengths = np.array([len(encoding) for encoding in encodings], dtype=np.int64)
        vectors = np.zeros((len(chunk), self.dimension), dtype=np.float32)  # without tokens, 0
        for batch in cheapest_batches(lengths, budget, _PER_BATCH):
            features = self._features([encodings[index] for index in batch], lengths[batch])
            vectors[batch] = self._session.run(None, features)[0]
        final = of_length_1(vectors) if settings.normalize else vectors
        return Encoded(chunk, final, lengths, truncated(encodings))

    def _features(
        self, encodings: list[Any], lengths: NDArray[np.int64]
    ) -> dict[str, NDArray[np.int64]]:
        left = self._runtime.padding_side == "left"
        ids = [np.array(encoding.ids, dtype=np.int64) for encoding in encodings]
        features = {
            "input_ids": pad(ids, self._runtime.pad_id, left=left),
            "attention_mask": token_mask(lengths, left=left).astype(np.int64),
        }
        if "token_type_ids" in self._inputs:
            types = [np.array(encoding.type_ids, dtype=np.int64) for encoding in encodings]
            features["token_type_ids"] = pad(types, self._runtime.pad_type_id, left=left)
        return features

    def _tokenizer(self, max_length: int | None, side: Side | None) -> Any:
        key = (max_length, side)
        if key not in self._tokenizers:
            self._tokenizers[key] = truncating_tokenizer(
                self._tokenizer_text, max_length, side or self._runtime.truncation_side
            )
        return self._tokenizers[key]


def _session(path: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
