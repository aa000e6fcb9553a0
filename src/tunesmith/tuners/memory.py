"""A memory of examples of a stream, so that each is used more than once."""

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
    """A uniform sample of all examples seen (reservoir sampling, Vitter 1985).

    Parameters
    ----------
    examples
        The sample, at most 4,096 examples.
    keys
        Random key of each example; those with the smallest keys are kept, shape (examples,).
    seen
        Number of examples seen.
    from_the_start
        Whether training started with the first of them.
    """

    examples: C
    keys: NDArray[np.float64]
    seen: int
    from_the_start: bool

    @classmethod
    def of(cls, examples: C, seed: int, *, from_the_start: bool) -> "Memory[C]":
        """Return a memory of these examples only."""
        none = examples.take(np.arange(0))
        empty = cls(none, np.zeros(0), 0, from_the_start)
        return empty.with_examples(examples, seed)

    def with_examples(self, others: C, seed: int) -> "Memory[C]":
        """Return a memory that also includes ``others``, with their class indices."""
        # The seed includes the position in the stream, or each batch would draw the same keys.
        drawn = np.random.default_rng((seed, self.seen)).random(len(others))
        keys, joined = np.concatenate([self.keys, drawn]), self.examples.joined(others)
        if len(keys) > LIMIT:
            kept = np.sort(np.argpartition(keys, LIMIT)[:LIMIT])
            keys, joined = keys[kept], joined.take(kept)
        return Memory(joined, keys, self.seen + len(others), self.from_the_start)
