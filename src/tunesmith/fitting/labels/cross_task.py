"""The ladder's task for cross-fitting: each candidate predicts every row from the other folds."""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.item_scores import value
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.evaluation.labels.tfidf import reference_seconds
from tunesmith.fitting.labels.fold_costs import FoldCosts
from tunesmith.fitting.labels.out_of_fold import OutOfFold, predict_fold, read_fold, write_fold
from tunesmith.fitting.labels.task import LabelTask, reference_rung
from tunesmith.fitting.racing import (
    FOLDS_BEFORE_DROPPING,
    FoldTimes,
    check_race,
    check_time,
    overrun_check,
    reporting_folds,
)
from tunesmith.fitting.task import Abandoned, Candidate, Space
from tunesmith.fitting.workspace import TRAINED, Workspace
from tunesmith.results.summary import Rung, RungStatus
from tunesmith.stop import check_stop, stopping


@dataclass(frozen=True, eq=False)
class CrossCandidate(Candidate):
    """A candidate with its predictions out of fold, and the number of the probe's strength."""

    scores: LabelScores
    out_of_fold: OutOfFold
    strength: int

    @property
    def logits(self) -> NDArray[np.float32]:
        """The logits out of fold with this strength, shape (n, labels)."""
        return np.asarray(self.out_of_fold.logits[self.strength])

    @property
    def folds(self) -> int:
        """The number of folds."""
        return int(self.out_of_fold.fold.max()) + 1


