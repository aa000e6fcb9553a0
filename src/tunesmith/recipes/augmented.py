"""Augmented SBERT: a cross-encoder learns from few scored pairs and scores many more.

Thakur et al., 2021, https://arxiv.org/abs/2010.08240. Two things differ, for a cross-encoder that
begins as an encoder's weights with a new head needs thousands of rows to be any good: it first
learns the encoder's own cosines on pairs that no one has judged, and silver scores are the mean of
what both say.
"""

import math
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.encoders.cross import CrossEncoder
from tunesmith.encoders.sentence import SentenceEncoder
from tunesmith.errors import UsageError
from tunesmith.kinds import Examples, Kind, ScoredPairs
from tunesmith.mining.new_pairs import new_pairs
from tunesmith.recipes.base import FORTH_AND_BACK, RecipeRun, after_share, require_free
from tunesmith.recipes.checkpoint import fingerprint
from tunesmith.recipes.cross import CrossRecipe
from tunesmith.recipes.examples import TextTuples
from tunesmith.recipes.options import PLAIN, RunOptions
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.stages import Stages, stages
from tunesmith.recipes.training import Progress
from tunesmith.vectors import pairwise_similarity

STUDENT = "student"
# After fewer pairs a new head tells next to nothing, so where there are few they are read again.
_WARMED = 3000
_MOST_PASSES = 6


