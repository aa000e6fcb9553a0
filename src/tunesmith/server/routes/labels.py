"""Labels of a data set's texts: give them, undo, and export them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from tunesmith.server.access import Reader, Served, Trainer, key_id
from tunesmith.server.labelling.label_acts import ActKind, LabelAct, NewAct
from tunesmith.server.labelling.labelled_texts import (
    as_csv,
    as_json_lines,
    check_rows,
    labelled_texts,
)
from tunesmith.server.routes.errors import ERRORS

router = APIRouter(prefix="/v1/datasets/{dataset_id}", tags=["labels"], responses=ERRORS)
_MOST_ROWS = 2_000_000
_HIGHEST = 2**31

Row = Annotated[int, Field(ge=1, lt=_HIGHEST)]
Number = Annotated[int, Path(ge=1, lt=_HIGHEST, description="number of the act")]


class LabelRequest(BaseModel):
    """Rows to label, by their numbers in the file, from 1."""

    model_config = ConfigDict(extra="forbid")

    kind: ActKind = Field(ActKind.ASSIGN, description="`unsure` and `clear` take the label away")
    rows: list[Row] = Field(min_length=1, max_length=_MOST_ROWS)
    label: str | None = None


@router.get("/labels.{form}", response_class=StreamingResponse)
def export_labels(
    served: Served, _key: Reader, dataset_id: str, form: Literal["csv", "jsonl"]
) -> StreamingResponse:
    """Return all texts with the labels in force: columns row, text, label and state."""
    texts = labelled_texts(served.stores, dataset_id)
    lines = as_csv(texts) if form == "csv" else as_json_lines(texts)
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/jsonl"
    name = f'attachment; filename="{dataset_id}-labels.{form}"'
    return StreamingResponse(lines, media_type=kind, headers={"Content-Disposition": name})


@router.get("/labels")
def list_acts(served: Served, _key: Reader, dataset_id: str) -> list[LabelAct]:
    """Return the acts of labelling, oldest first, also those that were undone."""
    served.datasets.get(dataset_id)
    return served.label_acts.all(dataset_id)


@router.post("/labels", status_code=201)
def add_labels(served: Served, key: Trainer, dataset_id: str, given: LabelRequest) -> LabelAct:
    """Give rows a label, mark them unsure, or take their label away; the file does not change."""
    check_rows(labelled_texts(served.stores, dataset_id), given.rows)
    act = NewAct(given.kind, tuple(sorted(set(given.rows))), given.label)
    return served.label_acts.add(dataset_id, act, key_id(key))


@router.post("/labels/{act}/{turn}")
def turn_act(
    served: Served, _key: Trainer, dataset_id: str, act: Number, turn: Literal["undo", "redo"]
) -> dict[str, Any]:
    """Undo an act, or do it again."""
    served.datasets.get(dataset_id)
    acts = served.label_acts
    number = (acts.undo if turn == "undo" else acts.redo)(dataset_id, act)
    return {"number": number, "undone": turn == "undo"}
