"""A model of a server in the place of one on this machine."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from tunesmith.client.client import Client
from tunesmith.client.resources import RemoteModel
from tunesmith.data.tokens import Characters
from tunesmith.models.predictor import Prediction, Predictor
from tunesmith.progress import Advance

_TEXTS = 256


class _OnServer:
    """The digest and the columns of a model on a server."""

    _client: Client
    _model: RemoteModel

    @property
    def digest(self) -> str:
        """The server and the model's id, whose vectors and predictions never change."""
        return f"{self._client.url} {self._model.id}"

    @property
    def columns(self) -> Mapping[str, Any]:
        """The columns that the model was trained on, by role."""
        return self._model.columns


class RemoteEncoder(_OnServer, Characters):
    """Encodes texts on a server, like an encoder on this machine.

    Parameters
    ----------
    client
        The server.
    model
        The id of a model, or an alias.
    """

    cache: Any = False
    precision = "float32"

    def __init__(self, client: Client, model: str) -> None:
        self._client, self._model = client, client.model(model)

    @property
    def name(self) -> str:
        """The model's id."""
        return self._model.id

    def encode(
        self, texts: Sequence[str], *, prompt: str | None = None, advance: Advance | None = None
    ) -> NDArray[np.float32]:
        """Return the vectors of texts, float32, shape (n, d).

        Raises
        ------
        UsageError
            The server does not know the prompt.
        """
        given = cast("Literal['query', 'document'] | None", prompt)  # the server checks it
        starts = range(0, max(len(texts), 1), _TEXTS)
        parts = []
        for start in starts:
            some = texts[start : start + _TEXTS]
            parts.append(self._client.embed(self._model, some, prompt=given))
            if advance is not None:
                advance(len(some))
        return np.concatenate(parts)


class RemotePredictor(_OnServer, Predictor):
    """Classifies texts on a server, like a model on this machine.

    Parameters
    ----------
    client
        The server.
    model
        The id of a model, or an alias.
    """

    classifier = None
    familiar_texts = None

    def __init__(self, client: Client, model: str) -> None:
        self._client, self._model = client, client.model(model)
        self.metadata = {"columns": self._model.columns}

    @property
    def id(self) -> str:
        """The model's id."""
        return self._model.id

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the classifier, in its order; empty without a classifier."""
        return self._model.labels

    @property
    def tells_familiar(self) -> bool:
        """Whether predictions say if a text resembles the training texts."""
        return self._model.tells_familiar

    def classify(  # type: ignore[override]  # texts of a file are never missing
        self, texts: Sequence[str], *, min_probability: float = 0.0
    ) -> list[Prediction]:
        """Return the predicted labels of texts.

        Raises
        ------
        UsageError
            The model has no classifier.
        """
        if not self.labels:
            self.require_classifier()
        return self._client.classify(self._model, texts, min_probability=min_probability)

    def _vectors(self, texts: list[str], prompt: str | None) -> NDArray[np.float32]:
        return RemoteEncoder(self._client, self._model.id).encode(texts, prompt=prompt)
