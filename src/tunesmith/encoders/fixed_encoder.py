"""An encoder loaded once for serving: nothing about it can change between two calls."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.backends.batches import unique
from tunesmith.encoders.backends.engine import Engine
from tunesmith.encoders.backends.parts import Encoded, Settings, Side
from tunesmith.encoders.inputs import as_texts
from tunesmith.encoders.model_files.source import ModelFiles
from tunesmith.vectors.layers import Layer, apply_layers


@dataclass(frozen=True, eq=False)
class CountedVectors:
    """Vectors of texts, with what was read of each text.

    Parameters
    ----------
    vectors
        float32, C-contiguous, shape (n, d).
    tokens
        Token counts after truncation, including prompt and special tokens, int64, shape (n,).
    truncated
        Whether each text was truncated, shape (n,).
    """

    vectors: NDArray[np.float32]
    tokens: NDArray[np.int64]
    truncated: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class FixedEncoder:
    """An encoder whose files, engine and number of threads are fixed; see ``fixed()``.

    A call touches neither the file system nor the vector cache, and one text runs on the same
    engine as a thousand. So the vector of a text does not depend on the other texts of the call,
    beyond 1e-6 in float32 and int8. Several Python threads may share an encoder.

    Parameters
    ----------
    name
        Name of the model.
    files
        The files as they were when it was loaded.
    engine
        The loaded model.
    query_layers
        Layers that only queries pass through.
    max_length
        Maximum number of tokens of a text; ``sys.maxsize`` for no limit.
    prompts
        Prompts by name, overriding the model's own.
    normalize
        Whether vectors are L2-normalised.
    batch_tokens
        Maximum number of tokens per batch; None for the engine's own.
    threads
        Number of CPU threads of a call.

    Examples
    --------
    >>> from tunesmith import SentenceEncoder
    >>> encoder = SentenceEncoder().fixed(threads=1)
    >>> encoder.encode(["my card is lost", "where is my card?"]).shape
    (2, 384)
    """

    name: str
    files: ModelFiles
    engine: Engine
    query_layers: tuple[Layer, ...]
    max_length: int
    prompts: Mapping[str, str] | None = None
    normalize: bool = True
    batch_tokens: int | None = None
    threads: int = 1

    @property
    def digest(self) -> str:
        """The SHA-256 of the model files that affect its vectors."""
        return self.files.digest

    @property
    def dimension(self) -> int:
        """The number of dimensions of the vectors."""
        return self.engine.dimension

    def encode(
        self,
        texts: Any,
        *,
        prompt: str | None = None,
        verbose: bool = False,  # noqa: ARG002 - the encoder protocol's; a server draws no bar
    ) -> NDArray[np.float32]:
        """Return the vectors of texts, float32, C-contiguous, shape (n, dimension).

        Raises
        ------
        DataError
            A text is missing or not a string; the message gives its index.
        UsageError
            ``texts`` is a single string, or there is no such prompt.
        """
        return self.encode_counted(texts, prompt=prompt).vectors

    def encode_counted(
        self, texts: Any, *, prompt: str | None = None, truncation_side: Side | None = None
    ) -> CountedVectors:
        """Return the vectors of texts, with their token counts and which texts were truncated.

        Each text is tokenised once.

        Parameters
        ----------
        texts
            The texts.
        prompt
            See :meth:`encode`.
        truncation_side
            Side where a text that is too long is truncated, ``"left"`` or ``"right"``; None for
            the model's own.

        Raises
        ------
        DataError
            A text is missing or not a string; the message gives its index.
        UsageError
            ``texts`` is a single string, there is no such prompt, or the model cannot truncate
            texts on that side.
        """
        distinct = unique(as_texts(texts))
        settings = replace(self._settings(prompt), truncation_side=truncation_side)
        found = self._encode(distinct.texts, settings)
        layers = self.query_layers if prompt == "query" else ()
        return CountedVectors(
            apply_layers(layers, found.vectors)[distinct.positions],
            found.tokens[distinct.positions],
            found.truncated[distinct.positions],
        )

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return the token counts of texts, including special tokens, untruncated, shape (n,)."""
        return self.files.tokens.token_lengths(as_texts(texts))

    def _settings(self, prompt: str | None) -> Settings:
        limit = None if self.max_length == sys.maxsize else self.max_length
        return self.files.settings(
            prompt, prompts=self.prompts, max_length=limit, normalize=self.normalize
        )

    def _encode(self, texts: list[str], settings: Settings) -> CountedVectors:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        tokens, truncated = np.empty(len(texts), np.int64), np.empty(len(texts), np.bool_)
        for part in self.engine.encode(texts, settings, self.batch_tokens, self.threads):
            vectors[part.positions] = part.vectors
            read = self._read(part, texts, settings)
            tokens[part.positions], truncated[part.positions] = read
        return CountedVectors(vectors, tokens, truncated)

    def _read(
        self, part: Encoded, texts: list[str], settings: Settings
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if part.tokens is not None and part.truncated is not None:
            return part.tokens, part.truncated
        lengths = self.token_lengths([settings.prompt + texts[index] for index in part.positions])
        limit = settings.max_length or sys.maxsize
        return np.minimum(lengths, limit), lengths > limit
