"""Tokens of a loaded model, by its own tokenizer."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from tunesmith.encoders.backends.tokenizer import truncating_tokenizer
from tunesmith.encoders.inputs import as_texts
from tunesmith.errors import UsageError
from tunesmith.models.serving import LoadedModel
from tunesmith.server.dialects.tei_faults import WrongModel
from tunesmith.server.dialects.tei_payloads import Token


def tokens(model: LoadedModel, texts: Sequence[str], *, special: bool) -> list[list[Token]]:
    """Return the tokens of texts, untruncated, with special tokens if asked for.

    Raises
    ------
    WrongModel
        The model has no ``tokenizer.json``.
    DataError
        A text cannot be encoded as UTF-8.
    """
    found = _tokenizer(model).encode_batch(as_texts(texts), add_special_tokens=special)
    return [_tokens(text, encoding) for text, encoding in zip(texts, found, strict=True)]


def decoded(model: LoadedModel, lists: Sequence[Sequence[int]], *, skip: bool = True) -> list[str]:
    """Return the texts of lists of token ids, without special tokens if they are to be skipped.

    Raises
    ------
    WrongModel
        The model has no ``tokenizer.json``.
    UsageError
        There is no token with such an id.
    """
    size = _tokenizer(model).get_vocab_size()
    unknown = next((ident for each in lists for ident in each if not 0 <= ident < size), None)
    if unknown is not None:
        raise UsageError(
            f"there is no token with the id {unknown}", hint=f"give ids from 0 to {size - 1}"
        )
    ids = [list(each) for each in lists]
    texts: list[str] = _tokenizer(model).decode_batch(ids, skip_special_tokens=skip)
    return texts


def _tokens(text: str, encoding: Any) -> list[Token]:
    parts = zip(
        encoding.ids, encoding.tokens, encoding.offsets, encoding.special_tokens_mask, strict=True
    )
    return [
        Token(id=ident, text=token, special=True, start=None, stop=None)
        if special
        else Token(id=ident, text=text[start:stop], special=False, start=start, stop=stop)
        for ident, token, (start, stop), special in parts
    ]


def _tokenizer(model: LoadedModel) -> Any:
    files = model.encoder.files
    path = files.description.tokenizer_folder / "tokenizer.json"
    if not path.is_file():
        raise WrongModel(f"model {model.id} has no tokenizer.json")
    return _read(path, files.digest)


@lru_cache(maxsize=8)
def _read(path: Path, _digest: str) -> Any:
    return truncating_tokenizer(path.read_text("utf-8"), None, "right")