@dataclass(frozen=True)
class AugmentedRecipe:
    """Trains an encoder on scored pairs and on many more that a cross-encoder scores.

    The stages: pairs that no one has judged are found; a cross-encoder learns the encoder's cosines
    on part of them, then the gold scores; it scores the others, both ways round, and silver is the
    mean of its scores and the encoder's cosines, brought to the same spread; the encoder learns
    from gold and silver.

    Parameters
    ----------
    train_layers
        How many upper layers of the encoder are trained; None for all.
    epochs
        Passes of the encoder over gold and silver.
    learning_rate
        Of the encoder; see :class:`~tunesmith.recipes.paired.PairedRecipe`.
    warming
        Unjudged pairs for each gold row on which the cross-encoder learns the encoder's cosines;
        up to six times, until it has read 3,000.
    silver
        Unjudged pairs for each gold row that are scored and learned from.
    teacher
        How the cross-encoder learns the gold scores.
    neighbours, random
        How pairs are found: see :func:`~tunesmith.mining.new_pairs.new_pairs`.
    seed
        Of all stages.

    Examples
    --------
    >>> AugmentedRecipe(warming=6, silver=8).work(n_rows=100)
    5800
    """

    train_layers: int | None = 3
    epochs: int = 2
    learning_rate: float | None = None
    warming: int = 6
    silver: int = 8
    teacher: CrossRecipe = field(default_factory=lambda: CrossRecipe(learning_rate=5e-5))
    neighbours: int = 3
    random: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        if self.warming < 0 or self.silver < 1:
            raise UsageError(
                f"warming is {self.warming} and silver {self.silver}: give 0 and 1 or more"
            )

    @property
    def student(self) -> PairedRecipe:
        """How the encoder learns from gold and silver."""
        return PairedRecipe(
            "cosent",
            train_layers=self.train_layers,
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            seed=self.seed,
        )

    def gold_alone(self, n_rows: int) -> PairedRecipe:
        """Return how the encoder learns from so many gold rows in as many steps, at the same rate.

        What silver is worth is seen beside this: few rows are read too seldom at default settings.
        """
        return self.student.repeated(1 + self.silver, n_rows)

    def work(self, n_rows: int) -> int:
        """Return how many rows :meth:`run` reports to its progress callback."""
        of_student = self.epochs * (1 + self.silver)
        return self._warming_rows(n_rows) + n_rows * (self.teacher.epochs + of_student)

    def _warming_rows(self, n_rows: int) -> int:
        """Return how many pairs the cross-encoder reads before any gold, at most."""
        pairs = n_rows * self.warming
        return max(pairs, min(_MOST_PASSES * pairs, 2 * _WARMED))

    def cost(self, examples: Examples, mean_tokens: float, layers: int) -> float:
        """Return what a run costs in tokens that go through the whole model once.

        Parameters
        ----------
        examples, mean_tokens, layers
            As for :meth:`~tunesmith.recipes.paired.PairedRecipe.cost`.
        """
        rows, of_pair = len(examples), 2 * mean_tokens
        read = self._warming_rows(rows) + rows * self.teacher.epochs
        teacher = of_pair * read * FORTH_AND_BACK
        student = self.student.cost(examples, mean_tokens, layers) * (1 + self.silver)
        return teacher + 2 * of_pair * rows * self.silver + student

    def run(
        self,
        folder: Path,
        examples: Examples,
        out: Path,
        *,
        progress: Progress | None = None,
        deadline: float | None = None,
        options: RunOptions = PLAIN,
    ) -> RecipeRun:
        """Train the model of ``folder`` and write a sentence-transformers folder to ``out``.

        Parameters
        ----------
        folder
            A sentence-transformers folder.
        examples
            Scored pairs, scores from 0 to 1.
        out
            Where the trained model goes; written beside it and renamed, so it is whole or absent.
        progress
            Called with the number of rows done, at most :meth:`work` in all.
        deadline
            The value of :func:`time.monotonic` at which to stop; half of the time is the
            cross-encoder's, of which gold has its share.
        options
            What scores the encoder's weights on the way, and the folder where what the stages leave
            is kept: ``teacher``, a cross-encoder, and ``silver.parquet``. They stay there.

        Raises
        ------
        UsageError
            These are no scored pairs, or the stages that lie in the folder are those of another
            run.
        DamagedModel
            A stage cannot be gone on from.
        DataError
            A score is missing or out of range, or there are too few rows.
        ModelError
            The model's layers cannot be split.
        OutputError
            ``out`` exists or cannot be written.
        TunesmithError
            A loss is no finite number, or there was no time for a stage.
        """
        begun = time.monotonic()
        require_free(out)
        if examples.kind is not Kind.SCORED_PAIRS:
            raise UsageError(
                f"silver is made from scored_pairs, not {examples.kind}: give it reshape(examples, "
                "'scored_pairs')"
            )
        gold = TextTuples.to_train(examples)
        mark = fingerprint(self, folder, gold.texts, gold.numbers())
        with stages(options.checkpoint, mark) as kept:
            run = _Run(self, folder, gold, kept, progress, deadline)
            silver = run.silver(examples)
            both = ScoredPairs(pa.concat_tables([_columns(examples), silver]))
            of_student = replace(options, checkpoint=kept.folder / f"{STUDENT}-state")
            found = self.student.run(
                folder, both, out, progress=progress, deadline=deadline, options=of_student
            )
        return replace(found, seconds=time.monotonic() - begun, stages=tuple(kept.done))


