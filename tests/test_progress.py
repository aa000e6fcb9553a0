"""Progress bars: nested bars share one display."""

import io
import sys

import pytest

from tunesmith import progress
from tunesmith.progress import progress_bar


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def test_nested_bars_share_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both bars are shown, the inner one is removed with its block, and nothing is left over."""
    written = Terminal()
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setenv("TERM", "xterm")
    with progress_bar("Outer", 2) as outer:
        (display,) = progress._active
        with progress_bar("Inner", 3) as inner:
            assert progress._active == [display]
            inner(3)
            assert [task.description for task in display.tasks] == ["Outer", "Inner"]
            assert display.tasks[1].completed == 3
        assert [task.description for task in display.tasks] == ["Outer"]
        outer(1)
    assert not progress._active
    assert "Outer" in written.getvalue()


def test_an_error_closes_the_display(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next bar then starts a new display."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(ValueError, match="broken"), progress_bar("Outer", 1):
        raise ValueError("broken")
    assert not progress._active


def test_nothing_is_drawn_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Nor with ``shown=False``."""
    with progress_bar("Quiet", 1) as advance, progress_bar("More", 1, shown=False) as more:
        advance(1)
        more(1)
    assert capsys.readouterr().err == ""
