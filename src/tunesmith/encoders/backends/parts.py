"""What every engine takes and yields: settings, and the vectors of a part of the texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tunesmith.errors import ModelError

Side = Literal["left", "right"]


@dataclass(frozen=True)
class Settings:
    """Settings other than the model that affect a text's vector.

    Parameters
    ----------
    prompt
        Text prepended to every input.
    task
        ``"query"`` or ``"document"``, for models with different routes.
    max_length
        Maximum number of tokens before truncation; None for no limit.
    normalize
        Whether to L2-normalise vectors.
    truncation_side
        Side where a text that is too long is truncated, ``"left"`` or ``"right"``; None for the
        model's own.
    """

    prompt: str = ""
    task: str | None = None
    max_length: int | None = None
    normalize: bool = True
    truncation_side: Side | None = None


@dataclass(frozen=True, eq=False)
class Encoded:
    """Vectors of some texts.

    Parameters
    ----------
    positions
        Indices of the texts, shape (m,).
    vectors
        Their vectors, float32, shape (m, d).
    tokens
        Their token counts after truncation, including special tokens, int64, shape (m,); None if
        the library that encodes them does not report it.
    truncated
        Whether each was truncated, shape (m,); None likewise.
    """

    positions: NDArray[np.int64]
    vectors: NDArray[np.float32]
    tokens: NDArray[np.int64] | None = None
    truncated: NDArray[np.bool_] | None = None


def check_finite(encoded: Encoded, texts: Sequence[str]) -> None:
    """Raise :class:`~tunesmith.errors.ModelError` if a vector is not finite."""
    finite = np.isfinite(encoded.vectors).all(axis=1)
    if not finite.all():
        first = texts[int(encoded.positions[~finite][0])]
        raise ModelError(
            f"the model returns values that are not finite for the text {first[:60]!r}: "
            "its weights are damaged"
        )
