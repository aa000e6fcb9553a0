"""Confusion matrices in a model's folder; they name all labels, so they are never published."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tunesmith.models.tables import read_rows
from tunesmith.results.evidence import Evidence

FILE = "confusions.parquet"
_SCHEMA = pa.schema(
    {"label": pa.string(), "predicted": pa.string(), "base": pa.int64(), "tuned": pa.int64()}
)


def write_confusions(folder: Path, evidence: Evidence) -> None:
    """Write the confusion matrices of a fit to a model's folder; without any, nothing is written.

    Parameters
    ----------
    folder
        The model's folder.
    evidence
        The evidence of the fit.

    Examples
    --------
    >>> import tempfile
    >>> folder, hits = Path(tempfile.mkdtemp()), np.array([[3, 1], [0, 2]])
    >>> write_confusions(folder, Evidence((), (), ("card", "order"), hits, hits, None, ()))
    >>> read_confusions(folder).confusion_base.tolist()
    [[3, 1], [0, 2]]
    """
    base, tuned = evidence.confusion_base, evidence.confusion_tuned
    rows = [
        {
            "label": evidence.labels[row],
            "predicted": evidence.labels[column],
            "base": int(base[row, column]),
            "tuned": int(tuned[row, column]),
        }
        for row, column in np.argwhere(base + tuned > 0).tolist()
    ]
    if rows:
        pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), folder / FILE)


def read_confusions(folder: str | Path) -> Evidence | None:
    """Return evidence that holds the confusion matrices in a model's folder, and nothing else.

    Parameters
    ----------
    folder
        The model's folder.

    Returns
    -------
    Evidence or None
        The labels with a count, and their matrices; None if the folder holds none.

    Raises
    ------
    DamagedModel
        The file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> read_confusions(tempfile.mkdtemp()) is None
    True
    """
    rows = read_rows(Path(folder) / FILE, _SCHEMA, dict)
    if rows is None:
        return None
    labels = sorted({row[name] for row in rows for name in ("label", "predicted")})
    place = {label: index for index, label in enumerate(labels)}
    base, tuned = np.zeros((2, len(labels), len(labels)), dtype=np.int64)
    for row in rows:
        cell = place[row["label"]], place[row["predicted"]]
        base[cell], tuned[cell] = row["base"], row["tuned"]
    return Evidence((), (), tuple(labels), base, tuned, None, ())
