"""The ladder's task for pairs of any kind, scored by an evaluator on their vectors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.evaluator import Evaluator
from tunesmith.evaluation.item_scores import ItemScores, MeanScores, value
from tunesmith.evaluation.pairs.evaluators import RetrievalEvaluator
from tunesmith.fitting.ladder import choose_cheapest
from tunesmith.fitting.task import Candidate, Space, Task, TrainedCandidate
from tunesmith.kinds import CorpusType, Examples
from tunesmith.results.summary import Rung
from tunesmith.tuners.query import QueryTuner
from tunesmith.vectors.layers import Layer, apply_layers

MOST_DOCUMENTS = 500
"""Blends are scored on at most so many documents: the base's top results and the relevant ones."""


@dataclass(frozen=True, eq=False)
class QuerySpace(Space):
    """An embedding space in which a map is applied to queries only."""

    query_tuner: QueryTuner | None = None

    @property
    def query_route(self) -> tuple[Layer, ...]:
        """Layers of the query map."""
        return () if self.query_tuner is None else self.query_tuner.as_layers()

    def encode(self, texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
        """Return the vectors of the texts, with the map applied to queries."""
        vectors = super().encode(texts, prompt=prompt)
        return apply_layers(self.query_route, vectors) if prompt == "query" else vectors


@dataclass(frozen=True, eq=False)
class PairTask(Task):
    """A task with pairs as training data and an evaluator for validation.

    Parameters
    ----------
    train
        Training data.
    holdout
        Validation rows of the same file, for refitting maps at the end.
    validation
        Evaluator of the validation set.
    queries
        Training and validation queries with their documents; None unless the task is retrieval.
    corpus_type
        Whether unseen documents will be added to the corpus.
    share
        Weight of trained models in blends with the base, without validation; None chooses weight
        and epoch by validation.
    """

    train: Examples
    holdout: Examples
    validation: Evaluator
    queries: tuple[RetrievalEvaluator, RetrievalEvaluator] | None
    corpus_type: CorpusType
    share: float | None = None

    @property
    def metric(self) -> str:
        """The metric by which rungs are compared."""
        return self.validation.headline

    @property
    def learned(self) -> list[str]:
        """The distinct texts that recipes train on."""
        return list(dict.fromkeys(self.train.all_texts()))

    @property
    def texts(self) -> list[str]:
        """The distinct training texts, followed by those of validation."""
        return list(dict.fromkeys(self.learned + self.validation.texts))

    @property
    def scored_texts(self) -> int:
        """The number of texts that are encoded to score a model in training."""
        if isinstance(self.validation, RetrievalEvaluator):
            return min(len(self.validation.documents), MOST_DOCUMENTS) + len(self.validation)
        return len(self.validation.texts)

    def evaluate(
        self, rung: Rung, make: Callable[[Any], Space], finished: Sequence[Candidate]
    ) -> Candidate:
        """Train on the training set, and score the embedding space on validation."""
        del finished
        space = make(self)
        scores = self.validation.evaluate(space.encode)
        return TrainedCandidate(rung.name, scores, value(scores, self.metric), space)

    def choose(self, candidates: Sequence[Candidate]) -> Candidate:
        """Return the cheapest admissible candidate within one standard error of the best."""
        return choose_cheapest(candidates, self.metric, self.seed, self.admits)

    def reference(self) -> Rung | None:
        """Return None: pairs have no baseline without embeddings."""
        return None

    def on_unseen(self, *candidates: Candidate) -> tuple[MeanScores, ...] | None:
        """Return the scores on queries for unseen documents; None if there are none."""
        if not isinstance(self.validation, RetrievalEvaluator):
            return None
        return subset_scores(self.validation, *(each.scores for each in candidates), seen=False)

    def admits(self, candidate: Candidate, base: Candidate) -> bool:
        """Whether a candidate keeps its score on unseen documents, for an open corpus."""
        new = None if self.corpus_type == "closed" else self.on_unseen(candidate, base)
        if new is None:
            return True
        after, before = new
        error = Comparison(before, after, self.seed).standard_error(self.metric)
        return value(after, self.metric) >= value(before, self.metric) - error


def subset_scores(
    evaluator: RetrievalEvaluator, *scores: ItemScores, seen: bool
) -> tuple[MeanScores, ...] | None:
    """Return the scores on queries for seen (or unseen) documents; None if there are none."""
    rows = np.zeros(0, bool) if evaluator.seen is None else evaluator.seen == seen
    if not rows.any():
        return None
    return tuple(each.take(rows) for each in scores if isinstance(each, MeanScores))
