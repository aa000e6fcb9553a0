"""Models and aliases: list, show, report, download, rename, delete, roll back."""

from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Query
from fastapi.responses import FileResponse, HTMLResponse
from pydantic import BaseModel, Field

from tunesmith.errors import UsageError
from tunesmith.models import familiar
from tunesmith.models.export import export
from tunesmith.models.suspects import read_suspects
from tunesmith.results.to_json import plain
from tunesmith.server.access import Reader, Served, Trainer, key_id
from tunesmith.server.faults import NotFound
from tunesmith.server.ids import NAME_LENGTH
from tunesmith.server.models import OLD_ENDING
from tunesmith.server.report_policy import report_policy
from tunesmith.server.routes.errors import ERRORS, ERRORS_AS_JSON
from tunesmith.server.routes.paging import Asked
from tunesmith.server.services import Services
from tunesmith.server.stored_model import StoredModel

router = APIRouter(prefix="/v1", tags=["models"], responses=ERRORS)


class ModelAnswer(BaseModel):
    """A model that can be called."""

    id: str
    name: str
    source: str
    created_at: float
    aliases: list[str]
    dataset_id: str | None
    labels: list[str]
    bytes: int = Field(description="size of the folder; 0 for the bundled base")
    columns: dict[str, Any] = Field(description="columns that it was trained on, by role")
    tells_familiar: bool = Field(
        description="whether predictions say if a text resembles the training texts"
    )
    verdict: dict[str, Any] | None = Field(description="outcome, interval and probability")
    summary: dict[str, Any] = Field(description="everything that the fit found, with metrics")
    damage: str | None = Field(description="why the model cannot be called; null if it can")


class NewName(BaseModel):
    """A new name of a model."""

    name: str = Field(min_length=1, max_length=NAME_LENGTH)


class AliasTarget(BaseModel):
    """The model that an alias stands for."""

    model: str


@router.get("/models")
def list_models(served: Served, _key: Reader, asked: Asked) -> list[ModelAnswer]:
    """Return the models, damaged ones too: of this server, of its home, and the bundled base."""
    return [_answer(served, model) for model in asked.of(served.models.listed())]


@router.get("/models/{model}")
def show(served: Served, _key: Reader, model: str) -> ModelAnswer:
    """Return a model with verdict and metrics, by id or alias."""
    return _answer(served, served.models.show(model))


@router.get("/models/{model}/report", response_class=HTMLResponse, responses=ERRORS_AS_JSON)
def report(served: Served, _key: Reader, model: str) -> HTMLResponse:
    """Return the report of the fit, a page of HTML."""
    page = Path(served.models.folder(model)) / "report.html"
    if not page.is_file():
        raise NotFound(f"model {model!r} has no report", hint="it was not made by a fit")
    headers = {"Content-Security-Policy": report_policy()}
    return HTMLResponse(page.read_text(encoding="utf-8"), headers=headers)


@router.get("/models/{model}/suspects")
def suspects(served: Served, _key: Reader, model: str) -> list[dict[str, Any]]:
    """Return the training rows whose label may be wrong, most suspicious first."""
    found = read_suspects(Path(served.models.folder(model)))
    if found is None:
        raise NotFound(f"model {model!r} has no list of suspected label errors")
    return [plain(each) for each in found]


@router.get("/models/{model}/download", response_class=FileResponse)
def download(served: Served, _key: Reader, model: str, tasks: BackgroundTasks) -> FileResponse:
    """Return a model as a zip file, which ``tunesmith`` and sentence-transformers load."""
    ident = served.models.get(model).id
    out = Path(mkdtemp()) / f"{ident}.zip"
    export(served.models.folder(model), out)
    tasks.add_task(_remove, out)
    return FileResponse(out, filename=out.name, media_type="application/zip")


@router.patch("/models/{model}")
def rename(served: Served, _key: Trainer, model: str, new: NewName) -> ModelAnswer:
    """Change the name that people see; the id stays."""
    return _answer(served, served.models.rename(served.models.get(model).id, new.name))


@router.delete("/models/{model}")
async def delete(
    served: Served,
    _key: Trainer,
    model: str,
    force: Annotated[bool, Query(description="also if a search index uses it")] = False,
) -> dict[str, str]:
    """Delete a model of this server by its id, also a damaged one, and its aliases."""
    ident = _named_by_id(served.models.show(model), model)
    served.stores.delete_model(ident, force=force)
    await served.inference.unload(ident)
    return {"id": ident}


@router.get("/aliases")
def list_aliases(served: Served, _key: Reader) -> dict[str, str]:
    """Return the model of each alias."""
    return served.models.aliases()


@router.put("/aliases/{alias}")
def set_alias(served: Served, key: Trainer, alias: str, target: AliasTarget) -> dict[str, str]:
    """Let an alias such as ``support@production`` stand for a model."""
    served.models.set_alias(alias, target.model, key_id(key))
    return {"alias": alias, "model": served.models.get(alias).id}


@router.post("/aliases/{alias}/roll-back")
def roll_back(served: Served, key: Trainer, alias: str) -> dict[str, str]:
    """Let an alias stand for the model that it stood for before."""
    return {"alias": alias, "model": served.models.roll_back(alias, key_id(key))}


@router.delete("/aliases/{alias}")
def delete_alias(served: Served, key: Trainer, alias: str) -> dict[str, str]:
    """Delete an alias; its model stays."""
    if alias not in served.models.aliases():
        raise NotFound(f"there is no alias {alias!r}", hint="list them with GET /v1/aliases")
    served.models.set_alias(alias, None, key_id(key))
    return {"alias": alias}


@router.post("/models/{model}/pin")
async def pin(
    served: Served, _key: Trainer, model: str, pinned: Annotated[bool, Query()] = True
) -> dict[str, Any]:
    """Keep a model in memory, or let it go again."""
    ident = served.models.get(model).id
    await (served.inference.pin(ident) if pinned else served.inference.unload(ident))
    return {"id": ident, "pinned": pinned}


def _answer(served: Services, model: StoredModel) -> ModelAnswer:
    folder = None if model.damage else Path(served.models.folder_of(model))
    return ModelAnswer(
        id=model.id,
        name=model.name,
        source=model.source,
        created_at=model.created_at,
        aliases=list(model.aliases),
        dataset_id=model.dataset_id,
        labels=list(model.labels),
        bytes=0 if folder is None else _size(folder),
        columns=dict(model.metadata.get("columns", {})),
        tells_familiar=folder is not None and (folder / familiar.FILE).is_file(),
        verdict=model.summary.get("verdict"),
        summary=dict(model.summary),
        damage=model.damage,
    )


def _named_by_id(model: StoredModel, name: str) -> str:
    """Return the id of a model; an alias is refused, as it may stand for another model soon."""
    if model.id not in {name, name.removesuffix(OLD_ENDING)}:
        raise UsageError(
            f"{name!r} is an alias of model {model.id}",
            hint=f"delete the model with DELETE /v1/models/{model.id}, or only the alias with "
            f"DELETE /v1/aliases/{name}",
            option="model",
        )
    return model.id


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.parent.rmdir()
