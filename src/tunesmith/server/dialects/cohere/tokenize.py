"""Tokens of a text, and the text of tokens, by the tokenizer of a model."""

from typing import Any

from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from tunesmith.errors import UsageError
from tunesmith.server.access import Reader, Served
from tunesmith.server.dialects.cohere.routing import cohere_router
from tunesmith.server.dialects.cohere.texts import model_name
from tunesmith.server.dialects.cohere.tokens import tokenizer_of
from tunesmith.server.services import Services

router = cohere_router("/v1")


class TokenizeRequest(BaseModel):
    """A text."""

    text: str
    model: str | None = None


class TokenizeAnswer(BaseModel):
    """Its tokens without special ones; a long text is not truncated."""

    tokens: list[int]
    token_strings: list[str]


class DetokenizeRequest(BaseModel):
    """Tokens."""

    tokens: list[int]
    model: str | None = None


class DetokenizeAnswer(BaseModel):
    """Their text."""

    text: str


@router.post("/tokenize")
async def tokenize(served: Served, _key: Reader, request: TokenizeRequest) -> TokenizeAnswer:
    """Return the tokens of a text."""
    tokenizer = await _tokenizer(served, request.model)
    found = await run_in_threadpool(tokenizer.encode, request.text, add_special_tokens=False)
    return TokenizeAnswer(tokens=found.ids, token_strings=found.tokens)


@router.post("/detokenize")
async def detokenize(served: Served, _key: Reader, request: DetokenizeRequest) -> DetokenizeAnswer:
    """Return the text of tokens."""
    tokenizer = await _tokenizer(served, request.model)
    size = tokenizer.get_vocab_size()
    unknown = next((each for each in request.tokens if not 0 <= each < size), None)
    if unknown is not None:
        raise UsageError(
            f"token {unknown} does not exist", hint=f"use 0 to {size - 1}", option="tokens"
        )
    return DetokenizeAnswer(text=tokenizer.decode(request.tokens))


async def _tokenizer(served: Services, model: str | None) -> Any:
    return tokenizer_of(await served.inference.loaded(model_name(model)))
