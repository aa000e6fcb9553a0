"""Folders that are written whole or not at all: aside first, then renamed into place."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from tunesmith.errors import OutputError

# The end of the name of a folder that is about to be replaced.
OLD = "-old"
# A folder that was left half written is removed a day later: by then nobody writes it any more.
FORGOTTEN_SECONDS = 24 * 3600


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """Yield a folder beside ``out``; when the block ends well it takes the place of ``out``.

    Raises
    ------
    OutputError
        The folder cannot be written; ``out`` is then as it was.
    """
    with writing_to(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        _recover(out)
        aside = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
        with _removed_at_the_end(out, aside) as old:
            yield aside
            aside.chmod(0o755)
            if out.exists():
                out.rename(old)
            aside.rename(out)


def require_new(folder: Path) -> None:
    """Raise :class:`~tunesmith.errors.OutputError` where something lies in a folder already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder} is there already: give a new folder")


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Turn whatever keeps the block from writing into an error that names the path.

    Raises
    ------
    OutputError
        With the reason that the system gives.
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
def _removed_at_the_end(out: Path, aside: Path) -> Iterator[Path]:
    old = aside.with_name(aside.name + OLD)
    try:
        yield old
    finally:
        if old.exists() and not out.exists():
            old.rename(out)
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _recover(out: Path) -> None:
    """Put back what a kill between two renames set aside, and remove what it half wrote."""
    for left in out.parent.glob(f".{out.name}-????????*"):
        if left.name.endswith(OLD) and not out.exists():
            left.rename(out)
        elif time.time() - left.stat().st_mtime > FORGOTTEN_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
