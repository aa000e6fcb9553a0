"""Errors as pages for people: a browser that asks for a page gets one, or the form to sign in."""

import re
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from tunesmith.server.faults import KeyNeeded
from tunesmith.server.pages.rendering import render
from tunesmith.server.pages.sentences import error_sentence
from tunesmith.server.problems import Problem
from tunesmith.wording import capitalised

_PATH = re.compile(r"/(?!/)")  # two slashes would lead to another machine
_OF_CLIENTS = ("/v1/", "/cohere/", "/openai/", "/tei", "/metrics", "/openapi.json")


def problem_page(request: Request, problem: Problem) -> Response | None:
    """Return the page of a problem; None for a client that is not a person."""
    accepted = request.headers.get("accept", "")
    if "text/html" not in accepted or request.url.path.startswith(_OF_CLIENTS):
        return None
    if problem.error["code"] == KeyNeeded.code:
        return sign_in_page(_asked(request))
    page = render(
        "problem.html.j2",
        status=problem.status,
        sentence=_begun(error_sentence(problem.error)),
        back=_came_from(request),
    )
    return HTMLResponse(page, problem.status, headers=dict(problem.headers))


def sign_in_page(then: str, message: str = "") -> HTMLResponse:
    """Return the form to sign in.

    Parameters
    ----------
    then
        The path of the page that comes next.
    message
        What was wrong with the last try.
    """
    return HTMLResponse(render("sign_in.html.j2", then=then, message=message), 401)


def _came_from(request: Request) -> str:
    """Return the path of the page of this server that led here; empty if there was none."""
    came = urlsplit(request.headers.get("referer", ""))
    here = request.method == "GET" and came.path == request.url.path
    if came.netloc != request.url.netloc or here or not _PATH.match(came.path):
        return ""
    return f"{came.path}?{came.query}".rstrip("?")


def _asked(request: Request) -> str:
    if request.method != "GET":
        return "/"
    return f"{request.url.path}?{request.url.query}".rstrip("?")


def _begun(sentence: str) -> str:
    """Return a sentence with a capital, unless it begins with the name of a file or an option."""
    first = sentence.split(" ", 1)[0]
    return capitalised(sentence) if first.isalpha() else sentence
