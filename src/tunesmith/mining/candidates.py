"""A block of anchors with their candidates for negatives."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tunesmith.mining.inputs import MiningInput
from tunesmith.mining.rules import Rules


class Judge(Protocol):
    """Scores the relevance of text pairs; usually a cross-encoder."""

    def score(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Return a score from 0 to 1 for each pair, shape (n,)."""
        ...


@dataclass(eq=False)
class Candidates:
    """Candidates of p pairs, c for each, most similar first; filters reject them.

    Parameters
    ----------
    pairs
        Indices of the pairs, shape (p,).
    places
        Indices of the candidates in the pool, shape (p, c).
    similarities
        Similarities of candidates to the anchor, shape (p, c).
    positives
        Similarities of positives to the anchor, shape (p, 1).
    dropped
        Number of candidates rejected by each filter.
    """

    pairs: NDArray[np.int64]
    indices: NDArray[np.int64]
    similarities: NDArray[np.float32]
    positives: NDArray[np.float32]
    dropped: Counter[str]

    def __post_init__(self) -> None:
        self.remaining = np.ones(self.indices.shape, dtype=np.bool_)
        self.ranks = np.zeros(self.indices.shape, dtype=np.int64)
        self.known_negative = np.zeros(self.indices.shape, dtype=np.bool_)

    def drop(self, filter_name: str, which: NDArray[np.bool_]) -> None:
        """Reject candidates; those already rejected are not counted again."""
        self.dropped[filter_name] += int((self.remaining & which).sum())
        self.remaining &= ~which

    def best(self, count: int) -> NDArray[np.bool_]:
        """Return a mask of the first ``count`` remaining candidates of each pair, shape (p, c)."""
        return self.remaining & (self.remaining.cumsum(axis=1) <= count)

    def mask(self, data: MiningInput, depth: int) -> None:
        """Reject known positives, and rank the remaining candidates from 1 to ``depth``."""
        anchors = data.anchor_keys[self.pairs][:, None]
        keys = data.pool_keys[self.indices]
        self.drop("the anchor itself", keys == anchors)
        self.drop("known positives", data.known_positives.holds(anchors, keys))
        self.known_negative = (
            data.known_negatives.holds(anchors, keys) | data.negative_by_label[self.indices]
        )
        self.ranks = self.remaining.cumsum(axis=1)
        self.remaining &= self.ranks <= depth

    def filter(self, rules: Rules) -> None:
        """Reject candidates that violate the rules.

        Margins guard against unlabelled positives, so they do not apply to known negatives.
        """
        scores, positives, unverified = self.similarities, self.positives, ~self.known_negative
        self.drop("skipped ranks", self.ranks <= rules.skip_top)
        if rules.max_similarity is not None:
            self.drop("highest similarity", scores > rules.max_similarity)
        if rules.min_similarity is not None:
            self.drop("lowest similarity", scores < rules.min_similarity)
        if rules.mode == "semi-hard":
            self.drop("not below the positive", scores >= positives)
            self.drop("beyond the margin", scores <= positives - rules.margin)
        else:
            self.drop("margin", unverified & (scores > positives - rules.margin))
        if rules.relative_margin is not None:
            limit = positives - np.abs(positives) * rules.relative_margin
            self.drop("relative margin", unverified & (scores > limit))

    def judge(self, judge: Judge, data: MiningInput, rules: Rules) -> None:
        """Reject candidates that the judge scores as positives, scoring as few as possible."""
        scored = self.known_negative.copy()
        limits: NDArray[np.float32] | None = None
        while True:
            rows, columns = np.nonzero(self.best(rules.negatives) & ~scored)
            if not len(rows):
                return
            if limits is None:
                limits = self._limits(judge, data, rules)
            anchors = data.texts("anchor", self.pairs[rows])
            texts = [data.pool[index] for index in self.indices[rows, columns].tolist()]
            scores = judge.score(list(zip(anchors, texts, strict=True)))
            scored[rows, columns] = True
            rejected = np.zeros_like(scored)
            rejected[rows, columns] = scores > limits[rows]
            self.drop("judge", rejected)

    def _limits(self, judge: Judge, data: MiningInput, rules: Rules) -> NDArray[np.float32]:
        sides = (data.texts(role, self.pairs) for role in ("anchor", "positive"))
        own = judge.score(list(zip(*sides, strict=True)))
        limits = np.minimum(own - max(rules.margin, 0), rules.max_judge_score)
        return np.asarray(limits, dtype=np.float32)
