"""Tokens of texts, by the tokenizer of a model, without padding and truncation."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from tunesmith.encoders.backends.tokenizer import truncating_tokenizer
from tunesmith.errors import UsageError
from tunesmith.models.serving import LoadedModel
from tunesmith.server.inference import Truncate


def tokenizer_of(model: LoadedModel) -> Any:
    """Return the tokenizer of a model.

    Raises
    ------
    UsageError
        Its tokenizer is not a ``tokenizer.json``.
    """
    file = model.encoder.files.description.tokenizer_folder / "tokenizer.json"
    if not file.is_file():
        raise UsageError(f"model {model.id} has no tokenizer.json", hint="use another model")
    return _tokenizer(file, model.digest)


def cut(tokenizer: Any, texts: Sequence[str], max_tokens: int, side: Truncate) -> list[str]:
    """Return texts without the tokens beyond a maximum.

    Raises
    ------
    UsageError
        A text is longer and may not be cut.
    """
    return [
        _cut(tokenizer, text, max_tokens, side, position) for position, text in enumerate(texts)
    ]


def _cut(tokenizer: Any, text: str, max_tokens: int, side: Truncate, position: int) -> str:
    places = tokenizer.encode(text, add_special_tokens=False).offsets
    if len(places) <= max_tokens:
        return text
    if side == "none":
        raise UsageError(
            f"the text at position {position} has {len(places)} tokens, and the limit of this "
            f"request is {max_tokens}",
            hint="shorten it, or let the server truncate it",
            option="truncate",
        )
    if side == "start":
        return text[places[-max_tokens][0] :]
    return text[: places[max_tokens - 1][1]]


@lru_cache(maxsize=8)
def _tokenizer(file: Path, _digest: str) -> Any:
    return truncating_tokenizer(file.read_text("utf-8"), None, "right")
