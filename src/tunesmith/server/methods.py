"""The methods that an address accepts, for an answer to another one."""

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.types import Scope


def allowed_methods(app: FastAPI, scope: Scope) -> str:
    """Return the value of ``Allow``: the methods of all routes at the address of a request.

    Parameters
    ----------
    app
        The app.
    scope
        The request.
    """
    found = {
        method
        for each in iter_route_contexts(app.routes)
        if isinstance(each.original_route, APIRoute)
        and each.path_regex.fullmatch(scope["path"]) is not None
        for method in each.methods or ()
    }
    return ", ".join(sorted(found))
