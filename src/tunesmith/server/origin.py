"""Pages of other sites must not make a browser change anything here."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from tunesmith.server.faults import NotAllowed

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN = frozenset({"same-origin", "none"})


def require_same_origin(request: HTTPConnection) -> None:
    """Refuse a request of a page of another site that could change something.

    Browsers name the page that sends a request; other clients name none and are not concerned.

    Raises
    ------
    NotAllowed
        Another site has sent it.
    """
    if request.scope["method"] not in _READING and not _is_own(request):
        raise NotAllowed(
            "a page of another site has sent this request",
            hint="use the pages of this server, or a client that is not a browser",
        )


def _is_own(request: HTTPConnection) -> bool:
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in _OWN
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
