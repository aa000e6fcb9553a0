"""``tunesmith push``: a model on the Hugging Face Hub."""

from typing import Annotated

import typer

from tunesmith.cli.arguments.options import OUTPUT, AsJson, FittedModel, WithReport
from tunesmith.cli.render.output import Output, write_json
from tunesmith.models.push import push as upload
from tunesmith.wording import clean, plural, size

EXAMPLES = """
tunesmith push tickets-3f2a1c ann/tickets             # private
tunesmith push tickets-3f2a1c ann/tickets --public    # public
tunesmith push tickets-3f2a1c ann/tickets -m "Autumn's tickets too"    # with a commit message
"""


def push(
    model: FittedModel,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="Repository on the Hub: user/name or organisation/name.",
            show_default=False,
        ),
    ],
    private: Annotated[
        bool,
        typer.Option(
            "--private/--public",
            help="Visibility of a new repository. Private by default.",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = True,
    with_report: WithReport = False,
    message: Annotated[
        str | None,
        typer.Option(
            "--message",
            "-m",
            metavar="TEXT",
            help="Commit message.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="TOKEN",
            help="Access token. Defaults to HF_TOKEN or the token stored by `hf auth login`. It is "
            "never printed.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Upload a model to the Hugging Face Hub.

    Uploads the verified model files, tunesmith.json and the model card in one commit. No other
    command sends data. The report is excluded by default, because it shows texts of the data.
    """
    sent = upload(
        model,
        name,
        private=private,
        with_report=with_report,
        message=message,
        token=token,
        verbose=True,
    )
    package, length = sent.package, sum(sent.package.sizes.values())
    if as_json:
        write_json(
            {
                "url": sent.url,
                "private": sent.private,
                "commit": sent.commit,
                "bytes": length,
                "files": list(package.files),
                "left_out": package.left_out,
            }
        )
        return
    shown = Output()
    visibility = "private" if sent.private else "public"
    contents = f"{plural(len(package.files), 'file')}, {size(length)}"
    shown.line(f"{clean(sent.url)}: {contents}, {visibility}")
    if package.left_out:
        shown.line(f"left out: {', '.join(map(clean, package.left_out))}")
