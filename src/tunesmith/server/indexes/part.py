"""A part of an index: texts that were added or removed by one request, as files."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

_VECTORS, _TEXTS, _REMOVED = "vectors.npy", "texts.parquet", "removed.json"


@dataclass(frozen=True, eq=False)
class Part:
    """Texts with vectors, which replace earlier texts of the same ids, and ids that are removed.

    Parameters
    ----------
    ids, texts
        The texts and their ids, which differ from each other.
    vectors
        float32, shape (n, d).
    removed
        Ids of earlier texts that are removed.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> Part(("a",), ("late parcel",), np.ones((1, 2), np.float32)).write(folder)
    >>> Part.read(folder).texts
    ('late parcel',)
    """

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    vectors: NDArray[np.float32]
    removed: tuple[str, ...] = ()

    @classmethod
    def removing(cls, ids: tuple[str, ...]) -> "Part":
        """Return a part that only removes texts."""
        return cls((), (), np.empty((0, 0), np.float32), ids)

    @classmethod
    def read(cls, folder: Path) -> "Part":
        """Read a part.

        Raises
        ------
        FileNotFoundError
            It is not there: it was merged into another part.
        """
        table = pq.read_table(folder / _TEXTS, partitioning=None)
        ids, texts = (tuple(table[name].to_pylist()) for name in ("id", "text"))
        vectors = np.load(folder / _VECTORS, allow_pickle=False)
        removed = json.loads((folder / _REMOVED).read_text(encoding="utf-8"))
        return cls(ids, texts, vectors, tuple(removed))

    def write(self, folder: Path) -> None:
        """Write the part into an empty folder."""
        schema = pa.schema([("id", pa.string()), ("text", pa.string())])
        columns = [pa.array(self.ids, pa.string()), pa.array(self.texts, pa.string())]
        pq.write_table(pa.Table.from_arrays(columns, schema=schema), folder / _TEXTS)
        np.save(folder / _VECTORS, self.vectors, allow_pickle=False)
        (folder / _REMOVED).write_text(json.dumps(self.removed), encoding="utf-8")
