"""How many threads a computation runs on, and how threads wait for each other.

A large matrix product gains from a thread a core. Small steps do not: their threads mostly wait for
each other, and where another process holds one of the cores they wait for its turn to end. Left
alone, the GNU OpenMP runtime of torch and scikit-learn spins for some 15 ms at each such meeting.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, local
from types import ModuleType

# Below this many multiplications a step, a second thread costs more than it brings.
WORTH_THREADS = 2e8
_POLICY = {
    "OMP_WAIT_POLICY": "passive",
    # Rounds of waiting before a thread goes to sleep, 0.5 ms in all: long enough for the next of
    # many products to find it awake, short enough to cost other processes little.
    "GOMP_SPINCOUNT": "10000",
}
_lock, _here = Lock(), local()
_limited = 0  # how many Python threads have limited torch
_before = 1  # the threads that torch had before the first of them


def wait_passively() -> None:
    """Let idle threads sleep instead of spinning, for all OpenMP runtimes loaded from now on.

    A runtime reads the environment once, when it is loaded. So ``import tunesmith`` calls this,
    before torch or scikit-learn is loaded. Where ``OMP_WAIT_POLICY`` or ``GOMP_SPINCOUNT`` is set
    already, nothing is changed.

    Examples
    --------
    >>> import os
    >>> wait_passively()
    >>> any(name in os.environ for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"))
    True
    """
    if not any(name in os.environ for name in _POLICY):
        os.environ.update(_POLICY)


@contextmanager
def one_thread() -> Iterator[None]:
    """Run NumPy, scikit-learn and torch on one thread inside the block.

    Afterwards each has as many threads as before, also after an exception. Blocks may be nested: an
    inner one costs nothing, so put one around many small computations.

    Examples
    --------
    >>> import numpy as np
    >>> with one_thread():
    ...     float(np.ones(3) @ np.ones(3))
    3.0
    """
    if getattr(_here, "alone", False):
        yield
        return
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - import tunesmith reads this file

    # torch first: inside the limit it would note one thread as its own, and MKL would stay at one.
    # Libraries may have been loaded since the last call, so they are looked for each time (1 ms).
    with threads_for(0), threadpool_limits(1):
        _here.alone = True
        try:
            yield
        finally:
            _here.alone = False


@contextmanager
def threads_for(multiplications: float) -> Iterator[None]:
    """Run torch on one thread inside the block where more threads would not pay.

    Large steps keep the threads that torch has: a thread a core, or what ``OMP_NUM_THREADS`` or
    ``torch.set_num_threads`` says. Afterwards torch has as many as before, also after an exception.
    Blocks may be nested, and several Python threads may enter one. A block costs a few µs, so it
    suits a single step. Where torch is not loaded, nothing happens.

    Parameters
    ----------
    multiplications
        The number of multiplications in a step, roughly.

    Examples
    --------
    >>> import torch
    >>> with threads_for(1e6):
    ...     torch.get_num_threads()
    1
    """
    torch = sys.modules.get("torch")
    inside = getattr(_here, "inside", False)
    if torch is None or inside or multiplications >= WORTH_THREADS:
        yield
        return
    _limit(torch)
    try:
        yield
    finally:
        _unlimit(torch)


def _limit(torch: ModuleType) -> None:
    """Set this Python thread's torch to one thread.

    The number is partly global, so of several Python threads the first notes what it was before.
    """
    global _limited, _before  # noqa: PLW0603 - the number of threads belongs to the process
    with _lock:
        # A Python thread takes the process's number when it first asks, so it asks before it sets.
        threads = torch.get_num_threads()
        if not _limited:
            _before = threads
        _limited += 1
        torch.set_num_threads(1)
    _here.inside = True


def _unlimit(torch: ModuleType) -> None:
    global _limited  # noqa: PLW0603 - as above
    _here.inside = False
    with _lock:
        _limited -= 1
        torch.set_num_threads(_before)
