"""Progress bars in a terminal or a notebook: title, count, rate and remaining time."""

from typing import Any

from markupsafe import Markup
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Display
from rich.text import Text

from tunesmith.notebook import in_notebook
from tunesmith.watching import Progress
from tunesmith.wording import duration


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="progress.data.speed")


class Bars:
    """Draws a bar for each computation that reports, on standard error.

    Bars of computations inside others share one display; each disappears with its last report.
    Nothing is drawn unless standard error is a terminal or the output of a notebook.

    Examples
    --------
    >>> bars = Bars()
    >>> bars(Progress("Encoding", done=1, total=2))
    >>> bars(Progress("Encoding", done=2, total=2, ended=True))
    """

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._display: Display | None = None
        self._tasks: dict[str, TaskID] = {}
        self._cells: dict[str, Any] = {}

    def __call__(self, event: Progress) -> None:
        """Draw the state of a computation."""
        if in_notebook():
            self._draw_in_notebook(event)
        elif self._console.is_terminal:
            self._draw_in_terminal(event)

    def _draw_in_terminal(self, event: Progress) -> None:
        display = self._display or self._open()
        if event.title not in self._tasks:
            self._tasks[event.title] = display.add_task(event.title, total=event.total)
        display.update(self._tasks[event.title], completed=event.done)
        if event.ended:
            display.remove_task(self._tasks.pop(event.title))
            if not self._tasks:
                self.close()

    def close(self) -> None:
        """Remove all bars."""
        if self._display is not None:
            self._display.stop()
        self._display = None
        self._tasks.clear()

    def _draw_in_notebook(self, event: Progress) -> None:
        """Draw a bar as HTML, which needs no widgets; it disappears with its last report."""
        from IPython.display import HTML, display  # noqa: PLC0415 - a notebook has it

        page = HTML("" if event.ended else str(_html(event)))
        if event.title in self._cells:
            self._cells[event.title].update(page)
        elif not event.ended:
            self._cells[event.title] = display(page, display_id=True)
        if event.ended:
            self._cells.pop(event.title, None)

    def _open(self) -> Display:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(),
        )
        self._display = Display(*columns, console=self._console, transient=True)
        self._display.start()
        return self._display


def _html(event: Progress) -> Markup:
    """Return a bar as HTML."""
    known = event.total is not None
    bar = Markup('<progress value="{}" max="{}"></progress> ').format(event.done, event.total)
    count = f"{event.done:,} of {event.total:,}" if known else f"{event.done:,}"
    rate = f", {event.rate:,.0f}/s" if event.rate else ""
    left = f", {duration(event.left)} left" if event.left else ""
    text = Markup("{} {}{}{}").format(event.title, count, rate, left)
    return Markup("<div>{}{}</div>").format(bar if known else "", text)
