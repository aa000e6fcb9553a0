"""``tunesmith inspect``: detect a file's format and check it."""

from typing import TYPE_CHECKING, Any

import typer

from tunesmith.cli.arguments.options import (
    AnyKind,
    AsJson,
    Base,
    Columns,
    File,
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
from tunesmith.cli.render.output import Output, write_json
from tunesmith.datasets.inspection import inspect as inspect_file
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.wording import clean, count

if TYPE_CHECKING:
    from tunesmith.datasets.inspection import Inspection

EXAMPLES = """
tunesmith inspect tickets.csv                                 # kind, classes, samples, findings
tunesmith inspect log.csv --columns text=query,label=intent   # choose the columns
tunesmith inspect tickets.csv --json                          # as JSON
"""

MAX_REJECTED = 20


def inspect(
    file: File,
    kind: AnyKind = None,
    columns: Columns = None,
    base: Base = DEFAULT_BASE,
    strict: Strict = False,
    as_json: AsJson = False,
) -> None:
    """Detect a file's format and check it for problems.

    Shows the kind of data and the reason, rejected lines, classes, sample rows, and findings with
    advice. Errors would stop a fit; the exit code is then 1. No model is loaded.
    """
    inspection = inspect_file(
        file, kind=kind, columns=role_names(columns), base=base, strict=strict
    )
    if as_json:
        write_json(_document(inspection))
    else:
        _write(Output(), inspection)
    if inspection.errors:
        raise typer.Exit(1)


def _document(inspection: "Inspection") -> dict[str, Any]:
    loaded, detected = inspection.loaded, inspection.detected
    return {
        "file": inspection.name,
        "kind": detected.kind,
        "reason": detected.reason,
        "columns": detected.columns,
        "rows": len(inspection.examples),
        "notes": loaded.notes,
        "rejected": loaded.rejected,
        "classes": inspection.counts,
        "scores": inspection.scores,
        "splits": inspection.splits,
        "findings": inspection.findings,
        "samples": inspection.samples,
    }


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
