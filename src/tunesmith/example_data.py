"""The example data that come with Tunesmith."""

import shutil
from importlib.resources import files
from pathlib import Path

from tunesmith.errors import OutputError, UnreadableFile
from tunesmith.folders import writing_to


def example(name: str) -> Path:
    """Return the path of an example file or folder, also where Tunesmith was installed with pip.

    Parameters
    ----------
    name
        A name in the table of the examples' README, such as ``"tickets.csv"`` or ``"retrieval"``.

    Raises
    ------
    UnreadableFile
        There is no such example; the error lists them.

    Examples
    --------
    >>> example("tickets.csv").name
    'tickets.csv'
    """
    folder = _folder()
    if name in _names(folder):
        return folder / name
    raise UnreadableFile(
        f"there is no example {name!r}", hint=f"choose one of {', '.join(_names(folder))}"
    )


def copy_examples(folder: str | Path) -> Path:
    """Copy all examples into a new folder, and return its path.

    Returns
    -------
    Path
        The new folder.

    Raises
    ------
    OutputError
        The folder exists, or cannot be written.
    UnreadableFile
        The installed package lacks the example files.

    Examples
    --------
    >>> import tempfile
    >>> copied = copy_examples(Path(tempfile.mkdtemp()) / "examples")
    >>> (copied / "tickets.csv").is_file()
    True
    """
    target = Path(folder).expanduser()
    if target.exists():
        raise OutputError(f"{target} already exists", hint="give a new folder")
    with writing_to(target):
        shutil.copytree(_folder(), target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def _folder() -> Path:
    """Return the folder of the examples, in the installed package or in the source tree."""
    package = Path(str(files("tunesmith")))
    for folder in (package / "examples", package.parent.parent / "examples"):
        if (folder / "tickets.csv").is_file():
            return folder
    raise UnreadableFile("the example files are missing", hint="reinstall tunesmith")


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix not in {".md", ".py"})
