"""ZIP archives such as Word files and workbooks: sound, and not too large to be unpacked."""

from pathlib import Path
from zipfile import BadZipFile, ZipFile

from tunesmith.errors import UnreadableFile


def require_sound(path: Path, largest: int) -> None:
    """Raise an error for a damaged archive, or one of more than ``largest`` bytes unpacked.

    Raises
    ------
    UnreadableFile
        The archive is damaged or too large.
    """
    try:
        with ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except (BadZipFile, OSError) as error:
        raise UnreadableFile(
            f"{path.name} is damaged", hint="save or copy it again", file=path.name
        ) from error
    if unpacked > largest:
        raise UnreadableFile(
            f"{path.name} is too large when unpacked: {unpacked / 2**20:,.0f} MB, at most "
            f"{largest / 2**20:,.0f} MB",
            hint="save it as a text file",
            file=path.name,
        )
