"""An encoder loaded once for serving: nothing about it can change between two calls."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.backends.batches import unique
from tunesmith.encoders.backends.engine import Engine
from tunesmith.encoders.inputs import as_texts
from tunesmith.encoders.model_files.source import ModelFiles
from tunesmith.vectors.layers import Layer, apply_layers


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
        distinct = unique(as_texts(texts))
        limit = None if self.max_length == sys.maxsize else self.max_length
        settings = self.files.settings(
            prompt, prompts=self.prompts, max_length=limit, normalize=self.normalize
        )
        vectors = np.empty((len(distinct.texts), self.dimension), dtype=np.float32)
        for part in self.engine.encode(distinct.texts, settings, self.batch_tokens, self.threads):
            vectors[part.positions] = part.vectors
        if prompt == "query":
            vectors = apply_layers(self.query_layers, vectors)
        return vectors[distinct.positions]

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return the token counts of texts, including special tokens, untruncated, shape (n,)."""
        return self.files.tokens.token_lengths(as_texts(texts))
