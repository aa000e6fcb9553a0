"""How many tokens texts have, counted without torch."""

import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from tunesmith.encoders.model_files.description import Description, describe
from tunesmith.errors import DamagedModel

_CHUNK = 4096


class _Counter(Protocol):
    def __call__(self, texts: list[str]) -> list[int]: ...


class FolderTokens:
    """Counts tokens with the tokenizer of a model folder.

    Parameters
    ----------
    folder
        A sentence-transformers folder.
    max_length
        Stands in for the model's own limit.

    Examples
    --------
    >>> from tunesmith.encoders import bundled_folder
    >>> tokens = FolderTokens(bundled_folder())
    >>> tokens.max_length, tokens.token_lengths(["my card is lost", ""])
    (256, array([6, 2]))
    """

    def __init__(self, folder: str | Path, max_length: int | None = None) -> None:
        self.folder = Path(folder)
        self._max_length = max_length

    @property
    def max_length(self) -> int:
        """The tokens after which a text is cut off; ``sys.maxsize`` for a model without limit."""
        return self._max_length or self._description.max_length or sys.maxsize

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return each text's tokens, special ones included and none cut off, shape (n,).

        Raises
        ------
        DamagedModel
            The folder has no tokenizer that can be read.
        """
        chunks = [list(texts[start : start + _CHUNK]) for start in range(0, len(texts), _CHUNK)]
        counts = [length for chunk in chunks for length in self._count(chunk)]
        return np.asarray(counts, dtype=np.int64)

    @cached_property
    def _description(self) -> Description:
        return describe(self.folder)

    @cached_property
    def _count(self) -> _Counter:
        folder = self._description.tokenizer_folder
        file = folder / "tokenizer.json"
        try:
            return _fast_counter(file) if file.is_file() else _slow_counter(folder)
        except Exception as error:  # tokenizers raises bare Exception for a broken file
            raise DamagedModel(f"the tokenizer in {folder} cannot be read: {error}") from error


def cutting_tokenizer(text: str, max_length: int | None, side: str) -> Any:
    """Make a tokenizer that pads nothing and cuts texts at ``max_length``, if at all.

    Parameters
    ----------
    text
        The content of a ``tokenizer.json``.
    max_length
        In tokens, special ones included; None for no limit.
    side
        Where it cuts: ``"left"`` or ``"right"``.
    """
    tokenizer = Tokenizer.from_str(text)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if max_length is not None:
        tokenizer.enable_truncation(max_length, direction=side)
    return tokenizer


def _fast_counter(file: Path) -> _Counter:
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda texts: [len(encoding) for encoding in tokenizer.encode_batch_fast(texts)]


def _slow_counter(folder: Path) -> _Counter:
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    return lambda texts: [len(ids) for ids in tokenizer(texts, truncation=False)["input_ids"]]
