"""``tunesmith export``: export a model as a zip file."""

from typing import Annotated

import typer

from tunesmith.cli.arguments.options import OUTPUT, AsJson, FittedModel, WithReport
from tunesmith.cli.render.output import Output, write_json
from tunesmith.models.export import export as write_zip
from tunesmith.wording import clean, plural, size

EXAMPLES = """
tunesmith export tickets-3f2a1c -o tickets.zip                  # without the report
tunesmith export tickets-3f2a1c -o tickets.zip --with-report    # with the report
"""


def export(
    model: FittedModel,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="New output file, ending in .zip. Required.",
            rich_help_panel=OUTPUT,
        ),
    ],
    with_report: WithReport = False,
    as_json: AsJson = False,
) -> None:
    """Export a model as a zip file.

    Files are verified first, and the same model always gives the same bytes. The unzipped folder is
    a plain sentence-transformers model. The report is excluded by default, because it shows texts
    of the test set.
    """
    made = write_zip(model, output, with_report=with_report, verbose=True)
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
