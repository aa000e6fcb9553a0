"""OpenAI's API under ``/openai/v1``: its routes, and its errors."""

from typing import Any

from fastapi import APIRouter

from tunesmith.server.dialects import (
    openai_embeddings,
    openai_files,
    openai_jobs,
    openai_models,
)
from tunesmith.server.problems import Problem

PREFIX = "/openai"
_CODES = {
    "key-needed": "invalid_api_key",
    "busy": "rate_limit_exceeded",
    "overloaded": "rate_limit_exceeded",
    "unknown-model": "model_not_found",
}
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}

router = APIRouter()
for module in (openai_embeddings, openai_models, openai_files, openai_jobs):
    router.include_router(module.router)


def render(problem: Problem, request_id: str) -> Any:
    """Return the body of an error as OpenAI's clients read it; they take its id from a header."""
    del request_id
    own = str(problem.error["code"])
    code = _CODES.get(own, own.replace("-", "_"))
    status = restate(problem)
    kind = "server_error" if status >= 500 else _TYPES.get(status, "invalid_request_error")
    param = problem.error.get("option") or ("model" if code == "model_not_found" else None)
    return {
        "error": {
            "message": problem.sentence,
            "type": kind,
            "param": str(param).split(".")[0] if param else None,
            "code": code,
        }
    }


def restate(problem: Problem) -> int:
    """Return the status of an error: OpenAI answers 400 for every value that is wrong."""
    return 400 if problem.status == 422 else problem.status
