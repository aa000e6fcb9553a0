"""The encoder that a command works with."""

from typing import TYPE_CHECKING

from tunesmith.errors import UnknownModel

if TYPE_CHECKING:
    from tunesmith.encoders.sentence import SentenceEncoder


def open_encoder(name: str) -> "SentenceEncoder":
    """Return the encoder of a fitted model, its files verified, or of any other model.

    Parameters
    ----------
    name
        A model's id or folder, or the name or folder of a sentence-transformers model.

    Raises
    ------
    ModelError
        When there is no such model, or it is damaged.
    """
    from tunesmith.encoders.sentence import SentenceEncoder
    from tunesmith.models import find, load

    try:
        path = find(name)
    except UnknownModel:
        return SentenceEncoder(name, verbose=True)
    return SentenceEncoder(str(load(path).path), verbose=True)
