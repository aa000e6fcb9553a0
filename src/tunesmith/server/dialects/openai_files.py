"""Files as OpenAI's clients upload them: each is a data set of this server."""

from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.responses import FileResponse

from tunesmith.errors import join_hint
from tunesmith.server.access import Reader, Served, Trainer, key_id
from tunesmith.server.datasets import NewDataset, StoredDataset
from tunesmith.server.dialects.openai_models import Deleted
from tunesmith.server.dialects.openai_pages import After, Item, Limit, Page, page
from tunesmith.server.routes.datasets import received

router = APIRouter(prefix="/openai/v1/files", tags=["OpenAI"])
_PURPOSE: Final = "fine-tune"
Purpose = Literal["fine-tune", "assistants", "batch", "evals", "user_data", "vision"]


class FileObject(Item):
    """An uploaded file; ``status_details`` says what is wrong with one that cannot be used."""

    object: Literal["file"] = "file"
    bytes: int
    created_at: int
    expires_at: None = None
    filename: str
    purpose: str
    status: Literal["processed", "error"]
    status_details: str | None


@router.post("")
def create(
    served: Served,
    key: Trainer,
    file: Annotated[UploadFile, File(description="CSV, TSV, JSON, JSONL, Parquet, .xlsx, .txt")],
    purpose: Annotated[Purpose, Form()] = _PURPOSE,
) -> FileObject:
    """Upload a file; it is stored and checked before this answers."""
    name = _filename(file)
    new = NewDataset(name, name, origin={"purpose": purpose}, created_by=key_id(key))
    with received(served, file) as path:
        return _answer(served.datasets.add(path, new))


@router.get("")
def list_files(
    served: Served,
    _key: Reader,
    purpose: str | None = None,
    order: Literal["asc", "desc"] = "desc",
    after: After = None,
    limit: Limit = 10_000,
) -> Page[FileObject]:
    """Return the files, newest first."""
    files = [_answer(each) for each in served.datasets.all()]
    chosen = [each for each in files if purpose in {None, "", each.purpose}]
    return page(chosen[::-1] if order == "asc" else chosen, after, limit)


@router.get("/{file_id}")
def retrieve(served: Served, _key: Reader, file_id: str) -> FileObject:
    """Return a file's name, size and status."""
    return _answer(served.datasets.get(file_id))


@router.delete("/{file_id}")
def delete(served: Served, _key: Trainer, file_id: str) -> Deleted:
    """Delete a file; models that were fitted on it stay."""
    served.stores.delete_dataset(file_id)
    return Deleted(id=file_id, object="file")


@router.get("/{file_id}/content", response_class=FileResponse)
def content(served: Served, _key: Reader, file_id: str) -> FileResponse:
    """Return the file as it was uploaded."""
    path = served.datasets.path(file_id)
    return FileResponse(path, filename=path.name, media_type="application/octet-stream")


def _filename(file: UploadFile) -> str:
    """Return the file's name with a suffix, which says its format; bytes are sent without one."""
    name = file.filename or "upload"
    if Path(name).suffix:
        return name
    first = file.file.read(1)
    file.file.seek(0)
    return f"{name}.jsonl" if first == b"{" else f"{name}.csv"


def _answer(stored: StoredDataset) -> FileObject:
    error = stored.error
    words = join_hint(str(error["message"]), str(error.get("hint", ""))) if error else None
    return FileObject(
        id=stored.id,
        bytes=stored.bytes,
        created_at=int(stored.created_at),
        filename=stored.file,
        purpose=str(stored.origin.get("purpose", _PURPOSE)),
        status="error" if error else "processed",
        status_details=words,
    )
