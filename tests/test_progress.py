"""Progress is reported to the watcher, drawn on request, and ends what is to stop."""

import io
import sys
from collections.abc import Callable
from itertools import count
from types import SimpleNamespace

import pytest

from tunesmith import progress
from tunesmith.errors import Cancelled
from tunesmith.progress import progress_bar
from tunesmith.stop import Stop, stopping
from tunesmith.watching import Progress, watching


@pytest.fixture
def ticking_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second passes whenever the clock of the reports is looked at."""
    seconds = count()
    clock: Callable[[], float] = lambda: float(next(seconds))  # noqa: E731 - typed
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=clock))


@pytest.mark.usefixtures("ticking_progress")
def test_reports_have_count_rate_and_time_left() -> None:
    """The first has no rate yet; the last says that the computation has ended."""
    events: list[Progress] = []
    with watching(events.append), progress_bar("Encoding", 10) as advance:
        advance(4)
        advance(6)
    assert events[0] == Progress("Encoding", 0, 10)
    assert events[1] == Progress("Encoding", 4, 10, rate=2.0, left=3.0)
    assert (events[-1].done, events[-1].left, events[-1].ended) == (10, 0.0, True)


@pytest.mark.usefixtures("ticking_progress")
def test_without_a_total_there_is_no_time_left() -> None:
    """The rate is known all the same."""
    events: list[Progress] = []
    with watching(events.append), progress_bar("Encoding", None) as advance:
        advance(4)
    assert events[1].rate
    assert {event.left for event in events} == {None}


def test_hidden_computations_report_nothing() -> None:
    """With ``shown=False`` even a watcher hears nothing; an error is reported as the end."""
    events: list[Progress] = []
    with watching(events.append), progress_bar("Quiet", 1, shown=False) as advance:
        advance(1)
    assert not events
    with (
        pytest.raises(ValueError, match="broken"),
        watching(events.append),
        progress_bar("Broken", 1),
    ):
        raise ValueError("broken")
    assert events[-1].ended


@pytest.mark.parametrize("shown", [None, True, False])
def test_a_set_token_ends_the_computation(shown: bool | None) -> None:
    """Whether anyone watches or not."""
    stop = Stop()
    with stopping(stop.check), progress_bar("Long", 3, shown=shown) as advance:
        advance(1)
        stop.set()
        with pytest.raises(Cancelled):
            advance(1)


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def test_bars_are_drawn_on_request_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computation inside a drawn one is drawn with it."""
    written = Terminal()
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setenv("TERM", "xterm")
    with progress_bar("Silent", 1) as advance:
        advance(1)
    assert not written.getvalue()
    with progress_bar("Outer", 2, shown=True) as outer:
        with progress_bar("Inner", 3) as inner:
            inner(3)
        outer(1)
    assert "Outer" in written.getvalue()
    assert "Inner" in written.getvalue()
    assert "Silent" not in written.getvalue()


def test_nothing_is_drawn_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A log file gets no bars."""
    with progress_bar("Quiet", 1, shown=True) as advance:
        advance(1)
    assert capsys.readouterr().err == ""
