"""Embed a file of texts in parts, so that an interrupted run can be resumed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tunesmith.bulk.parts import Part, Parts, in_parts
from tunesmith.bulk.source import Source, measured
from tunesmith.bulk.stream import about_rows
from tunesmith.bulk.writers import Writer
from tunesmith.encoders.model_files.digest import file_digest
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.models.model import open_encoder
from tunesmith.progress import progress_bar
from tunesmith.vectors.compress import VectorPrecision, quantize, truncate
from tunesmith.version import __version__


@dataclass(frozen=True)
class EmbeddingRun:
    """The parts of a file's vectors, their provenance, and the folder of temporary files."""

    parts: Iterator[Part]
    stamp: dict[str, str]
    folder: Path


@dataclass(frozen=True)
class EmbeddingJob:
    """The settings of an embedding run.

    Parameters
    ----------
    model
        A fitted model's id or folder, or a sentence-transformers model.
    column
        The file's column with the texts; detected if None.
    prompt
        The name of one of the model's prompts, or a prompt as text.
    truncate_dim
        The number of dimensions to keep; None keeps all.
    precision
        The precision of the vectors.
    """

    model: str
    column: str | None
    prompt: str | None
    truncate_dim: int | None
    precision: VectorPrecision

    def stream(self, source: Source) -> Iterator[Part]:
        """Yield texts with their vectors; this run cannot be resumed."""
        encoder = open_encoder(self.model, verbose=True)
        stream = measured(source.batches(self.column))
        encoder.cache = stream.short
        for part in encode_batches(encoder, stream.batches, self.prompt):
            yield Part(part.texts, self._compressed(part.vectors))

    @contextmanager
    def resumable(self, source: Path, out: Path) -> Iterator[EmbeddingRun]:
        """Encode a file, resuming an interrupted run of the same job."""
        batches = Source(source).batches(self.column)
        encoder = open_encoder(self.model, verbose=True)
        encoder.cache = False  # a resumed run reads the finished parts instead
        parts = Parts(out, self._plan(source, encoder))

        def encode(texts: list[str]) -> Any:
            vectors = encoder.encode(texts, prompt=self.prompt, advance=advance)
            return self._compressed(vectors)

        stamp = {
            "model": encoder.name,
            "digest": encoder.digest,
            "precision": encoder.precision,
            "vector_precision": self.precision,
        }
        try:
            with progress_bar("Encoding", about_rows(source)) as advance:
                yield EmbeddingRun(in_parts(batches, encode, parts, advance), stamp, parts.folder)
            parts.remove()
        finally:
            parts.remove_if_empty()

    def _plan(self, source: Path, encoder: TextEncoder) -> dict[str, Any]:
        settings = {**asdict(self), "model": encoder.digest, "precision": encoder.precision}
        return {**settings, "source": file_digest(source), "tunesmith": __version__}

    def _compressed(self, vectors: Any) -> Any:
        cut = vectors if self.truncate_dim is None else truncate(vectors, self.truncate_dim)
        return quantize(cut, self.precision)


def write_vectors(writer: Writer, parts: Iterator[Part], *, with_text: bool) -> None:
    """Write row numbers from 1, optionally the texts, and the vectors."""
    first = 1
    for part in parts:
        rows = np.arange(first, first + len(part.texts))
        texts = {"text": part.texts} if with_text else {}
        writer.write({"row": rows, **texts, "vector": part.vectors})
        first += len(part.texts)


def encode_batches(
    encoder: TextEncoder, batches: Iterator[list[str]], prompt: str | None
) -> Iterator[Part]:
    """Yield each batch of texts with its vectors, with a single progress bar."""
    pending: list[list[str]] = []

    def recorded() -> Iterator[list[str]]:
        for batch in batches:
            pending.append(batch)
            yield batch

    for vectors in encoder.encode_stream(recorded(), prompt=prompt):
        yield Part(pending.pop(0), vectors)
