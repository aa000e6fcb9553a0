"""Errors of text-embeddings-inference: its kinds, its statuses, its bodies."""

from typing import Any

from tunesmith.server.faults import ServerFault
from tunesmith.server.problems import Problem

_KINDS = {
    400: "Empty",
    422: "Validation",
    424: "Backend",
    429: "Overloaded",
    503: "Unhealthy",
}
_WRONG_VALUE = {"usage", "missing-extra"}


class Empty(ServerFault):
    """There is nothing to compute."""

    code = "empty"
    status = 400


class WrongModel(ServerFault):
    """The model cannot do this."""

    code = "wrong-model"
    status = 424


class Unhealthy(ServerFault):
    """The server has not computed its first vector yet."""

    code = "unhealthy"
    status = 503


def render(problem: Problem, request_id: str) -> Any:
    """Return the body of an error."""
    del request_id
    status = restate(problem)
    kind = _KINDS.get(status, "Validation")
    if status == 400 and problem.error["code"] != "empty":
        kind = "Validation"
    return {"error": problem.sentence, "error_type": kind}


def restate(problem: Problem) -> int:
    """Return the status: 422 for a wrong value, and 424 for an error of the model."""
    if problem.error["code"] in _WRONG_VALUE:
        return 422
    return 424 if problem.status == 500 else problem.status
