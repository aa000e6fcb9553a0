"""``tunesmith embed``: texts to vectors."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import tunesmith
from tunesmith.cli.options import OUTPUT, Column, Model, Words

if TYPE_CHECKING:
    from tunesmith.bulk import Part
    from tunesmith.cli.files import Writer
    from tunesmith.cli.texts import Source
    from tunesmith.encoders.text import TextEncoder

VectorForm = Literal["float32", "float16", "int8", "binary"]  # NumPy is loaded only when it runs
SUFFIXES = (".parquet", ".npy", ".jsonl")
EXAMPLES = """
tunesmith embed tickets-3f2a1c "where is my parcel?"                # a JSON line with the vector
tunesmith embed tickets-3f2a1c texts.csv -o vectors.parquet         # a file of any length
tunesmith embed all-MiniLM-L6-v2 log.jsonl --column body -o v.npy   # a matrix, float32
tunesmith embed tickets-3f2a1c texts.csv -o v.npy --dimension 128 --form int8  # a twelfth
cat texts.txt | tunesmith embed all-MiniLM-L6-v2 - > vectors.jsonl  # a text a line
"""


def embed(
    model: Model,
    texts: Words,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to this .parquet, .npy or .jsonl file. JSON lines to standard output "
            "when not given.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    column: Column = None,
    prompt: Annotated[
        str | None,
        typer.Option(
            "--prompt",
            metavar="PROMPT",
            help="A prompt of the model by name, such as query or document, or its words.",
        ),
    ] = None,
    dimension: Annotated[
        int | None,
        typer.Option(
            "--dimension",
            min=1,
            metavar="N",
            help="Keep only the first N numbers of each vector, scaled to length 1 again.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    form: Annotated[
        VectorForm,
        typer.Option(
            "--form",
            metavar="FORM",
            help="Bits a number: float32, float16, int8 (cosines stay), or binary (its sign, 8 "
            "to a byte).",
            rich_help_panel=OUTPUT,
        ),
    ] = "float32",
    without_text: Annotated[
        bool,
        typer.Option(
            "--no-text", help="Leave the texts out of what is written.", rich_help_panel=OUTPUT
        ),
    ] = False,
) -> None:
    """Turn texts, or a file of texts, into vectors.

    Each row becomes its number (from 1), its text, and its vector, of length 1 unless --form says
    otherwise. Memory stays flat however long the file is, and the same command goes on where a run
    of it was stopped.
    """
    from tunesmith.cli.files import JsonLines, output_path, writing
    from tunesmith.cli.texts import source

    given = source(texts)
    path = None if output is None else output_path(output, SUFFIXES, source=given.path)
    wanted = _Wanted(model, column, prompt, dimension, form)
    if path is None or given.path is None:
        with writing(path) if path else nullcontext(JsonLines(sys.stdout)) as writer:
            _write(writer, wanted.stream(given), with_text=not without_text)
        return
    with (
        wanted.resumable(given.path, path) as run,
        writing(path, stamp=run.stamp, aside=run.folder) as writer,
    ):
        _write(writer, run.parts, with_text=not without_text)


@dataclass(frozen=True)
class _Run:
    """The parts of a file's vectors, what made them, and the folder that is removed at the end."""

    parts: Iterator["Part"]
    stamp: dict[str, str]
    folder: Path


@dataclass(frozen=True)
class _Wanted:
    """What is asked for, beside the texts."""

    model: str
    column: str | None
    prompt: str | None
    dimension: int | None
    form: VectorForm

    def stream(self, given: "Source") -> Iterator["Part"]:
        """Encode what comes but once, or is to be seen at once."""
        from tunesmith.bulk import Part
        from tunesmith.cli.encoding import encoded
        from tunesmith.cli.texts import measured
        from tunesmith.models import open_encoder

        encoder = open_encoder(self.model, verbose=True)
        stream = measured(given.batches(self.column))
        encoder.cache = stream.short
        for part in encoded(encoder, stream.batches, self.prompt):
            yield Part(part.texts, self._smaller(part.vectors))

    @contextmanager
    def resumable(self, source: Path, out: Path) -> Iterator[_Run]:
        """Encode a file; where an earlier run of the same was stopped, go on from there."""
        from tunesmith.bulk import Parts, in_parts
        from tunesmith.cli.texts import Source
        from tunesmith.data.stream import about_rows
        from tunesmith.models import open_encoder
        from tunesmith.progress import progress_bar

        batches = Source(source).batches(self.column)
        encoder = open_encoder(self.model, verbose=True)
        encoder.cache = False  # the finished parts are all that a second run needs
        parts = Parts(out, self._plan(source, encoder))

        def encode(texts: list[str]) -> Any:
            vectors = encoder.encode(texts, prompt=self.prompt, advance=advance)
            return self._smaller(vectors)

        stamp = {
            "model": encoder.name,
            "digest": encoder.digest,
            "precision": encoder.precision,
            "form": self.form,
        }
        try:
            with progress_bar("Encoding", about_rows(source)) as advance:
                yield _Run(in_parts(batches, encode, parts, advance), stamp, parts.folder)
            parts.remove()
        except KeyboardInterrupt:
            typer.echo("finished parts are kept: the same command goes on from there", err=True)
            raise
        finally:
            parts.remove_if_empty()

    def _plan(self, source: Path, encoder: "TextEncoder") -> dict[str, Any]:
        from tunesmith.encoders.digest import file_digest

        asked = {**asdict(self), "model": encoder.digest, "precision": encoder.precision}
        return {**asked, "source": file_digest(source), "tunesmith": tunesmith.__version__}

    def _smaller(self, vectors: Any) -> Any:
        from tunesmith.compact import compacted, truncated

        cut = vectors if self.dimension is None else truncated(vectors, self.dimension)
        return compacted(cut, self.form)


def _write(writer: "Writer", parts: Iterator["Part"], *, with_text: bool) -> None:
    import numpy as np

    first = 1
    for part in parts:
        rows = np.arange(first, first + len(part.texts))
        texts = {"text": part.texts} if with_text else {}
        writer.write({"row": rows, **texts, "vector": part.vectors})
        first += len(part.texts)
