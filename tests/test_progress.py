"""One display for all bars: what is inside another is drawn below it."""

import io
import sys

import pytest

from tunesmith import progress
from tunesmith.progress import progress_bar


class Terminal(io.StringIO):
    """Says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_bars_inside_bars_share_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are told, an inner one is gone when its block ends, and nothing stays behind."""
    written = Terminal()
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setenv("TERM", "xterm")
    with progress_bar("Outer", 2) as outer:
        (display,) = progress._drawn
        with progress_bar("Inner", 3) as inner:
            assert progress._drawn == [display]
            inner(3)
            assert [task.description for task in display.tasks] == ["Outer", "Inner"]
            assert display.tasks[1].completed == 3
        assert [task.description for task in display.tasks] == ["Outer"]
        outer(1)
    assert not progress._drawn
    assert "Outer" in written.getvalue()


def test_an_error_inside_leaves_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the next bar is drawn as the first one was."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(ValueError, match="broken"), progress_bar("Outer", 1):
        raise ValueError("broken")
    assert not progress._drawn


def test_nothing_is_drawn_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Or where none is wanted."""
    with progress_bar("Quiet", 1) as advance, progress_bar("More", 1, shown=False) as more:
        advance(1)
        more(1)
    assert capsys.readouterr().err == ""
