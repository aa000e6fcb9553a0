"""What is reported of a request: to the log, the metrics and the audit log."""

from dataclasses import dataclass

from tunesmith.server.keys import Role


@dataclass(frozen=True)
class Answered:
    """A request whose answer begins.

    Parameters
    ----------
    method, route
        The HTTP method and the path's template; ``other`` and ``unknown`` for any others.
    role
        The role that the route needs; None for a public one.
    key_id
        The id of the API key, or None.
    target
        The id that the path names, or the id that was made or used; None without one.
    status
        The HTTP status.
    seconds
        Seconds until the answer began.
    request_id
        The id of the request.
    traceparent
        The span of the client that sent it, as W3C Trace Context writes it; empty without one.
    """

    method: str
    route: str
    role: Role | None
    key_id: str | None
    target: str | None
    status: int
    seconds: float
    request_id: str
    traceparent: str = ""
