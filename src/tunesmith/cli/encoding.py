"""Texts of a command beside their vectors, batch by batch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tunesmith.encoders.text import TextEncoder


@dataclass(frozen=True, eq=False)
class Encoded:
    """Some texts and their vectors, float32, shape (n, d)."""

    texts: list[str]
    vectors: "NDArray[Any]"


def encoded(
    encoder: "TextEncoder", batches: Iterator[list[str]], prompt: str | None
) -> Iterator[Encoded]:
    """Yield each batch of texts with its vectors; one progress bar for all."""
    waiting: list[list[str]] = []

    def noted() -> Iterator[list[str]]:
        for batch in batches:
            waiting.append(batch)
            yield batch

    for vectors in encoder.encode_stream(noted(), prompt=prompt):
        yield Encoded(waiting.pop(0), vectors)
