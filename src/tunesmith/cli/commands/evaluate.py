"""``tunesmith evaluate``: compare models on your own data."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

import tunesmith
from tunesmith import comparison
from tunesmith.bulk.writers import output_path, writing
from tunesmith.cli.arguments.data_files import data_source
from tunesmith.cli.arguments.options import (
    DATA,
    OUTPUT,
    AnyKind,
    AsJson,
    Columns,
    Documents,
    Encoding,
    Fix,
    Seed,
    SkipInvalid,
    Strict,
    role_names,
)
from tunesmith.cli.flags import with_flags
from tunesmith.cli.render.describe import STYLES, write_findings
from tunesmith.cli.render.output import Output, TableColumn, write_json
from tunesmith.errors import UsageError
from tunesmith.phrasing import format_change, format_interval, outcome_name
from tunesmith.results.finding import Severity
from tunesmith.wording import clean, count, number, signed

if TYPE_CHECKING:
    from tunesmith.cli.render.output import Cell
    from tunesmith.comparison.evaluate import Evaluation, Measured

SUFFIXES = (".parquet", ".jsonl", ".csv")
EXAMPLES = """
tunesmith evaluate tickets-3f2a1c new.csv                  # a fitted model against its base
tunesmith evaluate all-MiniLM-L6-v2 ./mine pairs.csv       # the first model is the reference
tunesmith evaluate ./mine scifact --split test             # a BEIR folder, exact search
tunesmith evaluate ./mine test.csv --train train.csv       # train the classifier on another file
tunesmith evaluate ./mine --mteb Banking77Classification   # an MTEB task
"""


def evaluate(  # noqa: PLR0917 - typer calls it, and by names
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL... DATA",
            help="Models, then the data: a file or BEIR folder with labels, scores or pairs. "
            "A single fitted model is compared with its base.",
            show_default=False,
        ),
    ],
    kind: AnyKind = None,
    columns: Columns = None,
    documents: Documents = None,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            metavar="NAME",
            help="Which relevance judgements of a BEIR folder to use. Default: test if available, "
            "else all.",
            rich_help_panel=DATA,
        ),
    ] = None,
    train: Annotated[
        str | None,
        typer.Option(
            "--train",
            metavar="FILE",
            help="For labelled data: train the classifier on this file and evaluate it on DATA. "
            "Default: five-fold cross-validation on DATA.",
            rich_help_panel=DATA,
        ),
    ] = None,
    encoding: Encoding = None,
    fix: Fix = None,
    skip_invalid: SkipInvalid = False,
    strict: Strict = False,
    mteb: Annotated[
        str | None,
        typer.Option(
            "--mteb",
            metavar="TASK",
            help="Run this MTEB task instead; all arguments are then models.",
            rich_help_panel=DATA,
        ),
    ] = None,
    mteb_data: Annotated[
        str | None,
        typer.Option(
            "--mteb-data",
            metavar="FOLDER",
            help="Folder with files for the splits of the MTEB task, such as train.csv and "
            "test.csv.",
            rich_help_panel=DATA,
        ),
    ] = None,
    seed: Seed = 0,
    items: Annotated[
        str | None,
        typer.Option(
            "--items",
            metavar="FILE",
            help="Write per-example scores to this .parquet, .jsonl or .csv file.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare models on your own data.

    All models are scored on the same examples. Each metric is shown with its change from the first
    model and the 95% confidence interval (CI) of the change. The data is checked before any model
    is loaded.
    """
    if mteb is not None:
        given = (kind, columns, documents, split, train, encoding, fix, skip_invalid, strict, items)
        if any(given):
            raise UsageError(
                "an MTEB task has its own data",
                hint="use --mteb only with --mteb-data",
                option="mteb",
            )
        _run_task(arguments, mteb, mteb_data, as_json=as_json)
        return
    if mteb_data is not None:
        raise UsageError(
            "--mteb-data needs a task", hint="name the task with --mteb", option="mteb_data"
        )
    if len(arguments) < 2:
        raise UsageError(
            f"{arguments[0]} alone is not enough", hint="give one or more models, then the data"
        )
    path = None if items is None else output_path(items, SUFFIXES, source=Path(arguments[-1]))
    roles = role_names(columns)
    data = data_source(
        arguments[-1],
        encoding,
        documents,
        fix,
        kind=kind,
        columns=roles,
        base=arguments[0],
    )
    found = tunesmith.evaluate(
        arguments[:-1],
        data,
        kind=kind,
        columns=roles,
        split=split,
        train=train,
        seed=seed,
        skip_invalid=skip_invalid,
        strict=strict,
        verbose=True,
    )
    if path is not None:
        _write_items(found, path)
    if as_json:
        write_json(found.to_dict())
    else:
        _write(Output(), found)


def _write_items(found: "Evaluation", path: Path) -> None:
    column = "text" if "text" not in found.models else "text of the item"
    with writing(path) as writer:
        writer.write({column: list(found.items), **found.item_scores})


def _write(output: Output, found: "Evaluation") -> None:
    split = f", split {clean(found.split)}" if found.split else ""
    size = f"  {count(len(found.items))} examples{split}"
    output.line((clean(found.data), "bold"), "  ", (str(found.kind), "bold cyan"), size)
    write_findings(output, [one for one in found.findings if one.severity is not Severity.NOTE])
    for note in found.notes:
        output.item(Text("  note     ", style="dim"), with_flags(clean(note)))
    output.line()
    _write_table(output, found)
    _write_headline(output, found)


def _write_table(output: Output, found: "Evaluation") -> None:
    names = ("metric", "model", "value", "change", "95% CI", "")
    right = {"value", "change", "95% CI"}
    columns = [TableColumn(name, right=name in right, fold=name == "model") for name in names]
    rows = [_row(one) for one in found.measured]
    rows += [
        ["best F1 threshold", clean(model), number(value), "", "", ""]
        for model, value in found.thresholds.items()
    ]
    output.table(columns, rows)


def _row(one: "Measured") -> "list[Cell]":
    cells: list[Cell] = [one.metric, clean(one.model), number(one.value)]
    change, outcome = one.change, one.outcome
    if change is None or outcome is None:
        return [*cells, "", "", ""]
    return [
        *cells,
        Text(signed(change.difference), style=STYLES[outcome]),
        f"{signed(change.low)} to {signed(change.high)}",
        Text(outcome_name(outcome).lower(), style=STYLES[outcome]),
    ]


def _write_headline(output: Output, found: "Evaluation") -> None:
    first, *others = found.of(found.headline)
    for other in others:
        if other.change is not None and other.outcome is not None:
            output.line()
            evidence = f"{format_interval(other.change)}; p = {other.chance:.2g}"
            output.line(
                (outcome_name(other.outcome), STYLES[other.outcome]),
                f": {clean(other.model)} vs {clean(first.model)}, "
                f"{format_change(other.change)} ({evidence})",
            )


def _run_task(models: list[str], task: str, data: str | None, *, as_json: bool) -> None:
    found = comparison.run_task(models, task, data=data, verbose=True)
    if as_json:
        write_json(found)
        return
    output = Output()
    output.line((clean(found.task), "bold"), "  MTEB  ", ", ".join(found.splits))
    output.line()
    columns = [
        TableColumn(found.metric if index == 1 else name, right=index > 0, fold=index == 0)
        for index, name in enumerate(("model", "", "change"))
    ]
    first = next(iter(found.scores.values()))
    rows = [
        [clean(model), number(score, 4), signed(score - first, 4) if index else ""]
        for index, (model, score) in enumerate(found.scores.items())
    ]
    output.table(columns, rows)
