"""Read a file differently: another kind, other columns or another encoding, and what that does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tunesmith.datasets.inspection import Inspection
from tunesmith.errors import TunesmithError
from tunesmith.kinds import KINDS, Kind
from tunesmith.results.finding import Finding
from tunesmith.server.access import key_id
from tunesmith.server.datasets import StoredDataset
from tunesmith.server.pages.dataset_frame import dataset_page
from tunesmith.server.pages.rows import opened
from tunesmith.server.pages.visit import Reading, Training
from tunesmith.server.problems import problem_of
from tunesmith.server.versions import DETECTED, Changes, new_version, reread
from tunesmith.wording import capitalised

router = APIRouter(include_in_schema=False)
_OFFERED = [kind for kind in Kind if kind is not Kind.RETRIEVAL]
_ROLES = tuple(dict.fromkeys(role for kind in _OFFERED for role in KINDS[kind].roles))
ENCODINGS = ("utf-8", "cp1252", "latin-1", "utf-16", "gb18030", "shift_jis", "euc-kr", "koi8-r")
_Name = Annotated[str, Query(max_length=40)]


@dataclass(frozen=True)
class ReadingForm:
    """The form for another reading, with the present one chosen.

    Parameters
    ----------
    kind
        The kind that is chosen.
    roles
        Each column of the file with its role; an unused column has an empty one.
    encoding
        The encoding, if one was given.
    """

    kind: str
    roles: tuple[tuple[str, str], ...]
    encoding: str = ""
    kinds: tuple[str, ...] = (DETECTED, *map(str, _OFFERED))
    all_roles: tuple[str, ...] = _ROLES
    encodings: tuple[str, ...] = ENCODINGS


@dataclass(frozen=True)
class Preview:
    """What another reading would do.

    Parameters
    ----------
    found
        The check of the file as it would be read.
    before
        The number of rows and of classes now.
    fresh, gone
        The findings that there would be in addition, and those that there would no longer be.
    """

    found: Inspection
    before: tuple[int, int]
    fresh: tuple[Finding, ...]
    gone: tuple[Mapping[str, Any], ...]

    @property
    def reason(self) -> str:
        """Why the file has this kind, without the kind itself."""
        detected = self.found.detected
        reason = detected.reason.removeprefix(f"{detected.kind}: ")
        return capitalised(reason)


def reading_form(
    stored: StoredDataset, columns: Sequence[str], asked: Changes | None = None
) -> ReadingForm | None:
    """Return the form for a file with these columns; None for a search collection."""
    if stored.report is None or stored.kind == Kind.RETRIEVAL:
        return None
    used = dict(stored.report["columns"]) if asked is None else dict(asked.columns or {})
    roles = {name: role for role, names in used.items() for name in (names, *names.split("+"))}
    kind = stored.kind if asked is None else asked.kind
    encoding = stored.options.encoding if asked is None else asked.encoding
    chosen = tuple((name, roles.get(name, "")) for name in columns)
    return ReadingForm(kind or DETECTED, chosen, encoding or "")


@router.get("/datasets/{dataset_id}/reading", response_class=HTMLResponse)
def preview_reading(
    visit: Reading,
    dataset_id: str,
    kind: _Name = DETECTED,
    encoding: _Name = "",
    column: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it
    role: Annotated[list[str], Query()] = [],  # noqa: B006
) -> HTMLResponse:
    """Return the page that says what another reading would do."""
    stored = visit.served.datasets.get(dataset_id)
    asked = _asked(kind, encoding, column, role)
    names = opened(visit.served.datasets, stored.id).loaded.table.column_names
    preview, problem = None, None
    try:
        options = reread(stored.options, asked)
        found = visit.served.datasets.inspection(stored.id, options)
        preview = _preview(stored, found)
    except TunesmithError as error:
        problem = problem_of(error)
    return dataset_page(
        visit,
        stored,
        "dataset_reading.html.j2",
        reading=reading_form(stored, names, asked),
        preview=preview,
        problem=problem,
    )


@router.post("/datasets/{dataset_id}/reading", response_class=RedirectResponse)
def read_differently(
    visit: Training,
    dataset_id: str,
    kind: Annotated[str, Form(max_length=40)] = DETECTED,
    encoding: Annotated[str, Form(max_length=40)] = "",
    column: Annotated[list[str], Form()] = [],  # noqa: B006
    role: Annotated[list[str], Form()] = [],  # noqa: B006
) -> Response:
    """Make a version that is read differently, and show its check."""
    stored = visit.served.datasets.get(dataset_id)
    asked = _asked(kind, encoding, column, role)
    made = new_version(visit.served.datasets, stored, asked, key_id(visit.key))
    return RedirectResponse(f"/datasets/{made.id}", 303)


def _asked(kind: str, encoding: str, columns: Sequence[str], roles: Sequence[str]) -> Changes:
    """Return the reading that the form names; several columns of one role are joined."""
    found: dict[str, str] = {}
    for name, role in zip(columns, roles, strict=False):
        if role:
            found[role] = f"{found[role]}+{name}" if role in found else name
    return Changes(
        kind=kind or DETECTED,
        columns=found,
        encoding=encoding.strip() or None,
        note=_note(kind, found, encoding.strip()),
    )


def _note(kind: str, columns: Mapping[str, str], encoding: str) -> str:
    what = "" if kind in {"", DETECTED} else f" as {Kind(kind)}" if kind in set(Kind) else ""
    used = ", ".join(f"{role} = {name}" for role, name in columns.items())
    parts = [part for part in (f"Read{what}", used, encoding and f"encoding {encoding}") if part]
    return ", ".join(parts) if len(parts) > 1 or what else "Read differently"


def _preview(stored: StoredDataset, found: Inspection) -> Preview:
    report = stored.report or {"findings": (), "classes": (), "rows": 0}
    old, new = {each["code"] for each in report["findings"]}, {each.code for each in found.findings}
    return Preview(
        found,
        (int(report["rows"]), len(report["classes"])),
        tuple(each for each in found.findings if each.code not in old),
        tuple(each for each in report["findings"] if each["code"] not in new),
    )
