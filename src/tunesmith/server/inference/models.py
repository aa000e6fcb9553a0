"""The models in memory: loaded once on demand, the least recently used ones unloaded."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, time

from tunesmith.errors import UnknownModel
from tunesmith.models.serving import LoadedModel
from tunesmith.server.inference.memory import model_bytes
from tunesmith.server.inference.observer import Observer

Resolve = Callable[[str], Path | str]
Load = Callable[[str], LoadedModel]


@dataclass(frozen=True)
class LoadedInfo:
    """A model in memory.

    Parameters
    ----------
    name
        Its id or name.
    bytes
        Its memory, estimated.
    last_used
        Time of its last request, in seconds since 1970.
    pinned
        Whether it stays in memory.
    requests
        Number of requests that use it now.

    Examples
    --------
    >>> LoadedInfo("tune-3f2a", bytes=90_000_000, last_used=0.0, pinned=True, requests=0).pinned
    True
    """

    name: str
    bytes: int
    last_used: float
    pinned: bool
    requests: int


@dataclass(eq=False)
class Entry:
    """A loaded model with its uses; a request keeps it in memory after it was unloaded."""

    model: LoadedModel
    bytes: int
    last_used: float
    names: set[str] = field(default_factory=set)
    pinned: bool = False
    requests: int = 0

    @property
    def info(self) -> LoadedInfo:
        """What is shown of it."""
        return LoadedInfo(self.model.id, self.bytes, self.last_used, self.pinned, self.requests)


class Models:
    """Loaded models by what their names resolve to, least recently used first.

    Parameters
    ----------
    resolve
        Returns the folder or base of a model; called on the event loop for each request.
    load
        Loads it; called in a thread of its own, one model at a time.
    memory_bytes
        Memory above which models are unloaded.
    observe
        Receives loads.
    """

    def __init__(self, resolve: Resolve, load: Load, memory_bytes: int, observe: Observer) -> None:
        self._resolve, self._load = resolve, load
        self._memory_bytes, self._observe = memory_bytes, observe
        self._entries: dict[str, Entry] = {}
        self._loads: dict[str, asyncio.Task[Entry]] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="load")

    def infos(self) -> list[LoadedInfo]:
        """Return the models in memory, least recently used first."""
        return [entry.info for entry in self._entries.values()]

    def find(self, name: str) -> Entry | None:
        """Return a model if it is loaded.

        Raises
        ------
        UnknownModel
            There is no such model.
        """
        return self._entries.get(str(self._resolve(name)))

    @asynccontextmanager
    async def using(self, name: str) -> AsyncIterator[Entry]:
        """Load a model if needed, and keep it in memory inside the block.

        Raises
        ------
        UnknownModel, DamagedModel
            There is no such model, or it cannot be loaded.
        """
        entry = await self._entry(name)
        entry.names.add(name)
        entry.requests += 1
        try:
            yield entry
        finally:
            entry.requests -= 1
            entry.last_used = time()

    def loaded_from(self) -> dict[str, LoadedModel]:
        """Return the models in memory by the folder or base that they were loaded from."""
        return {target: entry.model for target, entry in self._entries.items()}

    async def reload(self, name: str) -> None:
        """Load a model again, for its next requests; running ones keep the earlier one."""
        await self.reload_from(str(self._resolve(name)))

    async def reload_from(self, target: str) -> None:
        """Load a folder or base again, as :meth:`reload` does."""
        previous = self._entries.get(target)
        entry = await self._loaded(target)
        if previous is not None:
            entry.pinned, entry.names = previous.pinned, previous.names

    async def unload(self, name: str) -> None:
        """Take a model out of memory once its running requests are answered."""
        target = None
        with suppress(UnknownModel):  # it may be deleted already
            target = str(self._resolve(name))
        if target in self._loads:
            with suppress(Exception):  # that it cannot be loaded is reported to its requests
                await asyncio.shield(self._loads[target])
        for key, entry in [*self._entries.items()]:
            if key == target or name in entry.names:
                self._remove(key)

    def forget(self, target: str) -> None:
        """Take what was loaded from a folder out of memory, if it is there."""
        if target in self._entries:
            self._remove(target)

    def close(self) -> None:
        """Unload all models."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for key in [*self._entries]:
            self._remove(key)

    async def _entry(self, name: str) -> Entry:
        target = str(self._resolve(name))
        entry = self._entries.pop(target, None)
        if entry is None:
            return await self._loaded(target)
        self._entries[target] = entry  # now the most recently used
        return entry

    async def _loaded(self, target: str) -> Entry:
        """Load a model, or wait for the load that another request has started."""
        task = self._loads.get(target)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._load_entry(target))
            self._loads[target] = task
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(task)  # a client that leaves does not stop it for others

    async def _load_entry(self, target: str) -> Entry:
        try:
            start = perf_counter()
            loop = asyncio.get_running_loop()
            model = await loop.run_in_executor(self._pool, self._load, target)
            entry = Entry(model, model_bytes(model), time())
            self._observe.model_loaded(model.id, perf_counter() - start, entry.bytes)
            self._entries.pop(target, None)
            self._entries[target] = entry
            self._make_room(entry)
            return entry
        finally:
            del self._loads[target]

    def _make_room(self, latest: Entry) -> None:
        """Unload models until the rest fits: idle ones first, the latest and pinned ones never."""
        for key in self._unloadable(latest):
            if sum(entry.bytes for entry in self._entries.values()) <= self._memory_bytes:
                return
            self._remove(key)

    def _unloadable(self, latest: Entry) -> Iterator[str]:
        free = [
            (entry.requests > 0, key)
            for key, entry in self._entries.items()
            if entry is not latest and not entry.pinned
        ]
        yield from (key for _busy, key in sorted(free, key=lambda pair: pair[0]))

    def _remove(self, key: str) -> None:
        self._observe.model_unloaded(self._entries.pop(key).model.id)
