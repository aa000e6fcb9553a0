"""Augmented SBERT: a cross-encoder learns from few scored pairs and scores many more.

Thakur et al., 2021, https://arxiv.org/abs/2010.08240. Three things differ. A cross-encoder that
begins as an encoder's weights with a new head needs thousands of rows to be any good, so it first
learns the encoder's own cosines on pairs that no one has judged, and silver scores are the mean of
what both say. And that encoder has learned gold already: silver begins where gold ends, and gold
weighs as much as silver.
"""

import math
import shutil
import time
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.encoders.cross_encoder import CrossEncoder
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DataError, TunesmithError, UsageError
from tunesmith.kinds import Examples, Kind, ScoredPairs
from tunesmith.mining.new_pairs import new_pairs
from tunesmith.recipes.cross_encoder import CrossRecipe
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.training.checkpoint import fingerprint
from tunesmith.recipes.training.options import PLAIN, RunOptions
from tunesmith.recipes.training.run import BACKWARD_COST, RecipeRun, after_share, require_free
from tunesmith.recipes.training.stages import Stages, stages
from tunesmith.recipes.training.text_training import Progress
from tunesmith.recipes.training.text_tuples import TextTuples
from tunesmith.vectors.similarity import pairwise_similarity

STUDENT = "student"
# Few gold rows are repeated until they are so many, but not more often than that.
_REPEATED_TO = 4000
_MOST_REPEATS = 9
# After fewer pairs a new head tells next to nothing, so where there are few they are read again.
_WARMED = 3000
_MOST_PASSES = 6
# The share of a run's time that is the encoder's, and the cross-encoder's, silver included.
_HALF = 0.5


