"""Fit again with new labels: a version with them, tested on the held-out rows of the last fit."""

import csv
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import UsageError
from tunesmith.models.seen import read_seen
from tunesmith.server.datasets import NewDataset, ReadOptions, StoredDataset
from tunesmith.server.faults import NotFound
from tunesmith.server.fits import StoredFit
from tunesmith.server.labelling.labelled_texts import NONE, FileTexts, LabelledTexts, labelled_texts
from tunesmith.server.once import Sent
from tunesmith.server.services import Services
from tunesmith.server.starting import start_fit
from tunesmith.server.stored_model import StoredModel
from tunesmith.server.versions import Changes, new_version
from tunesmith.wording import plural

AGAIN: Final = "again"
"""The name in a fit's ``origin`` of the model that it follows: see :class:`Again`."""
_DEFAULTS: Final = {"budget": 300.0}


@dataclass(frozen=True)
class Again:
    """What a fit that follows another one knows of it.

    Parameters
    ----------
    model
        The id of the earlier model; None if there was none.
    labels
        The number of new labels.
    test
        The id of the data set of held-out rows that both models are compared on; None if the
        earlier model was cross-validated, which leaves no row that it was not trained on.
    """

    model: str | None
    labels: int
    test: str | None


def again_of(fit: StoredFit) -> Again | None:
    """Return which model a fit follows; None for a fit that follows none."""
    kept = fit.origin.get(AGAIN)
    return None if kept is None else Again(**kept)


def fit_again(
    served: Services,
    dataset: str,
    model: StoredModel | None,
    *,
    created_by: str | None = None,
    sent: Sent = Sent(),  # noqa: B008 - it is frozen
) -> StoredFit:
    """Store the labels in force as a new version and fit it with the options of the last fit.

    Rows that were the test of the earlier model are its test again, and are never trained on.

    Parameters
    ----------
    served
        The server.
    dataset
        The id of the data set that was labelled.
    model
        The model to fit again; None for a first fit.
    created_by
        The id of the API key.
    sent
        How the client sent the request.

    Raises
    ------
    UsageError
        No label differs from the file.
    NotReady
        The new version cannot be fitted, such as for too few labels.
    """
    texts = labelled_texts(served.stores, dataset)
    stored = served.datasets.get(dataset)
    version = labelled_version(served, stored, texts, created_by)
    options = {**_DEFAULTS, **_options(served, model)}
    test = options.get("test")
    if test is None:
        test = _held_out(served, stored, texts, model, created_by)
    again = Again(None if model is None else model.id, texts.new_labels, test)
    return start_fit(
        served,
        version.id,
        {**options, "test": test},
        name=stored.name if model is None else model.name,
        created_by=created_by,
        origin={AGAIN: again.__dict__},
        sent=sent,
    )


def labelled_version(
    served: Services, stored: StoredDataset, texts: LabelledTexts, created_by: str | None
) -> StoredDataset:
    """Return a version of a data set with the labels in force; the same labels make one version.

    Raises
    ------
    UsageError
        No label differs from the file.
    """
    changed = texts.relabelling()
    if not changed:
        raise UsageError("there are no new labels", hint="label some texts first")
    note = f"Labelled: {plural(texts.new_labels, 'new label')}"
    return new_version(served.datasets, stored, Changes(relabel=changed, note=note), created_by)


def held_out_places(model_folder: Path | str, texts: LabelledTexts) -> NDArray[np.int64]:
    """Return the labelled texts that were in the held-out test set of a model."""
    tested = _tested(str(model_folder), texts.file)
    return np.flatnonzero(tested & (texts.codes != NONE)).astype(np.int64)


# Each text is hashed, and the page asks again and again.
@lru_cache(maxsize=4)
def _tested(model_folder: str, file: FileTexts) -> NDArray[np.bool_]:
    seen = read_seen(Path(model_folder))
    if seen is None or not len(seen.tested):
        return np.zeros(len(file.texts), dtype=np.bool_)
    return seen.was_tested(file.texts)


def _options(served: Services, model: StoredModel | None) -> dict[str, Any]:
    """Return the options of the fit that made a model; none if it was not fitted here."""
    if model is None:
        return {}
    try:
        request = dict(served.fits.get(model.id).request)
    except NotFound:
        return {}
    reading = ("kind", "columns", "encoding", "fixes", "strict", "skip_invalid", "split_by")
    return {name: value for name, value in request.items() if name not in reading}


def _held_out(
    served: Services,
    stored: StoredDataset,
    texts: LabelledTexts,
    model: StoredModel | None,
    created_by: str | None,
) -> str | None:
    """Store the test rows of a model as a data set; None if it has none."""
    if model is None or model.is_base:
        return None
    places = held_out_places(served.models.folder_of(model), texts)
    if not len(places):
        return None
    name = f"{stored.name}: test rows of {model.name}"
    options = ReadOptions(kind="labelled", columns={"text": "text", "label": "label"})
    origin = {"held_out_from": stored.id}
    new = NewDataset(name, "test.csv", options, origin, None, created_by)
    with served.datasets.scratch() as folder:
        path = folder / "received"
        path.write_bytes(_table(texts, places))
        kept = served.datasets.add(path, new)
    return kept.id if kept.status == "validated" else None


def _table(texts: LabelledTexts, places: NDArray[np.int64]) -> bytes:
    out = io.StringIO()
    rows = ((texts.file.texts[place], texts.names[texts.codes[place]]) for place in places)
    csv.writer(out).writerows([("text", "label"), *rows])
    return out.getvalue().encode("utf-8", "replace")
