"""Notes of bulk functions, such as the column that was taken, on standard error."""

import typer

from tunesmith.cli.flags import with_flags
from tunesmith.events import Event, Note
from tunesmith.wording import clean


def write_note(event: Event) -> None:
    """Write a note as a line on standard error; other events are not shown."""
    if isinstance(event, Note):
        typer.echo(with_flags(clean(event.text)), err=True)
