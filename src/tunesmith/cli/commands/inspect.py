"""``tunesmith inspect``: what a file is, and what is wrong with it."""

from typing import TYPE_CHECKING, Any

import typer

from tunesmith.cli.arguments.options import (
    DEFAULT_BASE,
    AnyKind,
    AsJson,
    Base,
    Columns,
    File,
    role_names,
)
from tunesmith.cli.render.describe import (
    how_many,
    write_counts,
    write_findings,
    write_samples,
    write_scores,
    write_splits,
)
from tunesmith.cli.render.fit_progress import write_decision
from tunesmith.cli.render.output import Output, write_json
from tunesmith.datasets.inspection import inspect as inspect_file
from tunesmith.wording import clean, count

if TYPE_CHECKING:
    from tunesmith.datasets.inspection import Inspection

EXAMPLES = """
tunesmith inspect tickets.csv                                 # kind, classes, samples, findings
tunesmith inspect log.csv --columns text=query,label=intent   # say which column is which
tunesmith inspect tickets.csv --json                          # for a script
"""

MOST_REJECTED = 20


def inspect(
    file: File,
    kind: AnyKind = None,
    columns: Columns = None,
    base: Base = DEFAULT_BASE,
    as_json: AsJson = False,
) -> None:
    """Say what a file is, and find what is wrong with it.

    The kind of data and the reason, the lines left out, the classes, a few rows, and findings with
    what to do about them. Errors would stop a fit, and make the exit code 1. No model is loaded.
    """
    inspection = inspect_file(file, kind=kind, columns=role_names(columns), base=base)
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
    write_decision(output, inspection.event)
    _write_rejected(output, inspection)
    if inspection.counts:
        output.heading("Classes")
        write_counts(output, inspection.counts)
    if inspection.scores:
        output.heading("Scores")
        write_scores(output, inspection.scores)
    if inspection.splits:
        output.heading("Judgements")
        write_splits(output, inspection.splits)
    output.heading("Samples")
    write_samples(output, inspection.samples)
    output.heading(f"Findings: {how_many(inspection.findings)}")
    write_findings(output, inspection.findings)


def _write_rejected(output: Output, inspection: "Inspection") -> None:
    rejected = inspection.loaded.rejected
    for item in rejected[:MOST_REJECTED]:
        column = f" in column {item.column}" if item.column else ""
        output.line(f"{'':11}line {item.line}{clean(column)}: {clean(item.reason)}")
    if len(rejected) > MOST_REJECTED:
        output.line(f"{'':11}and {count(len(rejected) - MOST_REJECTED)} more; --json lists all")
