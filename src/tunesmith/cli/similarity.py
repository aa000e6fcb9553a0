"""``tunesmith similarity``: how alike texts are."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tunesmith.cli.options import DATA, OUTPUT, AsJson, Model, Words
from tunesmith.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUFFIXES = (".csv", ".jsonl", ".parquet")
EXAMPLES = """
tunesmith similarity tickets-3f2a1c "card lost" "my card is gone"      # one number, -1 to 1
tunesmith similarity tickets-3f2a1c "card lost" "no refund" "late"     # a matrix
tunesmith similarity all-MiniLM-L6-v2 pairs.csv -o scores.csv          # a score for each row
tunesmith similarity all-MiniLM-L6-v2 pairs.csv --columns q1,q2        # say which columns
"""


def similarity(
    model: Model,
    texts: Words,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write the scores of a file of pairs to this .csv, .jsonl or .parquet file. As "
            "CSV to standard output when not given.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            metavar="NAME,NAME",
            help="The two columns of a file to compare. Detected when not given.",
            rich_help_panel=DATA,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell how alike texts are.

    Two texts give a number, more give a matrix, a file of pairs gives a number for each row. The
    number is the cosine of the angle between their vectors: 1 for the same direction.
    """
    from tunesmith.cli.texts import source

    given = source(texts)
    if given.path is not None:
        _compare_file(model, given.path, output, _two_names(columns), as_json=as_json)
    elif columns is not None or output is not None:
        raise UsageError("--columns and --output are for a file of pairs: give a file")
    elif len(given.texts) < 2:
        raise UsageError("similarity compares: give two texts or more, or a file of pairs")
    else:
        _compare_texts(model, given.texts, as_json=as_json)


def _two_names(columns: str | None) -> tuple[str, ...] | None:
    if columns is None:
        return None
    names = tuple(name.strip() for name in columns.split(","))
    if len(names) != 2 or not all(names):
        raise UsageError(f"--columns {columns!r} names no two columns: write them as a,b")
    return names


def _compare_texts(model: str, texts: Sequence[str], *, as_json: bool) -> None:
    from tunesmith.cli.output import Output, write_json
    from tunesmith.models import open_encoder
    from tunesmith.report.words import number
    from tunesmith.vectors import cosine_similarity

    vectors = open_encoder(model, verbose=True).encode(list(texts))
    scores = cosine_similarity(vectors, vectors)
    if as_json:
        write_json({"texts": texts, "similarity": scores})
    elif len(texts) == 2:
        Output().line(number(float(scores[0, 1]), 4))
    else:
        _write_matrix(texts, scores)


def _write_matrix(texts: Sequence[str], scores: "NDArray[Any]") -> None:
    from tunesmith.cli.output import Column, Output
    from tunesmith.report.words import cut, number

    output = Output()
    numbers = [Column(str(place), right=True) for place in range(1, len(texts) + 1)]
    rows = [
        [str(place), cut(text, 50), *(number(float(score), 3) for score in line)]
        for place, (text, line) in enumerate(zip(texts, scores, strict=True), start=1)
    ]
    output.table([Column("", right=True, style="dim"), Column("text"), *numbers], rows)


def _compare_file(
    model: str, path: Path, output: str | None, columns: Sequence[str] | None, *, as_json: bool
) -> None:
    from tunesmith.cli.files import Csv, JsonLines, output_path, writing

    out = None if output is None else output_path(output, SUFFIXES, source=path)
    to_stdout = JsonLines(sys.stdout) if as_json else Csv(sys.stdout)
    with writing(out) if out else nullcontext(to_stdout) as writer:
        for batch in _scored(model, path, columns):
            writer.write(batch)


def _scored(model: str, path: Path, columns: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    import numpy as np

    from tunesmith.cli.texts import BATCH, measured, some
    from tunesmith.data.stream import stream_columns
    from tunesmith.models import open_encoder
    from tunesmith.vectors import pairwise_similarity

    encoder = open_encoder(model, verbose=True)
    stream = measured(some(stream_columns(path, columns, roles=2, batch=BATCH), path.name))
    encoder.cache = stream.short
    first = 1
    for batch in stream.batches:
        left, right = ([row[side] for row in batch] for side in (0, 1))
        vectors = encoder.encode(left + right)
        scores = pairwise_similarity(vectors[: len(batch)], vectors[len(batch) :])
        rows = np.arange(first, first + len(batch))
        yield {"row": rows, "text1": left, "text2": right, "score": scores}
        first += len(batch)
