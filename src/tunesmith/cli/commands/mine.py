"""``tunesmith mine``: mine hard negatives for pairs."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import typer

from tunesmith.bulk.source import existing_file, non_empty
from tunesmith.bulk.stream import stream_texts
from tunesmith.bulk.writers import output_path, writing
from tunesmith.cli.arguments.options import (
    DATA,
    FORMATS,
    METHOD,
    OUTPUT,
    AnyKind,
    AsJson,
    Columns,
    Documents,
    Encoding,
    File,
    Model,
    Seed,
    SkipInvalid,
    role_names,
)
from tunesmith.cli.render.describe import write_findings
from tunesmith.cli.render.fit_progress import write_detection
from tunesmith.cli.render.notes import write_note
from tunesmith.cli.render.output import Output, TableColumn, write_json
from tunesmith.data.checks.check import raise_on_errors
from tunesmith.data.reading.rows import BATCH
from tunesmith.datasets import Dataset, read, with_positives
from tunesmith.datasets.inspection import Inspection, name_without_skipped, remaining
from tunesmith.datasets.inspection import inspect as inspect_data
from tunesmith.encoders.backends.tokenizer import FolderTokens
from tunesmith.encoders.cross_encoder import CrossEncoder
from tunesmith.encoders.model_files.locate import locate
from tunesmith.errors import ModelError, OutputError, UsageError
from tunesmith.kinds import Examples
from tunesmith.mining import Rules
from tunesmith.mining import mine as mine_negatives
from tunesmith.models.model import open_encoder
from tunesmith.wording import clean, count, number, plural, share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tunesmith.mining import Mined, MiningReport

# The mining model scores perfectly on triplets that it mined with a margin.
EVALUATION_OPTIONS = "--validation validation.csv --test test.csv"
SUFFIXES = (".parquet", ".jsonl")
EXAMPLES = """
tunesmith mine all-MiniLM-L6-v2 pairs.csv -o triplets.parquet              # 5 negatives per pair
tunesmith mine tickets-3f2a1c pairs.csv -o t.jsonl --corpus log.txt        # from other texts
tunesmith mine all-MiniLM-L6-v2 beir-folder -o t.parquet --judge reranker  # filter false negatives
"""


def mine(  # noqa: PLR0917 - typer calls it, and by names
    model: Model,
    file: File,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="New output file: .parquet or .jsonl. Required.",
            rich_help_panel=OUTPUT,
        ),
    ],
    corpus: Annotated[
        str | None,
        typer.Option(
            "--corpus",
            metavar="FILE",
            help=f"Texts to take negatives from: {FORMATS}, or lines of text. Default: those of "
            "FILE.",
            rich_help_panel=DATA,
        ),
    ] = None,
    corpus_column: Annotated[
        str | None,
        typer.Option(
            "--corpus-column",
            metavar="NAME",
            help="Column with the texts in --corpus. Detected by default.",
            rich_help_panel=DATA,
        ),
    ] = None,
    mode: Annotated[
        Literal["hard", "semi-hard", "easy"],
        typer.Option(
            "--mode",
            metavar="MODE",
            help="hard: most similar texts; semi-hard: texts slightly less similar than the "
            "positive; "
            "easy: random texts.",
            rich_help_panel=METHOD,
        ),
    ] = "hard",
    negatives: Annotated[
        int,
        typer.Option(
            "--negatives",
            "-n",
            metavar="N",
            help="Maximum number of negatives per pair.",
            rich_help_panel=METHOD,
        ),
    ] = 5,
    margin: Annotated[
        float,
        typer.Option(
            "--margin",
            metavar="COSINE",
            help="Minimum similarity gap between positive and negative; -2 disables it. For "
            "semi-hard negatives, the maximum gap.",
            rich_help_panel=METHOD,
        ),
    ] = 0.05,
    relative_margin: Annotated[
        float | None,
        typer.Option(
            "--relative-margin",
            metavar="FRACTION",
            help="Minimum gap as a fraction of the positive's similarity, such as 0.05.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    max_similarity: Annotated[
        float | None,
        typer.Option(
            "--max-similarity",
            metavar="COSINE",
            help="Maximum similarity between anchor and negative.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    min_similarity: Annotated[
        float | None,
        typer.Option(
            "--min-similarity",
            metavar="COSINE",
            help="Minimum similarity between anchor and negative.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    skip_top: Annotated[
        int,
        typer.Option(
            "--skip-top",
            metavar="N",
            help="Skip the N texts most similar to the anchor.",
            rich_help_panel=METHOD,
        ),
    ] = 0,
    depth: Annotated[
        int,
        typer.Option(
            "--depth",
            metavar="N",
            help="Number of nearest texts to consider per anchor.",
            rich_help_panel=METHOD,
        ),
    ] = 100,
    judge: Annotated[
        str | None,
        typer.Option(
            "--judge",
            metavar="FOLDER",
            help="Cross-encoder used to filter false negatives.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    max_judge_score: Annotated[
        float,
        typer.Option(
            "--max-judge-score",
            metavar="SCORE",
            help="Maximum cross-encoder score of a negative, 0 to 1.",
            rich_help_panel=METHOD,
        ),
    ] = 0.5,
    kind: AnyKind = None,
    columns: Columns = None,
    documents: Documents = None,
    encoding: Encoding = None,
    skip_invalid: SkipInvalid = False,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Mine hard negatives: texts similar to an anchor that are not positives.

    Turns pairs into triplets with up to N negatives each, their similarities and the row number.
    Known positives are excluded, ignoring case, spacing and punctuation, and so are texts too
    similar to the anchor, which may be unlabelled positives. The detected kind and the findings are
    those of `tunesmith inspect`.
    """
    out = _new_file(output)
    rules = Rules(
        mode,
        negatives,
        skip_top,
        depth,
        margin,
        relative_margin,
        max_similarity,
        min_similarity,
        max_judge_score,
    )
    texts = _texts(model, corpus, corpus_column, encoding)
    data = with_positives(
        read(
            file,
            kind=kind,
            columns=role_names(columns),
            encoding=encoding,
            base=model,
            documents=documents,
            skip_invalid=skip_invalid,
        )
    )
    inspection = _inspection(data, model)
    _write_inspection(Output(to_stderr=as_json), inspection)
    examples = _examples(inspection)
    cross_encoder = None if judge is None else CrossEncoder(judge)
    encoder = open_encoder(model, verbose=True)
    with writing(out, stamp={"model": encoder.name, "mode": mode}) as writer:
        mined = mine_negatives(
            examples,
            encoder,
            rules,
            corpus=texts,
            judge=cross_encoder,
            seed=seed,
            verbose=True,
        )
        for batch in _batches(mined):
            writer.write(batch)
    if as_json:
        found: dict[str, Any] = {
            "kind": inspection.detected.kind,
            "columns": inspection.detected.columns,
        }
        found |= {"findings": inspection.findings, "rejected": data.loaded.rejected}
        write_json({"path": out, **found, **asdict(mined.report)})
    else:
        _write(Output(), mined.report, out, rejected=len(data.loaded.rejected))


