"""Libraries that would write to the terminal, kept from it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_progress_bars() -> Iterator[None]:
    """Keep the transformers library from drawing progress bars of its own."""
    from transformers.utils import logging as of_transformers

    shown = of_transformers.is_progress_bar_enabled()
    of_transformers.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            of_transformers.enable_progress_bar()


@contextmanager
def no_warnings() -> Iterator[None]:
    """Keep two libraries from warning of a new head where it is meant, and trained next."""
    from transformers.utils import logging as of_transformers

    other = logging.getLogger("sentence_transformers")
    levels = of_transformers.get_verbosity(), other.level
    of_transformers.set_verbosity_error()
    other.setLevel(logging.ERROR)
    try:
        yield
    finally:
        of_transformers.set_verbosity(levels[0])
        other.setLevel(levels[1])
