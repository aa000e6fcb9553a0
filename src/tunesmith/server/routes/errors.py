"""What the native API answers if something is wrong, for its OpenAPI description."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ErrorDetail(BaseModel):
    """An error as data."""

    model_config = ConfigDict(extra="allow")

    code: str = Field(description="kind of error, such as `not-found`; stays the same")
    message: str = Field(description="what is wrong, and where")
    hint: str = Field("", description="what to do")
    request_id: str = Field(description="as in the header X-Request-Id")


class ErrorAnswer(BaseModel):
    """The body of every error."""

    error: ErrorDetail


_WORDS = {
    400: "Something in the request does not fit, or it is not ready",
    401: "The API key is missing, wrong, expired or revoked",
    403: "The API key does not allow this",
    404: "There is nothing with this id",
    408: "The request was not received in time",
    413: "The request has too many bytes",
    415: "The body of the request is compressed",
    422: "The request is not valid, or its data cannot be used",
    429: "Too many requests; `Retry-After` says when to send it again",
    500: "An error inside the server",
}
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": words} for status, words in _WORDS.items()
}
"""The errors of every route that needs a key."""

_SCHEMA = {"$ref": f"#/components/schemas/{ErrorAnswer.__name__}"}
ERRORS_AS_JSON: dict[int | str, dict[str, Any]] = {
    status: {"description": words, "content": {"application/json": {"schema": _SCHEMA}}}
    for status, words in _WORDS.items()
}
"""The same for a route whose other answers are not JSON."""

OTHER_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": "An error in the shape of that API",
        "content": {"application/json": {}},
    }
    for status in ("4XX", "5XX")
}
"""The errors of the APIs of others, whose shapes and statuses are their own."""
