"""Models for commands: on this machine, or on the server if one is given."""

from typing import TYPE_CHECKING

from tunesmith.cli.server import server
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


def plain_vectors_note(model: str) -> str:
    """Return a note for a model here whose plain vectors are those of documents, or nothing."""
    if server() is not None or not has_query_map(model):
        return ""
    return "texts are encoded as documents; the tuned map of the model is for queries only"


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
