"""``tunesmith server``: back up a server, or restore it."""

from typing import Annotated, Literal

import typer

from tunesmith import server as servers
from tunesmith.cli.render.output import Output
from tunesmith.wording import size

EXAMPLES = """
tunesmith server backup server.tar     # while it runs
tunesmith server restore server.tar    # into an empty TUNESMITH_HOME
"""


def server(
    action: Annotated[
        Literal["backup", "restore"],
        typer.Argument(metavar="backup|restore", help="What to do.", show_default=False),
    ],
    file: Annotated[str, typer.Argument(metavar="FILE", help="Tar file.", show_default=False)],
) -> None:
    """Back up a server to a tar file, or restore it from one.

    A backup holds data sets, models, indexes, unfinished fits and metadata. The server may be
    running. For metadata in Postgres and files elsewhere, use their own tools.
    """
    settings = servers.ServerSettings()
    if action == "restore":
        Output().facts({"restored": str(servers.restore(settings, file))})
        return
    path = servers.back_up(settings, file)
    Output().facts({"file": str(path), "size": size(path.stat().st_size)})
