"""``tunesmith serve``: an HTTP server for data sets, fits and models."""

from typing import Annotated

import typer

from tunesmith.cli.arguments.server import Database, Files
from tunesmith.server.listen import listen
from tunesmith.server.settings import ServerSettings

EXAMPLES = """
tunesmith serve                                     # on this machine: http://127.0.0.1:8080
tunesmith serve --host 0.0.0.0                      # for others, who then need API keys
tunesmith serve --workers 2                         # two fits at a time
tunesmith serve --database postgresql://db/tunesmith --workers 0   # workers elsewhere
"""


def serve(
    host: Annotated[
        str,
        typer.Option("--host", metavar="ADDRESS", help="Address to listen on."),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on.")
    ] = 8080,
    workers: Annotated[
        int,
        typer.Option(
            "--workers",
            min=0,
            help="Number of fits at a time; 0 if workers are started with `tunesmith worker`.",
        ),
    ] = 1,
    keys: Annotated[
        bool | None,
        typer.Option(
            "--keys/--no-keys",
            help="Require API keys. Default: only if --host lets other machines connect.",
            show_default=False,
        ),
    ] = None,
    database: Database = "",
    files: Files = "",
) -> None:
    """Start an HTTP server for data sets, fits and models.

    It accepts uploads, fits models in processes of their own, and answers requests for vectors,
    labels and matches. Everything is kept in the home folder unless --database and --files say
    otherwise. Ctrl-C stops it; unfinished fits go on with the next start.
    """
    listen(
        ServerSettings(
            host=host,
            port=port,
            workers=workers,
            require_keys=keys,
            database=database,
            files=files,
        )
    )
