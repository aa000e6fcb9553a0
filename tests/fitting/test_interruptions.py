"""A killed fit leaves nothing broken, and the next fit resumes it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tunesmith
from tunesmith.events import CandidateFinished, CandidateStarted, Event
from tunesmith.home import current_home
from tunesmith.results.summary import RungStatus
from tunesmith.stop import Stop

# CPU time, so a busy machine makes no difference.
SECONDS_IN_RUNG = 0.1
SCRIPT = f"""
import os, signal, sys, tunesmith
from tunesmith.events import CandidateStarted

signal.signal(signal.SIGPROF, lambda *_: os.kill(os.getpid(), signal.SIGKILL))

def on_event(event):
    if isinstance(event, CandidateStarted) and event.candidate.name == sys.argv[3]:
        signal.setitimer(signal.ITIMER_PROF, {SECONDS_IN_RUNG})

tunesmith.fit(sys.argv[1], base=sys.argv[2], budget=None, test=2, on_event=on_event)
"""


@pytest.fixture
def alarm() -> Iterator[Stop]:
    """A token that the timer of CPU time sets."""
    stop = Stop()
    before = signal.signal(signal.SIGPROF, lambda *_: stop.set())
    yield stop
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


@pytest.mark.long
def test_a_kill_while_weights_are_trained(tiny_model: Path, few_tickets: Path) -> None:
    """No incomplete model is visible, the cache still works, and finished training is kept."""
    command = [sys.executable, "-c", SCRIPT, str(few_tickets), str(tiny_model), "whole"]
    killed = subprocess.run(command, stderr=subprocess.DEVNULL, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert list(current_home().models.glob("*/tunesmith.json")) == []
    result = tunesmith.fit(few_tickets, base=tiny_model, budget=None, test=2)
    assert all(item.status is not RungStatus.FAILED for item in result.summary.rungs)
    by_name = {item.name: item for item in result.summary.rungs}
    assert {item.status for item in by_name.values()} <= {RungStatus.DONE, RungStatus.DROPPED}
    assert by_name["linear"].reason == "trained by an earlier run"
    tunesmith.load(result.path).encode(["my card is late"])
    assert [path for path in current_home().work.iterdir() if path.is_dir()] == []


@pytest.mark.slow
def test_a_stop_in_a_rung_keeps_the_finished_candidates(
    tiny_model: Path, few_tickets: Path, alarm: Stop
) -> None:
    """It ends the ladder, not the fit."""
    ended: dict[str, RungStatus] = {}

    def on_event(event: Event) -> None:
        if isinstance(event, CandidateStarted) and event.candidate.name == "whole":
            signal.setitimer(signal.ITIMER_PROF, SECONDS_IN_RUNG)
        if isinstance(event, CandidateFinished):
            ended[event.candidate.name] = event.candidate.status

    result = tunesmith.fit(few_tickets, base=tiny_model, budget=alarm, test=2, on_event=on_event)
    assert ended["whole"] is RungStatus.INTERRUPTED
    assert tunesmith.load(result.path).classify(["my card"])[0].label
