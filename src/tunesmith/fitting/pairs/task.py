"""The ladder's task for pairs of any kind: vectors are judged by what lies near what."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.evaluator import Evaluator
from tunesmith.evaluation.item_scores import ItemScores, MeanScores, value
from tunesmith.evaluation.pairs.evaluators import RetrievalEvaluator
from tunesmith.fitting.task import Candidate, Space, Task
from tunesmith.kinds import CorpusType, Examples
from tunesmith.results.summary import Rung
from tunesmith.tuners.query import QueryTuner
from tunesmith.vectors.layers import Layer, apply_layers


@dataclass(frozen=True, eq=False)
class QuerySpace(Space):
    """A space in which queries are moved and all other texts stay where they are."""

    query_tuner: QueryTuner | None = None

    @property
    def query_route(self) -> tuple[Layer, ...]:
        """The map that moves queries."""
        return () if self.query_tuner is None else self.query_tuner.as_layers()

    def encode(self, texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
        """Return the vectors of the texts, those of queries moved."""
        vectors = super().encode(texts, prompt=prompt)
        return apply_layers(self.query_route, vectors) if prompt == "query" else vectors


@dataclass(frozen=True, eq=False)
class PairTask(Task):
    """A climb with pairs to learn from and an exam to choose by.

    Parameters
    ----------
    train
        What is learned from.
    held
        What was held out of the same file, for whatever is learned anew at the end.
    validation
        The exam.
    queries
        The training queries with their documents and those held out, where queries are searched.
    corpus_type
        What counts then.
    """

    train: Examples
    held: Examples
    validation: Evaluator
    queries: tuple[RetrievalEvaluator, RetrievalEvaluator] | None
    corpus_type: CorpusType

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
        """The texts that are learned from, and then those of validation."""
        return list(dict.fromkeys(self.learned + self.validation.texts))

    def candidate(self, name: str, space: Space) -> Candidate:
        """Let a space sit the exam of validation."""
        scores = self.validation.evaluate(space.encode)
        return Candidate(name, space, scores, value(scores, self.metric))

    def reference(self) -> Rung | None:
        """Return None: there is no reference without an embedding."""
        return None

    def admits(self, candidate: Candidate, base: Candidate) -> bool:
        """Refuse what harms queries for new documents, where the collection grows."""
        if self.corpus_type == "closed" or not isinstance(self.validation, RetrievalEvaluator):
            return True
        new = part(self.validation, candidate.scores, base.scores, seen=False)
        if new is None:
            return True
        after, before = new
        error = Comparison(before, after, self.seed).standard_error(self.metric)
        return value(after, self.metric) >= value(before, self.metric) - error


def part(
    evaluator: RetrievalEvaluator, *scores: ItemScores, seen: bool
) -> tuple[MeanScores, ...] | None:
    """Return scores on the queries that were (or were not) seen, or None without any of them."""
    rows = np.zeros(0, bool) if evaluator.seen is None else evaluator.seen == seen
    if not rows.any():
        return None
    return tuple(each.take(rows) for each in scores if isinstance(each, MeanScores))
