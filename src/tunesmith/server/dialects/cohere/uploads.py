"""Uploaded files as Cohere takes them: which type, which columns, and the file for evaluation."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import UploadFile
from pydantic import BaseModel, Field

from tunesmith.data.reading.open_rows import open_rows
from tunesmith.errors import TunesmithError, UsageError
from tunesmith.kinds import Kind
from tunesmith.server.datasets import NewDataset, ReadOptions, StoredDataset
from tunesmith.server.ids import NAME_LENGTH, safe_name
from tunesmith.server.routes.datasets import received
from tunesmith.server.services import Services

# The kind of each type; None if the file decides between pairs and triplets.
KINDS: dict[str, Kind | None] = {
    "single-label-classification-finetune-input": Kind.LABELLED,
    "multi-label-classification-finetune-input": Kind.MULTILABEL,
    "reranker-finetune-input": None,
    "embed-input": Kind.TEXTS,
}
_TYPES = {
    **{kind: name for name, kind in KINDS.items()},
    Kind.PAIRS: "reranker-finetune-input",
    Kind.TRIPLETS: "reranker-finetune-input",
}
_ROLES: dict[Kind | None, dict[str, str]] = {
    Kind.LABELLED: {"text": "text", "label": "label"},
    Kind.MULTILABEL: {"text": "text", "labels": "label"},
    Kind.TEXTS: {"text": "text"},
}
_EVALUATION = "evaluation"


class Upload(BaseModel):
    """What a client says of its files in the query; all else is ignored."""

    name: str = Field(max_length=NAME_LENGTH)
    type: str
    skip_malformed_input: bool | None = None


def check_type(name: str) -> None:
    """Refuse a type of data sets that nothing here can learn from.

    Examples
    --------
    >>> check_type("embed-input")
    """
    if name not in KINDS:
        raise UsageError(
            f"data sets of the type {name!r} cannot be used here",
            hint=f"use {', '.join(KINDS)}",
            option="type",
        )


def store(
    served: Services, file: UploadFile, asked: Upload, created_by: str | None, **kept: str
) -> StoredDataset:
    """Store and check a file; ``kept`` is what :func:`origin_of` returns, with the type."""
    kind = KINDS[asked.type]
    with received(served, file) as path:
        named = path.rename(path.with_name(_file_name(path, file.filename)))
        options = ReadOptions(
            kind, _columns(named, kind), skip_invalid=asked.skip_malformed_input or False
        )
        origin = {"cohere": {"type": asked.type, **kept}}
        new = NewDataset(asked.name, named.name, options, origin, created_by=created_by)
        return served.datasets.add(named, new)


def store_evaluation(
    served: Services, file: UploadFile, asked: Upload, created_by: str | None
) -> StoredDataset:
    """Store the evaluation file of a data set."""
    return store(served, file, asked, created_by, part=_EVALUATION)


def is_evaluation(dataset: StoredDataset) -> bool:
    """Return whether a data set is the evaluation file of another, which is not listed."""
    return origin_of(dataset).get("part") == _EVALUATION


def origin_of(dataset: StoredDataset) -> Mapping[str, Any]:
    """Return what was kept of the upload: ``type``, and the id under ``evaluation``."""
    found: Mapping[str, Any] = dataset.origin.get("cohere", {})
    return found


def type_of(dataset: StoredDataset) -> str:
    """Return the type of a data set; of one that was uploaded in another API, by its kind."""
    kind = dataset.kind
    known = None if kind is None else _TYPES.get(Kind(kind))
    return str(origin_of(dataset).get("type") or known or kind or "unknown")


def _file_name(path: Path, given: str | None) -> str:
    """Return a safe name with a suffix: clients send bytes without a name."""
    name = safe_name(given)
    if Path(name).suffix:
        return name
    with path.open("rb") as file:
        first = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return name + (".jsonl" if first == b"{" else ".csv")


def _columns(path: Path, kind: Kind | None) -> dict[str, str] | None:
    """Return the column of each role: by its name, or the first two of a CSV file.

    None leaves the choice to detection, which says what is wrong with a file that nothing fits.
    """
    roles = _ROLES.get(kind, {})
    names = _names(path) if roles else ()
    if roles and set(roles.values()) <= {*names}:
        return roles
    if kind is Kind.LABELLED and len(names) == 2 and path.suffix.lower() != ".jsonl":
        return {"text": names[0], "label": names[1]}
    return None


def _names(path: Path) -> tuple[str, ...]:
    try:
        return open_rows(path, path.parent).names
    except TunesmithError:  # the check says why
        return ()
