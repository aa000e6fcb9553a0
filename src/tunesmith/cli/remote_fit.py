"""A fit on a server, shown like one on this machine."""

import shlex
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tunesmith.cli.render.describe import write_test_results
from tunesmith.cli.render.fit_progress import TerminalEvents
from tunesmith.cli.render.output import Output, write_json
from tunesmith.report.pages.snippets import commands

if TYPE_CHECKING:
    from tunesmith.client.client import Client
    from tunesmith.client.resources import RemoteFit, RemoteModel
    from tunesmith.events import OnEvent
    from tunesmith.fitting.request import FitRequest

_STOPPING = "stopping: finished candidates are kept; press Ctrl-C again to leave it to the server\n"


def fit_remotely(
    client: "Client", request: "FitRequest", output: str | None, *, overwrite: bool, as_json: bool
) -> None:
    """Upload, fit and show the result; with an output folder, download the model."""
    shown = Output(to_stderr=as_json)
    request.check()
    options = {name: value for name, value in asdict(request).items() if _given(value)}
    source = options.pop("source")
    fit = client.start_fit(source, **{**options, "budget": request.budget})
    model = _followed(client, fit, TerminalEvents(shown))
    folder = None if output is None else client.download(model, output, overwrite=overwrite)
    where = {"model": model.id, "report": f"{client.url}/v1/models/{model.id}/report"}
    where |= {} if folder is None else {"folder": str(folder)}
    if as_json:
        write_json({**model.details, **where})
    else:
        _write(shown, client, model, where, request.documents or request.source)


def _given(value: Any) -> bool:
    return value not in (None, "", (), False)


def _followed(client: "Client", fit: "RemoteFit", on_event: "OnEvent") -> "RemoteModel":
    """Wait for a fit; Ctrl-C ends its search, a second one leaves it to the server."""
    try:
        return client.follow(fit, on_event=on_event)
    except KeyboardInterrupt:
        sys.stderr.write(_STOPPING)
        client.stop(fit)
        return client.follow(fit)


def _write(
    output: Output, client: "Client", model: "RemoteModel", where: dict[str, str], file: str
) -> None:
    summary = model.summary
    assert summary is not None  # every fit has one
    write_test_results(output, summary)
    output.heading("Output")
    output.facts(where)
    output.heading("Next steps")
    remote = f"tunesmith --server {shlex.quote(client.url)} "
    for command in commands(model.id, summary, file=file):
        output.line("  ", (command.replace("tunesmith ", remote, 1), "cyan"))
