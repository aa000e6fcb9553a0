"""Models for commands: on this machine, or on the server if one is given."""

from typing import TYPE_CHECKING

from tunesmith.cli.render.notes import write_note
from tunesmith.cli.server import server
from tunesmith.events import Note
from tunesmith.models.model import has_query_map, load, open_encoder

if TYPE_CHECKING:
    from tunesmith.bulk.encoder import FileEncoder
    from tunesmith.bulk.predictions import FilePredictor
    from tunesmith.models.predictor import Predictor


def encoder(model: str) -> "FileEncoder":
    """Return the encoder of a model here, with a progress bar, or on the server."""
    found = file_encoder(model)
    return open_encoder(found, verbose=True) if isinstance(found, str) else found


def file_encoder(model: str) -> "str | FileEncoder":
    """Return the name of a model here, or the encoder of one on the server."""
    client = server()
    if client is None:
        return model
    from tunesmith.client.stand_in import RemoteEncoder  # noqa: PLC0415 - most commands need no HTTP

    return RemoteEncoder(client, model)


def note_plain_vectors(model: str, way_out: str) -> None:
    """Write a note if the plain vectors of a model here are those of documents."""
    if server() is None and has_query_map(model):
        said = "texts are encoded as documents; the tuned map of the model is for queries only"
        write_note(Note(f"{said}: {way_out}"))


def predictor(model: str) -> "Predictor":
    """Return a model here, with a progress bar, or one on the server."""
    client = server()
    if client is None:
        return load(model, verbose=True)
    from tunesmith.client.stand_in import RemotePredictor  # noqa: PLC0415 - most commands need no HTTP

    return RemotePredictor(client, model)


def file_predictor(model: str) -> "str | FilePredictor":
    """Return the name of a model here, or a model on the server."""
    client = server()
    if client is None:
        return model
    from tunesmith.client.stand_in import RemotePredictor  # noqa: PLC0415 - most commands need no HTTP

    return RemotePredictor(client, model)
