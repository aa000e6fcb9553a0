"""The base of a model as a model of the server, so that texts can be shown before and after."""

from pathlib import Path

from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.errors import ModelError
from tunesmith.home import Home
from tunesmith.models.base import base_of
from tunesmith.server.faults import NotReady
from tunesmith.server.models import ModelStore
from tunesmith.server.stored_model import StoredModel


def base_model(models: ModelStore, home: Home, model: StoredModel) -> str | None:
    """Return the id of the base of a model.

    Parameters
    ----------
    models
        The models of the server.
    home
        The home of the server.
    model
        The model.

    Returns
    -------
    str or None
        None if the model has no base or has its embeddings, or if the base is not on this server.
    """
    if model.damage is not None or model.summary.get("kept") in {None, "base"}:
        return None
    try:
        with home.active():
            place = base_of(model.metadata)
            name = Path(str(place)).name
            if place == DEFAULT_BASE:
                return DEFAULT_BASE
            folder = Path(models.folder(name))
    except (ModelError, NotReady):
        return None
    return name if folder.resolve() == Path(str(place)).resolve() else None
