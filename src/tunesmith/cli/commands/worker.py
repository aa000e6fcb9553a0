"""``tunesmith worker``: run fits of a server in another process or on another machine."""

from typing import Annotated

import typer

from tunesmith.cli.arguments.server import Files
from tunesmith.server.jobs.worker import run_worker
from tunesmith.server.settings import ServerSettings

EXAMPLES = """
tunesmith worker postgresql://db/tunesmith   # of another machine's server
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
    run_worker(ServerSettings(database=database, files=files))
