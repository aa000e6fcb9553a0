"""The computation of a batch in a worker thread."""

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from tunesmith.encoders.fixed_encoder import CountedVectors
from tunesmith.server.inference.fair_queue import Piece
from tunesmith.server.inference.request import Request

Pieces = list[Piece[Request]]


@dataclass(frozen=True, eq=False)
class Computed:
    """The vectors of each piece of a batch, or the error in their place.

    Parameters
    ----------
    results
        One for each piece, in order.
    seconds
        How long it took.
    """

    results: list[CountedVectors | Exception]
    seconds: float

    @property
    def tokens(self) -> int:
        """The number of tokens that the model has read."""
        parts = [part for part in self.results if isinstance(part, CountedVectors)]
        return sum(int(part.tokens.sum()) for part in parts)


def compute(pieces: Pieces) -> Computed:
    """Compute the texts of all pieces together.

    If that fails, each piece is computed by itself, so that a text that cannot be encoded fails
    its own request only.
    """
    start = perf_counter()
    results: list[CountedVectors | Exception]
    try:
        results = [*_split(pieces, _encode(pieces))]
    except Exception as error:
        results = [error] if len(pieces) == 1 else [_alone(piece) for piece in pieces]
    return Computed(results, perf_counter() - start)


def _alone(piece: Piece[Request]) -> CountedVectors | Exception:
    try:
        return _encode([piece])
    except Exception as error:
        return error


def _encode(pieces: Pieces) -> CountedVectors:
    lane = pieces[0].request.lane
    texts = [piece.request.texts[index] for piece in pieces for index in piece.indices]
    return lane.entry.model.encoder.encode_counted(
        texts, prompt=lane.prompt, truncation_side=lane.side
    )


def _split(pieces: Pieces, found: CountedVectors) -> Iterator[CountedVectors]:
    """Yield the part of each piece."""
    ends = np.cumsum([len(piece.indices) for piece in pieces]).tolist()
    for start, end in zip([0, *ends], ends, strict=False):
        part = slice(start, end)
        yield CountedVectors(found.vectors[part], found.tokens[part], found.truncated[part])