def _new_file(name: str) -> Path:
    path = output_path(name, SUFFIXES, source=None)
    if path.exists():
        raise OutputError(f"{name} already exists", hint="give a new name")
    return path


def _texts(
    model: str, corpus: str | None, column: str | None, encoding: str | None
) -> list[str] | None:
    if corpus is None:
        if column is not None:
            raise UsageError(
                "--corpus-column requires --corpus",
                hint="give --corpus, or leave it out",
                option="corpus_column",
            )
        return None
    path = existing_file(corpus)
    tokens = FolderTokens(locate(model)) if path.is_dir() else None
    batches = stream_texts(path, column, encoding=encoding, on_event=write_note, tokens=tokens)
    return [text for batch in non_empty(batches, path.name) for text in batch]


def _inspection(data: Dataset, model: str) -> Inspection:
    """Return the inspection for a model; for the default one if there is no such model.

    The error about the model follows those about the data.
    """
    try:
        return inspect_data(data, base=model)
    except ModelError:
        return inspect_data(data)


def _write_inspection(output: Output, inspection: Inspection) -> None:
    write_detection(output, inspection.event)
    write_findings(output, inspection.findings)


def _examples(inspection: Inspection) -> Examples:
    """Return the rows that are used, as in a fit; too few rows are accepted."""
    kept = remaining(inspection, frozenset(), skip_invalid=inspection.skip_invalid)
    invalid = [finding for finding in kept.findings if finding.faulty]
    raise_on_errors(invalid, name_without_skipped(inspection, kept.examples))
    return kept.examples


def _batches(mined: "Mined") -> Iterator[dict[str, Any]]:
    """Yield batches of rows as columns."""
    for start in range(0, len(mined.examples), BATCH):
        rows = mined.examples.table.slice(start, BATCH)
        similarities = mined.similarities[start : start + BATCH]
        yield {
            "anchor": rows["anchor"].to_pylist(),
            "positive": rows["positive"].to_pylist(),
            "negatives": _lists(rows["negatives"].to_pylist()),
            "similarity": similarities[:, 0],
            "similarities": _lists([row[np.isfinite(row)] for row in similarities[:, 1:]]),
            "row": rows["row"].to_numpy(),
        }


def _lists(rows: Sequence[Any]) -> "NDArray[np.object_]":
    """Return lists, possibly of different lengths, as a column for any writer."""
    column = np.empty(len(rows), dtype=np.object_)
    for index, row in enumerate(rows):
        column[index] = row
    return column


def _write(output: Output, report: "MiningReport", out: Path, *, rejected: int) -> None:
    anchors = report.anchors - report.without
    found = f"{plural(report.found, 'negative')} for {plural(anchors, 'anchor')}"
    output.line((clean(out.name), "bold"), f"  {found}, from {plural(report.corpus, 'text')}")
    unread = {"rejected": plural(rejected, "line")} if rejected else {}
    output.facts(
        {
            "dropped": f"{plural(report.without, 'anchor')} without a negative",
            "mean similarity": f"{number(report.positive)} (positives), "
            f"{number(report.negative)} (negatives)",
            **unread,
        }
    )
    _write_counts(output, "Negatives by rank", report.ranks)
    _write_counts(output, "Candidates rejected", report.dropped)
    output.heading("Next steps")
    for command in (
        f"inspect {shlex.quote(str(out))}",
        f"fit {shlex.quote(str(out))} {EVALUATION_OPTIONS}",
    ):
        output.line("  ", (f"tunesmith {command}", "cyan"))


def _write_counts(output: Output, title: str, counts: Mapping[str, int]) -> None:
    total = sum(counts.values())
    if not total:
        return
    output.heading(title)
    rows = [[name, count(n), share(n / total)] for name, n in counts.items() if n]
    output.table(
        [TableColumn(""), TableColumn("texts", right=True), TableColumn("share", right=True)], rows
    )
