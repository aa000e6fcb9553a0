"""Files of data sets and models, in a local folder or at any fsspec URL."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec
from filelock import FileLock

from tunesmith.errors import UsageError
from tunesmith.folders import replacing
from tunesmith.server.unfinished import Unfinished

_COMPLETE = ".complete"
# No request takes so long between the writing of a folder and of the row that names it.
_OLD_SECONDS = 3600.0


class Files:
    """Folders of files by key, such as ``models/tune-3f2a``; a folder is complete or not there.

    Parameters
    ----------
    url
        A folder, or a URL that fsspec knows.
    fetched
        Local folder for copies of remote folders.

    Raises
    ------
    UsageError
        No installed package knows the URL.

    Examples
    --------
    >>> files = Files(tempfile.mkdtemp(), Path(tempfile.mkdtemp()))
    >>> with files.new("datasets/data-1") as folder:
    ...     _ = (folder / "a.csv").write_text("text")
    >>> (files.local("datasets/data-1") / "a.csv").read_text()
    'text'
    """

    def __init__(self, url: str, fetched: Path) -> None:
        try:
            self._fs, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise UsageError(
                f"files cannot be stored there: {error}",
                hint="give a folder, or a URL that an installed fsspec package knows",
                option="files",
            ) from error
        self._root = root.rstrip("/")
        self._is_local = "file" in (self._fs.protocol, *self._fs.protocol)
        self._fetched = fetched
        if self._is_local:
            self._fetched = Path(self._root)
        self._fetched.mkdir(parents=True, exist_ok=True)
        self._unfinished = Unfinished(self._fetched / "uploads")

    @contextmanager
    def new(self, key: str) -> Iterator[Path]:
        """Yield a temporary folder that becomes the folder of a key if the block succeeds."""
        with replacing(self._fetched / key, within=self._unfinished.folder()) as folder:
            yield folder
            if not self._is_local:
                self._upload(folder, key)

    def local(self, key: str) -> Path:
        """Return a local folder with the files of a key, fetched if they are remote.

        Raises
        ------
        FileNotFoundError
            There is no such folder.
        """
        folder = self._fetched / key
        if not folder.is_dir() and not self._is_local:
            self._fetch(key)
        if not folder.is_dir():
            raise FileNotFoundError(key)
        return folder

    def exists(self, key: str) -> bool:
        """Return whether the folder of a key is there, complete."""
        if self._is_local:
            return (self._fetched / key).is_dir()
        return bool(self._fs.exists(f"{self._root}/{key}/{_COMPLETE}"))

    def delete(self, key: str) -> None:
        """Remove the folder of a key, here and at the URL."""
        if not self._is_local and self._fs.exists(f"{self._root}/{key}"):
            self._fs.rm(f"{self._root}/{key}", recursive=True)
        shutil.rmtree(self._fetched / key, ignore_errors=True)

    def scratch(self) -> Path:
        """Return a new folder for unfinished uploads, on the same disk as local files."""
        return Path(tempfile.mkdtemp(dir=self._unfinished.folder()))

    def sweep(self) -> int:
        """Remove what processes that have ended were writing; return how many had left something.

        Unfinished folders at a URL are not found: they have no marker, and are never read.
        """
        return self._unfinished.sweep()

    def old_keys(self, pattern: str) -> list[str]:
        """Return the keys of local folders that match a pattern and are older than an hour."""
        before = time.time() - _OLD_SECONDS
        found = [each for each in self._fetched.glob(pattern) if each.stat().st_mtime < before]
        return [each.relative_to(self._fetched).as_posix() for each in found]

    def _upload(self, folder: Path, key: str) -> None:
        target = f"{self._root}/{key}"
        self._fs.put(f"{folder}/", f"{target}/", recursive=True)
        self._fs.pipe_file(f"{target}/{_COMPLETE}", b"")

    def _fetch(self, key: str) -> None:
        if not self.exists(key):
            raise FileNotFoundError(key)
        folder = self._fetched / key
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            if folder.is_dir():
                return
            with replacing(folder, within=self._unfinished.folder()) as temporary:
                self._fs.get(f"{self._root}/{key}/", f"{temporary}/", recursive=True)
                (temporary / _COMPLETE).unlink(missing_ok=True)
