"""Follow models that other processes change: reload those replaced, unload those removed."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import structlog
from fastapi.concurrency import run_in_threadpool

from tunesmith.errors import DamagedModel, TunesmithError
from tunesmith.models.folder import METADATA, files_digest, read_metadata
from tunesmith.models.serving import LoadedModel
from tunesmith.server.inference import Inference
from tunesmith.server.unexpected import report_unexpected

_LOOK_SECONDS = 2.0
_log = structlog.get_logger()


@dataclass(frozen=True)
class _State:
    """A model folder as it is now: the digest of its model, and names, sizes and times of files.

    The digest is empty while ``tunesmith.json`` cannot be read.
    """

    digest: str
    files: tuple[tuple[str, int, int], ...]


class Reloader:
    """Compares the models in memory with their folders.

    The earlier model answers until the new one has computed its first vector, and after a failed
    load until the folder changes again: somebody may be copying files into it.

    Parameters
    ----------
    inference
        The loaded models.

    Examples
    --------
    >>> from tunesmith.server.inference import Limits
    >>> asyncio.run(Reloader(Inference(lambda name: name, Limits())).look())
    """

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._failed: dict[str, _State] = {}
        self._missing: set[str] = set()

    async def look(self) -> None:
        """Reload the models whose folder has another model now; unload those whose is gone."""
        for target, model in self._inference.loaded_from().items():
            if model.metadata:  # the bundled base has no folder that anybody changes
                await self._compare(target, model)

    async def _compare(self, target: str, model: LoadedModel) -> None:
        state = await run_in_threadpool(_state, Path(target))
        if state is None:
            self._unload(target)
            return
        self._missing.discard(target)
        if state.digest != model.digest and state != self._failed.get(target):
            await self._reload(target, state)

    def _unload(self, target: str) -> None:
        """Unload a model whose folder was missing twice: once may be while it is replaced."""
        if target in self._missing:
            self._inference.forget(target)
            _log.info("model unloaded", model=Path(target).name, reason="its folder is gone")
        self._missing ^= {target}

    async def _reload(self, target: str, state: _State) -> None:
        try:
            await self._inference.reload_from(target)
        except TunesmithError as error:
            self._failed[target] = state
            _log.warning("model not reloaded", model=Path(target).name, code=error.code)
        else:
            self._failed.pop(target, None)
            _log.info("model reloaded", model=Path(target).name)


async def reload_forever(inference: Inference) -> None:
    """Look at the folders of loaded models every two seconds, until the task is cancelled."""
    reloader = Reloader(inference)
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        try:
            await reloader.look()
        except Exception as error:  # one folder must not end the looking for all others
            report_unexpected(error)


def _state(folder: Path) -> _State | None:
    """Return the state of a folder; None if there is no model, or it is being moved."""
    try:
        files = tuple(sorted(_facts(path, folder) for path in folder.rglob("*")))
        digest = files_digest(read_metadata(folder))
    except DamagedModel:
        return _State("", files) if (folder / METADATA).is_file() else None
    except FileNotFoundError:
        return None
    return _State(digest, files)


def _facts(path: Path, folder: Path) -> tuple[str, int, int]:
    stat = path.stat()
    return path.relative_to(folder).as_posix(), stat.st_size, stat.st_mtime_ns
