"""Static models: a text's vector is the mean of its tokens' vectors, and nothing else.

The folder is sentence-transformers' own ``StaticEmbedding``; here it is run by a sparse product,
without torch.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from tunesmith.encoders.backends.cores import by_chunks
from tunesmith.encoders.backends.torch_model import Encoded, Settings, check_finite
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


class TokenBags:
    """Turns texts into rows of token counts.

    Parameters
    ----------
    tokenizer
        The content of a ``tokenizer.json``. Padding and special tokens are left out.
    max_length
        The tokens after which a text is cut off; None as the tokenizer has it.
    """

    def __init__(self, tokenizer: str, max_length: int | None = None) -> None:
        self._tokenizer = Tokenizer.from_str(tokenizer)
        self._tokenizer.no_padding()
        if max_length is not None:
            self._tokenizer.enable_truncation(max_length)

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return int(self._tokenizer.get_vocab_size())

    def tokens(self) -> list[str]:
        """Return each token as it stands in a text, in the order of their numbers."""
        decoded = self._tokenizer.decode_batch(
            [[number] for number in range(self.size)], skip_special_tokens=False
        )
        return [text.removeprefix("##") or text for text in decoded]

    def count(self, texts: list[str]) -> "csr_matrix":
        """Return how often each token stands in each text: float32, shape (n, tokens)."""
        from scipy.sparse import csr_matrix

        encodings = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        ends = np.cumsum([0, *map(len, encodings)])
        numbers = (number for encoding in encodings for number in encoding.ids)
        columns = np.fromiter(numbers, dtype=np.int32, count=int(ends[-1]))
        ones = np.ones(len(columns), dtype=np.float32)
        return csr_matrix((ones, columns, ends), shape=(len(texts), self.size))


class StaticModel:
    """A loaded static model; use :func:`load_static` to get one.

    Parameters
    ----------
    tokenizer
        The content of its ``tokenizer.json``.
    weight
        A vector for each token, float32, shape (tokens, d).
    normalized
        Whether it scales vectors to length 1 by itself.

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
        self._bags: dict[int | None, TokenBags] = {None: TokenBags(tokenizer)}

    @property
    def dimension(self) -> int:
        """The width of the vectors."""
        return int(self.weight.shape[1])

    def encode(
        self, texts: list[str], settings: Settings, batch_tokens: int | None = None
    ) -> Iterator[Encoded]:
        """Yield vectors chunk by chunk; ``batch_tokens`` changes nothing here.

        Raises
        ------
        ModelError
            The model gives vectors that are not finite.
        """
        del batch_tokens
        bags = self._bag_for(settings.max_length)
        scaled = settings.normalize or self.normalized

        def encode(chunk: NDArray[np.int64]) -> Encoded:
            counts = bags.count([settings.prompt + texts[position] for position in chunk])
            sums = np.asarray(counts @ self.weight, dtype=np.float32)
            # Of length 1, a sum and a mean are the same.
            return Encoded(chunk, of_length_1(sums) if scaled else sums / _at_least_1(counts))

        for encoded in by_chunks(encode, texts, _CHUNK):
            check_finite(encoded, texts)
            yield encoded

    def _bag_for(self, max_length: int | None) -> TokenBags:
        if max_length not in self._bags:
            self._bags[max_length] = TokenBags(self.tokenizer, max_length)
        return self._bags[max_length]

    def save(self, folder: Path) -> None:
        """Write a folder that ``SentenceTransformer(folder)`` loads.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        place = folder / "0_StaticEmbedding"
        modules = [("0", place.name, _STATIC), ("1", "1_Normalize", _NORMALIZE)]
        listing = [
            {"idx": int(name), "name": name, "path": path, "type": kind}
            for name, path, kind in modules[: 2 if self.normalized else 1]
        ]
        try:
            place.mkdir(parents=True, exist_ok=True)
            save_file({WEIGHT: np.ascontiguousarray(self.weight)}, place / FILE)
            (place / TOKENIZER).write_text(self.tokenizer, encoding="utf-8")
            if self.normalized:
                (folder / "1_Normalize").mkdir(exist_ok=True)
            (folder / "modules.json").write_text(
                json.dumps(listing, indent=2) + "\n", encoding="utf-8"
            )
        except (OSError, SafetensorError) as error:
            raise OutputError(f"the model cannot be written to {folder}: {error}") from error


def load_static(folder: Path, digest: str, *, normalized: bool) -> StaticModel:
    """Load a static model, or share the one that is loaded already.

    Parameters
    ----------
    folder
        A folder that :func:`~tunesmith.encoders.model_files.description.describe` calls static.
    digest
        Its digest.
    normalized
        Whether it ends in a module that scales vectors to length 1.

    Raises
    ------
    DamagedModel
        A file of it cannot be read.
    """
    key = (str(folder), digest)
    model = _loaded.get(key)
    if model is None:
        place = folder / module_folders(folder)[0]
        try:
            weight = load_file(place / FILE)[WEIGHT].astype(np.float32, copy=False)
            tokenizer = (place / TOKENIZER).read_text("utf-8")
            model = StaticModel(tokenizer, weight, normalized=normalized)
        except Exception as error:  # tokenizers raises bare Exception for a broken file
            raise DamagedModel(f"{place} cannot be read as a static model ({error})") from error
        size = TokenBags(tokenizer).size
        if size != len(weight):
            raise DamagedModel(
                f"{place} has {len(weight)} vectors for {size} tokens: fetch the model again, or "
                "use backend='torch'"
            )
        _loaded[key] = model
    return model


def _at_least_1(counts: Any) -> NDArray[np.float32]:
    return np.maximum(np.asarray(counts.sum(axis=1), dtype=np.float32).reshape(-1, 1), 1)
