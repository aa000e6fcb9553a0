"""A request while its texts are computed, possibly in several batches."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.backends.parts import Side
from tunesmith.encoders.fixed_encoder import CountedVectors
from tunesmith.errors import UsageError
from tunesmith.server.inference.models import Entry
from tunesmith.server.inference.room import Admission


@dataclass(frozen=True)
class Lane:
    """What texts must have in common to be computed together.

    Parameters
    ----------
    entry
        The loaded model.
    prompt
        Name of a prompt or the prompt text; None for the model's default.
    side
        Side where long texts are truncated; None for the model's own.
    """

    entry: Entry
    prompt: str | None
    side: Side | None


@dataclass(frozen=True, eq=False)
class Encoded:
    """Vectors of the texts of a request.

    Parameters
    ----------
    vectors
        float32, shape (n, d).
    tokens
        Tokens that were read of each text, including prompt and special tokens, shape (n,).
    cut
        Indices of the texts that are longer than the model's maximum.
    waited
        Seconds from the request's arrival to its first batch.
    digest
        SHA-256 of the model that computed them, hexadecimal: a model may be replaced at any time.

    Examples
    --------
    >>> Encoded(np.eye(2, dtype="f4"), np.array([3, 4]), cut=()).tokens.sum()
    np.int64(7)
    """

    vectors: NDArray[np.float32]
    tokens: NDArray[np.int64]
    cut: tuple[int, ...]
    waited: float = 0.0
    digest: str = ""


@dataclass(eq=False)
class Request:
    """Texts of one request and their vectors so far.

    Parameters
    ----------
    lane
        What the texts have in common with those of other requests.
    texts, sizes
        The texts and their estimated tokens.
    admission
        The tokens that are not computed yet.
    arrived
        Time of arrival on the clock of the event loop, in seconds.
    refuse_long
        Whether a text that is longer than the model's maximum is an error.
    answer
        The result.
    """

    lane: Lane
    texts: Sequence[str]
    sizes: Sequence[int]
    admission: Admission
    arrived: float
    refuse_long: bool
    answer: asyncio.Future[Encoded]
    _waited: float | None = field(init=False, default=None)
    _left: int = field(init=False)
    _vectors: NDArray[np.float32] = field(init=False)
    _tokens: NDArray[np.int64] = field(init=False)
    _truncated: NDArray[np.bool_] = field(init=False)
    _digest: str = field(init=False)

    def __post_init__(self) -> None:
        """Make room for the result."""
        count = len(self.texts)
        self._left = count
        self._vectors = np.empty((count, self.lane.entry.model.encoder.dimension), np.float32)
        self._tokens = np.empty(count, np.int64)
        self._truncated = np.zeros(count, np.bool_)
        self._digest = self.lane.entry.model.encoder.digest

    def begin(self, now: float) -> None:
        """Note when the first of its batches begins."""
        if self._waited is None:
            self._waited = now - self.arrived

    def fill(self, indices: list[int], found: CountedVectors) -> None:
        """Add the vectors of some texts; the last ones complete the answer."""
        self.admission.release(sum(self.sizes[index] for index in indices))
        self._vectors[indices] = found.vectors
        self._tokens[indices] = found.tokens
        self._truncated[indices] = found.truncated
        self._left -= len(indices)
        if self.answer.done():
            return
        if self.refuse_long and found.truncated.any():
            self.answer.set_exception(self._too_long(indices, found))
        elif not self._left:
            cut = tuple(np.flatnonzero(self._truncated).tolist())
            self.answer.set_result(self._encoded(cut))

    def empty(self) -> Encoded:
        """Return the result of a request without texts."""
        return self._encoded(())

    def _encoded(self, cut: tuple[int, ...]) -> Encoded:
        return Encoded(self._vectors, self._tokens, cut, self._waited or 0.0, self._digest)

    def fail(self, error: BaseException) -> None:
        """End the request with an error."""
        if not self.answer.done():
            self.answer.set_exception(error)

    def _too_long(self, indices: list[int], found: CountedVectors) -> UsageError:
        first = min(np.asarray(indices)[found.truncated].tolist())
        maximum = self.lane.entry.model.encoder.max_length
        return UsageError(
            f"the text at position {first} (counted from 0) is longer than the {maximum} tokens "
            "that the model reads",
            hint="shorten it, or let the server truncate it",
            option="truncate",
        )
