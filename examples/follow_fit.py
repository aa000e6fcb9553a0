"""Follow a fit in a process of its own: print its events, cancel it, resume it, load the model.

python examples/follow_fit.py examples/tickets.csv model [BASE]
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from threading import Thread
from typing import Any

import tunesmith
from tunesmith.errors import Cancelled
from tunesmith.events import Event, event_to_dict


def child(path: str, output: str, base: str = "all-MiniLM-L6-v2") -> None:
    """Fit, with each event as a line of JSON; a line on standard input cancels the fit."""

    def write(event: Event) -> None:
        print(json.dumps(event_to_dict(event)), flush=True)

    stop = tunesmith.Stop()
    Thread(target=lambda: sys.stdin.readline() and stop.cancel(), daemon=True).start()
    try:
        tunesmith.fit(path, base=base, output=output, budget=stop, on_event=write)
    except Cancelled:
        print(json.dumps({"event": "cancelled"}), flush=True)


def run(arguments: list[str]) -> "subprocess.Popen[str]":
    """Start the child."""
    command = [sys.executable, __file__, "--child", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def events(process: "subprocess.Popen[str]") -> Iterator[dict[str, Any]]:
    """Print and yield the child's events."""
    for line in process.stdout or ():
        print(line, end="")
        yield json.loads(line)


def main(arguments: list[str]) -> None:
    """Cancel a first run while the top layers are trained, then let a second one finish."""
    with run(arguments) as first:
        for event in events(first):
            if event.get("title") == "Training" and first.stdin and not first.stdin.closed:
                print("cancel", file=first.stdin)
                first.stdin.close()
    with run(arguments) as second:
        list(events(second))
    model = tunesmith.load(arguments[1])
    print(model.classify(["Where is my parcel?"])[0])


if __name__ == "__main__":
    given = sys.argv[1:]
    child(*given[1:]) if given[0] == "--child" else main(given)
