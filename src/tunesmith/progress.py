"""Progress bars with a description, count, rate and remaining time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

Advance = Callable[[int], None]


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="progress.data.speed")


_active: list[Progress] = []  # the display of the outermost bar, if any


@contextmanager
def progress_bar(description: str, total: int | None, *, shown: bool = True) -> Iterator[Advance]:
    """Show a progress bar on standard error while the block runs; call the result to advance it.

    Nothing is drawn unless standard error is a terminal. Nested bars share one display.

    Examples
    --------
    >>> with progress_bar("Encoding", total=2, shown=False) as advance:
    ...     advance(1)
    """
    if not (shown and Console(stderr=True).is_terminal):
        yield lambda _: None
        return
    with _display() as progress:
        task = progress.add_task(description, total=total)
        try:
            yield lambda count: progress.advance(task, count)
        finally:
            progress.remove_task(task)


@contextmanager
def _display() -> Iterator[Progress]:
    if _active:
        yield _active[-1]
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        _active.append(progress)
        try:
            yield progress
        finally:
            _active.pop()
