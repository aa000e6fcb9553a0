"""The ladder that a fit would run within a budget: its rungs with their estimated times."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from tunesmith.datasets.training_data import TrainingData
from tunesmith.encoders.model_files.locate import locate
from tunesmith.fitting.cross_validation import CrossValidation, decide_folds
from tunesmith.fitting.labels.cross_fitting import cross_task
from tunesmith.fitting.labels.cross_task import CrossTask
from tunesmith.fitting.labels.fit import affordable_folds
from tunesmith.fitting.labels.fold_costs import FoldCosts
from tunesmith.fitting.labels.rungs import rung_plans
from tunesmith.fitting.labels.split import split_labelled
from tunesmith.fitting.labels.trial import all_labels, make_task
from tunesmith.fitting.ladder import plan
from tunesmith.fitting.pairs.cross_fitting import pair_cross_task
from tunesmith.fitting.pairs.fit import choose_folds
from tunesmith.fitting.pairs.rungs import pair_rung_plans
from tunesmith.fitting.pairs.task import PairTask
from tunesmith.fitting.pairs.trial import choose_or_given, prepare_pairs
from tunesmith.fitting.plans import RungPlan, Speed, measure_speed
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.task import Task
from tunesmith.fitting.workspace import TRAINED, Workspace
from tunesmith.results.summary import Rung
from tunesmith.stop import Stop


@dataclass(frozen=True, eq=False)
class Costs:
    """What the rungs of a ladder cost.

    Parameters
    ----------
    rungs
        The rungs with their times in all folds, cheapest first.
    least
        The least seconds that each needs to be started, by name.
    folds, counts, most
        The work of training in folds, the numbers of folds to choose from, and the usual one; None,
        nothing and 0 if every rung has the same number.
    """

    rungs: tuple[Rung, ...]
    least: Mapping[str, float]
    folds: FoldCosts | None = None
    counts: tuple[int, ...] = ()
    most: int = 0

    @classmethod
    def of(cls, task: Task, plans: Sequence[RungPlan], speed: Speed) -> "Costs":
        """Return the costs of the rungs of a task."""
        rungs = plan(task, plans, speed)
        least = {rung.name: task.least(rung) for rung in rungs}
        if isinstance(task, CrossTask) and len(task.partitions) > 1:
            return cls(rungs, least, task.costs, tuple(task.partitions), task.most_folds)
        return cls(rungs, least)

    def way_for(self, number: int, left: float | None) -> str:
        """Return the title of a later rung that gets the time of this one; empty for none."""
        rung, later = self.rungs[number], self.rungs[number + 1 :]
        first = next((each for each in later if each.name in TRAINED), None)
        if left is None or first is None or self.folds is None or rung.name in {"base", *TRAINED}:
            return ""
        needed = self.least[first.name]
        return first.title if needed <= left < needed + self.least[rung.name] else ""

    def spent(self, number: int, left: float | None) -> tuple[float, int]:
        """Return the estimated seconds of a rung, and its number of folds; 0 for the usual one."""
        rung = self.rungs[number]
        if self.folds is None or left is None or rung.name == "base":
            return rung.estimate, 0
        once, *later = (each.estimate / self.folds.total(self.most) for each in self.rungs[number:])
        count = self.folds.affordable(self.counts, left, once, later)
        return count * self.folds.share(count) * once, 0 if count == self.most else count


class Ladder(ABC):
    """The ladder of a fit, before it runs; the speed of the base is measured once.

    Parameters
    ----------
    data
        Training data.
    settings
        Settings of the fit; their budget does not matter.
    folder
        An empty folder.
    """

    def __init__(self, data: TrainingData, settings: Settings, folder: Path) -> None:
        self._data, self._settings, self._space = data, settings, Workspace(folder)
        self._known: dict[int, Costs] = {}

    def costs(self, folding: CrossValidation) -> Costs:
        """Return the costs of the rungs when they are tested in this way.

        Raises
        ------
        DataError
            There are too few rows for the folds or sets.
        """
        if folding.folds not in self._known:
            self._known[folding.folds] = self._costs(folding)
        return self._known[folding.folds]

    @abstractmethod
    def folding(self, budget: float | None) -> CrossValidation:
        """Return how a fit with a budget in seconds would be tested."""

    @abstractmethod
    def _costs(self, folding: CrossValidation) -> Costs: ...

    def _within(self, budget: float | None) -> Settings:
        return replace(self._settings, budget=budget)


class LabelLadder(Ladder):
    """The ladder of a fit of labelled text."""

    @cached_property
    def _speed(self) -> Speed:
        return measure_speed(locate(self._settings.base), self._data.examples.texts())

    def folding(self, budget: float | None) -> CrossValidation:
        """Return how a fit with a budget in seconds would be tested."""
        settings = self._within(budget)
        folding = decide_folds(self._data, settings)
        if not folding.folds:
            return folding
        return affordable_folds(folding, self._data, settings, self._speed)

    def _costs(self, folding: CrossValidation) -> Costs:
        data, settings, stop = self._data, self._settings, Stop()
        if folding.folds:
            task = cross_task(data, settings, self._space, stop, folding)
            plans = rung_plans(task.train.examples, task.seed, task.recipe)
            return Costs.of(task, plans, self._speed)
        split = split_labelled(data, settings.seed)
        once = make_task(
            split.train, split.validation, all_labels(data), settings, self._space, stop
        )
        plans = rung_plans(once.train.examples, once.seed, once.recipe)
        return Costs.of(once, plans, measure_speed(once.base, once.texts))


class PairLadder(Ladder):
    """The ladder of a fit of pairs, retrieval data or unlabelled text."""

    _speed: Speed | None = None

    def folding(self, budget: float | None) -> CrossValidation:
        """Return how a fit with a budget in seconds would be tested."""
        folding, speed = choose_folds(self._data, self._within(budget), self._space, self._speed)
        self._speed = speed or self._speed
        return folding

    def _costs(self, folding: CrossValidation) -> Costs:
        data, settings, stop = self._data, self._settings, Stop()
        task: PairTask
        if folding.folds:
            task, _ = pair_cross_task(data, settings, self._space, stop, folding)
            speed = self._speed or measure_speed(task.base, task.texts)
        else:
            task = prepare_pairs(data, settings, self._space, stop).task
            speed = measure_speed(task.base, task.texts)
        choice = choose_or_given(task.train, settings.training)
        return Costs.of(task, pair_rung_plans(task, choice, settings), speed)


def ladder_of(data: TrainingData, settings: Settings, folder: Path) -> Ladder:
    """Return the ladder for the kind of the data; parameters are those of :class:`Ladder`."""
    return (LabelLadder if data.labelled else PairLadder)(data, settings, folder)
