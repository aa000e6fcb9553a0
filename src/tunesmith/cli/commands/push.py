"""``tunesmith push``: a model on the Hugging Face hub."""

from typing import Annotated

import typer

from tunesmith.cli.arguments.options import OUTPUT, AsJson, FittedModel, WithReport
from tunesmith.cli.render.output import Output, write_json
from tunesmith.models.publish import push as send
from tunesmith.wording import clean, plural, size

EXAMPLES = """
tunesmith push tickets-3f2a1c ann/tickets             # only you can see it
tunesmith push tickets-3f2a1c ann/tickets --public    # all can
tunesmith push tickets-3f2a1c ann/tickets -m "Autumn's tickets too"    # says what is new
"""


def push(
    model: FittedModel,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="Its name on the hub: user/name or organisation/name.",
            show_default=False,
        ),
    ],
    private: Annotated[
        bool,
        typer.Option(
            "--private/--public",
            help="Who can see a new repository. Private when not given.",
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
            help="The commit's message.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="TOKEN",
            help="An access token. When not given, HF_TOKEN or what `hf auth login` stored. It is "
            "never printed.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send a model to the Hugging Face hub.

    The only command that sends anything: the model's files, verified, tunesmith.json and the
    model card, in one commit. The report is left out, because it shows texts of the test set.
    """
    sent = send(
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
    seen = "private" if sent.private else "public"
    what = f"{plural(len(package.files), 'file')}, {size(length)}"
    shown.line(f"{clean(sent.url)}: {what}, {seen}")
    if package.left_out:
        shown.line(f"left out: {', '.join(map(clean, package.left_out))}")
