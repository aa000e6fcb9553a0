"""Suppression of terminal output from libraries."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_progress_bars() -> Iterator[None]:
    """Disable the progress bars of the transformers library."""
    from transformers.utils import logging as transformers_logging

    enabled = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if enabled:
            transformers_logging.enable_progress_bar()


@contextmanager
def no_warnings() -> Iterator[None]:
    """Suppress warnings of two libraries about a new, untrained head, which is intended here."""
    from transformers.utils import logging as transformers_logging

    logger = logging.getLogger("sentence_transformers")
    levels = transformers_logging.get_verbosity(), logger.level
    transformers_logging.set_verbosity_error()
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        transformers_logging.set_verbosity(levels[0])
        logger.setLevel(levels[1])
