"""Stylesheets, scripts and the icon; the address changes with their content, so they are kept."""

import hashlib
from functools import lru_cache
from importlib.resources import files
from pathlib import PurePosixPath

from fastapi import APIRouter, Response

from tunesmith.server.faults import NotFound

router = APIRouter(include_in_schema=False)
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_KEPT = "public, max-age=31536000, immutable"


@router.get("/static/{version}/{name}", response_class=Response)
def static(version: str, name: str) -> Response:
    """Return a file by its name, which is looked up and never becomes a path."""
    content = _files().get(name)
    if content is None:
        raise NotFound(f"there is no file {name!r}")
    cached = _KEPT if version == _version() else "no-cache"
    kind = _TYPES[PurePosixPath(name).suffix]
    return Response(content, media_type=kind, headers={"Cache-Control": cached})


def static_folder() -> str:
    """Return the address of the folder of static files.

    Examples
    --------
    >>> static_folder().startswith("/static/")
    True
    """
    return f"/static/{_version()}"


@lru_cache(maxsize=1)
def _files() -> dict[str, bytes]:
    report = files("tunesmith.report")  # the colours and the font are those of the report
    folders = (files("tunesmith.server.pages") / "static", report / "fonts")
    found = [each for folder in folders for each in folder.iterdir()]
    found.append(report / "templates" / "tokens.css")
    known = (each for each in found if PurePosixPath(each.name).suffix in _TYPES)
    return {each.name: each.read_bytes() for each in known}


@lru_cache(maxsize=1)
def _version() -> str:
    digest = hashlib.sha256()
    for name, content in sorted(_files().items()):
        digest.update(name.encode() + content)
    return digest.hexdigest()[:12]
