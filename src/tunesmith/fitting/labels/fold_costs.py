"""The work of training in folds, as a multiple of one training on all rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tunesmith.recipes.contrastive import ContrastiveRecipe


@dataclass(frozen=True)
class FoldCosts:
    """The work of training in folds, as a multiple of one training on all rows.

    On few rows, each fold takes about as long as all rows, because fewer rows are read more often.

    Parameters
    ----------
    given
        The caller's recipe, or None for the default one.
    rows
        Number of all rows.

    Examples
    --------
    >>> few, many = FoldCosts(None, 300), FoldCosts(None, 1_000)
    >>> round(few.total(5), 1), round(many.total(5), 1), round(many.total(2), 1)
    (5.7, 5.0, 2.0)
    """

    given: ContrastiveRecipe | None
    rows: int

    def share(self, count: int) -> float:
        """Return the work of training in one of ``count`` folds."""
        recipe = self.given or ContrastiveRecipe()
        return recipe.work(self.rows - self.rows // count) / recipe.work(self.rows)

    def total(self, count: int) -> float:
        """Return the work of training in each of ``count`` folds, or none, and on all rows."""
        return 1 + (count * self.share(count) if count else 0)

    def affordable(
        self, counts: Collection[int], left: float, once: float, later: Sequence[float] = ()
    ) -> int:
        """Return the largest number of folds for which the time suffices, or the smallest.

        As many later candidates as possible keep the time for the fewest folds.

        Parameters
        ----------
        counts
            The numbers of folds to choose from.
        left
            Seconds left.
        once
            Seconds of the candidate's training on all rows.
        later
            The same of the candidates after it.

        Examples
        --------
        >>> costs = FoldCosts(None, 1_000)
        >>> [costs.affordable((5, 3, 2), left, 30, [70]) for left in (300, 200, 130, 30)]
        [5, 2, 3, 2]
        """
        fewest = min(counts)
        for kept in range(len(later), -1, -1):
            # Only the choice is trained on all rows.
            reserved = fewest * self.share(fewest) * sum(later[:kept]) + max(once, *later[:kept], 0)
            fitting = [
                count for count in counts if count * self.share(count) * once + reserved <= left
            ]
            if fitting:
                return max(fitting)
        return fewest
