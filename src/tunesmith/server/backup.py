"""Back up a server while it runs, and restore it into an empty home."""

import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from tunesmith.errors import OutputError, UnreadableFile, UsageError
from tunesmith.folders import writing_to
from tunesmith.server.settings import ServerSettings

_DATABASES = ("metadata.db", "jobs.db")
_FOLDERS = ("files", "jobs")


def back_up(settings: ServerSettings, out: str | Path) -> Path:
    """Write data sets, models, indexes, unfinished fits and metadata to a tar file.

    The server may be running. The databases come first, so everything that they name is in the
    archive, except what is deleted meanwhile.

    Parameters
    ----------
    settings
        The settings of the server.
    out
        The output file, which must not exist; it is complete or not there.

    Returns
    -------
    The file.

    Raises
    ------
    UsageError
        Metadata or files are not in the home folder: they have tools of their own.
    OutputError
        The file exists or cannot be written.

    Examples
    --------
    >>> back_up(ServerSettings(), "server.tar")  # doctest: +SKIP
    PosixPath('server.tar')
    """
    _require_local(settings)
    path = Path(out)
    if path.exists():
        raise OutputError(f"{path} already exists", hint="choose a new file")
    with writing_to(path), TemporaryDirectory(dir=path.parent, prefix=".backup-") as temporary:
        part = Path(temporary) / "part.tar"
        with tarfile.open(part, "w") as archive:
            for file in _snapshots(settings.folder, Path(temporary)):
                archive.add(file, file.name)
            for name in _FOLDERS:
                if (settings.folder / name).is_dir():
                    archive.add(settings.folder / name, name, filter=_finished)
        part.rename(path)
    return path


def restore(settings: ServerSettings, archive: str | Path) -> Path:
    """Unpack a backup into a home without a server.

    Parameters
    ----------
    settings
        The settings of the server.
    archive
        A file of :func:`back_up`.

    Returns
    -------
    The server's folder.

    Raises
    ------
    UsageError
        The home has a server, or the server's metadata are not in it.
    UnreadableFile
        The file is not a backup.

    Examples
    --------
    >>> restore(ServerSettings(), "server.tar")  # doctest: +SKIP
    PosixPath('server')
    """
    _require_local(settings)
    if settings.folder.exists() and any(settings.folder.iterdir()):
        raise UsageError(
            f"there is a server in {settings.folder}",
            hint="set TUNESMITH_HOME to an empty folder",
        )
    settings.home.folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.home.folder, prefix=".restore-") as temporary:
        _unpack(Path(archive), Path(temporary))
        if settings.folder.exists():
            settings.folder.rmdir()
        Path(temporary, "server").rename(settings.folder)
    return settings.folder


def _require_local(settings: ServerSettings) -> None:
    if settings.database or settings.files:
        raise UsageError(
            "a backup holds a server whose metadata and files are in its home folder",
            hint="use pg_dump for the database, and copy the files",
            option="database" if settings.database else "files",
        )


def _snapshots(folder: Path, temporary: Path) -> Iterator[Path]:
    """Yield consistent copies of the SQLite files, which may be in use."""
    for name in _DATABASES:
        if not (folder / name).is_file():
            continue
        with (
            closing(sqlite3.connect(folder / name)) as source,
            closing(sqlite3.connect(temporary / name)) as copy,
        ):
            source.backup(copy)
        yield temporary / name


def _finished(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Leave out uploads and folders that are being written: their names begin with a dot."""
    parts = entry.name.split("/")
    hidden = any(part.startswith(".") for part in parts) or parts[:2] == ["files", "uploads"]
    return None if hidden else entry


def _unpack(archive: Path, out: Path) -> None:
    try:
        with tarfile.open(archive) as file:
            _extract(file, out / "server")
        engine = sa.create_engine(f"sqlite:///{out / 'server' / _DATABASES[0]}")
        found = sa.inspect(engine).get_table_names()
        engine.dispose()
    except (tarfile.TarError, sa.exc.DatabaseError) as error:
        raise UnreadableFile(
            f"{archive} is not a backup, or it is damaged",
            hint="make one with `tunesmith server backup`",
            file=archive.name,
        ) from error
    except OSError as error:
        reason = error.strerror or "it is damaged"
        raise UnreadableFile(
            f"{archive} cannot be restored: {reason.lower()}", file=archive.name
        ) from error
    if "alembic_version" not in found:
        raise UnreadableFile(f"{archive} is not a backup of a server", file=archive.name)


def _extract(file: tarfile.TarFile, out: Path) -> None:
    """Write folders and plain files; the filter of tarfile for this came with Python 3.11.4."""
    for entry in file:
        place = out / entry.name
        if not place.resolve().is_relative_to(out.resolve()):
            raise tarfile.TarError(f"{entry.name!r} is outside")
        if entry.isdir():
            place.mkdir(parents=True, exist_ok=True)
            continue
        content = file.extractfile(entry) if entry.isreg() else None
        if content is None:
            raise tarfile.TarError(f"{entry.name!r} is neither a file nor a folder")
        place.parent.mkdir(parents=True, exist_ok=True)
        with content, place.open("xb") as target:
            shutil.copyfileobj(content, target)
