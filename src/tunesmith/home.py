"""The folder where Tunesmith stores its files: a value, by default from ``TUNESMITH_HOME``."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from tunesmith.errors import UsageError

_DEFAULT_CACHE_BYTES = 4 * 2**30


@dataclass(frozen=True)
class Home:
    """A folder for models, vectors, ONNX files and unfinished fits.

    Inside ``with home.active():`` everything uses this home; two threads may use two homes.

    Parameters
    ----------
    folder
        The folder; it is created when something is stored.
    cache_bytes
        The maximum size of the vector cache in bytes; 0 disables the cache.
    workspaces
        The folder of unfinished fits; None for a folder of this home.

    Examples
    --------
    >>> import tempfile
    >>> home = Home(Path(tempfile.mkdtemp()))
    >>> with home.active():
    ...     current_home() is home
    True
    """

    folder: Path
    cache_bytes: int = _DEFAULT_CACHE_BYTES
    workspaces: Path | None = None

    @classmethod
    def from_environment(cls) -> "Home":
        """Return the home of ``TUNESMITH_HOME`` and ``TUNESMITH_CACHE_BYTES``, or the default.

        The default is the platform's user data folder, with 4 GiB for the vector cache.

        Raises
        ------
        UsageError
            ``TUNESMITH_CACHE_BYTES`` is not a number of bytes.
        """
        chosen = os.environ.get("TUNESMITH_HOME")
        folder = Path(chosen).expanduser() if chosen else platformdirs.user_data_path("tunesmith")
        limit = os.environ.get("TUNESMITH_CACHE_BYTES") or str(_DEFAULT_CACHE_BYTES)
        if not limit.isdecimal():
            raise UsageError(
                f"TUNESMITH_CACHE_BYTES is {limit!r}",
                hint="set it to a number of bytes, such as 1000000000",
            )
        return cls(folder, int(limit))

    @property
    def models(self) -> Path:
        """The folder of the fitted models."""
        return self.folder / "models"

    @property
    def cache(self) -> Path:
        """The folder of the vector cache."""
        return self.folder / "cache"

    @property
    def exports(self) -> Path:
        """The folder of ONNX files exported from models that Tunesmith did not fit."""
        return self.folder / "onnx"

    @property
    def maps(self) -> Path:
        """The folder of the maps that the server has drawn; what is missing is drawn again."""
        return self.folder / "maps"

    @property
    def vectors(self) -> Path:
        """The folder of the vectors of data sets; what is missing is computed again."""
        return self.folder / "vectors"

    @property
    def comparisons(self) -> Path:
        """The folder of the comparisons that the server has made; missing ones are made again."""
        return self.folder / "comparisons"

    @property
    def agreements(self) -> Path:
        """The folder of notes on bases whose vectors were compared with sentence-transformers."""
        return self.folder / "agreements"

    @property
    def work(self) -> Path:
        """The folder where running fits store their finished rungs."""
        return self.workspaces or self.folder / "work"

    @contextmanager
    def active(self) -> Iterator["Home"]:
        """Use this home for everything inside the block, in this thread."""
        before = _active.set(self)
        try:
            yield self
        finally:
            _active.reset(before)


_active: ContextVar[Home | None] = ContextVar("home", default=None)


def current_home() -> Home:
    """Return the home of the surrounding ``with home.active():``, or that of the environment."""
    return _active.get() or Home.from_environment()
