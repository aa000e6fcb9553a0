"""Excel and OpenDocument workbooks: one sheet as a CSV file, which is read like any other."""

import csv
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tunesmith.data.reading.archive import require_sound
from tunesmith.errors import MissingExtra, UnreadableFile
from tunesmith.wording import listing, plural

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_LARGEST: Final = 2**30  # it is held in memory
_EXCEL: Final = ("xl/workbook.xml", "xl/workbook.bin")
_OPEN_DOCUMENT: Final = b"application/vnd.oasis.opendocument.spreadsheet"


def is_workbook(path: Path) -> bool:
    """Return whether a file is a ZIP archive with a workbook in it, whatever its name is.

    Examples
    --------
    >>> is_workbook(Path("examples/tickets.csv"))
    False
    """
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if any(name in names for name in _EXCEL):
            return True
        return "mimetype" in names and archive.read("mimetype").startswith(_OPEN_DOCUMENT)


def sheet_as_csv(path: Path, folder: Path) -> tuple[Path, tuple[str, ...]]:
    """Write the first visible sheet with rows to a CSV file in a folder.

    Dates are written as in ISO 8601 and whole numbers without decimals. A note names the sheet and
    those that are not read.

    Returns
    -------
    The path of the CSV file, and the notes.

    Raises
    ------
    MissingExtra
        python-calamine is not installed.
    UnreadableFile
        The workbook is damaged, encrypted or too large, or no sheet has rows.
    """
    workbook = _opened(path)
    sheets = {sheet.name: sheet for sheet in _sheets(workbook) if sheet.height}
    if not sheets:
        raise UnreadableFile(
            f"no sheet of {path.name} has rows",
            hint="check that this is the intended file",
            file=path.name,
        )
    name, *others = sheets
    target = folder / "sheet.csv"
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for row in _filled_rows(sheets[name]):
            if row:
                writer.writerow(row)
            else:
                file.write("\n")
    unread = f"; {plural(len(others), 'other sheet')} not read: {listing(others, quoted=True)}"
    return target, (f"sheet {name!r}{unread if others else ''}",)


def _opened(path: Path) -> "CalamineWorkbook":
    try:
        from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"{path.name} is a workbook, which needs python-calamine",
            hint="pip install 'tunesmith[excel]', or save the sheet as CSV",
            file=path.name,
        ) from error
    if zipfile.is_zipfile(path):  # an old workbook is no archive
        require_sound(path, _LARGEST)
    try:
        with path.open("rb") as file:  # by a path, the name would decide the format
            return CalamineWorkbook.from_filelike(file)
    except (CalamineError, OSError) as error:
        raise UnreadableFile(
            f"{path.name} is a damaged or encrypted workbook: {error}",
            hint="save it again without a password, or save the sheet as CSV",
            file=path.name,
        ) from error


def _sheets(workbook: "CalamineWorkbook") -> Iterator["CalamineSheet"]:
    """Yield the worksheets, visible ones first."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum  # noqa: PLC0415 - an extra

    worksheets = [each for each in workbook.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    for each in sorted(worksheets, key=lambda sheet: sheet.visible != SheetVisibleEnum.Visible):
        yield workbook.get_sheet_by_name(each.name)


def _filled_rows(sheet: "CalamineSheet") -> list[list[str]]:
    """Return the cells up to the last row and column with text; an empty row has no cells."""
    rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    width = max(map(_filled, rows), default=0)
    while rows and not _filled(rows[-1]):
        rows.pop()
    return [row[:width] if _filled(row) else [] for row in rows]


def _filled(row: Sequence[str]) -> int:
    """Return the number of cells up to the last one with text."""
    return max((position for position, cell in enumerate(row, start=1) if cell), default=0)


def _text(cell: Any) -> str:
    match cell:
        case float() if cell.is_integer() and abs(cell) < 2**53:
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)
