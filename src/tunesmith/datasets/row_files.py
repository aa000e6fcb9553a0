"""Rows written to a file of the kind from which they were read: CSV or JSON Lines."""

from pathlib import Path

import msgspec
import pyarrow as pa
from pyarrow import csv

from tunesmith.data.reading.formats import Format, file_format, is_named_tsv
from tunesmith.data.reading.read import read
from tunesmith.errors import DataError, TunesmithError

_JSON_LINES = (".jsonl", ".ndjson")


def write_rows(table: pa.Table, source: Path, folder: Path) -> Path:
    """Write rows to a file that reads as the same table, named like the file they came from.

    Parameters
    ----------
    table
        The columns.
    source
        The file from which they were read. Delimited text stays delimited; all other formats,
        folders, and texts that CSV cannot hold as they are, become JSON Lines.
    folder
        Where the file is written.

    Returns
    -------
    Path
        The file, which is UTF-8 and not compressed.

    Raises
    ------
    DataError
        The rows cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> table = pa.table({"text": ["a, b", "c"], "label": ["x", None]})
    >>> out = write_rows(table, Path("examples/tickets.csv"), Path(tempfile.mkdtemp()))
    >>> out.name, out.read_text().splitlines()[1]
    ('tickets.csv', '"a, b","x"')
    """
    stem, suffix = _named(source)
    if source.is_file() and file_format(source) is Format.DELIMITED:
        tabs = is_named_tsv(source)
        out = folder / f"{stem}{'.tsv' if tabs else '.csv'}"
        if _is_written(table, out, "\t" if tabs else ","):
            return out
        out.unlink(missing_ok=True)
    out = folder / f"{stem}{suffix if suffix in _JSON_LINES else _JSON_LINES[0]}"
    encoder = msgspec.json.Encoder(decimal_format="number")
    out.write_bytes(encoder.encode_lines(table.to_pylist(maps_as_pydicts="strict")))
    if read(out).table.num_rows != table.num_rows:
        raise DataError(f"the rows of {source.name} cannot be written as JSON Lines")
    return out


def _named(source: Path) -> tuple[str, str]:
    """Return a file's name without its suffix, and the suffix; that of gzip does not count."""
    plain = Path(source.name.removesuffix(".gz"))
    return plain.stem, plain.suffix.lower()


def _is_written(table: pa.Table, out: Path, delimiter: str) -> bool:
    """Write delimited text; return whether it reads as the same table."""
    options = csv.WriteOptions(delimiter=delimiter, quoting_style="all_valid")
    try:
        csv.write_csv(table, out, options)
        return bool(read(out).table.equals(table))
    except (TunesmithError, pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
