"""Mining of hard negatives: from pairs to triplets."""

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
from tunesmith.kinds import Examples, HasExamples, Triplets
from tunesmith.mining.candidates import Candidates, Judge
from tunesmith.mining.inputs import MiningInput, Search, mining_input
from tunesmith.mining.rules import DEFAULT_RULES, Rules
from tunesmith.progress import progress_bar
from tunesmith.vectors.similarity import pairwise_similarity, search

CANDIDATE_BLOCK = 200_000  # held in memory at a time
RANKS = (1, 5, 10, 50, 100)
"""Last rank of each group in the report."""


@dataclass(frozen=True)
class MiningReport:
    """Statistics of mining.

    Parameters
    ----------
    anchors
        Number of pairs of anchor and positive.
    corpus
        Number of texts searched.
    found
        Number of negatives found.
    without
        Number of anchors without negatives; they are left out.
    positive, negative
        Mean similarity of positives and of negatives to the anchor.
    ranks
        Number of negatives by rank: the most similar text that is not a known positive has rank 1.
        Empty for easy negatives, which have no rank.
    dropped
        Number of candidates rejected by each filter.

    Examples
    --------
    >>> from tunesmith import SentenceEncoder
    >>> from tunesmith.kinds import labelled_examples
    >>> texts = ["lost card", "card stolen", "late mail"]
    >>> data = labelled_examples(texts, ["card", "card", "mail"])
    >>> report = mine(data, SentenceEncoder(), Rules(negatives=1)).report
    >>> report.corpus, report.positive > report.negative
    (3, True)
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
    """Mined triplets with their similarities and statistics.

    Parameters
    ----------
    examples
        Anchor, positive and negatives, most similar negative first, with the row of the pair.
    similarities
        Similarities to the anchor of the positive, then of the negatives; NaN if there are fewer.
        float32, shape (n, 1 + negatives).
    report
        Statistics.

    Examples
    --------
    >>> from tunesmith import SentenceEncoder
    >>> from tunesmith.kinds import labelled_examples
    >>> texts = ["lost card", "card stolen", "late mail"]
    >>> data = labelled_examples(texts, ["card", "card", "mail"])
    >>> mined = mine(data, SentenceEncoder(), Rules(negatives=1))
    >>> mined.examples.table["negatives"].to_pylist()[0]
    ['late mail']
    >>> mined.similarities.shape[1]
    2
    """

    examples: Triplets
    similarities: NDArray[np.float32]
    report: MiningReport


def mine(
    data: Examples | HasExamples,
    encoder: Encoder,
    rules: Rules = DEFAULT_RULES,
    *,
    corpus: Any = None,
    judge: Judge | str | Path | None = None,
    seed: int = 0,
    verbose: bool = False,
) -> Mined:
    """Mine hard negatives for contrastive training: texts similar to the anchor but not positives.

    Known positives never become negatives: the anchor itself, all its positives in either
    direction, and all texts of its label, regardless of case, punctuation and spacing. Known
    negatives (a pair labelled 0, a contradiction, another label, a negative of a triplet) are
    candidates like the others, but are exempt from margins and from the judge. The search is exact;
    anchors are encoded as queries, other texts as documents.

    Parameters
    ----------
    data
        Pairs, triplets, labelled pairs, NLI, labelled texts or retrieval data, as examples or a
        :class:`~tunesmith.datasets.Dataset`.
    encoder
        Encoder whose cosine similarities are used.
    rules
        Which texts may be negatives, and how many.
    corpus
        Texts to take negatives from, in any form that an encoder accepts; by default those of the
        examples: all positives, all texts of labelled pairs and of labelled texts, all hypotheses,
        all documents.
    judge
        Cross-encoder to filter false negatives: its folder or name, or any object with ``score``.
        A candidate that it scores above ``rules.max_judge_score``, or above the positive's score
        minus the margin, is treated as an unlabelled positive (Qu et al. 2021,
        https://arxiv.org/abs/2010.08191).
    seed
        Random seed for easy negatives and for pairing labelled texts.
    verbose
        Whether to show progress bars if standard error is a terminal.

    Returns
    -------
    Mined
        One row per pair with a negative, in the order of the pairs.

    Raises
    ------
    UsageError
        A parameter is out of range, or the corpus is empty.
    DataError
        A text is missing, or no pair has a negative; UnknownKind if there are no positives.
    UnknownModel
        The judge does not exist.

    Examples
    --------
    >>> from tunesmith import SentenceEncoder
    >>> from tunesmith.kinds import Pairs
    >>> table = pa.table({
    ...     "anchor": ["reset my password", "where is my parcel"],
    ...     "positive": ["I forgot my password", "my parcel has not come"],
    ...     "row": [1, 2],
    ... })
    >>> mined = mine(Pairs(table), SentenceEncoder(), Rules(negatives=1))
    >>> mined.examples.table["negatives"].to_pylist()
    [['my parcel has not come'], ['I forgot my password']]
    """
    if seed < 0:
        raise UsageError(f"the seed is {seed}", hint="give an integer of 0 or more", option="seed")
    cross_encoder = CrossEncoder(judge) if isinstance(judge, str | Path) else judge
    examples = data if isinstance(data, Examples) else data.examples
    pairs = mining_input(examples, corpus, seed=seed)
    vectors = _Vectors.of(pairs, encoder, verbose=verbose)
    found = _Results.of(len(pairs), rules.negatives)
    generator = np.random.default_rng(seed)
    with progress_bar("Mining", len(pairs), shown=verbose) as advance:
        for candidates in _blocks(pairs, vectors, rules, generator, found.dropped):
            candidates.mask(pairs, rules.depth)
            candidates.filter(rules)
            if cross_encoder is not None:
                candidates.judge(cross_encoder, pairs, rules)
            found.keep(candidates, ranked=rules.mode != "easy")
            advance(len(candidates.pairs))
    return found.mined(pairs)


@dataclass(frozen=True, eq=False)
class _Vectors:
    """The vectors of distinct anchors and documents, with those of the pool first."""

    anchors: NDArray[np.float32]
    documents: NDArray[np.float32]
    anchor_indices: NDArray[np.int64]
    positive_indices: NDArray[np.int64]
    pool: int

    @classmethod
    def of(cls, data: MiningInput, encoder: Encoder, *, verbose: bool) -> "_Vectors":
        anchors = unique(data.pairs.texts("anchor"))
        documents = unique(data.pool + data.pairs.texts("positive"))
        size = len(data.pool)
        return cls(
            encoder.encode(anchors.texts, prompt="query", verbose=verbose),
            encoder.encode(documents.texts, prompt="document", verbose=verbose),
            anchors.positions,
            documents.positions[size:],
            size,
        )

    def positives(self, pairs: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the similarities of the positives of these pairs, shape (p, 1)."""
        anchors = self.anchors[self.anchor_indices[pairs]]
        return pairwise_similarity(anchors, self.documents[self.positive_indices[pairs]])[:, None]


def _blocks(
    data: MiningInput,
    vectors: _Vectors,
    rules: Rules,
    generator: np.random.Generator,
    dropped: Counter[str],
) -> Iterator[Candidates]:
    """Yield blocks of candidates, with enough for each pair to remove its known positives."""
    known = data.known_positives.count(data.anchor_keys) + 1
    for group in data.searches:
        pool = _Pool.of(group, vectors)
        pairs = group.pairs[np.argsort(vectors.anchor_indices[group.pairs], kind="stable")]
        widths = np.minimum(rules.depth + known[pairs], len(pool.indices))
        for batch in by_token_budget(widths, CANDIDATE_BLOCK) if len(pool.indices) else []:
            width = int(widths[batch].max())
            anchors = vectors.anchor_indices[pairs[batch]]
            rng = generator if rules.mode == "easy" else None
            indices, scores = pool.candidates(vectors.anchors, anchors, width, rng)
            yield Candidates(
                pairs[batch], indices, scores, vectors.positives(pairs[batch]), dropped
            )


@dataclass(frozen=True, eq=False)
class _Pool:
    """The texts of a search: their indices in the pool, and their vectors."""

    indices: NDArray[np.int64]
    vectors: NDArray[np.float32]

    @classmethod
    def of(cls, group: Search, vectors: _Vectors) -> "_Pool":
        if group.pool is None:
            return cls(np.arange(vectors.pool), vectors.documents[: vectors.pool])
        return cls(group.pool, vectors.documents[group.pool])

    def candidates(
        self,
        vectors: NDArray[np.float32],
        anchors: NDArray[np.int64],
        width: int,
        generator: np.random.Generator | None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return pool indices and similarities, shape (p, width); random with a generator."""
        if generator is not None:
            random_indices = np.stack(
                [generator.choice(len(self.indices), width, replace=False) for _ in anchors]
            )
            columns = [
                pairwise_similarity(vectors[anchors], self.vectors[column])
                for column in random_indices.T
            ]
            return self.indices[random_indices], np.stack(columns, axis=1)
        # An anchor with several positives is searched for once.
        distinct, inverse = np.unique(anchors, return_inverse=True)
        hits = search(vectors[distinct], self.vectors, k=width)
        return self.indices[hits.indices[inverse]], hits.scores[inverse]


@dataclass(frozen=True, eq=False)
class _Results:
    """Results so far: one row per pair, with -1 and NaN for missing negatives."""

    indices: NDArray[np.int64]
    similarities: NDArray[np.float32]
    ranks: NDArray[np.int64]
    dropped: Counter[str]

    @classmethod
    def of(cls, pairs: int, negatives: int) -> "_Results":
        return cls(
            np.full((pairs, negatives), -1, dtype=np.int64),
            np.full((pairs, 1 + negatives), np.nan, dtype=np.float32),
            np.zeros(len(RANKS) + 1, dtype=np.int64),
            Counter(),
        )

    def keep(self, candidates: Candidates, *, ranked: bool) -> None:
        """Store the first remaining negatives of each pair."""
        best = candidates.best(self.indices.shape[1])
        rows, columns = np.nonzero(best)
        slots = best.cumsum(axis=1)[rows, columns]
        pairs = candidates.pairs[rows]
        self.indices[pairs, slots - 1] = candidates.indices[rows, columns]
        self.similarities[pairs, slots] = candidates.similarities[rows, columns]
        self.similarities[candidates.pairs, 0] = candidates.positives[:, 0]
        if ranked:
            groups = np.searchsorted(RANKS, candidates.ranks[rows, columns])
            self.ranks[:] += np.bincount(groups, minlength=len(self.ranks))

    def mined(self, data: MiningInput) -> Mined:
        """Return the triplets, without pairs that have no negative."""
        kept = np.flatnonzero(self.indices[:, 0] >= 0)
        if not len(kept):
            raise DataError(
                f"none of the {len(data)} anchors has a valid negative",
                hint="give a smaller margin, a greater depth, or a corpus with more texts",
            )
        similarities = self.similarities[kept]
        table = data.pairs.table.select(["anchor", "positive", "row"]).take(pa.array(kept))
        examples = Triplets(table.add_column(2, "negatives", self._lists(data, kept)))
        return Mined(examples, similarities, self._report(data, similarities))

    def _lists(self, data: MiningInput, kept: NDArray[np.int64]) -> pa.ListArray:
        indices = self.indices[kept]
        present = indices >= 0
        ends = np.concatenate([[0], present.sum(axis=1).cumsum()]).astype(np.int32)
        texts = pa.array(data.pool, pa.string()).take(pa.array(indices[present]))
        return pa.ListArray.from_arrays(pa.array(ends), texts)

    def _report(self, data: MiningInput, similarities: NDArray[np.float32]) -> MiningReport:
        counts = dict(zip(_rank_names(), self.ranks.tolist(), strict=True))
        return MiningReport(
            anchors=len(data),
            corpus=len(data.pool),
            found=int((self.indices >= 0).sum()),
            without=len(data) - len(similarities),
            positive=float(similarities[:, 0].mean(dtype=np.float64)),
            negative=float(np.nanmean(similarities[:, 1:], dtype=np.float64)),
            ranks=counts if self.ranks.any() else {},
            dropped=dict(self.dropped),
        )


def _rank_names() -> list[str]:
    """Return the names of rank groups: ``1``, ``2 to 5`` and so on."""
    lows = [before + 1 for before in RANKS]
    between = [f"{low} to {high}" for low, high in zip(lows, RANKS[1:], strict=False)]
    return [str(RANKS[0]), *between, f"over {RANKS[-1]}"]
