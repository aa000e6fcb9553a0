"""``tunesmith similarity``: compute the similarity of texts."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tunesmith.bulk.similarity import compare_file, compare_rows
from tunesmith.bulk.writers import Csv, JsonLines
from tunesmith.cli.arguments.inputs import source
from tunesmith.cli.arguments.options import (
    DATA,
    OUTPUT,
    AsJson,
    Encoding,
    Model,
    Words,
    named_columns,
)
from tunesmith.cli.remote import encoder, file_encoder, note_plain_vectors
from tunesmith.cli.render.notes import write_note
from tunesmith.cli.render.output import Output, TableColumn, write_json
from tunesmith.errors import UsageError
from tunesmith.vectors.similarity import cosine_similarity
from tunesmith.wording import cut, number

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXAMPLES = """
tunesmith similarity tickets-3f2a1c "card lost" "my card is gone"      # a number from -1 to 1
tunesmith similarity tickets-3f2a1c "card lost" "no refund" "late"     # a matrix
tunesmith similarity all-MiniLM-L6-v2 pairs.csv -o scores.csv          # one score per row
tunesmith similarity all-MiniLM-L6-v2 pairs.csv --columns text1=q1,text2=q2  # choose the columns
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
            help="Output file for the scores of a file: .csv, .jsonl or .parquet. Default: CSV to "
            "standard output.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            metavar="text1=NAME,text2=NAME",
            help="Two columns of the file to compare. Detected by default.",
            rich_help_panel=DATA,
        ),
    ] = None,
    encoding: Encoding = None,
    as_json: AsJson = False,
) -> None:
    """Compute the similarity of texts.

    Two texts give one number, several texts a matrix, and a file of pairs one number per row. The
    similarity is the cosine of their embeddings, from -1 to 1.
    """
    given = source(texts)
    note_plain_vectors(model, "`tunesmith search` compares queries with documents")
    if given.path is not None:
        _compare_file(model, given.path, output, _two_names(columns), encoding, as_json=as_json)
    elif (columns, output, encoding) != (None, None, None):
        raise UsageError(
            "--columns, --encoding and --output require a file of pairs",
            hint="give a file",
            option="columns",
        )
    elif len(given.texts) < 2:
        raise UsageError("nothing to compare", hint="give two or more texts, or a file of pairs")
    else:
        _compare_texts(model, given.texts, as_json=as_json)


def _two_names(columns: str | None) -> tuple[str, ...] | None:
    if columns is None:
        return None
    roles = named_columns(columns, "text1", "text2")
    if len(roles) != 2:
        raise UsageError(
            f"--columns {columns!r} must name two columns: text1=NAME,text2=NAME", option="columns"
        )
    return roles["text1"], roles["text2"]


def _compare_texts(model: str, texts: Sequence[str], *, as_json: bool) -> None:
    vectors = encoder(model).encode(list(texts))
    scores = cosine_similarity(vectors, vectors)
    if as_json:
        write_json({"texts": texts, "similarity": scores})
    elif len(texts) == 2:
        Output().line(number(float(scores[0, 1]), 4))
    else:
        _write_matrix(texts, scores)


def _write_matrix(texts: Sequence[str], scores: "NDArray[Any]") -> None:
    output = Output()
    numbers = [TableColumn(str(index), right=True) for index in range(1, len(texts) + 1)]
    rows = [
        [str(index), cut(text, 50), *(number(float(score), 3) for score in line)]
        for index, (text, line) in enumerate(zip(texts, scores, strict=True), start=1)
    ]
    output.table([TableColumn("", right=True, style="dim"), TableColumn("text"), *numbers], rows)


def _compare_file(
    model: str,
    path: Path,
    output: str | None,
    columns: Sequence[str] | None,
    encoding: str | None,
    *,
    as_json: bool,
) -> None:
    how: dict[str, Any] = {"columns": columns, "encoding": encoding, "on_event": write_note}
    if output is not None:
        compare_file(file_encoder(model), path, output, **how)
        return
    writer = JsonLines(sys.stdout) if as_json else Csv(sys.stdout)
    for batch in compare_rows(file_encoder(model), path, **how):
        writer.write(batch)
