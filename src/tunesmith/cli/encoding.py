"""The encoder that a command works with."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunesmith.errors import UnknownModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tunesmith.encoders.engine import Backend
    from tunesmith.encoders.text import TextEncoder


def open_encoder(name: str) -> "TextEncoder":
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
    from tunesmith.encoders.engine import on_cpu
    from tunesmith.encoders.text import TextEncoder
    from tunesmith.models import find, load

    # A command is run again and again: what the first spends on an export, the second saves.
    backend: Backend = "onnx" if on_cpu(None) else "auto"
    try:
        model = load(find(name))
    except UnknownModel:
        return TextEncoder(name, backend=backend, verbose=True)
    return TextEncoder(model.path, backend=backend, precision=model.precision, verbose=True)


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
