"""The ladder's task for cross-fitting pairs: each candidate is scored on every row, out of fold."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.item_scores import FoldedScores, ItemScores, MeanScores, value
from tunesmith.evaluation.pairs.evaluators import RetrievalEvaluator
from tunesmith.fitting.pairs.evidence import gather_pairs
from tunesmith.fitting.pairs.folds import folds_cost
from tunesmith.fitting.pairs.task import PairTask
from tunesmith.fitting.plans import base_space
from tunesmith.fitting.racing import (
    FOLDS_BEFORE_DROPPING,
    FoldTimes,
    check_race,
    check_time,
    overrun_check,
    reporting_folds,
)
from tunesmith.fitting.task import Candidate, Space
from tunesmith.fitting.workspace import TRAINED
from tunesmith.recipes.training.blend import SHARES
from tunesmith.results.evidence import PairEvidence
from tunesmith.results.summary import Rung
from tunesmith.stop import check_stop, stopping

Share = float | None


@dataclass(frozen=True, eq=False)
class PairCrossCandidate(Candidate):
    """A candidate with its scores out of fold for each weight of the trained model.

    Parameters
    ----------
    share
        The best weight in blends with the base; None for a candidate that trains no weights.
    by_share
        Scores of all weights.
    evidence
        The pairs of all folds under the base and under the best blend.
    """

    scores: FoldedScores
    share: Share
    by_share: Mapping[Share, FoldedScores]
    evidence: PairEvidence


@dataclass(frozen=True, eq=False)
class PairCrossTask(PairTask):
    """A task whose candidates are trained once per fold.

    Parameters
    ----------
    folds
        The task of each fold, which is evaluated on the held-out rows.
    """

    folds: tuple[PairTask, ...] = ()

    def cost(self, seconds: float) -> float:
        """Return the seconds for training in each fold, and once on all rows."""
        return folds_cost(len(self.folds)) * seconds

    def evaluate(
        self, rung: Rung, make: Callable[[Any], Space], finished: Sequence[Candidate]
    ) -> PairCrossCandidate:
        """Train on all folds but one, for each fold, and score all rows.

        Raises
        ------
        Abandoned
            The candidate is proven worse than another, or there is too little time.
        """
        shares: Sequence[Share] = SHARES if rung.name in TRAINED else (None,)
        scores: dict[Share, list[ItemScores]] = {share: [] for share in shares}
        evidence: dict[Share, list[PairEvidence]] = {share: [] for share in shares}
        begun, count = time.monotonic(), len(self.folds)
        with reporting_folds(count) as report:
            for number, fold in enumerate(self.folds, start=1):
                check_stop()
                before = base_space(fold).encode
                for share in shares:
                    with stopping(overrun_check(self.stop, rung)):
                        space = make(replace(fold, share=share))
                        scores[share].append(fold.validation.evaluate(space.encode))
                        evidence[share].append(gather_pairs(fold.validation, before, space.encode))
                report(number)
                if number < count:
                    spent = time.monotonic() - begun
                    times = FoldTimes(spent, number, count, whole=count / (count - 1))
                    check_time(self.stop, rung, times)
                    self._check_race(scores, finished)
        return self._candidate(rung.name, scores, evidence)

    def choose(self, candidates: Sequence[Candidate]) -> Candidate:
        """Return the admissible candidate with the best score, the cheapest of equals."""
        admitted = [each for each in candidates if self.admits(each, candidates[0])]
        return max(admitted, key=lambda candidate: candidate.score)

    def on_unseen(self, *candidates: Candidate) -> tuple[MeanScores, ...] | None:
        """Return the scores on queries whose documents no other fold has; None without any."""
        seen = self.seen
        if seen is None or seen.all():
            return None
        folded = (each.scores for each in candidates)
        return tuple(
            joined_items(each).take(~seen) for each in folded if isinstance(each, FoldedScores)
        )

    @property
    def seen(self) -> NDArray[np.bool_] | None:
        """Whether a query shares a document with the other folds, in the order of the folds."""
        marks = [
            fold.validation.seen
            for fold in self.folds
            if isinstance(fold.validation, RetrievalEvaluator) and fold.validation.seen is not None
        ]
        return np.concatenate(marks) if marks else None

    @property
    def scored_texts(self) -> int:
        """The number of texts that are encoded to score a model: in folds, all documents."""
        return sum(len(fold.validation.texts) for fold in self.folds) // max(len(self.folds), 1)

    def whole(self, share: Share) -> PairTask:
        """Return the task of training on all rows, without a time limit: it was reserved."""
        fields = {name: getattr(self, name) for name in PairTask.__dataclass_fields__}
        return PairTask(**{**fields, "stop": self.stop.untimed(finishing=True), "share": share})

    def _check_race(
        self, scores: Mapping[Share, Sequence[ItemScores]], finished: Sequence[Candidate]
    ) -> None:
        done = len(next(iter(scores.values())))
        if done < FOLDS_BEFORE_DROPPING or not finished:
            return
        best = self.choose(finished)
        assert isinstance(best, PairCrossCandidate)
        own = max((FoldedScores(tuple(each)) for each in scores.values()), key=self._value)
        leader = FoldedScores(best.scores.parts[:done])
        comparison = Comparison(leader, own, self.seed)
        check_race(comparison, self.metric, best.name, f"{done} of {len(self.folds)} folds")

    def _candidate(
        self,
        name: str,
        scores: Mapping[Share, Sequence[ItemScores]],
        evidence: Mapping[Share, Sequence[PairEvidence]],
    ) -> PairCrossCandidate:
        joined = {share: FoldedScores(tuple(parts)) for share, parts in scores.items()}
        best = max(joined, key=lambda share: self._value(joined[share]))
        return PairCrossCandidate(
            name,
            joined[best],
            self._value(joined[best]),
            best,
            joined,
            join_evidence(evidence[best]),
        )

    def _value(self, scores: FoldedScores) -> float:
        return value(scores, self.metric)


def joined_items(scores: FoldedScores) -> MeanScores:
    """Return the scores of each item of all folds, for metrics that are means over items."""
    parts = [part for part in scores.parts if isinstance(part, MeanScores)]
    return MeanScores(
        {name: np.concatenate([part.items[name] for part in parts]) for name in scores.metrics}
    )


def join_evidence(parts: Sequence[PairEvidence]) -> PairEvidence:
    """Return the pairs of all folds."""
    columns = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("target", "before", "after")
    )
    return PairEvidence(
        parts[0].form,
        tuple(text for part in parts for text in part.left),
        tuple(text for part in parts for text in part.right),
        *columns,
    )
