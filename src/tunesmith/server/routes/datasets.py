"""Data sets: upload, check, preview, versions, delete."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.responses import FileResponse

from tunesmith.errors import UsageError
from tunesmith.server.access import Reader, Served, Trainer, key_id
from tunesmith.server.datasets import NewDataset, ReadOptions, StoredDataset
from tunesmith.server.ids import NAME_LENGTH
from tunesmith.server.routes.errors import ERRORS
from tunesmith.server.routes.paging import Asked
from tunesmith.server.services import Services

router = APIRouter(prefix="/v1/datasets", tags=["data sets"], responses=ERRORS)


@router.post("", status_code=201)
def upload(  # noqa: PLR0913, PLR0917 - the options of reading a file
    served: Served,
    key: Trainer,
    file: Annotated[
        UploadFile, File(description="a table, or a zip of documents or of a BEIR folder")
    ],
    name: Annotated[
        str, Form(max_length=NAME_LENGTH, description="name that people see; by default the file's")
    ] = "",
    kind: Annotated[str | None, Form(description="kind of data; detected if omitted")] = None,
    columns: Annotated[str, Form(description='JSON such as {"text": "body"}')] = "",
    encoding: Annotated[str | None, Form()] = None,
    fixes: Annotated[list[str] | None, Form(description="such as label-spelling")] = None,
    skip_invalid: Annotated[bool, Form()] = False,
    strict: Annotated[bool, Form()] = False,
    version_of: Annotated[str | None, Form(description="id of an earlier version")] = None,
) -> StoredDataset:
    """Upload a file; it is stored and checked before this answers.

    A file that cannot be used is answered with the status ``failed`` and its error.
    """
    options = ReadOptions(
        kind or None, _roles(columns), encoding or None, tuple(fixes or ()), skip_invalid, strict
    )
    filename = file.filename or "data.csv"
    new = NewDataset(name or filename, filename, options, {}, version_of or None, key_id(key))
    with received(served, file) as path:
        return served.datasets.add(path, new)


@router.get("")
def list_datasets(served: Served, _key: Reader, asked: Asked) -> list[StoredDataset]:
    """Return the data sets, newest first."""
    return asked.of(served.datasets.all())


@router.get("/{dataset_id}")
def show(served: Served, _key: Reader, dataset_id: str) -> StoredDataset:
    """Return a data set with the report of its check."""
    return served.datasets.get(dataset_id)


@router.get("/{dataset_id}/versions")
def versions(served: Served, _key: Reader, dataset_id: str) -> list[StoredDataset]:
    """Return all versions of a data set, the first first."""
    return served.datasets.versions(dataset_id)


@router.get("/{dataset_id}/rows")
def rows(
    served: Served, _key: Reader, dataset_id: str, offset: int = 0, limit: int = 50
) -> dict[str, Any]:
    """Return rows of the file from a position, which starts at 0, and their total number."""
    loaded = served.datasets.inspection(dataset_id).loaded
    if offset < 0 or not 1 <= limit <= 1000:
        raise UsageError("offset is 0 or more, and limit 1 to 1000", option="limit")
    part = loaded.table.slice(offset, limit)
    return {
        "total": loaded.table.num_rows,
        "columns": part.column_names,
        "numbers": loaded.rows[offset : offset + limit].tolist(),
        "rows": json.loads(json.dumps(part.to_pylist(), default=str)),
    }


@router.get("/{dataset_id}/file", response_class=FileResponse)
def download(served: Served, _key: Reader, dataset_id: str) -> FileResponse:
    """Return the file as it was uploaded."""
    stored = served.datasets.get(dataset_id)
    return FileResponse(
        served.datasets.received(dataset_id),
        filename=stored.file,
        media_type="application/octet-stream",
    )


@router.delete("/{dataset_id}")
def delete(served: Served, _key: Trainer, dataset_id: str) -> dict[str, str]:
    """Delete a data set that no fit is reading; models that were fitted on it stay."""
    served.stores.delete_dataset(dataset_id)
    return {"id": dataset_id}


@contextmanager
def received(served: Services, file: UploadFile) -> Iterator[Path]:
    """Yield the path of a received file, in a folder that is removed after the block."""
    with served.datasets.scratch() as folder:
        path = folder / "received"
        with path.open("wb") as out:
            shutil.copyfileobj(file.file, out)
        yield path


def _roles(columns: str) -> dict[str, str] | None:
    if not columns:
        return None
    try:
        roles = json.loads(columns)
    except (ValueError, RecursionError):
        roles = None
    if not isinstance(roles, dict) or not all(isinstance(each, str) for each in roles.values()):
        raise UsageError(
            "columns is not a JSON object of names", hint='write {"text": "body"}', option="columns"
        )
    return roles
