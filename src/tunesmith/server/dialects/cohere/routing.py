"""What all routes of Cohere's API share: the body of an error, 400 for bad values, and ids."""

import json
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel

from tunesmith.server.faults import ServerFault
from tunesmith.server.problems import Problem, invalid_request

PREFIX = "/cohere"
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class CohereRoute(APIRoute):
    """A route that answers bad values with 400, as Cohere did.

    On the routes for fine-tuning, the clients know no 422.
    """

    def get_route_handler(self) -> _Handler:
        """Return the handler of requests."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            await _check_encodable(request)
            try:
                return await handle(request)
            except RequestValidationError as error:
                raise ServerFault(str(invalid_request(error).error["message"])) from None

        return answer


async def _check_encodable(request: Request) -> None:
    """Refuse JSON with half of a surrogate pair: it could be stored, but not be answered."""
    is_json = request.headers.get("content-type", "").startswith("application/json")
    if not is_json or b"\\ud" not in (body := await request.body()).lower():
        return
    try:
        json.dumps(json.loads(body), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ServerFault(
            "a text has a lone surrogate, which cannot be encoded as UTF-8",
            hint="repair it with text.encode('utf-8', 'replace').decode()",
        ) from None
    except (ValueError, RecursionError):
        return  # that it is not JSON is reported with its place


def cohere_router(path: str) -> APIRouter:
    """Return a router for the routes under a path such as ``/v1``."""
    return APIRouter(prefix=PREFIX + path, tags=["Cohere"], route_class=CohereRoute)


def render(problem: Problem, request_id: str) -> dict[str, str]:
    """Return the body of an error as Cohere's clients read it.

    Examples
    --------
    >>> render(Problem(404, {"message": "there is no model 'a'", "hint": "list them"}), "7f")
    {'message': "there is no model 'a': list them", 'id': '7f'}
    """
    return {"message": problem.sentence, "id": request_id}


def answer_id() -> str:
    """Return the id of an answer, as Cohere writes it."""
    return str(uuid4())


class Meta(BaseModel):
    """What an answer says of itself; the client adds those of several requests."""

    api_version: dict[str, str]
    billed_units: dict[str, int]
    warnings: list[str] | None = None


def meta(version: str, tokens: int, warnings: list[str] | None = None) -> Meta:
    """Return the version of the API, the number of tokens read, and warnings."""
    return Meta(
        api_version={"version": version},
        billed_units={"input_tokens": tokens},
        warnings=warnings or None,
    )
