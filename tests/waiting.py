"""Waiting for another process or thread."""

import time
from collections.abc import Callable

HANGING_SECONDS = 300.0
"""What is waited for takes seconds; nothing takes this long on a busy machine."""


def until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds; fail, rather than hang, if it never does."""
    end = time.monotonic() + HANGING_SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
