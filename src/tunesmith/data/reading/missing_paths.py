"""Paths that do not exist: what looks like one, and which existing names are similar."""

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from tunesmith.data.reading.formats import SUFFIXES
from tunesmith.errors import UnreadableFile

_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_SIMILAR: Final = 0.6
_MISTYPED: Final = 0.8
_OTHERS: Final = (
    ".gz", ".md", ".markdown", ".html", ".htm", ".rst", ".pdf", ".docx", ".xlsx", ".xls", ".zip",
)  # fmt: skip


def looks_like_path(word: str) -> bool:
    """Return whether a word is written like a path.

    It has the suffix of a data file, ends as a folder does, or names a file in an existing folder.

    Examples
    --------
    >>> looks_like_path("tickts.csv"), looks_like_path("./tickets"), looks_like_path("articles/")
    (True, True, True)
    >>> looks_like_path("24/7"), looks_like_path("/")
    (False, False)
    """
    if any(map(str.isspace, word)):
        return False
    try:
        in_folder = len(Path(word).parts) > 1 and Path(word).parent.is_dir()
        written = word.startswith("./") or (word[:-1].isidentifier() and word[-1:] in "/\\")
        return in_folder or written or word.lower().endswith((*SUFFIXES, *_OTHERS))
    except (OSError, ValueError):  # too long for a path, or with a NUL byte
        return False


def is_mistyped(word: str) -> bool:
    """Return whether a word is nearly the name of a file in the current folder, or its stem."""
    try:
        return Path(word).name == word and bool(_near(Path(word), _MISTYPED))
    except OSError:
        return False


def missing_file(source: str) -> UnreadableFile:
    """Return the error for a path that does not exist, with similar names as suggestions."""
    path = Path(source).expanduser()
    if _ADDRESS.match(source):
        return UnreadableFile(
            f"{source} is an address, which is not opened", hint="download the file", file=source
        )
    folder = "" if path.parent.is_dir() else f"; the folder {path.parent} does not exist either"
    return UnreadableFile(f"there is no file {source}{folder}{suggestions(path)}", file=path.name)


def suggestions(path: Path) -> str:
    """Return the end of a message with the names in the path's folder that are similar to it."""
    near = _near(path, _SIMILAR)
    return f"; did you mean {', '.join(near)}?" if near else ""


def _near(path: Path, cutoff: float) -> list[str]:
    folder = path.parent
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    names = [entry.name for entry in entries if not entry.name.startswith(".")]
    stems = [Path(name).stem for name in names]
    by_stem = [name for name in names if Path(name).stem.lower() == path.stem.lower()]
    if by_stem:
        return by_stem[:4]
    # Stems only: a common suffix makes short names similar.
    close = get_close_matches(path.stem, dict.fromkeys(stems), n=4, cutoff=cutoff)
    return [name for stem in close for name in names if Path(name).stem == stem][:4]
