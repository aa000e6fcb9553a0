"""Augmented SBERT: a cross-encoder learns from few scored pairs (gold) and scores many more.

Thakur et al., 2021, https://arxiv.org/abs/2010.08240. Three things differ. A cross-encoder that
starts from an encoder with a new head needs thousands of rows, so it is first trained on the
encoder's own cosines of unscored pairs. Silver scores are the mean of the cross-encoder's scores
and the encoder's cosines. And the encoder is trained on gold before it continues with silver, in
which gold and silver have equal weight.
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
from tunesmith.errors import BudgetExhausted, DataError, UsageError
from tunesmith.kinds import Examples, Kind, ScoredPairs
from tunesmith.mining.new_pairs import new_pairs
from tunesmith.recipes.cross_encoder import CrossRecipe
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.silver import balanced, mean_of_both
from tunesmith.recipes.training.checkpoint import fingerprint
from tunesmith.recipes.training.options import PLAIN, RunOptions
from tunesmith.recipes.training.recipe import Recipe
from tunesmith.recipes.training.run import BACKWARD_COST, RecipeRun, require_free
from tunesmith.recipes.training.stages import Stages, stages
from tunesmith.recipes.training.text_training import Progress
from tunesmith.recipes.training.text_tuples import TextTuples
from tunesmith.stop import Stop
from tunesmith.vectors.similarity import pairwise_similarity

STUDENT = "student"
# Few gold rows are repeated up to this number of rows, at most this number of times.
_REPEATED_TO = 4000
_MOST_REPEATS = 9
# With fewer pairs a new head learns almost nothing, so a small set is read several times.
_WARMED = 3000
_MOST_PASSES = 6
# Share of a run's time for the encoder; the rest is for the cross-encoder, including scoring.
_HALF = 0.5


@dataclass(frozen=True)
class AugmentedRecipe(Recipe):
    """Trains an encoder on scored pairs and on many more scored by a cross-encoder.

    The stages: (1) the encoder is trained on gold; (2) unscored pairs are mined; (3) a
    cross-encoder initialised from this encoder is trained on its cosines for part of these pairs,
    then on the gold scores; (4) it scores the other pairs in both orders, and silver is the mean of
    its scores and the encoder's cosines, rescaled to the same mean and standard deviation; (5) the
    encoder is trained on gold and silver, with gold repeated to equal weight.

    Parameters
    ----------
    train_layers
        Number of upper layers of the encoder to train; None for all.
    epochs
        Number of passes of the encoder over gold; fewer than 4,000 gold rows are repeated up to
        that number, at most nine times. Half as many passes, at least one, follow over gold and
        silver.
    learning_rate
        Learning rate of the encoder on gold alone, halved afterwards; see
        :class:`~tunesmith.recipes.PairedRecipe`.
    warming
        Number of unscored pairs per gold row on which the cross-encoder learns the encoder's
        cosines; they are read up to six times, until 3,000 pairs have been read.
    silver
        Number of unscored pairs per gold row that are scored and used for training.
    teacher
        Recipe for training the cross-encoder on the gold scores.
    neighbours, random
        Parameters of pair mining: see :func:`~tunesmith.mining.new_pairs`.
    seed
        Random seed for all stages.

    Examples
    --------
    >>> recipe = AugmentedRecipe(warming=3, silver=4)
    >>> recipe.gold_recipe(1_000).epochs, recipe.gold_alone(1_000).epochs
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
        """Validate the parameters."""
        if self.warming < 0 or self.silver < 1:
            raise UsageError(
                f"warming is {self.warming} and silver {self.silver}",
                hint="warming must be at least 0, silver at least 1",
                option="silver" if self.silver < 1 else "warming",
            )

    def gold_recipe(self, n_rows: int) -> PairedRecipe:
        """Return the recipe for the encoder on ``n_rows`` gold rows alone."""
        repeats = min(_MOST_REPEATS, math.ceil(_REPEATED_TO / n_rows))
        return self._encoder_recipe(self.epochs, self.learning_rate).repeated(repeats, n_rows)

    def mixed_recipe(self, n_rows: int) -> PairedRecipe:
        """Return the recipe for the encoder on silver and gold with equal weight."""
        rate = self.gold_recipe(n_rows).peak_rate(n_rows) / 2
        return self._encoder_recipe(self._mixed_epochs, rate)

    def gold_alone(self, n_rows: int) -> PairedRecipe:
        """Return the recipe for the encoder on gold alone with the same number of steps.

        This is the baseline that shows the gain from silver. The number of steps is the same if
        enough pairs are found.
        """
        first = self.gold_recipe(n_rows)
        return replace(first, epochs=first.epochs + 2 * self.silver * self._mixed_epochs)

    @property
    def _mixed_epochs(self) -> int:
        return max(1, self.epochs // 2)

    def _encoder_recipe(self, epochs: int, rate: float | None) -> PairedRecipe:
        return PairedRecipe(
            "cosent",
            train_layers=self.train_layers,
            epochs=epochs,
            learning_rate=rate,
            seed=self.seed,
        )

    @property
    def name(self) -> str:
        """The recipe's name."""
        return "augmented"

    def work(self, n_rows: int) -> int:
        """Return the number of rows that :meth:`run` reports to its progress callback."""
        read = self.teacher.epochs + self.gold_alone(n_rows).epochs
        return self._warming_rows(n_rows) + n_rows * read

    def _warming_rows(self, n_rows: int) -> int:
        """Return the maximum number of pairs that the cross-encoder reads before gold."""
        pairs = n_rows * self.warming
        return max(pairs, min(_MOST_PASSES * pairs, 2 * _WARMED))

    def cost(self, examples: Examples, mean_tokens: float, layers: int) -> float:
        """Return the cost of a run in tokens of one forward pass through the whole model.

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
        stop: Stop | None = None,
        options: RunOptions = PLAIN,
    ) -> RecipeRun:
        """Train the model of ``folder`` and write a sentence-transformers folder to ``out``.

        Parameters
        ----------
        folder
            A sentence-transformers folder to start from.
        examples
            Scored pairs, scores from 0 to 1.
        out
            Output folder; written under a temporary name and renamed, so it is complete or absent.
        progress
            Called with the number of rows done, at most :meth:`work` in total.
        stop
            Token that ends the run. Half of its time limit is for the cross-encoder, half for the
            encoder.
        options
            Validation while the encoder is trained on gold and silver, and the folder for the
            stages' outputs: ``gold``, an encoder, ``teacher``, a cross-encoder, and
            ``silver.parquet``. They are not removed.

        Raises
        ------
        UsageError
            The examples are not scored pairs, or the folder holds the stages of another run.
        DamagedModel
            A stage cannot be resumed.
        DataError
            A score is missing or out of range, there are too few rows, or no new pairs can be
            formed from their texts.
        ModelError
            The model's layers cannot be split.
        OutputError
            ``out`` exists or cannot be written.
        BudgetExhausted
            A loss is not finite, or there was no time for a stage.
        """
        begun = time.monotonic()
        require_free(out)
        if examples.kind is not Kind.SCORED_PAIRS:
            raise UsageError(
                f"augmented needs scored_pairs, not {examples.kind}",
                hint="give it reshape(examples, 'scored_pairs')",
                option="examples",
            )
        gold = TextTuples.to_train(examples)
        key = fingerprint(self, folder, gold.texts, gold.numbers())
        with stages(options.checkpoint, key) as kept:
            run = _Run(self, folder, examples, gold, kept, progress, stop or Stop())
            both = ScoredPairs(balanced(_columns(examples), run.silver()))
            found = self.mixed_recipe(len(examples)).run(
                run.encoder,
                both,
                out,
                progress=progress,
                stop=stop,
                options=replace(options, checkpoint=kept.folder / f"{STUDENT}-state"),
            )
        if not found.steps:
            shutil.rmtree(out)
            raise BudgetExhausted(
                "no time was left to train on silver pairs",
                hint="increase `budget`",
                option="budget",
            )
        return replace(found, seconds=time.monotonic() - begun, stages=tuple(kept.done))

    def share_of_gold(self, n_rows: int) -> float:
        """Return the share of a run's time for training the encoder on gold alone."""
        return _HALF * self.gold_recipe(n_rows).epochs / self.gold_alone(n_rows).epochs


class _Run:
    """The stages of one run up to the silver scores."""

    def __init__(
        self,
        recipe: AugmentedRecipe,
        base: Path,
        examples: Examples,
        gold: TextTuples,
        kept: Stages,
        progress: Progress | None,
        stop: Stop,
    ) -> None:
        self.recipe, self.base, self.examples, self.gold = recipe, base, examples, gold
        self.kept, self.progress, self.stop = kept, progress, stop
        self.gold_share = recipe.share_of_gold(len(examples))
        self.teacher_share = _HALF / (1 - self.gold_share)  # of the time left after gold

    @cached_property
    def encoder(self) -> Path:
        """The encoder trained on gold."""
        until = self.stop.share(self.gold_share)
        alone = self.recipe.gold_recipe(len(self.examples))
        return self._trained("gold", self.base, self.examples, alone, until)

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """The vectors of the gold texts, float32, shape (n, d)."""
        # With torch: ONNX would cache an exported file for weights that no other run uses.
        encoder = SentenceEncoder(str(self.encoder), backend="torch", cache=False, verbose=True)
        return encoder.encode(self.gold.texts)

    def silver(self) -> pa.Table:
        """Return the silver pairs with their scores."""
        warm, rest = self._unscored_pairs(len(self.examples))
        teacher = replace(self.recipe.teacher, seed=self.recipe.seed)
        until = self.stop.share(self.teacher_share)
        gold_rows = teacher.work(len(self.examples))
        start = self._warmed_up(warm, gold_rows) if len(warm) > 1 else self.encoder
        teacher_model = self._trained("teacher", start, self.examples, teacher, until)
        return self.kept.table("silver", lambda: self._scored(rest, teacher_model))

    def _unscored_pairs(self, rows: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return pairs for warm-up and pairs to score, each of shape (n, 2)."""
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
                "no new pairs can be formed from these texts",
                hint="choose the recipe cosent, or add more texts",
            )
        order = np.random.default_rng(recipe.seed).permutation(len(found))
        pairs = np.stack([found.first, found.second], axis=1)[order]
        wanted = rows * (recipe.warming + recipe.silver)
        cut = min(len(pairs), wanted) * recipe.warming // (recipe.warming + recipe.silver)
        return pairs[:cut], pairs[cut:wanted]

    def _warmed_up(self, pairs: NDArray[np.int64], gold_rows: int) -> Path:
        """Return the cross-encoder trained on the cosines; ``gold_rows`` gold rows follow."""
        cosines = np.clip(self._cosines(pairs), 0.0, 1.0)
        passes = min(_MOST_PASSES, math.ceil(_WARMED / len(pairs)))
        seed = self.recipe.seed
        recipe = replace(self.recipe.teacher, epochs=passes, learning_rate=1e-4, seed=seed)
        read = recipe.work(len(pairs))
        examples = ScoredPairs(self._table(pairs, cosines))
        until = self.stop.share(self.teacher_share * read / (read + gold_rows))
        return self._trained("warmed", self.encoder, examples, recipe, until)

    def _trained(
        self,
        name: str,
        start: Path,
        examples: Examples,
        recipe: CrossRecipe | PairedRecipe,
        until: Stop,
    ) -> Path:
        def train(out: Path, options: RunOptions) -> RecipeRun:
            return recipe.run(
                start,
                examples,
                out,
                progress=self.progress,
                stop=until,
                options=options,
            )

        return self.kept.model(name, len(examples), train)

    def _scored(self, pairs: NDArray[np.int64], teacher: Path) -> pa.Table:
        texts = self.gold.texts
        rows = [(texts[one], texts[other]) for one, other in pairs]
        teacher_model = CrossEncoder(teacher, verbose=True)
        reversed_rows = [(other, one) for one, other in rows]
        scores = (teacher_model.score(rows) + teacher_model.score(reversed_rows)) / 2
        return self._table(pairs, mean_of_both(scores, self._cosines(pairs)))

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
