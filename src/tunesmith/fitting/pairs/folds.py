"""Divide pairs and queries into folds that share no text, or no nearly equal query."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.splits.near_duplicates import groups
from tunesmith.errors import DataError
from tunesmith.evaluation.evaluator import Evaluator
from tunesmith.evaluation.pairs.evaluators import RetrievalEvaluator, build_evaluator
from tunesmith.fitting.pairs.search_split import as_pairs, with_seen
from tunesmith.fitting.pairs.split import row_groups
from tunesmith.fitting.pairs.task import PairTask
from tunesmith.kinds import Examples
from tunesmith.wording import plural


@dataclass(frozen=True, eq=False)
class PairFold:
    """Training rows of one fold, the evaluator of the others, and the training queries, if any."""

    train: Examples
    held_out: Evaluator
    queries: tuple[RetrievalEvaluator, RetrievalEvaluator] | None = None

    def task(self, whole: PairTask, name: str) -> PairTask:
        """Return the task of this fold, with a part of the workspace of all."""
        return replace(
            whole,
            stop=whole.stop.untimed(),
            workspace=whole.workspace.part(name),
            train=self.train,
            validation=self.held_out,
            queries=self.queries,
        )


def folds_cost(count: int) -> int:
    """Return the work of training in each of ``count`` folds, or none, and on all rows.

    It is a multiple of the last training. Each fold leaves out its share of the rows, and takes as
    many epochs.

    Examples
    --------
    >>> folds_cost(5), folds_cost(0)
    (5, 1)
    """
    return max(1, count)


def row_folds(examples: Examples, count: int, seed: int) -> tuple[PairFold, ...]:
    """Return folds of rows; those that share a text are in the same fold.

    Raises
    ------
    DataError
        A fold cannot be evaluated, such as one whose scores are all equal.
    """
    parts = _divide(row_groups(examples), count, seed)
    everything = np.arange(len(examples))
    return tuple(
        PairFold(
            examples.take(np.setdiff1d(everything, part)), build_evaluator(examples.take(part))
        )
        for part in parts
    )


def query_folds(queries: RetrievalEvaluator, count: int, seed: int) -> tuple[PairFold, ...]:
    """Return folds of queries over all documents; nearly equal queries are in the same fold."""
    folds = []
    for part in _divide(groups(queries.queries), count, seed):
        rest = np.setdiff1d(np.arange(len(queries)), part)
        train = queries.take(rest)
        held_out = with_seen(queries.take(part), train)
        folds.append(PairFold(as_pairs(train), held_out, (train, held_out)))
    return tuple(folds)


def _divide(group: NDArray[np.int64], count: int, seed: int) -> list[NDArray[np.int64]]:
    """Return the positions of each fold: groups in random order, each to the smallest fold."""
    sizes = np.bincount(group)
    if len(sizes) < count:
        raise DataError(
            f"{plural(len(sizes), 'group')} of rows without a shared text are too few for "
            f"{count} folds",
            hint='add rows, or use `cross_validate="off"`',
            option="cross_validate",
        )
    filled, fold = np.zeros(count, dtype=np.int64), np.zeros(len(sizes), dtype=np.int64)
    order = np.random.default_rng(seed).permutation(len(sizes))
    for number in order[np.argsort(-sizes[order], kind="stable")]:
        fold[number] = filled.argmin()
        filled[fold[number]] += sizes[number]
    return [np.flatnonzero(fold[group] == number) for number in range(count)]
