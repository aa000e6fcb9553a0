"""Test encoders and judges with known results, and helpers for mined triplets."""

import random
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.kinds import Examples, Triplets
from tunesmith.mining import Mined


class RandomEncoder:
    """An encoder that gives each text a random direction, determined by a seed."""

    name, digest, dimension, max_length = "drawn", "0", 4, 512

    def __init__(self, seed: int = 0, known: Mapping[str, Sequence[float]] | None = None) -> None:
        self.seed, self.known = seed, known or {}

    def encode(
        self, texts: Sequence[str], *, prompt: str | None = None, verbose: bool = False
    ) -> NDArray[np.float32]:
        del prompt, verbose
        rows = [self.known.get(text, self._random(text)) for text in texts]
        return np.asarray(rows, dtype=np.float32)

    def _random(self, text: str) -> Sequence[float]:
        generator = random.Random(f"{self.seed} {text}")
        return [generator.gauss() for _ in range(self.dimension)]

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int64]:
        return np.ones(len(texts), dtype=np.int64)


class TableJudge:
    """A judge with a table of scores that records the pairs it scores."""

    def __init__(self, scores: Mapping[str, float]) -> None:
        self.scores, self.scored = scores, list[tuple[str, str]]()

    def score(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        self.scored += pairs
        return np.array([self.scores.get(text, 0.0) for _, text in pairs], dtype=np.float32)


def made(cls: type[Examples], *rows: tuple[object, ...]) -> Examples:
    columns = dict(zip(cls.roles, map(list, zip(*rows, strict=True)), strict=True))
    return cls(pa.table({**columns, "row": pa.array(range(1, len(rows) + 1), pa.int64())}))


def triplets(mined: Mined) -> list[tuple[str, str, list[str]]]:
    table = mined.examples.table
    return list(zip(*(table[name].to_pylist() for name in Triplets.roles), strict=True))


def on_a_circle(**degrees: float) -> RandomEncoder:
    """Return an encoder that gives each text an angle in degrees."""
    radians = {text: np.deg2rad(angle) for text, angle in degrees.items()}
    return RandomEncoder(known={text: [np.cos(a), np.sin(a), 0, 0] for text, a in radians.items()})
