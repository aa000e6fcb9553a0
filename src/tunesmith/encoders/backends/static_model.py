"""Static models: a text's vector is the mean of its tokens' vectors.

The folder format is sentence-transformers' ``StaticEmbedding``; here it runs as a sparse matrix
product, without torch.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from tunesmith.encoders.backends.cores import by_chunks
from tunesmith.encoders.backends.parts import Encoded, Settings, Side, check_finite
from tunesmith.encoders.backends.tokenizer import truncated
from tunesmith.encoders.model_files.digest import module_folders
from tunesmith.errors import DamagedModel, OutputError
from tunesmith.vectors.layers import of_length_1

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

WEIGHT = "embedding.weight"
FILE = "model.safetensors"
TOKENIZER = "tokenizer.json"
_CHUNK = 1024
# These names are understood by every release of sentence-transformers since version 3.2.
_STATIC = "sentence_transformers.models.StaticEmbedding"
_NORMALIZE = "sentence_transformers.models.Normalize"
_loaded: WeakValueDictionary[tuple[str, str], "StaticModel"] = WeakValueDictionary()


@dataclass(frozen=True, eq=False)
class TokenCounts:
    """Tokens of texts.

    Parameters
    ----------
    counts
        The count of each token in each text, float32, shape (n, tokens).
    lengths
        The number of tokens of each text, shape (n,).
    truncated
        Whether each text was truncated, shape (n,).
    """

    counts: "csr_matrix"
    lengths: NDArray[np.int64]
    truncated: NDArray[np.bool_]


class TokenBags:
    """Turns texts into rows of token counts.

    Parameters
    ----------
    tokenizer
        Content of a ``tokenizer.json``. Padding and special tokens are not used.
    max_length
        Maximum number of tokens before truncation; None keeps the tokenizer's setting.
    side
        Side of truncation; None for the tokenizer's own.
    """

    def __init__(
        self, tokenizer: str, max_length: int | None = None, side: Side | None = None
    ) -> None:
        self._tokenizer = Tokenizer.from_str(tokenizer)
        self._tokenizer.no_padding()
        own = self._tokenizer.truncation or {}
        limit = max_length or own.get("max_length")
        if limit is not None and (max_length is not None or side is not None):
            direction = side or own.get("direction", "right")
            self._tokenizer.enable_truncation(limit, direction=direction)

    @property
    def size(self) -> int:
        """The size of the vocabulary."""
        return int(self._tokenizer.get_vocab_size())

    def tokens(self) -> list[str]:
        """Return each token as it appears in a text, in order of token ids."""
        decoded = self._tokenizer.decode_batch(
            [[number] for number in range(self.size)], skip_special_tokens=False
        )
        return [text.removeprefix("##") or text for text in decoded]

    def count(self, texts: list[str]) -> "csr_matrix":
        """Return the count of each token in each text, float32, shape (n, tokens)."""
        return self.tokenise(texts).counts

    def tokenise(self, texts: list[str]) -> "TokenCounts":
        """Return the count of each token in each text, and which texts were truncated."""
        from scipy.sparse import csr_matrix

        encodings = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        ends = np.cumsum([0, *map(len, encodings)])
        numbers = (number for encoding in encodings for number in encoding.ids)
        columns = np.fromiter(numbers, dtype=np.int32, count=int(ends[-1]))
        ones = np.ones(len(columns), dtype=np.float32)
        counts = csr_matrix((ones, columns, ends), shape=(len(texts), self.size))
        return TokenCounts(counts, np.diff(ends).astype(np.int64), truncated(encodings))


class StaticModel:
    """A loaded static model; use :func:`load_static` to get one.

    Parameters
    ----------
    tokenizer
        Content of its ``tokenizer.json``.
    weight
        Vector of each token, float32, shape (tokens, d).
    normalized
        Whether the model L2-normalises its vectors.

    Examples
    --------
    >>> from tunesmith.encoders import bundled_folder
    >>> tokenizer = (bundled_folder() / "tokenizer.json").read_text("utf-8")
    >>> model = StaticModel(tokenizer, np.ones((30522, 4), dtype=np.float32))
    >>> [encoded.vectors for encoded in model.encode(["my card"], Settings())]
    [array([[0.5, 0.5, 0.5, 0.5]], dtype=float32)]
    """

    def __init__(
        self, tokenizer: str, weight: NDArray[np.float32], *, normalized: bool = True
    ) -> None:
        self.tokenizer = tokenizer
        self.weight = weight
        self.normalized = normalized
        self._bags: dict[tuple[int | None, Side | None], TokenBags] = {
            (None, None): TokenBags(tokenizer)
        }

    @property
    def dimension(self) -> int:
        """The number of dimensions of the vectors."""
        return int(self.weight.shape[1])

    @property
    def weight_bytes(self) -> int:
        """The size of the weights in memory, in bytes."""
        return self.weight.nbytes

    def encode(
        self,
        texts: list[str],
        settings: Settings,
        batch_tokens: int | None = None,
        threads: int | None = None,
    ) -> Iterator[Encoded]:
        """Yield vectors chunk by chunk; ``batch_tokens`` has no effect here.

        Raises
        ------
        ModelError
            The model returns vectors that are not finite.
        """
        del batch_tokens
        bags = self._token_bags(settings.max_length, settings.truncation_side)
        normalise = settings.normalize or self.normalized

        def encode(chunk: NDArray[np.int64]) -> Encoded:
            tokens = bags.tokenise([settings.prompt + texts[position] for position in chunk])
            sums = np.asarray(tokens.counts @ self.weight, dtype=np.float32)
            # After normalisation, sum and mean are equal.
            means = of_length_1(sums) if normalise else sums / _at_least_1(tokens.counts)
            return Encoded(chunk, means, tokens.lengths, tokens.truncated)

        for encoded in by_chunks(encode, texts, _CHUNK, threads):
            check_finite(encoded, texts)
            yield encoded

    def _token_bags(self, max_length: int | None, side: Side | None) -> TokenBags:
        key = (max_length, side)
        if key not in self._bags:
            self._bags[key] = TokenBags(self.tokenizer, max_length, side)
        return self._bags[key]

    def save(self, folder: Path) -> None:
        """Write a folder that ``SentenceTransformer(folder)`` loads.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        module_folder = folder / "0_StaticEmbedding"
        modules = [("0", module_folder.name, _STATIC), ("1", "1_Normalize", _NORMALIZE)]
        listing = [
            {"idx": int(name), "name": name, "path": path, "type": kind}
            for name, path, kind in modules[: 2 if self.normalized else 1]
        ]
        try:
            module_folder.mkdir(parents=True, exist_ok=True)
            save_file({WEIGHT: np.ascontiguousarray(self.weight)}, module_folder / FILE)
            (module_folder / TOKENIZER).write_text(self.tokenizer, encoding="utf-8")
            if self.normalized:
                (folder / "1_Normalize").mkdir(exist_ok=True)
            (folder / "modules.json").write_text(
                json.dumps(listing, indent=2) + "\n", encoding="utf-8"
            )
        except (OSError, SafetensorError) as error:
            raise OutputError(f"the model cannot be written to {folder}: {error}") from error


