"""The process that trains: a request on standard input, events as JSON lines on standard output.

Further lines on standard input are commands: ``stop``, ``cancel`` or ``extend SECONDS``. When
standard input ends, the worker is dead, and this process ends too; what is finished is kept.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any, TextIO

from tunesmith.errors import Cancelled, TunesmithError
from tunesmith.events import Event, event_to_dict
from tunesmith.fitting.request import FitRequest
from tunesmith.home import current_home
from tunesmith.models.serving import serve
from tunesmith.stop import Stop

# Serving comes first where both share a machine.
_NICENESS = 5
_ORPHANED = 3


def main() -> None:
    """Train as the first line of standard input says."""
    os.nice(_NICENESS)
    job = json.loads(sys.stdin.readline())
    output, stop = sys.stdout, Stop()
    sys.stdout = sys.stderr  # a library that prints must not break the lines of events
    Thread(target=_obey, args=(stop,), daemon=True).start()
    _write(output, _result(job, stop, output))
    os._exit(0)  # all is written, and to unload torch takes a while


def _result(job: Mapping[str, Any], stop: Stop, output: TextIO) -> dict[str, Any]:
    def report(event: Event) -> None:
        _write(output, event_to_dict(event))

    try:
        return {"event": "finished", "digest": _fit(job, stop, report)}
    except Cancelled:
        return {"event": "cancelled"}
    except TunesmithError as error:
        return {"event": "failed", "error": error.to_dict()}


def _fit(job: Mapping[str, Any], stop: Stop, report: Any) -> str:
    """Train, and check that the model can be served; return its digest."""
    request = FitRequest(**{**job["request"], "fixes": tuple(job["request"]["fixes"])})
    home = replace(current_home(), workspaces=Path(job["workspaces"]))
    with home.active():
        result = request.run(output=job["output"], overwrite=True, on_event=report, stop=stop)
        model = serve(result.path, threads=1)
        model.encode(["ready"])
    return model.digest


def _obey(stop: Stop) -> None:
    """Obey commands until standard input ends, then end this process at once."""
    for line in sys.stdin:
        word, *seconds = line.split()
        if word == "stop":
            stop.set()
        elif word == "cancel":
            stop.cancel()
        elif word == "extend":
            stop.extend(float(seconds[0]))
    os._exit(_ORPHANED)


def _write(output: TextIO, event: Mapping[str, Any]) -> None:
    output.write(json.dumps(event) + "\n")
    output.flush()


if __name__ == "__main__":
    main()
