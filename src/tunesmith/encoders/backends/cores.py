"""Parallel processing of texts on the CPU cores."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Result = TypeVar("Result")

_CHUNK = 128  # maximum number of texts per chunk
_CHUNKS_PER_CORE = 4  # at least, so that no core is idle at the end


def usable_cores() -> int:
    """Return the number of cores this process may use; ``OMP_NUM_THREADS`` can lower it."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(limit)) if limit.isdigit() and int(limit) else cores


def by_chunks(
    work: Callable[[NDArray[np.int64]], Result],
    texts: list[str],
    largest: int = _CHUNK,
    threads: int | None = None,
) -> Iterator[Result]:
    """Yield the result of ``work`` for each chunk of texts, in order of completion.

    Parameters
    ----------
    work
        Function of the indices of texts of similar length, longest first; called from several
        threads concurrently.
    texts
        Texts to process.
    largest
        Maximum number of texts per chunk.
    threads
        Number of threads; None for one per usable core.
    """
    cores = threads or usable_cores()
    chunks = _chunks(texts, cores, largest)
    if len(chunks) == 1 or cores == 1:
        yield from map(work, chunks)
        return
    with ThreadPoolExecutor(min(cores, len(chunks)), thread_name_prefix="encode") as pool:
        try:
            futures = [pool.submit(work, chunk) for chunk in chunks]
            yield from (future.result() for future in as_completed(futures))
        finally:
            pool.shutdown(cancel_futures=True)


def _chunks(texts: list[str], cores: int, largest: int) -> list[NDArray[np.int64]]:
    order = np.argsort([-len(text) for text in texts], kind="stable").astype(np.int64)
    balanced = max(len(order) // (_CHUNKS_PER_CORE * cores), 1)
    size = largest if cores == 1 else min(balanced, largest)  # one core has nothing to balance
    return [order[start : start + size] for start in range(0, len(order), size)]
