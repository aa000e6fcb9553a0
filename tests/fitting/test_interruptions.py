"""A killed fit leaves nothing broken, and the next fit resumes it."""

import csv
import subprocess
import sys
import time
from pathlib import Path

import pytest

import tunesmith
from tunesmith.home import current_home
from tunesmith.results.summary import RungStatus

# A signal handler sets the token after 0.1 s of CPU time in a rung, so a busy machine makes no
# difference.
SCRIPT = """
import signal, sys, tunesmith
from tunesmith.events import CandidateFinished, CandidateStarted
from tunesmith.stop import Stop

stop = Stop()
signal.signal(signal.SIGPROF, lambda *_: stop.set())

def on_event(event):
    if isinstance(event, CandidateStarted):
        print(event.candidate.name, flush=True)
        if event.candidate.name in sys.argv[3:]:
            signal.setitimer(signal.ITIMER_PROF, 0.1)
    if isinstance(event, CandidateFinished):
        print("ended", event.candidate.name, event.candidate.status, flush=True)

fitted = tunesmith.fit(sys.argv[1], base=sys.argv[2], budget=stop, on_event=on_event)
print(fitted.path)
"""


@pytest.fixture(scope="module")
def larger(toy_tickets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy tickets, and again with the words reversed, for a few seconds of work."""
    with toy_tickets.open(newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    turned = [[" ".join(reversed(text.split())), label] for text, label in rows]
    path = tmp_path_factory.mktemp("larger") / "toy.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows, *turned])
    return path


def start(
    source: Path, base: Path, rung: str, interrupted: bool = False
) -> "subprocess.Popen[str]":
    """Start a fit in a process of its own and return once it is in this rung."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(source), str(base), *([rung] if interrupted else [])],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == rung:
            return process
    raise AssertionError(f"the fit ended before rung {rung}")


@pytest.mark.slow
def test_a_kill_while_weights_are_trained(tiny_model: Path, larger: Path) -> None:
    """No incomplete model is visible, the cache still works, and finished training is kept."""
    process = start(larger, tiny_model, "whole")
    time.sleep(0.1)
    process.kill()
    process.wait()
    assert list(current_home().models.glob("*/tunesmith.json")) == []
    result = tunesmith.fit(larger, base=tiny_model, budget=None)
    assert all(item.status is not RungStatus.FAILED for item in result.summary.rungs)
    by_name = {item.name: item for item in result.summary.rungs}
    assert {item.status for item in by_name.values()} <= {RungStatus.DONE, RungStatus.DROPPED}
    assert by_name["linear"].reason == "trained by an earlier run"
    tunesmith.load(result.path).encode(["my card is late"])
    assert [path for path in current_home().work.iterdir() if path.is_dir()] == []


@pytest.mark.slow
def test_a_stop_in_a_rung_keeps_the_finished_candidates(tiny_model: Path, larger: Path) -> None:
    """It ends the ladder, not the fit."""
    process = start(larger, tiny_model, "whole", interrupted=True)
    assert process.stdout is not None
    lines = process.stdout.read().splitlines()
    assert process.wait() == 0
    assert "ended whole interrupted" in lines
    assert tunesmith.load(lines[-1]).classify(["my card"])[0].label
