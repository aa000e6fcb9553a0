"""``tunesmith worker``: run fits of a server in another process or on another machine."""

from typing import Annotated

import typer

from tunesmith import server
from tunesmith.cli.arguments.server import Files

EXAMPLES = """
tunesmith worker                                # joins the server of this home folder
tunesmith worker postgresql://db/tunesmith --files s3://bucket/tunesmith  # on another machine
"""


def worker(
    database: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="Database of the server, as in `tunesmith serve --database`.",
            show_default=False,
        ),
    ] = "",
    files: Files = "",
) -> None:
    """Run fits of a server, one at a time, in this process.

    Without a URL it joins the server of this machine's home folder. Ctrl-C stops it; an unfinished
    fit goes to another worker.
    """
    server.run_worker(server.ServerSettings(database=database, files=files))
