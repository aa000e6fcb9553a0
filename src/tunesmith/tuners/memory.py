"""Rows of a stream that are remembered, so that each is learnt from more than once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunesmith.tuners.base import Checked

LIMIT = 4096


@dataclass(frozen=True, eq=False)
class Memory:
    """Rows drawn evenly from all that were seen (reservoir sampling, Vitter 1985).

    Parameters
    ----------
    rows
        At most 4,096 of them.
    keys
        A random number for each; those with the smallest are kept, shape (rows,).
    seen
        How many rows were seen.
    """

    rows: Checked
    keys: NDArray[np.float64]
    seen: int

    @classmethod
    def of(cls, rows: Checked, random: np.random.RandomState) -> "Memory":
        """Return a memory of these rows alone."""
        return cls(rows, random.random_sample(len(rows)), len(rows))._limited()

    def with_rows(self, others: Checked, random: np.random.RandomState) -> "Memory":
        """Return a memory of these rows too; labels are numbered as theirs."""
        keys = np.concatenate([self.keys, random.random_sample(len(others))])
        return Memory(self.rows.joined(others), keys, self.seen + len(others))._limited()

    def _limited(self) -> "Memory":
        if len(self.keys) <= LIMIT:
            return self
        kept = np.sort(np.argpartition(self.keys, LIMIT)[:LIMIT])
        return Memory(self.rows.take(kept), self.keys[kept], self.seen)