@dataclass(frozen=True)
class AugmentedRecipe:
    """Trains an encoder on scored pairs and on many more that a cross-encoder scores.

    The stages: the encoder learns gold alone; pairs that no one has judged are found; a
    cross-encoder that begins as this encoder learns its cosines on part of them, then the gold
    scores; it scores the others, both ways round, and silver is the mean of its scores and the
    encoder's cosines, brought to the same spread; the encoder goes on with gold and silver, gold
    repeated until it weighs as much.

    Parameters
    ----------
    train_layers
        How many upper layers of the encoder are trained; None for all.
    epochs
        Passes of the encoder over gold, of which fewer than 4,000 rows are repeated until they are
        so many, nine times at most. Then half as many over gold and silver, one at least.
    learning_rate
        Of the encoder on gold alone, then half of it; see
        :class:`~tunesmith.recipes.PairedRecipe`.
    warming
        Unjudged pairs for each gold row on which the cross-encoder learns the encoder's cosines;
        up to six times, until it has read 3,000.
    silver
        Unjudged pairs for each gold row that are scored and learned from.
    teacher
        How the cross-encoder learns the gold scores.
    neighbours, random
        How pairs are found: see :func:`~tunesmith.mining.new_pairs`.
    seed
        Of all stages.

    Examples
    --------
    >>> recipe = AugmentedRecipe(warming=3, silver=4)
    >>> recipe.on_gold(1_000).epochs, recipe.gold_alone(1_000).epochs
    (8, 16)
    >>> recipe.work(n_rows=1_000)
    26000
    """

    train_layers: int | None = 3
    epochs: int = 2
    learning_rate: float | None = None
    warming: int = 3
    silver: int = 4
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

    def on_gold(self, n_rows: int) -> PairedRecipe:
        """Return how the encoder learns from so many gold rows before there is silver."""
        often = min(_MOST_REPEATS, math.ceil(_REPEATED_TO / n_rows))
        return self._reading(self.epochs, self.learning_rate).repeated(often, n_rows)

    def on_both(self, n_rows: int) -> PairedRecipe:
        """Return how it goes on with silver and with gold that weighs as much."""
        return self._reading(self._passes, self.on_gold(n_rows).peak_rate(n_rows) / 2)

    def gold_alone(self, n_rows: int) -> PairedRecipe:
        """Return how the encoder learns from so many gold rows in as many steps.

        What silver is worth is seen beside this. The steps are as many where as many pairs are
        found as there should be.
        """
        first = self.on_gold(n_rows)
        return replace(first, epochs=first.epochs + 2 * self.silver * self._passes)

    @property
    def _passes(self) -> int:
        return max(1, self.epochs // 2)

    def _reading(self, epochs: int, rate: float | None) -> PairedRecipe:
        return PairedRecipe(
            "cosent",
            train_layers=self.train_layers,
            epochs=epochs,
            learning_rate=rate,
            seed=self.seed,
        )

    def work(self, n_rows: int) -> int:
        """Return how many rows :meth:`run` reports to its progress callback."""
        read = self.teacher.epochs + self.gold_alone(n_rows).epochs
        return self._warming_rows(n_rows) + n_rows * read

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
        teacher = of_pair * read * BACKWARD_COST
        encoder = self.gold_alone(rows).cost(examples, mean_tokens, layers)
        return teacher + 2 * of_pair * rows * self.silver + encoder

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
            cross-encoder's, of which gold has its share, as it has of the encoder's half.
        options
            What scores the encoder's weights on the way when it learns from both, and the folder
            where what the stages leave is kept: ``gold``, an encoder, ``teacher``, a cross-encoder,
            and ``silver.parquet``. They stay there.

        Raises
        ------
        UsageError
            These are no scored pairs, or the stages that lie in the folder are those of another
            run.
        DamagedModel
            A stage cannot be gone on from.
        DataError
            A score is missing or out of range, there are too few rows, or no pair of their texts is
            left to be scored.
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
            run = _Run(self, folder, examples, gold, kept, progress, deadline)
            both = ScoredPairs(balanced(_columns(examples), run.silver()))
            found = self.on_both(len(examples)).run(
                run.encoder,
                both,
                out,
                progress=progress,
                deadline=deadline,
                options=replace(options, checkpoint=kept.folder / f"{STUDENT}-state"),
            )
        if not found.steps:
            shutil.rmtree(out)
            raise TunesmithError("no time was left to learn from silver: give more --budget")
        return replace(found, seconds=time.monotonic() - begun, stages=tuple(kept.done))

    def share_of_gold(self, n_rows: int) -> float:
        """Return the share of a run's time in which the encoder learns gold alone."""
        return _HALF * self.on_gold(n_rows).epochs / self.gold_alone(n_rows).epochs


class _Run:
    """One run up to the silver scores."""

    def __init__(
        self,
        recipe: AugmentedRecipe,
        base: Path,
        examples: Examples,
        gold: TextTuples,
        kept: Stages,
        progress: Progress | None,
        deadline: float | None,
    ) -> None:
        self.recipe, self.base, self.examples, self.gold = recipe, base, examples, gold
        self.kept, self.progress, self.deadline = kept, progress, deadline
        self.of_gold = recipe.share_of_gold(len(examples))
        self.of_judge = _HALF / (1 - self.of_gold)  # of what gold leaves

    @cached_property
    def encoder(self) -> Path:
        """The encoder that has learned gold."""
        until = after_share(self.of_gold, self.deadline)
        alone = self.recipe.on_gold(len(self.examples))
        return self._trained("gold", self.base, self.examples, alone, until)

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """What it makes of the gold texts, float32, shape (n, d)."""
        # By torch: ONNX would leave a file in the home for weights that no other run has.
        encoder = SentenceEncoder(str(self.encoder), backend="torch", cache=False, verbose=True)
        return encoder.encode(self.gold.texts)

    def silver(self) -> pa.Table:
        """Return the pairs that no one has judged, with their scores."""
        warm, rest = self._unjudged(len(self.examples))
        teacher = replace(self.recipe.teacher, seed=self.recipe.seed)
        until = after_share(self.of_judge, self.deadline)
        to_come = teacher.work(len(self.examples))
        start = self._warmed(warm, to_come) if len(warm) > 1 else self.encoder
        judge = self._trained("teacher", start, self.examples, teacher, until)
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
        if not len(found):
            raise DataError(
                "no pair of these texts is left to be scored: choose the recipe cosent, or give "
                "more texts"
            )
        order = np.random.default_rng(recipe.seed).permutation(len(found))
        pairs = np.stack([found.first, found.second], axis=1)[order]
        wanted = rows * (recipe.warming + recipe.silver)
        cut = min(len(pairs), wanted) * recipe.warming // (recipe.warming + recipe.silver)
        return pairs[:cut], pairs[cut:wanted]

    def _warmed(self, pairs: NDArray[np.int64], to_come: int) -> Path:
        """Return the cross-encoder that knows the cosines; ``to_come`` gold rows follow."""
        cosines = np.clip(self._cosines(pairs), 0.0, 1.0)
        passes = min(_MOST_PASSES, math.ceil(_WARMED / len(pairs)))
        seed = self.recipe.seed
        recipe = replace(self.recipe.teacher, epochs=passes, learning_rate=1e-4, seed=seed)
        read = recipe.work(len(pairs))
        examples = ScoredPairs(self._table(pairs, cosines))
        deadline = after_share(self.of_judge * read / (read + to_come), self.deadline)
        return self._trained("warmed", self.encoder, examples, recipe, deadline)

    def _trained(
        self,
        name: str,
        start: Path,
        examples: Examples,
        recipe: CrossRecipe | PairedRecipe,
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


def balanced(gold: pa.Table, silver: pa.Table) -> pa.Table:
    """Return silver, and gold as often as makes about as many rows, once at least.

    Examples
    --------
    >>> gold, silver = (pa.table({"row": range(size)}) for size in (10, 38))
    >>> len(balanced(gold, silver))
    78
    """
    often = max(1, round(len(silver) / len(gold)))
    return pa.concat_tables([gold] * often + [silver])


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
