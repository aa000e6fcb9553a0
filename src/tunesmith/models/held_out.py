"""Held-out texts and pairs with the results of both models; private, so never published."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tunesmith.models.tables import read_rows
from tunesmith.results.evidence import Evidence, HeldOutText, PairEvidence

TEXTS = "held_out.parquet"
PAIRS = "held_out_pairs.parquet"
_TEXTS = pa.schema(
    {
        "row": pa.int64(),
        "text": pa.string(),
        "label": pa.string(),
        "base": pa.string(),
        "tuned": pa.string(),
        "base_probability": pa.float64(),
        "tuned_probability": pa.float64(),
    }
)
_PAIRS = pa.schema(
    {
        "form": pa.string(),
        "left": pa.string(),
        "right": pa.string(),
        "target": pa.float64(),
        "before": pa.float64(),
        "after": pa.float64(),
    }
)


def write_held_out(folder: Path, evidence: Evidence) -> None:
    """Write the held-out texts or pairs of a fit to a model's folder; without any, nothing.

    Files are published only if ``tunesmith.json`` lists them. So call it where the report is
    written, after the digests are computed.

    Parameters
    ----------
    folder
        The model's folder.
    evidence
        The evidence of the fit.

    Examples
    --------
    >>> import tempfile
    >>> folder, one = Path(tempfile.mkdtemp()), np.ones(1)
    >>> pairs = PairEvidence("search", ("where is it?",), ("your parcel",), one, 5 * one, one)
    >>> write_held_out(folder, Evidence.of_pairs(pairs))
    >>> read_held_out_pairs(folder).before
    array([5.])
    """
    if evidence.held_out:
        rows = [asdict(each) for each in evidence.held_out]
        pq.write_table(pa.Table.from_pylist(rows, schema=_TEXTS), folder / TEXTS)
    if evidence.pairs is not None and evidence.pairs.left:
        pairs = vars(evidence.pairs) | {"form": [evidence.pairs.form] * len(evidence.pairs.left)}
        pq.write_table(pa.Table.from_pydict(pairs, schema=_PAIRS), folder / PAIRS)


def read_held_out(folder: str | Path) -> tuple[HeldOutText, ...] | None:
    """Return the held-out texts in a model's folder, in the order of their rows.

    Parameters
    ----------
    folder
        The model's folder.

    Returns
    -------
    tuple of HeldOutText or None
        The texts; None if the folder holds none.

    Raises
    ------
    DamagedModel
        The file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> read_held_out(tempfile.mkdtemp()) is None
    True
    """
    return read_rows(Path(folder) / TEXTS, _TEXTS, lambda row: HeldOutText(**row))


def read_held_out_pairs(folder: str | Path) -> PairEvidence | None:
    """Return the held-out pairs or queries in a model's folder.

    Parameters
    ----------
    folder
        The model's folder.

    Returns
    -------
    PairEvidence or None
        The pairs; None if the folder holds none.

    Raises
    ------
    DamagedModel
        The file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> read_held_out_pairs(tempfile.mkdtemp()) is None
    True
    """
    rows = read_rows(Path(folder) / PAIRS, _PAIRS, dict)
    if not rows:
        return None
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in _PAIRS.names}
    numbers = (np.array(columns[name], dtype=np.float64) for name in ("target", "before", "after"))
    texts = tuple(columns["left"]), tuple(columns["right"])
    return PairEvidence(str(columns["form"][0]), *texts, *numbers)
