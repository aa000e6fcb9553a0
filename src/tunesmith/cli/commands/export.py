"""``tunesmith export``: a model as one file."""

from typing import Annotated

import typer

from tunesmith.cli.arguments.options import OUTPUT, AsJson, FittedModel, WithReport
from tunesmith.cli.render.output import Output, write_json
from tunesmith.models.publish import export as write_zip
from tunesmith.wording import clean, plural, size

EXAMPLES = """
tunesmith export tickets-3f2a1c -o tickets.zip                  # without the report
tunesmith export tickets-3f2a1c -o tickets.zip --with-report    # with it, and the texts in it
"""


def export(
    model: FittedModel,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The file to write, new: a name that ends in .zip. Required.",
            rich_help_panel=OUTPUT,
        ),
    ],
    with_report: WithReport = False,
    as_json: AsJson = False,
) -> None:
    """Write a model as one zip file.

    Its files are verified before, and the same model gives the same bytes. Unzipped it is a plain
    sentence-transformers folder. The report is left out, because it shows texts of the test set.
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
    what = f"{plural(len(package.files), 'file')}, {size(length)}"
    shown.line(f"{made.path}: {what}; unzips to {clean(package.name)}/")
    if package.left_out:
        shown.line(f"left out: {', '.join(map(clean, package.left_out))}")
