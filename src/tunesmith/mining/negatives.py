"""From pairs to triplets: the texts nearest to an anchor that are not known to belong to it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.encoders.backends.batches import by_token_budget, unique
from tunesmith.encoders.cross_encoder import CrossEncoder
from tunesmith.encoders.protocol import Encoder
from tunesmith.errors import DataError, UsageError
from tunesmith.kinds import Examples, Triplets
from tunesmith.mining.candidates import Candidates, Judge
from tunesmith.mining.inputs import MiningInput, Search, mining_input
from tunesmith.mining.rules import Mode, Rules
from tunesmith.progress import progress_bar
from tunesmith.vectors.similarity import pairwise_similarity, search

CANDIDATE_BLOCK = 200_000  # held at once
RANKS = (1, 5, 10, 50, 100)
"""The last rank of each group that the report counts."""


@dataclass(frozen=True)
class MiningReport:
    """What was found, and what was left out.

    Parameters
    ----------
    anchors
        For how many pairs of an anchor and a positive negatives were looked for.
    corpus
        Among how many texts.
    found
        How many negatives were found.
    without
        How many anchors got none; they are left out.
    positive, negative
        The mean similarity to the anchor, of the positives and of the negatives.
    ranks
        How many negatives stood at which rank: the most similar text that is not known to belong
        to the anchor has rank 1. Empty for easy ones, which have none.
    dropped
        How many of the candidates that were looked at each filter struck out.
    """

    anchors: int
    corpus: int
    found: int
    without: int
    positive: float
    negative: float
    ranks: Mapping[str, int]
    dropped: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Mined:
    """Triplets, and how they came about.

    Parameters
    ----------
    examples
        Anchor, positive and negatives, the most similar negative first, with the row of the pair.
    similarities
        To the anchor: the positive's, then those of the negatives; NaN where there are fewer.
        float32, shape (n, 1 + negatives).
    report
        Counts.
    """

    examples: Triplets
    similarities: NDArray[np.float32]
    report: MiningReport


def mine(  # noqa: PLR0913 - what is asked for is said by names
    examples: Examples,
    encoder: Encoder,
    *,
    corpus: Any = None,
    mode: Mode = "hard",
    negatives: int = 5,
    skip: int = 0,
    depth: int = 100,
    margin: float = 0.05,
    relative_margin: float | None = None,
    highest: float | None = None,
    lowest: float | None = None,
    judge: Judge | str | Path | None = None,
    highest_judgement: float = 0.5,
    seed: int = 0,
    verbose: bool = False,
) -> Mined:
    """Find negatives for contrastive training: texts like the anchor that do not belong to it.

    What is known to belong together never becomes a negative: the anchor itself, all its positives
    in either direction, all texts of its label, in any case, punctuation and spacing. What is known
    *not* to belong together (judged 0, a contradiction, another label, a negative of a triplet) is
    a candidate like the others, but no margin and no judge keeps it out. The search is exact;
    anchors are encoded as queries, the other texts as documents.

    Parameters
    ----------
    examples
        Pairs, triplets, labelled pairs, NLI, labelled texts or retrieval.
    encoder
        What tells how similar two texts are (by the cosine).
    corpus
        The texts to take negatives from, in any form that an encoder takes; by default those of
        the examples: all positives, all texts of labelled pairs and of labelled texts, all
        hypotheses, all documents.
    mode
        ``"hard"``: the most similar ones. ``"semi-hard"``: of those that are less similar than the
        positive, but by less than the margin, the most similar ones (Schroff et al. 2015,
        https://arxiv.org/abs/1503.03832, with cosines for distances). ``"easy"``: drawn at random.
    negatives
        How many for each pair, at most.
    skip
        How many of the most similar candidates to pass over.
    depth
        How many candidates to look at, those that are skipped included.
    margin
        By how much a negative must be less similar than the positive, from -2 (which keeps all) to
        2. For semi-hard ones, by how much it may be at most.
    relative_margin
        By what share of the positive's similarity it must be less similar (Moreira et al. 2024,
        https://arxiv.org/abs/2407.15831, take 0.05).
    highest, lowest
        The similarities between which it must lie.
    judge
        A cross-encoder, its folder or its name, or anything with ``score``. A candidate that it
        scores above ``highest_judgement``, or above the positive's score less the margin, is taken
        for a positive that nobody wrote down (Qu et al. 2021, https://arxiv.org/abs/2010.08191).
    highest_judgement
        From 0 to 1.
    seed
        Of what is drawn: easy negatives, and the partners of labelled texts.
    verbose
        Show progress bars where standard error is a terminal.

    Returns
    -------
    Mined
        A row for each pair that got a negative, in the order of the pairs.

    Raises
    ------
    UsageError
        A parameter is out of range, or the corpus is empty.
    DataError
        A text is missing, or no pair got a negative; UnknownKind where there are no positives.
    UnknownModel
        There is no such judge.

    Examples
    --------
    >>> from tunesmith import SentenceEncoder
    >>> from tunesmith.kinds import Pairs
    >>> table = pa.table({
    ...     "anchor": ["reset my password", "where is my parcel"],
    ...     "positive": ["I forgot my password", "my parcel has not come"],
    ...     "row": [1, 2],
    ... })
    >>> mined = mine(Pairs(table), SentenceEncoder(), negatives=1)
    >>> mined.examples.table["negatives"].to_pylist()
    [['my parcel has not come'], ['I forgot my password']]
    """
    rules = Rules(
        mode, negatives, skip, depth, margin, relative_margin, highest, lowest, highest_judgement
    )
    if seed < 0:
        raise UsageError(f"the seed is {seed}: give a whole number from 0 up")
    critic = CrossEncoder(judge) if isinstance(judge, str | Path) else judge
    given = mining_input(examples, corpus, seed=seed)
    vectors = _Vectors.of(given, encoder, verbose=verbose)
    found = _Found.of(len(given), rules.negatives)
    generator = np.random.default_rng(seed)
    with progress_bar("Mining", len(given), shown=verbose) as advance:
        for candidates in _blocks(given, vectors, rules, generator, found.dropped):
            candidates.mask(given, rules.depth)
            candidates.filter(rules)
            if critic is not None:
                candidates.judge(critic, given, rules)
            found.keep(candidates, ranked=rules.mode != "easy")
            advance(len(candidates.pairs))
    return found.mined(given)


@dataclass(frozen=True, eq=False)
class _Vectors:
    """The vectors of distinct anchors and of distinct documents, those of the pool first."""

    anchors: NDArray[np.float32]
    documents: NDArray[np.float32]
    anchor_places: NDArray[np.int64]
    positive_places: NDArray[np.int64]
    pool: int

    @classmethod
    def of(cls, given: MiningInput, encoder: Encoder, *, verbose: bool) -> "_Vectors":
        anchors = unique(given.pairs.texts("anchor"))
        documents = unique(given.pool + given.pairs.texts("positive"))
        size = len(given.pool)
        return cls(
            encoder.encode(anchors.texts, prompt="query", verbose=verbose),
            encoder.encode(documents.texts, prompt="document", verbose=verbose),
            anchors.positions,
            documents.positions[size:],
            size,
        )

    def positives(self, pairs: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the similarities of the positives of some pairs, shape (p, 1)."""
        anchors = self.anchors[self.anchor_places[pairs]]
        return pairwise_similarity(anchors, self.documents[self.positive_places[pairs]])[:, None]


def _blocks(
    given: MiningInput,
    vectors: _Vectors,
    rules: Rules,
    generator: np.random.Generator,
    dropped: Counter[str],
) -> Iterator[Candidates]:
    """Yield candidates for some pairs at a time, so many that what is known can be taken out."""
    known = given.alike.count(given.anchor_keys) + 1
    for part in given.searches:
        pool = _Pool.of(part, vectors)
        pairs = part.pairs[np.argsort(vectors.anchor_places[part.pairs], kind="stable")]
        widths = np.minimum(rules.depth + known[pairs], len(pool.places))
        for batch in by_token_budget(widths, CANDIDATE_BLOCK) if len(pool.places) else []:
            width = int(widths[batch].max())
            anchors = vectors.anchor_places[pairs[batch]]
            drawn = generator if rules.mode == "easy" else None
            places, scores = pool.candidates(vectors.anchors, anchors, width, drawn)
            yield Candidates(pairs[batch], places, scores, vectors.positives(pairs[batch]), dropped)


@dataclass(frozen=True, eq=False)
class _Pool:
    """Texts that are searched: their positions in the pool, and their vectors."""

    places: NDArray[np.int64]
    vectors: NDArray[np.float32]

    @classmethod
    def of(cls, part: Search, vectors: _Vectors) -> "_Pool":
        if part.pool is None:
            return cls(np.arange(vectors.pool), vectors.documents[: vectors.pool])
        return cls(part.pool, vectors.documents[part.pool])

    def candidates(
        self,
        vectors: NDArray[np.float32],
        anchors: NDArray[np.int64],
        width: int,
        generator: np.random.Generator | None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return positions in the pool and similarities, shape (p, width); drawn, if asked for."""
        if generator is not None:
            drawn = np.stack(
                [generator.choice(len(self.places), width, replace=False) for _ in anchors]
            )
            columns = [
                pairwise_similarity(vectors[anchors], self.vectors[column]) for column in drawn.T
            ]
            return self.places[drawn], np.stack(columns, axis=1)
        # An anchor with several positives is searched for once.
        distinct, back = np.unique(anchors, return_inverse=True)
        hits = search(vectors[distinct], self.vectors, k=width)
        return self.places[hits.indices[back]], hits.scores[back]


@dataclass(frozen=True, eq=False)
class _Found:
    """What is found so far: a row for each pair, -1 and NaN where there is nothing."""

    places: NDArray[np.int64]
    similarities: NDArray[np.float32]
    ranks: NDArray[np.int64]
    dropped: Counter[str]

    @classmethod
    def of(cls, pairs: int, negatives: int) -> "_Found":
        return cls(
            np.full((pairs, negatives), -1, dtype=np.int64),
            np.full((pairs, 1 + negatives), np.nan, dtype=np.float32),
            np.zeros(len(RANKS) + 1, dtype=np.int64),
            Counter(),
        )

    def keep(self, candidates: Candidates, *, ranked: bool) -> None:
        """Take the first negatives that are left of each pair."""
        best = candidates.best(self.places.shape[1])
        rows, columns = np.nonzero(best)
        slots = best.cumsum(axis=1)[rows, columns]
        pairs = candidates.pairs[rows]
        self.places[pairs, slots - 1] = candidates.places[rows, columns]
        self.similarities[pairs, slots] = candidates.similarities[rows, columns]
        self.similarities[candidates.pairs, 0] = candidates.positives[:, 0]
        if ranked:
            groups = np.searchsorted(RANKS, candidates.ranks[rows, columns])
            self.ranks[:] += np.bincount(groups, minlength=len(self.ranks))

    def mined(self, given: MiningInput) -> Mined:
        """Return the triplets, without the pairs that got no negative."""
        kept = np.flatnonzero(self.places[:, 0] >= 0)
        if not len(kept):
            raise DataError(
                f"none of {len(given)} anchors has a negative that passes: give a smaller "
                "margin, a greater depth, or a corpus with more texts"
            )
        similarities = self.similarities[kept]
        table = given.pairs.table.select(["anchor", "positive", "row"]).take(pa.array(kept))
        examples = Triplets(table.add_column(2, "negatives", self._lists(given, kept)))
        return Mined(examples, similarities, self._report(given, similarities))

    def _lists(self, given: MiningInput, kept: NDArray[np.int64]) -> pa.ListArray:
        places = self.places[kept]
        there = places >= 0
        ends = np.concatenate([[0], there.sum(axis=1).cumsum()]).astype(np.int32)
        texts = pa.array(given.pool, pa.string()).take(pa.array(places[there]))
        return pa.ListArray.from_arrays(pa.array(ends), texts)

    def _report(self, given: MiningInput, similarities: NDArray[np.float32]) -> MiningReport:
        counts = dict(zip(_rank_names(), self.ranks.tolist(), strict=True))
        return MiningReport(
            anchors=len(given),
            corpus=len(given.pool),
            found=int((self.places >= 0).sum()),
            without=len(given) - len(similarities),
            positive=float(similarities[:, 0].mean(dtype=np.float64)),
            negative=float(np.nanmean(similarities[:, 1:], dtype=np.float64)),
            ranks=counts if self.ranks.any() else {},
            dropped=dict(self.dropped),
        )


def _rank_names() -> list[str]:
    """Return ``1``, ``2 to 5`` and so on."""
    lows = [before + 1 for before in RANKS]
    between = [f"{low} to {high}" for low, high in zip(lows, RANKS[1:], strict=False)]
    return [str(RANKS[0]), *between, f"over {RANKS[-1]}"]
