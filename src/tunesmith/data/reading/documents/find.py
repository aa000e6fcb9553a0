"""Find the documents in a folder, in the order of their paths."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from tunesmith.data.loaded import LeftOut
from tunesmith.data.reading.formats import SUFFIXES as FILE_SUFFIXES
from tunesmith.errors import UnreadableFile
from tunesmith.wording import listing, plural

MARKDOWN: Final = (".md", ".markdown")
HTML: Final = (".html", ".htm", ".xhtml")
RESTRUCTURED: Final = (".rst",)
PLAIN: Final = (".txt", ".text")
PDF: Final = (".pdf",)
WORD: Final = (".docx",)
# A single text file has a text on every line, in a folder it is a document.
ALONE: Final = (*MARKDOWN, *HTML, *RESTRUCTURED, *PDF, *WORD)
SUFFIXES: Final = (*ALONE, *PLAIN)
_ABOUT_DATA: Final = frozenset(
    ["readme", "license", "licence", "copying", "notice", "changelog", "changes", "citation"]
)
_MAX_BYTES: Final = 64 * 2**20
_LINK: Final = "a symbolic link, which is not followed"


@dataclass(frozen=True)
class FoundDocuments:
    """The files of a folder.

    Parameters
    ----------
    root
        The folder.
    paths
        The documents, by their path within the folder with ``/``.
    left_out
        Files and links that are not read, with the reason.
    others
        The number of other files, by suffix.
    """

    root: Path
    paths: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()
    others: tuple[tuple[str, int], ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is ignored without being a problem."""
        if not self.others:
            return ()
        count = sum(times for _, times in self.others)
        kinds = listing([kind or "no suffix" for kind, _ in self.others])
        return (f"{plural(count, 'file')} of other types ignored ({kinds})",)


def is_document(path: Path) -> bool:
    """Return whether a path is a folder, or a file that is one document."""
    return path.is_dir() or path.suffix.lower() in ALONE


def find_documents(path: Path) -> FoundDocuments:
    """Return the documents in a folder and its subfolders, or the one that the path is.

    Hidden files and folders are ignored. Symbolic links are not followed: they may leave the
    folder, or lead to a document that is found anyway.

    Raises
    ------
    UnreadableFile
        There is no document.
    """
    if not path.is_dir():
        return FoundDocuments(path.parent, (path.name,))
    found = sorted(_walk(path), key=lambda name: name.split("/"))
    left_out = []
    documents = []
    others: Counter[str] = Counter()
    for name in found:
        reason = _reason(path / name)
        if reason:
            left_out.append(LeftOut(_printable(name), reason))
        elif name.lower().endswith(SUFFIXES):
            documents.append(name)
        else:
            others[Path(name).suffix.lower()] += 1
    if not documents:
        raise _no_documents(path, found)
    data = [name for name in found if _holds_data(name)]
    if data and len(data) >= sum(not _is_about_data(name) for name in documents):
        raise _mostly_data(path, data)
    return FoundDocuments(path, tuple(documents), tuple(left_out), tuple(others.most_common()))


def _walk(root: Path) -> Iterator[str]:
    """Yield the paths of files and of links to folders."""
    for folder, names, files in os.walk(root):
        at = Path(folder).relative_to(root)
        names[:] = [name for name in names if not name.startswith(".")]
        links = [name for name in names if (Path(folder) / name).is_symlink()]
        yield from ((at / name).as_posix() for name in (*links, *files) if not name.startswith("."))


def _reason(path: Path) -> str:
    """Return why a file cannot be a document, or an empty text."""
    if path.is_symlink():
        return _LINK
    if _printable(str(path)) != str(path):
        return "named in another encoding than UTF-8"
    if not path.is_file():
        return "not a regular file"
    if path.name.lower().endswith(SUFFIXES) and path.stat().st_size > _MAX_BYTES:
        return f"larger than {_MAX_BYTES // 2**20} MiB"
    return ""


def _printable(name: str) -> str:
    """Return a name with bytes that are not UTF-8 replaced."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _holds_data(name: str) -> bool:
    return Path(name).suffix.lower() in set(FILE_SUFFIXES) - set(SUFFIXES)


def _is_about_data(name: str) -> bool:
    return PurePath(name).stem.lower() in _ABOUT_DATA


def _mostly_data(folder: Path, data: list[str]) -> UnreadableFile:
    return UnreadableFile(
        f"{folder.name} is not a folder of documents: it has data files,"
        f" {listing(map(_printable, data))}",
        hint=f"pass one of them, such as {_printable(str(folder / data[0]))}",
        file=folder.name,
    )


def _no_documents(folder: Path, found: list[str]) -> UnreadableFile:
    shown = f"contains {listing(map(_printable, found))}" if found else "is empty"
    kinds = "Markdown, HTML, reStructuredText, text, PDF or Word"
    return UnreadableFile(
        f"{folder.name} has no documents ({kinds}): it {shown}. Pass a folder of documents, a BEIR"
        " folder, or a single file",
        file=folder.name,
    )
