"""``tunesmith models``: list fitted models."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from tunesmith.cli.arguments.options import AsJson
from tunesmith.cli.render.describe import STYLES
from tunesmith.cli.render.output import Output, TableColumn, write_json
from tunesmith.cli.server import server
from tunesmith.errors import DamagedModel
from tunesmith.home import current_home
from tunesmith.models.folder import read_metadata
from tunesmith.models.model import installed
from tunesmith.phrasing import format_change, outcome_name
from tunesmith.results.from_json import verdict_of
from tunesmith.wording import clean, name_only, size

if TYPE_CHECKING:
    from tunesmith.cli.render.output import Cell
    from tunesmith.client.resources import RemoteModel

EXAMPLES = """
tunesmith models           # all fitted models
tunesmith models --json    # as JSON
"""


def models(as_json: AsJson = False) -> None:
    """List fitted models, newest first.

    Shows the verdict of each model, the change in its headline metric, its base and its size.
    """
    if (client := server()) is not None:
        where: dict[str, Any] = {"server": client.url}
        entries = [_remote_entry(each) for each in client.models() if each.source != "bundled"]
    else:
        where = {"folder": current_home().models}
        entries = [_entry(path) for path in installed()]
    if as_json:
        write_json({**where, "models": entries})
    elif entries:
        _write(Output(), entries)
    else:
        place = next(iter(where.values()))
        Output().line(f"no models in {place} yet: train one with tunesmith fit FILE")


def _remote_entry(model: "RemoteModel") -> dict[str, Any]:
    created = datetime.fromtimestamp(model.created_at, UTC).isoformat(timespec="seconds")
    entry = {"id": model.id, "name": model.name, "bytes": model.bytes, "distilled_from": None}
    if not model.details:
        return {**entry, "base": "", "created": created, "attached": True}
    return {**entry, **_facts(model.details), "verdict": model.verdict}


def _entry(path: Path) -> dict[str, Any]:
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    entry: dict[str, Any] = {"id": path.name, "path": path, "bytes": size}
    try:
        metadata = read_metadata(path)
        summary = metadata["summary"]
        parent = (metadata.get("distilled") or {}).get("parent")
        if not summary:
            attached = metadata.get("attached", {})
            origin = {name: attached.get(name, "") for name in ("base", "created")}
            return {**entry, **origin, "attached": True, "distilled_from": parent}
        verdict = verdict_of(summary, path)
    except DamagedModel as error:
        return {**entry, "error": str(error)}
    return {**entry, **_facts(summary), "verdict": verdict, "distilled_from": parent}


def _facts(summary: Mapping[str, Any]) -> dict[str, Any]:
    return {name: summary.get(name) for name in ("source", "kind", "rows", "base", "created")}


def _write(output: Output, entries: Sequence[dict[str, Any]]) -> None:
    columns = [
        TableColumn("model", style="bold"),
        TableColumn("verdict"),
        TableColumn("change", fold=True),
        TableColumn("base", fold=True),
        TableColumn("created"),
        TableColumn("size", right=True),
    ]
    output.table(columns, [_row(entry) for entry in entries])


def _row(entry: dict[str, Any]) -> list["Cell"]:
    name, large = clean(entry["id"]), size(entry["bytes"])
    if "error" in entry:
        return [name, Text("damaged", style="red"), "", "", "", large]
    if entry["distilled_from"]:
        parent = f"distilled from {clean(str(entry['distilled_from']))}"
        return [name, "static model", parent, *_origin(entry), large]
    if "attached" in entry:
        return [name, "not evaluated", "saved from a pipeline", *_origin(entry), large]
    verdict = entry["verdict"]
    return [
        name,
        Text(outcome_name(verdict.outcome).lower(), style=STYLES[verdict.outcome]),
        format_change(verdict.headline),
        *_origin(entry),
        large,
    ]


def _origin(entry: dict[str, Any]) -> list["Cell"]:
    return [name_only(str(entry["base"])), str(entry["created"])[:10]]
