"""``tunesmith ui``: the dashboard in a browser."""

import webbrowser
from dataclasses import replace
from typing import Annotated

import typer

from tunesmith import server
from tunesmith.cli.render.output import Output

EXAMPLES = """
tunesmith ui              # start a server on this machine and open its pages
tunesmith ui --no-open    # print the address only
"""


def ui(
    port: Annotated[
        int,
        typer.Option(
            "--port",
            metavar="N",
            min=0,
            max=65535,
            help="Port to listen on; a free one if it is in use.",
        ),
    ] = 8080,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the browser.")
    ] = True,
) -> None:
    """Open the dashboard in a browser.

    A server of this machine is started, which only this machine can reach. If one of the same home
    folder runs already, its pages are opened instead. Ctrl-C stops the server; unfinished fits go
    on with the next start. `tunesmith serve` has all options of a server.
    """
    settings = server.ServerSettings(port=port)
    show = _open if open_browser else _ignore
    address = server.running_address(settings)
    if address is not None:
        Output().line(f"Tunesmith is running already at {address}")
        show(address)
        return
    server.listen(replace(settings, port=server.free_port(settings)), on_start=show)


def _open(address: str) -> None:
    webbrowser.open(address)


def _ignore(_address: str) -> None:
    """Open nothing: the address is printed."""
