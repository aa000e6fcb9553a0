"""The addresses of all pages, read from their routers, so that a new page is among them."""

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import product
from typing import get_args, get_type_hints

from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from tunesmith.server.pages.routing import ROUTERS

PARAMETER = re.compile(r"\{(\w+)\}")


def page_addresses(values: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the address of each page with each value of its parameters.

    Routes that answer with a piece of a page are left out: they are named after what they list, and
    take a query that has no default.

    Parameters
    ----------
    values
        Values of the parameters; those of an enumeration are known.
    """
    return sorted({address for route in _pages() for address in _filled(route, values)})


def _pages() -> Iterator[APIRoute]:
    for router in ROUTERS:
        for route in router.routes:
            if not isinstance(route, APIRoute) or "GET" not in (route.methods or ()):
                continue
            required = any(each.field_info.is_required() for each in route.dependant.query_params)
            if route.response_class is HTMLResponse and not required:
                yield route


def _filled(route: APIRoute, values: Mapping[str, Sequence[str]]) -> Iterator[str]:
    names = PARAMETER.findall(route.path)
    hints = get_type_hints(inspect.unwrap(route.endpoint))
    known = [_members(hints.get(name)) or values.get(name, ()) for name in names]
    assert all(known), f"{route.path}: say in the test which values {names} have"
    for chosen in product(*known):
        found = dict(zip(names, chosen, strict=True))
        yield route.path.format_map(found)


def _members(hint: object) -> list[str]:
    """Return the values of an enumeration, also of an annotated one."""
    kinds = [hint, *get_args(hint)]
    enums = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, StrEnum)]
    return [each.value for kind in enums for each in kind]
