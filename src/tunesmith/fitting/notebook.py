"""What a fit draws by default: progress bars in a notebook."""

from tunesmith.bars import Bars
from tunesmith.events import Event, OnEvent, ignore
from tunesmith.notebook import in_notebook
from tunesmith.watching import Progress


def default_events() -> OnEvent:
    """Return progress bars in a Jupyter notebook; elsewhere a function that does nothing."""
    if not in_notebook():
        return ignore
    bars = Bars()

    def draw(event: Event) -> None:
        if isinstance(event, Progress):
            bars(event)

    return draw
