"""What a process is writing: in a folder of its own, which others remove once it has ended."""

import secrets
import shutil
from pathlib import Path
from threading import Lock

from filelock import FileLock, Timeout

_LOCK = ".lock"


class Unfinished:
    """The folder of this process for unfinished uploads, data sets, models and parts of indexes.

    A locked file next to it says that the process lives; the operating system unlocks it however
    the process ends.

    Parameters
    ----------
    parent
        The folder with those of all processes.

    Examples
    --------
    >>> import tempfile
    >>> Unfinished(Path(tempfile.mkdtemp())).folder().is_dir()
    True
    """

    def __init__(self, parent: Path) -> None:
        self._parent, self._making = parent, Lock()
        self._own: tuple[Path, FileLock] | None = None

    def folder(self) -> Path:
        """Return the folder of this process."""
        with self._making:
            if self._own is None:
                self._own = self._make()
        return self._own[0]

    def sweep(self) -> int:
        """Remove the folders of processes that have ended; return how many had left something."""
        return sum(_removed(each) for each in self._parent.glob("*/"))

    def _make(self) -> tuple[Path, FileLock]:
        """Lock first: a folder that is there without a lock is left over."""
        self._parent.mkdir(parents=True, exist_ok=True)
        folder = self._parent / secrets.token_hex(8)
        lock = FileLock(folder.with_suffix(_LOCK), thread_local=False)
        lock.acquire()
        folder.mkdir()
        return folder, lock


def _removed(folder: Path) -> bool:
    """Remove a folder unless its process lives; return whether there was anything in it."""
    lock = FileLock(folder.with_suffix(_LOCK))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    held = any(folder.iterdir())
    shutil.rmtree(folder, ignore_errors=True)
    Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()
    return held
