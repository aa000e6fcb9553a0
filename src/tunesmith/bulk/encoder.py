"""The encoder of a file's texts: a model on this machine, or anything that encodes like one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.tokens import Tokens
from tunesmith.models.model import metadata_of, open_encoder
from tunesmith.progress import Advance


class FileEncoder(Tokens, Protocol):
    """Encodes the texts of a file.

    Attributes
    ----------
    cache
        Whether vectors are kept for the next run.
    """

    cache: Any

    @property
    def name(self) -> str:
        """The name for the metadata of a file."""
        ...

    @property
    def digest(self) -> str:
        """A text that changes when the vectors change."""
        ...

    @property
    def precision(self) -> str:
        """The precision of the weights."""
        ...

    def encode(
        self, texts: Sequence[str], *, prompt: str | None = None, advance: Advance | None = None
    ) -> NDArray[np.float32]:
        """Return the vectors of texts, shape (n, d)."""
        ...


def encoder_of(model: str | Path | FileEncoder) -> FileEncoder:
    """Return the encoder of a model by its name or folder; an encoder is returned as it is.

    Raises
    ------
    ModelError
        There is no such model, or it is damaged.
    """
    return open_encoder(model) if isinstance(model, str | Path) else model


def columns_of(model: str | Path | FileEncoder) -> Mapping[str, Any]:
    """Return what is known of a model's training columns, as ``tunesmith.json`` has it.

    Raises
    ------
    DamagedModel
        It cannot be read.
    """
    if isinstance(model, str | Path):
        return metadata_of(model)
    return {"columns": getattr(model, "columns", {})}
