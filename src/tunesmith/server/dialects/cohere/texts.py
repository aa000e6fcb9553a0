"""Texts in requests: checks, prompts, and cutting to a number of tokens."""

from collections.abc import Sequence
from typing import Literal

from fastapi.concurrency import run_in_threadpool

from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.errors import UsageError
from tunesmith.server.dialects.cohere.tokens import cut, tokenizer_of
from tunesmith.server.inference import Encoded, Truncate
from tunesmith.server.services import Services

CohereTruncate = Literal["NONE", "START", "END"]
InputType = Literal["search_query", "search_document", "classification", "clustering", "image"]
_SIDES: dict[CohereTruncate | None, Truncate] = {
    None: "end",
    "NONE": "none",
    "START": "start",
    "END": "end",
}
_PROMPTS = {"search_query": "query", "search_document": "document"}


def model_name(given: str | None) -> str:
    """Return the model of a request; the bundled base if it names none."""
    return given or DEFAULT_BASE


def side_of(given: CohereTruncate | None) -> Truncate:
    """Return which part of a text that is too long is removed.

    Examples
    --------
    >>> side_of("START"), side_of(None)
    ('start', 'end')
    """
    return _SIDES[given]


def require_texts(texts: Sequence[str] | None, field: str) -> list[str]:
    """Return texts, of which there is at least one and none is empty.

    Examples
    --------
    >>> require_texts(["a", ""], "texts")
    Traceback (most recent call last):
    tunesmith.errors.UsageError: texts[1] is an empty string: remove it
    """
    if not texts:
        raise UsageError(f"{field} is empty", hint="send at least one text", option=field)
    if "" in texts:
        raise UsageError(
            f"{field}[{[*texts].index('')}] is an empty string", hint="remove it", option=field
        )
    return [*texts]


async def encode(
    served: Services,
    model: str | None,
    texts: list[str],
    *,
    input_type: InputType | None = None,
    truncate: CohereTruncate | None = None,
    max_tokens: int | None = None,
) -> Encoded:
    """Return the vectors of texts.

    Parameters
    ----------
    served
        The server.
    model
        Name of the model; by default the bundled base.
    texts
        The texts.
    input_type
        ``search_query`` and ``search_document`` are the model's prompts for queries and documents;
        any other means its default prompt.
    truncate
        What is removed of a text that is too long; by default its end.
    max_tokens
        Number of tokens that texts are cut to; by default the model's maximum.
    """
    name, side = model_name(model), side_of(truncate)
    if max_tokens is not None:
        texts = await shortened(served, name, texts, max_tokens, side)
    prompt = _PROMPTS.get(input_type or "")
    return await served.inference.encode(name, texts, prompt=prompt, truncate=side)


async def shortened(
    served: Services, model: str, texts: list[str], max_tokens: int, side: Truncate
) -> list[str]:
    """Return texts that have at most so many tokens each, without special tokens."""
    tokenizer = tokenizer_of(await served.inference.loaded(model))
    return await run_in_threadpool(cut, tokenizer, texts, max_tokens, side)
