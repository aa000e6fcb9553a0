"""Faults that only a server has; each has the HTTP status that it is answered with."""

from typing import ClassVar

from tunesmith.errors import TunesmithError


class ServerFault(TunesmithError):
    """A request cannot be answered; ``status`` is the HTTP status."""

    code = "request"
    status: ClassVar[int] = 400


class NotFound(ServerFault):
    """There is nothing with this id."""

    code = "not-found"
    status = 404


class NotReady(ServerFault):
    """It is not finished yet, or it failed."""

    code = "not-ready"
    status = 400


class NameTaken(ServerFault):
    """Another thing has this name."""

    code = "name-taken"
    status = 400


class InUse(ServerFault):
    """Something else needs it."""

    code = "in-use"
    status = 400


class ModelReplaced(ServerFault):
    """The texts of a search index were encoded by an earlier model of this name."""

    code = "model-replaced"
    status = 400


class KeyReused(ServerFault):
    """The same idempotency key was sent with another request."""

    code = "key-reused"
    status = 422


class KeyNeeded(ServerFault):
    """There is no API key in the request, or an invalid one."""

    code = "key-needed"
    status = 401


class NotAllowed(ServerFault):
    """The API key does not allow this."""

    code = "not-allowed"
    status = 403


class ClientLeft(ServerFault):
    """The client has left before it was answered; the status is seen in metrics only."""

    code = "client-left"
    status = 499


class TooLarge(ServerFault):
    """The request has too many bytes."""

    code = "too-large"
    status = 413


class CompressedBody(ServerFault):
    """The request's body is compressed."""

    code = "compressed-body"
    status = 415


class TooSlow(ServerFault):
    """The request was not received in time."""

    code = "too-slow"
    status = 408


class Busy(ServerFault):
    """There are too many requests; ``retry_after`` says in how many seconds to try again."""

    code = "busy"
    status = 429

    def __init__(self, message: str, *, retry_after: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after
