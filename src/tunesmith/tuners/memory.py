"""Examples of a stream that are remembered, so that each is learnt from more than once."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from tunesmith.tuners.base import Checked
from tunesmith.tuners.checks import Pairs

LIMIT = 4096
C = TypeVar("C", Checked, Pairs)


@dataclass(frozen=True, eq=False)
class Memory(Generic[C]):
    """Examples drawn evenly from all that were seen (reservoir sampling, Vitter 1985).

    Parameters
    ----------
    examples
        At most 4,096 of them.
    keys
        A random number for each; those with the smallest are kept, shape (examples,).
    seen
        How many were seen.
    from_the_start
        Whether nothing was learnt before the first of them.
    """

    examples: C
    keys: NDArray[np.float64]
    seen: int
    from_the_start: bool

    @classmethod
    def of(cls, examples: C, seed: int, *, from_the_start: bool) -> "Memory[C]":
        """Return a memory of these examples alone."""
        nothing = examples.take(np.arange(0))
        empty = cls(nothing, np.zeros(0), 0, from_the_start)
        return empty.with_examples(examples, seed)

    def with_examples(self, others: C, seed: int) -> "Memory[C]":
        """Return a memory of others too; labels are numbered as theirs."""
        # The place in the stream is in the seed, or each part would draw the same numbers.
        drawn = np.random.default_rng((seed, self.seen)).random(len(others))
        keys, joined = np.concatenate([self.keys, drawn]), self.examples.joined(others)
        if len(keys) > LIMIT:
            kept = np.sort(np.argpartition(keys, LIMIT)[:LIMIT])
            keys, joined = keys[kept], joined.take(kept)
        return Memory(joined, keys, self.seen + len(others), self.from_the_start)