def load_static(folder: Path, digest: str, *, normalized: bool) -> StaticModel:
    """Load a static model, or return the one already loaded.

    Parameters
    ----------
    folder
        Folder of a model for which
        :func:`~tunesmith.encoders.model_files.description.describe` reports ``static``.
    digest
        Digest of the folder.
    normalized
        Whether its last module L2-normalises vectors.

    Raises
    ------
    DamagedModel
        A file cannot be read.
    """
    key = (str(folder), digest)
    model = _loaded.get(key)
    if model is None:
        module_folder = folder / module_folders(folder)[0]
        try:
            weight = load_file(module_folder / FILE)[WEIGHT].astype(np.float32, copy=False)
            tokenizer = (module_folder / TOKENIZER).read_text("utf-8")
            model = StaticModel(tokenizer, weight, normalized=normalized)
        except Exception as error:  # tokenizers raises bare Exception for a broken file
            raise DamagedModel(
                f"{module_folder} cannot be read as a static model ({error})"
            ) from error
        size = TokenBags(tokenizer).size
        if size != len(weight):
            raise DamagedModel(
                f"{module_folder} has {len(weight)} vectors for {size} tokens",
                hint="download the model again, or use backend='torch'",
            )
        _loaded[key] = model
    return model


def _at_least_1(counts: Any) -> NDArray[np.float32]:
    return np.maximum(np.asarray(counts.sum(axis=1), dtype=np.float32).reshape(-1, 1), 1)
