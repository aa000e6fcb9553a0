"""Write folders atomically: to a temporary folder first, which is then renamed; digest files."""

import hashlib
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from tunesmith.errors import OutputError

# Suffix of a folder that is being replaced.
OLD = "-old"
# An incomplete temporary folder is removed after a day, when its process has surely ended.
STALE_SECONDS = 24 * 3600


@contextmanager
def replacing(out: Path, within: Path | None = None) -> Iterator[Path]:
    """Yield a temporary folder that replaces ``out`` if the block succeeds.

    Parameters
    ----------
    out
        The folder.
    within
        A folder on the same disk for the temporary one; by default the parent of ``out``.

    Raises
    ------
    OutputError
        The folder cannot be written; ``out`` is then unchanged.
    """
    with writing_to(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        _recover(out)
        temporary = Path(tempfile.mkdtemp(dir=within or out.parent, prefix=f".{out.name}-"))
        with _cleanup(out, temporary) as old:
            yield temporary
            temporary.chmod(0o755)
            if out.exists():
                out.rename(old)
            temporary.rename(out)


def warn_of_path(what: str, folder: Path) -> None:
    """Warn the caller of a method that pickles an object of a folder: the folder must be kept."""
    warnings.warn(
        f"the pickle of {what} holds the path {folder}, not the weights: keep the folder with it",
        UserWarning,
        stacklevel=3,
    )


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_new(folder: Path) -> None:
    """Raise :class:`~tunesmith.errors.OutputError` if a path exists and is not an empty folder."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder} already exists", hint="choose a new folder")


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Convert errors while writing into an error that names the path.

    Raises
    ------
    OutputError
        Writing fails; the message includes the reason given by the operating system.
    """
    try:
        yield
    except OutputError:
        raise
    except (OSError, SafetensorError) as error:
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if number else str(error)
        raise OutputError(f"{path} cannot be written: {reason}") from error


@contextmanager
def _cleanup(out: Path, temporary: Path) -> Iterator[Path]:
    """Yield a name for the folder being replaced; restore it on failure and remove leftovers."""
    old = out.with_name(temporary.name + OLD)
    try:
        yield old
    finally:
        if old.exists() and not out.exists():
            old.rename(out)
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _recover(out: Path) -> None:
    """Restore the folder if an earlier process died while replacing it; remove stale leftovers."""
    for leftover in out.parent.glob(f".{out.name}-????????*"):
        if leftover.name.endswith(OLD) and not out.exists():
            leftover.rename(out)
        elif time.time() - leftover.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(leftover, ignore_errors=True)
