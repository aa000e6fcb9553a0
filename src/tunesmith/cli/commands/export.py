"""``tunesmith export``: export a model as a zip file, or the encoder of its queries."""

from typing import Annotated

import typer

from tunesmith.cli.arguments.options import OUTPUT, AsJson, FittedModel, WithReport
from tunesmith.cli.render.output import Output, write_json
from tunesmith.errors import UsageError
from tunesmith.models.export import Exported, export_queries
from tunesmith.models.export import export as write_zip
from tunesmith.wording import clean, plural, size

EXAMPLES = """
tunesmith export tickets-3f2a1c -o tickets.zip                  # without the report
tunesmith export tickets-3f2a1c -o tickets.zip --with-report    # with the report
tunesmith export articles-5b7c9d --queries queries              # encoder of queries only
"""


def export(
    model: FittedModel,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="New output file, ending in .zip.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    queries: Annotated[
        str | None,
        typer.Option(
            "--queries",
            metavar="FOLDER",
            help="New folder for the encoder of queries, whose encode equals encode_query of the "
            "model.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    with_report: WithReport = False,
    as_json: AsJson = False,
) -> None:
    """Export a model as a zip file, or the encoder of its queries as a folder.

    Files are verified first, and the same model always gives the same bytes. The unzipped folder is
    a plain sentence-transformers model. The report is excluded by default, because it shows texts
    of the test set.

    A model with a query map encodes queries with encode_query. Tools that only call encode need
    two folders: that of --queries for queries, the model's own for documents.
    """
    if queries is None:
        made = write_zip(model, _required(output), with_report=with_report, verbose=True)
        _write_made(made, as_json=as_json)
        return
    if output is not None or with_report:
        raise UsageError(
            "--queries cannot be combined with --output or --with-report",
            hint="export twice",
            option="queries",
        )
    _write_queries(model, queries, as_json=as_json)


def _required(output: str | None) -> str:
    if output is None:
        raise UsageError(
            "missing option '--output'",
            hint="give it, or --queries FOLDER for the encoder of queries",
            option="output",
        )
    return output


def _write_queries(model: str, queries: str, *, as_json: bool) -> None:
    path = export_queries(model, queries)
    if as_json:
        write_json({"path": path})
    else:
        Output().line(f"{path}: use it for queries, and {clean(model)} for documents")


def _write_made(made: Exported, *, as_json: bool) -> None:
    package, length = made.package, made.path.stat().st_size
    if as_json:
        left_out = package.left_out
        write_json(
            {"path": made.path, "bytes": length, "files": list(package.files), "left_out": left_out}
        )
        return
    shown = Output()
    contents = f"{plural(len(package.files), 'file')}, {size(length)}"
    shown.line(f"{made.path}: {contents}; unzips to {clean(package.name)}/")
    if package.left_out:
        shown.line(f"left out: {', '.join(map(clean, package.left_out))}")
