"""Options shared by the commands of the server."""

from typing import Annotated

import typer

Database = Annotated[
    str,
    typer.Option(
        "--database",
        metavar="URL",
        help="Database for metadata and jobs, such as postgresql://user@host/name. Default: SQLite "
        "files in the home folder.",
        show_default=False,
    ),
]
Files = Annotated[
    str,
    typer.Option(
        "--files",
        metavar="URL",
        help="Folder or fsspec URL for data sets and models, such as s3://bucket/folder. Default: "
        "the home folder.",
        show_default=False,
    ),
]
