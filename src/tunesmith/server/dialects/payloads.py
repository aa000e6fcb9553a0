"""What the bodies of all dialects have in common: lenient requests, and answers with vectors."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
from fastapi import Response
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, model_validator

from tunesmith.errors import UsageError
from tunesmith.vectors.compress import truncate


class Payload(BaseModel):
    """A body of a request: unknown fields are ignored, and null is the same as absent.

    Examples
    --------
    >>> class Asked(Payload):
    ...     top: int = 3
    >>> Asked.model_validate({"top": None, "of_a_later_version": 1}).top
    3
    """

    model_config = ConfigDict(extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value is not None}


def texts_or_ids(
    given: str | list[str] | list[int] | list[list[int]],
) -> tuple[list[str], list[list[int]]]:
    """Return the texts of an input, and its lists of token ids; at most one of both has items.

    Examples
    --------
    >>> texts_or_ids("a text"), texts_or_ids([15339, 1917])
    ((['a text'], []), ([], [[15339, 1917]]))
    """
    items = [given] if isinstance(given, str) else given
    texts = [each for each in items if isinstance(each, str)]
    single = [each for each in items if isinstance(each, int)]
    return texts, [single] if single else [each for each in items if isinstance(each, list)]


def json_answer(content: Any, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer that may hold NumPy arrays, which are written without a list of floats."""
    body = orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, media_type="application/json", headers=dict(headers or {}))


def shortened(vectors: NDArray[np.float32], dimensions: int | None) -> NDArray[np.float32]:
    """Return the first dimensions of vectors, of length 1 again; all if none are asked for.

    Raises
    ------
    UsageError
        The model has fewer dimensions.
    """
    if dimensions is None:
        return vectors
    if not 1 <= dimensions <= vectors.shape[1]:
        raise UsageError(
            f"dimensions is {dimensions}, and the model has {vectors.shape[1]}",
            hint=f"give 1 to {vectors.shape[1]}",
            option="dimensions",
        )
    return truncate(vectors, dimensions)


def as_base64(vector: NDArray[np.float32]) -> str:
    """Return a vector as little-endian float32 in base64.

    Examples
    --------
    >>> as_base64(np.array([1.0], np.float32))
    'AACAPw=='
    """
    return b64encode(vector.astype("<f4").tobytes()).decode("ascii")
