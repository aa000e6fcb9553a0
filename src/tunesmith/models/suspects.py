"""Suspected label errors in a model's folder; they contain texts, so they are never published."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tunesmith.models.tables import read_rows
from tunesmith.results.evidence import SuspectedLabel

FILE = "suspects.parquet"
_SCHEMA = pa.schema(
    {
        "row": pa.int64(),
        "given": pa.string(),
        "likely": pa.string(),
        "probability": pa.float64(),
        "text": pa.string(),
    }
)


def write_suspects(folder: Path, suspects: Sequence[SuspectedLabel]) -> None:
    """Write suspected label errors to a model's folder, most suspicious first.

    Files are published only if ``tunesmith.json`` lists them. So call it where the report is
    written, after the digests are computed.

    Parameters
    ----------
    folder
        The model's folder.
    suspects
        The suspected label errors; none if the fit found none.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_suspects(folder, [SuspectedLabel(17, "refund", "card", 0.93, "my card is gone")])
    >>> read_suspects(folder)
    (SuspectedLabel(row 17, 'refund', likely 'card', 0.930),)
    """
    rows = [asdict(suspect) for suspect in suspects]
    pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), folder / FILE)


def read_suspects(folder: str | Path) -> tuple[SuspectedLabel, ...] | None:
    """Return the suspected label errors in a model's folder.

    Parameters
    ----------
    folder
        The model's folder.

    Returns
    -------
    tuple of SuspectedLabel or None
        The suspects, most suspicious first; None if the fit did not search for label errors.

    Raises
    ------
    DamagedModel
        The file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> read_suspects(tempfile.mkdtemp()) is None
    True
    """
    return read_rows(Path(folder) / FILE, _SCHEMA, lambda row: SuspectedLabel(**row))
