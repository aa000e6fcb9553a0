"""A block of anchors with the texts that may become their negatives."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tunesmith.mining.inputs import MiningInput
from tunesmith.mining.rules import Rules


class Judge(Protocol):
    """Says how well two texts belong together; a cross-encoder, as a rule."""

    def score(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Return a number from 0 to 1 for each pair, shape (n,)."""
        ...


@dataclass(eq=False)
class Candidates:
    """Candidates of p pairs, c for each, from the most similar on; filters strike them out.

    Parameters
    ----------
    pairs
        The pairs' positions, shape (p,).
    places
        The candidates' positions in the pool, shape (p, c).
    similarities
        To the anchor, shape (p, c).
    positives
        The similarities of the positives, shape (p, 1).
    dropped
        How many candidates each filter struck out.
    """

    pairs: NDArray[np.int64]
    places: NDArray[np.int64]
    similarities: NDArray[np.float32]
    positives: NDArray[np.float32]
    dropped: Counter[str]

    def __post_init__(self) -> None:
        self.left = np.ones(self.places.shape, dtype=np.bool_)
        self.ranks = np.zeros(self.places.shape, dtype=np.int64)
        self.certain = np.zeros(self.places.shape, dtype=np.bool_)

    def drop(self, filter_name: str, which: NDArray[np.bool_]) -> None:
        """Strike candidates out; those that are out already are not counted again."""
        self.dropped[filter_name] += int((self.left & which).sum())
        self.left &= ~which

    def best(self, count: int) -> NDArray[np.bool_]:
        """Tell which are the first ``count`` of each pair that are left, shape (p, c)."""
        return self.left & (self.left.cumsum(axis=1) <= count)

    def mask(self, given: MiningInput, depth: int) -> None:
        """Strike out what must not be a negative, and rank the others from 1 to ``depth``."""
        anchors = given.anchor_keys[self.pairs][:, None]
        keys = given.pool_keys[self.places]
        self.drop("the anchor itself", keys == anchors)
        self.drop("known positives", given.alike.holds(anchors, keys))
        self.certain = given.apart.holds(anchors, keys) | given.settled[self.places]
        self.ranks = self.left.cumsum(axis=1)
        self.left &= self.ranks <= depth

    def filter(self, rules: Rules) -> None:
        """Strike out what the rules do not allow.

        Margins keep out texts that may well be positives nobody wrote down, so they do not apply
        to those that are known to be none.
        """
        scores, positives, doubtful = self.similarities, self.positives, ~self.certain
        self.drop("skipped ranks", self.ranks <= rules.skip_top)
        if rules.max_similarity is not None:
            self.drop("highest similarity", scores > rules.max_similarity)
        if rules.min_similarity is not None:
            self.drop("lowest similarity", scores < rules.min_similarity)
        if rules.mode == "semi-hard":
            self.drop("not below the positive", scores >= positives)
            self.drop("beyond the margin", scores <= positives - rules.margin)
        else:
            self.drop("margin", doubtful & (scores > positives - rules.margin))
        if rules.relative_margin is not None:
            limit = positives - np.abs(positives) * rules.relative_margin
            self.drop("relative margin", doubtful & (scores > limit))

    def judge(self, judge: Judge, given: MiningInput, rules: Rules) -> None:
        """Strike out what the judge takes for a positive, looking at no more than is needed."""
        asked = self.certain.copy()
        limits: NDArray[np.float32] | None = None
        while True:
            rows, columns = np.nonzero(self.best(rules.negatives) & ~asked)
            if not len(rows):
                return
            if limits is None:
                limits = self._limits(judge, given, rules)
            anchors = given.texts("anchor", self.pairs[rows])
            texts = [given.pool[place] for place in self.places[rows, columns].tolist()]
            scores = judge.score(list(zip(anchors, texts, strict=True)))
            asked[rows, columns] = True
            out = np.zeros_like(asked)
            out[rows, columns] = scores > limits[rows]
            self.drop("judge", out)

    def _limits(self, judge: Judge, given: MiningInput, rules: Rules) -> NDArray[np.float32]:
        sides = (given.texts(role, self.pairs) for role in ("anchor", "positive"))
        own = judge.score(list(zip(*sides, strict=True)))
        limits = np.minimum(own - max(rules.margin, 0), rules.max_judge_score)
        return np.asarray(limits, dtype=np.float32)
