"""Work on texts shared among the processor's cores."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Result = TypeVar("Result")

_CHUNK = 128  # texts that one core takes before it takes the next
_CHUNKS_PER_CORE = 4  # at least, so that no core is left waiting at the end


def usable_cores() -> int:
    """Return how many cores this process may use; ``OMP_NUM_THREADS`` sets fewer."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(limit)) if limit.isdigit() and int(limit) else cores


def by_chunks(
    work: Callable[[NDArray[np.int64]], Result], texts: list[str], largest: int = _CHUNK
) -> Iterator[Result]:
    """Yield what ``work`` makes of each chunk of texts, as the chunks are done.

    Parameters
    ----------
    work
        Given the positions of texts of like length, the longest first; called from several
        threads at once.
    texts
        The texts.
    largest
        The most texts in a chunk.
    """
    cores = usable_cores()
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
    size = min(max(len(order) // (_CHUNKS_PER_CORE * cores), 1), largest)
    return [order[start : start + size] for start in range(0, len(order), size)]
