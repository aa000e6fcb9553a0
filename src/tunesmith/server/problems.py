"""Errors as HTTP answers, in the shape that the clients of each dialect read."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from tunesmith.errors import (
    DataError,
    ModelError,
    Overloaded,
    TunesmithError,
    UnknownModel,
    UsageError,
    join_hint,
)
from tunesmith.server.faults import Busy, CompressedBody, KeyNeeded, ServerFault
from tunesmith.server.methods import allowed_methods
from tunesmith.server.unexpected import Unexpected

# The first class that an error belongs to decides.
_STATUS: tuple[tuple[type[TunesmithError], int], ...] = (
    (Overloaded, 429),
    (UnknownModel, 404),
    (UsageError, 400),
    (DataError, 422),
    (ModelError, 500),
    (TunesmithError, 500),
)

_NOT_JSON = "the body is not valid JSON"
_NOT_DECLARED = "the body is JSON without its header: send `Content-Type: application/json`"
# The folders of a path: where a server keeps its files concerns no client.
_FOLDERS = re.compile(r"(?:/[^/\s:'\"]+)+/(?=[^/\s])")


@dataclass(frozen=True)
class Problem:
    """An error that is to be answered.

    Parameters
    ----------
    status
        The HTTP status.
    error
        The error as data: ``code``, ``message``, and where it is.
    headers
        Headers of the answer.
    """

    status: int
    error: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """Message and hint as one sentence."""
        return join_hint(str(self.error["message"]), str(self.error.get("hint", "")))


Render: TypeAlias = Callable[[Problem, str], Any]
"""Function from a problem and the request's id to the body of the answer."""


def native(problem: Problem, request_id: str) -> Any:
    """Return the body of an error of the native API."""
    return {"error": {**problem.error, "request_id": request_id}}


Restate: TypeAlias = Callable[[Problem], int]
"""Function from a problem to the HTTP status that a dialect has for it."""


ShowProblem: TypeAlias = Callable[[Request, Problem], Response | None]
"""Function from a request and its problem to a page for people; None for any other client."""


def answer_problems(
    app: FastAPI,
    dialects: Mapping[str, Render],
    statuses: Mapping[str, Restate] | None = None,
    page: ShowProblem = lambda _request, _problem: None,
) -> None:
    """Let the app answer every error in the shape of the dialect that the path begins with.

    Parameters
    ----------
    app
        The app.
    dialects
        The function that makes the body, for each beginning of a path.
    statuses
        The function that chooses the status, for the dialects whose statuses are their own.
    page
        The function that makes a page for a browser.
    """

    def answered(request: Request, problem: Problem) -> Response:
        path = request.url.path
        if problem.status == 405:
            problem = replace(problem, headers={"Allow": allowed_methods(app, request.scope)})
        if (shown := page(request, problem)) is not None:
            return shown
        name = next((each for each in dialects if path.startswith(each)), "")
        body = dialects.get(name, native)(problem, getattr(request.state, "request_id", ""))
        restate = (statuses or {}).get(name)
        status = problem.status if restate is None else restate(problem)
        return _Answer(body, status, headers=dict(problem.headers))

    def handler(
        make: Callable[[Any], Problem],
    ) -> Callable[[Request, Any], Awaitable[Response]]:
        async def handle(request: Request, error: Any) -> Response:
            return answered(request, make(error))

        return handle

    app.add_exception_handler(TunesmithError, handler(problem_of))
    app.add_exception_handler(RequestValidationError, handler(invalid_request))
    app.add_exception_handler(HTTPException, handler(_http))
    app.add_middleware(Unexpected, answer=handler(_unexpected))


class _Answer(JSONResponse):
    """JSON that may quote a client, whose text need not be valid Unicode."""

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def problem_of(error: TunesmithError) -> Problem:
    """Return the problem of one of our own errors.

    Examples
    --------
    >>> problem_of(UnknownModel("there is no model 'a'")).status
    404
    """
    if isinstance(error, ServerFault):
        status = error.status
    else:
        status = next(number for kind, number in _STATUS if isinstance(error, kind))
    body, headers = error.to_dict(), {}
    if status >= 500:
        body["message"] = _FOLDERS.sub("", str(body["message"]))
    if isinstance(error, Overloaded | Busy):
        headers["Retry-After"] = str(min(60, max(1, round(error.retry_after))))
    if isinstance(error, CompressedBody):
        headers["Accept-Encoding"] = "identity"
    if isinstance(error, KeyNeeded):
        headers["WWW-Authenticate"] = "Bearer"
    return Problem(status, body, headers)


def invalid_request(error: RequestValidationError) -> Problem:
    """Name the field that is wrong, without the value: it may be somebody's text."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part not in {"body", "query", "path"})
    if first["type"] == "json_invalid":
        return _invalid(_NOT_JSON)
    if not place and isinstance(error.body, bytes):  # it was not read as JSON
        return _invalid(_NOT_DECLARED if _is_json(error.body) else _NOT_JSON)
    if "UploadFile" in first["msg"]:
        return _invalid(f"{place} is not a file: send it as one, as curl -F {place}=@PATH", place)
    return _invalid(f"{place or 'the body'}: {first['msg'].lower()}", place)


def _invalid(message: str, place: str = "") -> Problem:
    error = {"code": "invalid-request", "message": message}
    return Problem(422, {**error, "option": place} if place else error)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _http(error: HTTPException) -> Problem:
    if isinstance(error.detail, TunesmithError):
        return problem_of(error.detail)
    code = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}
    known = {404: "there is nothing at this address", 413: "the request has too many bytes"}
    message = known.get(error.status_code) or str(error.detail)
    problem = {"code": code.get(error.status_code, "request"), "message": message}
    return Problem(error.status_code, problem, error.headers or {})


def _unexpected(_error: Exception) -> Problem:
    message = "an error inside the server; it was logged without the request's content"
    return Problem(500, {"code": "internal", "message": message})
