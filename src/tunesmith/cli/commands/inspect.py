"""``tunesmith inspect``: detect a file's format and check it; list suspected label errors."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tunesmith.bulk.writers import output_path, writing
from tunesmith.cli.arguments.options import (
    FORMATS,
    OUTPUT,
    AnyKind,
    AsJson,
    Base,
    Columns,
    Documents,
    Encoding,
    Fix,
    Strict,
    role_names,
)
from tunesmith.cli.render.describe import (
    severity_counts,
    write_class_counts,
    write_findings,
    write_samples,
    write_score_distribution,
    write_splits,
)
from tunesmith.cli.render.fit_progress import write_detection
from tunesmith.cli.render.output import Output, TableColumn, write_json
from tunesmith.datasets.inspection import inspect as inspect_file
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.errors import UsageError
from tunesmith.models.model import find
from tunesmith.models.suspects import read_suspects
from tunesmith.wording import clean, count, cut, number, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tunesmith.datasets.inspection import Inspection
    from tunesmith.results.evidence import SuspectedLabel

EXAMPLES = """
tunesmith inspect tickets.csv                                 # kind, classes, samples, findings
tunesmith inspect log.csv --columns text=query,label=intent   # choose the columns
tunesmith inspect tickets.csv --json                          # as JSON
tunesmith inspect tickets-3f2a1c --label-errors -o suspects.csv  # labels that may be wrong
"""

SUFFIXES = (".csv", ".jsonl", ".parquet")
MAX_REJECTED = 20
MAX_SUSPECTS = 20


def inspect(  # noqa: PLR0917 - typer calls it, and by names
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE|MODEL",
            help=f"Data file: {FORMATS}; or a folder of documents or in BEIR format. With "
            "--label-errors, the ID or folder of a fitted model.",
            show_default=False,
        ),
    ],
    kind: AnyKind = None,
    columns: Columns = None,
    documents: Documents = None,
    base: Base = DEFAULT_BASE,
    encoding: Encoding = None,
    fix: Fix = None,
    strict: Strict = False,
    label_errors: Annotated[
        bool,
        typer.Option(
            "--label-errors",
            help="List rows of a model's training data whose label may be wrong.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Output file for all suspected label errors: .csv, .jsonl or .parquet.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Detect a file's format and check it for problems.

    Shows the kind of data and the reason, rejected lines, classes, sample rows, and findings with
    advice. Errors would stop a fit; the exit code is then 1. No model is loaded.

    With --label-errors, lists the training rows of a fitted model whose label contradicts the
    prediction of a classifier that was not trained on them, most suspicious first.
    """
    if label_errors:
        _label_errors(file, output, as_json=as_json)
        return
    if output is not None:
        raise UsageError(
            "--output needs --label-errors", hint="add it, or omit --output", option="output"
        )
    inspection = inspect_file(
        file,
        kind=kind,
        columns=role_names(columns),
        base=base,
        strict=strict,
        encoding=encoding,
        documents=documents,
        fixes=fix or (),
    )
    if as_json:
        write_json(inspection.to_dict())
    else:
        _write(Output(), inspection)
    if inspection.errors:
        raise typer.Exit(1)


def _write(output: Output, inspection: "Inspection") -> None:
    write_detection(output, inspection.event)
    _write_rejected(output, inspection)
    if inspection.counts:
        output.heading("Classes")
        write_class_counts(output, inspection.counts)
    if inspection.scores:
        output.heading("Scores")
        write_score_distribution(output, inspection.scores)
    if inspection.splits:
        output.heading("Judgements")
        write_splits(output, inspection.splits)
    output.heading("Samples")
    write_samples(output, inspection.samples)
    output.heading(f"Findings: {severity_counts(inspection.findings)}")
    write_findings(output, inspection.findings)


def _write_rejected(output: Output, inspection: "Inspection") -> None:
    rejected = inspection.loaded.rejected
    for item in rejected[:MAX_REJECTED]:
        column = f" in column {item.column}" if item.column else ""
        output.line(f"{'':11}line {item.line}{clean(column)}: {clean(item.reason)}")
    if len(rejected) > MAX_REJECTED:
        output.line(f"{'':11}and {count(len(rejected) - MAX_REJECTED)} more; --json lists all")


def _label_errors(name: str, output: str | None, *, as_json: bool) -> None:
    """Write the suspected label errors in a model's folder."""
    path = None if output is None else output_path(output, SUFFIXES, source=None)
    suspects = read_suspects(find(name))
    if suspects is None:
        raise UsageError(
            f"model {name} has no list of suspected label errors",
            hint="fit it again on labelled text with `cross_validate=5`",
        )
    if path is not None:
        with writing(path) as writer:
            writer.write(_suspect_columns(suspects))
    if as_json:
        write_json({"model": name, "suspects": suspects})
    elif path is None:
        _write_suspects(Output(), suspects)


def _suspect_columns(suspects: "Sequence[SuspectedLabel]") -> dict[str, list[Any]]:
    return {
        name: [getattr(suspect, name) for suspect in suspects]
        for name in ("row", "given", "likely", "probability", "text")
    }


def _write_suspects(output: Output, suspects: "Sequence[SuspectedLabel]") -> None:
    if not suspects:
        output.line("no suspected label errors")
        return
    columns = [
        TableColumn("row", right=True),
        TableColumn("given", fold=True),
        TableColumn("likely", fold=True),
        TableColumn("probability", right=True),
        TableColumn("text", fold=True),
    ]
    rows: list[list[Any]] = [
        [
            count(each.row),
            cut(each.given, 60),
            cut(each.likely, 60),
            number(each.probability),
            cut(each.text, 80),
        ]
        for each in suspects[:MAX_SUSPECTS]
    ]
    output.table(columns, rows)
    if len(suspects) > MAX_SUSPECTS:
        more = plural(len(suspects) - MAX_SUSPECTS, "more row")
        output.line(f"and {more}; --output writes all")