@dataclass(frozen=True, eq=False)
class CrossTask(LabelTask):
    """A task whose candidates are trained once per fold.

    Parameters
    ----------
    train, validation
        All rows, both times.
    partitions
        For each possible number of folds, the positions of the rows of each fold. Rows in no fold
        are always trained on and never predicted.
    most_folds
        Number of folds unless a candidate is too slow for it.
    planned
        All candidates with their estimates, so that a cheap one leaves time for the others.
    """

    partitions: Mapping[int, Sequence[NDArray[np.int64]]] = field(default_factory=dict)
    most_folds: int = 5
    planned: tuple[Rung, ...] = ()

    @property
    def costs(self) -> FoldCosts:
        """The work of training in folds."""
        return FoldCosts(self.recipe, len(self.train))

    def earlier(self, name: str) -> float | None:
        """Return the seconds that an earlier run spent on the folds it finished, or None."""
        folds = [(count, number) for count in self.partitions for number in range(count)]
        spent = [self._workspace(*fold).read_number(name) for fold in folds]
        known = [seconds for seconds in spent if seconds is not None]
        return sum(known) if known else None

    def cost(self, seconds: float) -> float:
        """Return the seconds for training in each fold, and once on all rows."""
        return self.costs.total(self.most_folds) * seconds

    def least(self, rung: Rung) -> float:
        """Return the seconds that the fewest folds need, and one training on all rows."""
        return self._once(rung) * self.costs.total(min(self.partitions))

    def evaluate(
        self, rung: Rung, make: Callable[[Any], Space], finished: Sequence[Candidate]
    ) -> CrossCandidate:
        """Train on all folds but one, for each fold, and score the predictions of all rows.

        A candidate that is slower than estimated begins again with fewer folds, if they fit the
        time; one that is proven worse than the best after some folds is dropped.

        Raises
        ------
        Abandoned
            The candidate is proven worse than another, or there is too little time, also for one
            that trains weights after it.
        """
        self._give_way(rung)
        count = self._started(rung, make)
        parts: list[OutOfFold] = []
        with reporting_folds(count) as report:
            for number in range(count):
                check_stop()
                parts.append(self._predict(rung, make, count, number))
                report(number + 1)
                if number + 1 < count:
                    check_time(self.stop, rung, self._times(rung, count))
                    self._check_race(parts, count, finished)
        return self._candidate(rung.name, parts)

    def _give_way(self, rung: Rung) -> None:
        """Give up a candidate on vectors that takes the time of one that trains weights.

        Such candidates win nearly everywhere (see docs/fit.md), and small networks seldom.
        """
        left = self.stop.left
        first = next((each for each in self._later(rung) if each.name in TRAINED), None)
        if left is None or rung.name in {"base", *TRAINED} or first is None:
            return
        if self.least(first) <= left < self.least(first) + self.least(rung):
            raise Abandoned(RungStatus.SKIPPED, f"its time is needed for “{first.title}”")

    def _started(self, rung: Rung, make: Callable[[Any], Space]) -> int:
        """Return the number of folds that fit the time, as the first of them shows."""
        count = self._affordable(rung)
        check_stop()
        self._predict(rung, make, count, 0)
        times = self._times(rung, count)
        if times.fit(self.stop):
            return count
        estimate = self.costs.share(count) * self._once(rung)
        return min(count, self._affordable(rung, times.seconds / estimate))

    def _times(self, rung: Rung, count: int) -> FoldTimes:
        """Return the time of the finished folds, those of an earlier run included."""
        numbers = (self._workspace(count, number).read_number(rung.name) for number in range(count))
        spent = [seconds for seconds in numbers if seconds is not None]
        return FoldTimes(sum(spent), len(spent), count, 1 / self.costs.share(count))

    def choose(self, candidates: Sequence[Candidate]) -> Candidate:
        """Return the candidate with the best score, the cheapest of equals."""
        return max(candidates, key=lambda candidate: candidate.score)

    def reference(self) -> Rung:
        """Return the baseline: TF-IDF with logistic regression, out of fold."""
        once = reference_seconds(self.train.texts, len(self.train.targets.labels))
        return reference_rung(
            self.stop, self.metric, self.most_folds * once, self._reference_scores
        )

    def _reference_scores(self) -> LabelScores:
        tasks = [self.fold_task(self.most_folds, number)[0] for number in range(self.most_folds)]
        scores = [task.reference_scores() for task in tasks]
        return LabelScores(
            Predictions.join([each.predictions for each in scores]),
            self.train.targets.take(np.concatenate(self.partitions[self.most_folds])),
        )

    def fold_task(
        self, count: int, number: int
    ) -> tuple[LabelTask, tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Return the task of one fold, and the positions of its training and held-out rows."""
        held_out = self.partitions[count][number]
        rest = np.setdiff1d(np.arange(len(self.train)), held_out)
        task = LabelTask(
            train=self.train.take(rest),
            validation=self.train.take(held_out),
            base=self.base,
            goal=self.goal,
            seed=self.seed,
            stop=self.stop.untimed(),
            workspace=self._workspace(count, number),
            recipe=self.recipe,
            fold=True,
        )
        return task, (rest, held_out)

    def whole(self) -> LabelTask:
        """Return the task of training on all rows, without a time limit: it was reserved."""
        fields = {name: getattr(self, name) for name in LabelTask.__dataclass_fields__}
        return LabelTask(**{**fields, "stop": self.stop.untimed(finishing=True)})

    def _workspace(self, count: int, number: int) -> Workspace:
        return self.workspace.part(f"fold-{number + 1}-of-{count}")

    def _affordable(self, rung: Rung, pace: float = 1.0) -> int:
        """Return the largest number of folds for which the time suffices.

        Later candidates keep the time for their fewest folds, as many of them as possible.

        Parameters
        ----------
        rung
            The candidate.
        pace
            Measured time as a multiple of the estimate.
        """
        left = self.stop.left
        if left is None or rung.name == "base":
            return self.most_folds
        later = [pace * self._once(each) for each in self._later(rung)]
        return self.costs.affordable(self.partitions, left, pace * self._once(rung), later)

    def _later(self, rung: Rung) -> Sequence[Rung]:
        names = [each.name for each in self.planned]
        return self.planned[names.index(rung.name) + 1 :] if rung.name in names else ()

    def _once(self, rung: Rung) -> float:
        return rung.estimate / self.costs.total(self.most_folds)

    def _predict(
        self, rung: Rung, make: Callable[[Any], Space], count: int, number: int
    ) -> OutOfFold:
        task, rows = self.fold_task(count, number)
        path = task.workspace.folder / f"{rung.name}.safetensors"
        fold = read_fold(path)
        if fold is None:
            begun = time.monotonic()
            with stopping(overrun_check(self.stop, rung)):
                fold = predict_fold(task, make(task), rows, number)
            write_fold(path, fold)
            task.workspace.write_number(rung.name, time.monotonic() - begun)
            # The weights of a fold have no further use, and take 90 MB.
            shutil.rmtree(task.workspace.model(rung.name), ignore_errors=True)
        return fold

    def _check_race(
        self, parts: Sequence[OutOfFold], count: int, finished: Sequence[Candidate]
    ) -> None:
        if len(parts) < FOLDS_BEFORE_DROPPING or not finished:
            return
        best = self.choose(finished)
        assert isinstance(best, CrossCandidate)
        joined = OutOfFold.join(parts)
        targets = self.train.targets.take(joined.rows)
        own = joined.scores(targets, joined.strength(targets))
        rows = np.searchsorted(best.out_of_fold.rows, joined.rows)
        comparison = Comparison(best.scores.take(rows), own, self.seed)
        check_race(comparison, self.metric, best.name, f"{len(parts)} of {count} folds")

    def _candidate(self, name: str, parts: Sequence[OutOfFold]) -> CrossCandidate:
        joined = OutOfFold.join(parts)
        targets = self.train.targets.take(joined.rows)
        strength = joined.strength(targets)
        scores = joined.scores(targets, strength)
        return CrossCandidate(name, scores, value(scores, self.metric), joined, strength)
