"""Sign in with an API key, which is kept in a cookie that scripts cannot read; and sign out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from tunesmith.server.access import COOKIE, Served
from tunesmith.server.faults import KeyNeeded
from tunesmith.server.origin import require_same_origin
from tunesmith.server.pages.problem import sign_in_page

router = APIRouter(include_in_schema=False)


@router.post("/sign-in", response_class=RedirectResponse)
def sign_in(
    request: Request,
    served: Served,
    key: Annotated[str, Form(max_length=200)] = "",
    then: Annotated[str, Form(max_length=500)] = "/",
) -> Response:
    """Keep a valid key in a cookie, and go on to the page that was asked for."""
    require_same_origin(request)
    secret = key.strip()
    if served.keys.find(secret) is None:
        return sign_in_page(then, KeyNeeded("this key is wrong, expired or revoked").message)
    answer = RedirectResponse(_own_path(then), 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, secret, httponly=True, samesite="strict", secure=secure)
    return answer


@router.post("/sign-out", response_class=RedirectResponse)
def sign_out(request: Request) -> RedirectResponse:
    """Forget the key."""
    require_same_origin(request)
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def _own_path(path: str) -> str:
    """Return a path of this server; an address elsewhere becomes the home page."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_own and path.isprintable() else "/"
