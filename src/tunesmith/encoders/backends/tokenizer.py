"""Token counts of texts, without torch."""

import sys
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from tunesmith.encoders.model_files.description import Description, describe
from tunesmith.encoders.model_files.languages import model_languages
from tunesmith.errors import DamagedModel

LONGEST_TOKEN = 16
"""Characters that a token rarely exceeds."""

_CHUNK = 4096
_TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json")


class _Counter(Protocol):
    def __call__(self, texts: list[str]) -> list[int]: ...


class FolderTokens:
    """Counts tokens with the tokenizer of a model folder.

    Parameters
    ----------
    folder
        A sentence-transformers folder.
    max_length
        Maximum length that overrides the model's limit.
    name
        The model's name in messages; by default that of the folder.

    Examples
    --------
    >>> from tunesmith.encoders import bundled_folder
    >>> tokens = FolderTokens(bundled_folder())
    >>> tokens.max_length, tokens.token_lengths(["my card is lost", ""])
    (256, array([6, 2]))
    """

    def __init__(
        self, folder: str | Path, max_length: int | None = None, *, name: str = ""
    ) -> None:
        self.folder = Path(folder)
        self.name = name or self.folder.name
        self._max_length = max_length

    @property
    def max_length(self) -> int:
        """The maximum number of tokens of a text; ``sys.maxsize`` for a model without limit."""
        return self._max_length or self._description.max_length or sys.maxsize

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return the token counts of texts, including special tokens, untruncated, shape (n,).

        Raises
        ------
        DamagedModel
            The folder has no readable tokenizer.
        """
        chunks = [list(texts[start : start + _CHUNK]) for start in range(0, len(texts), _CHUNK)]
        counts = [length for chunk in chunks for length in self._count(chunk)]
        return np.asarray(counts, dtype=np.int64)

    @cached_property
    def languages(self) -> frozenset[str] | None:
        """The languages in the model's card; None if it names none, or many."""
        return model_languages(self.folder)

    def unknown_shares(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the share of unknown tokens of each text, shape (n,); 0 if it cannot be known."""
        file = self._description.tokenizer_folder / "tokenizer.json"
        if not file.is_file():
            return np.zeros(len(texts))
        tokenizer = _plain_tokenizer(file.read_text("utf-8"))
        unknown = getattr(tokenizer.model, "unk_token", None)
        shares = [
            encoding.tokens.count(unknown) / max(1, len(encoding.tokens))
            for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)
        ]
        return np.asarray(shares)

    @cached_property
    def _description(self) -> Description:
        return describe(self.folder)

    @cached_property
    def _count(self) -> _Counter:
        folder = self._description.tokenizer_folder
        file = folder / "tokenizer.json"
        require_tokenizer(folder)
        try:
            if file.is_file():
                return _fast_counter(file.read_text("utf-8"))
            return _slow_counter(folder)
        except Exception as error:  # tokenizers raises bare Exception for a broken file
            raise DamagedModel(f"the tokenizer in {folder} cannot be read: {error}") from error


def require_tokenizer(folder: Path) -> None:
    """Raise DamagedModel if a folder has no tokenizer.

    transformers then makes one of special tokens only, so that all texts are equal.
    """
    if any((folder / name).is_file() for name in _TOKENIZERS) or any(folder.glob("*.model")):
        return
    try:
        tokenizer = _auto_tokenizer(folder)
    except Exception:  # not a folder of transformers, or one that cannot be loaded either
        return
    if not set(tokenizer.get_vocab()) - set(tokenizer.all_special_tokens):
        raise DamagedModel(
            f"{folder} has no tokenizer: tokenizer.json is missing", hint="download the model again"
        )


def truncating_tokenizer(text: str, max_length: int | None, side: str) -> Any:
    """Return a tokenizer without padding that truncates texts at ``max_length``, if given.

    Parameters
    ----------
    text
        Content of a ``tokenizer.json``.
    max_length
        Maximum length in tokens, including special ones; None for no limit.
    side
        Side of truncation: ``"left"`` or ``"right"``.
    """
    tokenizer = Tokenizer.from_str(text)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if max_length is not None:
        tokenizer.enable_truncation(max_length, direction=side)
    return tokenizer


def encode_starts(tokenizer: Any, texts: list[str]) -> list[Any]:
    """Return the encodings by a truncating tokenizer, without reading long texts to their end.

    The start of a text, cut between words, is enough if it has twice the tokens that are kept: what
    was cut then cannot change them.
    """
    truncation = tokenizer.truncation
    if truncation is None or truncation["direction"] == "left":
        return list(tokenizer.encode_batch_fast(texts))
    limit = truncation["max_length"]
    cut = limit * LONGEST_TOKEN
    starts = [_start(text, cut) for text in texts]
    encodings = list(tokenizer.encode_batch_fast(starts))
    for index, (start, text) in enumerate(zip(starts, texts, strict=True)):
        if start is not text and sum(map(len, encodings[index].overflowing)) < limit:
            encodings[index] = tokenizer.encode_batch_fast([text])[0]
    return encodings


def _start(text: str, cut: int) -> str:
    """Return the whole words within so many characters; the whole text if there are not two."""
    if len(text) <= cut:
        return text
    words = text[:cut].rsplit(None, 1)
    return words[0] if len(words) == 2 else text


def truncated(encodings: Sequence[Any]) -> NDArray[np.bool_]:
    """Return which texts a truncating tokenizer has truncated, shape (n,)."""
    return np.array([bool(encoding.overflowing) for encoding in encodings], dtype=np.bool_)


def _fast_counter(text: str) -> _Counter:
    tokenizer = _plain_tokenizer(text)
    return lambda texts: [len(encoding) for encoding in tokenizer.encode_batch_fast(texts)]


# To parse a tokenizer takes 30 ms, more than most files of a few hundred rows take to be checked.
@lru_cache(maxsize=2)
def _plain_tokenizer(text: str) -> Any:
    tokenizer = Tokenizer.from_str(text)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _slow_counter(folder: Path) -> _Counter:
    tokenizer = _auto_tokenizer(folder)
    return lambda texts: [len(ids) for ids in tokenizer(texts, truncation=False)["input_ids"]]


def _auto_tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
