"""Progress of long work: what is being done, how far, how fast, how long still."""

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


@contextmanager
def progress_bar(description: str, total: int | None, *, shown: bool = True) -> Iterator[Advance]:
    """Show a bar on standard error while the block runs; call what it yields to advance.

    Nothing is drawn where standard error is no terminal.

    Examples
    --------
    >>> with progress_bar("Encoding", total=2, shown=False) as advance:
    ...     advance(1)
    """
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    visible = shown and console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=not visible) as progress:
        task = progress.add_task(description, total=total)
        yield lambda count: progress.advance(task, count)