class _Run:
    """One run up to the silver scores."""

    def __init__(
        self,
        recipe: AugmentedRecipe,
        base: Path,
        gold: TextTuples,
        kept: Stages,
        progress: Progress | None,
        deadline: float | None,
    ) -> None:
        self.recipe, self.base, self.gold, self.kept = recipe, base, gold, kept
        self.progress = progress
        self.deadline = deadline
        self.vectors = SentenceEncoder(str(base), verbose=True).encode(gold.texts)

    def silver(self, examples: Examples) -> pa.Table:
        """Return the pairs that no one has judged, with their scores."""
        warm, rest = self._unjudged(len(examples))
        teacher = replace(self.recipe.teacher, seed=self.recipe.seed)
        half = after_share(0.5, self.deadline)
        start = self._warmed(warm, teacher.work(len(examples))) if len(warm) else self.base
        judge = self._trained("teacher", start, examples, teacher, half)
        return self.kept.table("silver", lambda: self._scored(rest, judge))

    def _unjudged(self, rows: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return pairs to warm up with, and pairs to be scored, each of shape (n, 2)."""
        gold, recipe = self.gold, self.recipe
        known = set(zip(gold.first.tolist(), gold.second.tolist(), strict=True))
        found = new_pairs(
            gold.texts,
            self.vectors,
            known,
            neighbours=recipe.neighbours,
            random=recipe.random,
            seed=recipe.seed,
        )
        order = np.random.default_rng(recipe.seed).permutation(len(found))
        pairs = np.stack([found.first, found.second], axis=1)[order]
        wanted = rows * (recipe.warming + recipe.silver)
        cut = min(len(pairs), wanted) * recipe.warming // (recipe.warming + recipe.silver)
        return pairs[:cut], pairs[cut:wanted]

    def _warmed(self, pairs: NDArray[np.int64], of_gold: int) -> Path:
        """Return the cross-encoder that knows the cosines; ``of_gold`` rows are still to come."""
        cosines = np.clip(self._cosines(pairs), 0.0, 1.0)
        passes = min(_MOST_PASSES, math.ceil(_WARMED / len(pairs)))
        seed = self.recipe.seed
        recipe = replace(self.recipe.teacher, epochs=passes, learning_rate=1e-4, seed=seed)
        read = recipe.work(len(pairs))
        examples = ScoredPairs(self._table(pairs, cosines))
        deadline = after_share(0.5 * read / (read + of_gold), self.deadline)
        return self._trained("warmed", self.base, examples, recipe, deadline)

    def _trained(
        self,
        name: str,
        start: Path,
        examples: Examples,
        recipe: CrossRecipe,
        deadline: float | None,
    ) -> Path:
        def train(out: Path, options: RunOptions) -> RecipeRun:
            return recipe.run(
                start,
                examples,
                out,
                progress=self.progress,
                deadline=deadline,
                options=options,
            )

        return self.kept.model(name, len(examples), train)

    def _scored(self, pairs: NDArray[np.int64], teacher: Path) -> pa.Table:
        texts = self.gold.texts
        rows = [(texts[one], texts[other]) for one, other in pairs]
        judge = CrossEncoder(teacher, verbose=True)
        judged = (judge.score(rows) + judge.score([(other, one) for one, other in rows])) / 2
        return self._table(pairs, mean_of_both(judged, self._cosines(pairs)))

    def _cosines(self, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        one, other = (self.vectors[pairs[:, side]] for side in (0, 1))
        return pairwise_similarity(one, other).astype(np.float64)

    def _table(self, pairs: NDArray[np.int64], scores: NDArray[np.float64]) -> pa.Table:
        texts = pa.array(self.gold.texts, pa.string())
        return pa.table(
            {
                "text1": texts.take(pa.array(pairs[:, 0])),
                "text2": texts.take(pa.array(pairs[:, 1])),
                "score": pa.array(scores, pa.float64()),
                "row": pa.array(np.arange(1, len(pairs) + 1)),
            }
        )


def _columns(examples: Examples) -> pa.Table:
    scores = examples.table["score"].cast(pa.float64())
    names = ("text1", "text2", "row")
    columns = {name: examples.table[name] for name in names}
    return pa.table({**columns, "score": scores}).select(["text1", "text2", "score", "row"])


def mean_of_both(
    judged: NDArray[np.floating], cosines: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return the mean of a judge's scores and cosines brought to their mean and spread, 0 to 1.

    Examples
    --------
    >>> mean_of_both(np.array([0.2, 0.8]), np.array([0.5, 0.7])).round(2).tolist()
    [0.2, 0.8]
    """
    scores = judged.astype(np.float64)
    spread = max(float(cosines.std()), 1e-9)
    alike = (cosines - cosines.mean()) / spread * scores.std() + scores.mean()
    mixed: NDArray[np.float64] = np.clip((scores + alike) / 2, 0.0, 1.0)
    return mixed
