"""``export``: a fitted model as one zip file."""

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from tunesmith.encoders.query_folder import write_query_folder
from tunesmith.errors import OutputError, UsageError
from tunesmith.folders import writing_to
from tunesmith.models.model import find, load
from tunesmith.models.package import MEGABYTE, Package, megabytes, pack
from tunesmith.progress import Advance

# The earliest timestamp of the zip format; a fixed value makes exports reproducible.
TIMESTAMP: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, eq=False)
class Exported:
    """An exported zip file, and the files in it.

    Parameters
    ----------
    path
        The zip file.
    package
        The files in it.

    Examples
    --------
    >>> package = Package("tickets-3f2a1c", {"README.md": b"# Tickets"}, ())
    >>> Exported(Path("tickets.zip"), package).path.name
    'tickets.zip'
    """

    path: Path
    package: Package


def export(
    model: str | Path, out: str | Path, *, with_report: bool = False, verbose: bool = False
) -> Exported:
    """Verify a fitted model and write it atomically to a zip file.

    The archive contains a folder named after the model's id, a standard sentence-transformers
    folder that :func:`tunesmith.load` can load too. Exports are reproducible: names are sorted and
    timestamps are fixed. Files are not compressed, because weights hardly shrink.

    Parameters
    ----------
    model
        A fitted model's id or folder.
    out
        The output file, which must not exist; its name ends in ``.zip``.
    with_report
        Whether to include ``report.html``, which contains texts of the data.
    verbose
        Whether to show a progress bar.

    Returns
    -------
    Exported
        The zip file, and the files in it.

    Raises
    ------
    UsageError
        The file name does not end in ``.zip``, or the report is requested but does not exist.
    OutputError
        The file already exists or cannot be written.
    UnknownModel, DamagedModel
        The model does not exist or is damaged.

    Examples
    --------
    >>> export("tickets-3f2a1c", "tickets.zip").path
    PosixPath('tickets.zip')
    """
    path = _new_zip(out)
    with writing_to(path), TemporaryDirectory(dir=path.parent, prefix=".tunesmith-") as temporary:
        package = pack(model, with_report=with_report)
        unfinished = Path(temporary) / path.name
        with megabytes(f"Writing {path.name}", package, shown=verbose) as advance:
            _write_zip(package, unfinished, advance)
        unfinished.rename(path)
    return Exported(path, package)


def export_queries(model: str | Path, out: str | Path) -> Path:
    """Verify a fitted model and write the encoder of its queries as a folder of its own.

    ``SentenceTransformer(out).encode`` equals ``encode_query`` of the model. Tools that only call
    ``encode`` take this folder for queries and the model's own for documents.

    Parameters
    ----------
    model
        A fitted model's id or folder, with a query map or a prompt for queries.
    out
        The output folder, which must not exist.

    Returns
    -------
    The folder.

    Raises
    ------
    UsageError
        The model encodes queries like any other text, or the name of the folder is empty.
    OutputError
        The folder exists or cannot be written.
    UnknownModel, DamagedModel
        The model does not exist or is damaged.

    Examples
    --------
    >>> export_queries("articles-3f2a1c", "queries")  # doctest: +SKIP
    PosixPath('queries')
    """
    if not str(out).strip():
        raise UsageError("the name of the folder is empty", hint="give one", option="queries")
    path = Path(out).expanduser()
    write_query_folder(load(find(model)).path, path)
    return path


def _new_zip(out: str | Path) -> Path:
    path = Path(out).expanduser()
    if path.suffix.lower() != ".zip":
        raise UsageError(
            f"{out} cannot be written", hint="use a file name that ends in .zip", option="out"
        )
    if not path.parent.is_dir():
        raise OutputError(
            f"{path} cannot be written: there is no folder {path.parent}", hint="create it first"
        )
    with writing_to(path):
        exists = os.path.lexists(path)
    if exists:
        raise OutputError(f"{path} already exists", hint="choose another name, or delete it")
    return path


def _write_zip(package: Package, path: Path, advance: Advance) -> None:
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for name, content in package.files.items():
            entry = ZipInfo(f"{package.name}/{name}", TIMESTAMP)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            entry.file_size = package.sizes[name]
            with archive.open(entry, "w") as target:
                _copy(content, target, advance)


def _copy(content: Path | bytes, target: IO[bytes], advance: Advance) -> None:
    if isinstance(content, bytes):
        target.write(content)
        advance(len(content))
        return
    with content.open("rb") as source:
        while chunk := source.read(MEGABYTE):
            target.write(chunk)
            advance(len(chunk))
