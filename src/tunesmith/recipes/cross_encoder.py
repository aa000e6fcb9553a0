"""Training of cross-encoders: two texts in, one score out."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits

from tunesmith.encoders.cross_encoder import load_to_train, predict
from tunesmith.errors import UsageError
from tunesmith.kinds import Examples, Kind
from tunesmith.recipes.training.batches import length_buckets
from tunesmith.recipes.training.checkpoint import open_checkpoint
from tunesmith.recipes.training.epochs import Epochs
from tunesmith.recipes.training.options import PLAIN, RunOptions, Score
from tunesmith.recipes.training.run import RecipeRun, StepClock, require_free, save_model
from tunesmith.recipes.training.text_training import Progress
from tunesmith.recipes.training.text_tuples import TextTuples
from tunesmith.recipes.training.trunk import tokens
from tunesmith.recipes.training.weights import Optimizing, Weights
from tunesmith.stop import Stop

_BUCKETS = 4


@dataclass(frozen=True)
class CrossRecipe:
    """Trains a cross-encoder on scored pairs: the logistic function of its output is the score.

    All layers except the embedding table are trained. Each epoch swaps the texts of half of the
    pairs, because scores are symmetric.

    Parameters
    ----------
    epochs
        Number of passes over the rows.
    batch_size
        Rows per step.
    learning_rate
        Peak learning rate.
    weight_decay, warmup_ratio, max_grad_norm
        See :class:`~tunesmith.recipes.training.weights.Optimizing`.
    dropout
        Whether to use the model's dropout.
    seed
        Random seed for the new head, batches, text order and dropout.

    Examples
    --------
    >>> CrossRecipe(epochs=4).work(n_rows=100)
    400
    """

    epochs: int = 4
    batch_size: int = 32
    learning_rate: float = 1e-4
    weight_decay: float = 0.01
    warmup_ratio: float = 0.1
    max_grad_norm: float = 1.0
    dropout: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        """Validate the parameters."""
        if self.epochs < 1 or self.batch_size < 2:
            raise UsageError(
                f"epochs is {self.epochs} and batch_size {self.batch_size}: give 1 and 2 or more"
            )

    def work(self, n_rows: int) -> int:
        """Return the number of rows that :meth:`run` reports to its progress callback."""
        return n_rows * self.epochs

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
        """Train the model in ``folder`` and write a cross-encoder to ``out``.

        Parameters
        ----------
        folder
            Folder of a cross-encoder, or of a sentence-transformers or transformers model, which
            gets a new head.
        examples
            Scored pairs, scores from 0 to 1.
        out
            Output folder; written under a temporary name and renamed, so it is complete or absent.
        progress
            Called with the number of rows done, :meth:`work` in total.
        stop
            Token that ends training: when its time limit has passed, the last weights are kept;
            when it is set, the checkpoint is written and
            :class:`~tunesmith.errors.Cancelled` is raised.
        options
            Validation during training, which is given a function from pairs to scores (float32,
            shape (n,)), and the checkpoint folder from which an interrupted run resumes.

        Raises
        ------
        UsageError
            The examples are not scored pairs, or the checkpoint belongs to another run.
        DamagedModel
            The model or the checkpoint cannot be read.
        DataError
            A score is missing or out of range, or there are too few rows.
        OutputError
            ``out`` exists or cannot be written.
        TunesmithError
            The loss is not finite; nothing is written.
        """
        begun = time.monotonic()
        require_free(out)
        tuples = _tuples(examples)
        checkpoint = open_checkpoint(options, self, folder, tuples.texts, tuples.numbers())
        generator = np.random.default_rng(self.seed)
        with torch.random.fork_rng():
            torch.manual_seed(self.seed)
            weights = CrossWeights(folder, self._optimizing, StepClock(stop))
            weights.model.train(self.dropout)
            plan = [self._epoch(tuples, generator) for _ in range(self.epochs)]
            epochs = Epochs(weights, generator, options, checkpoint)
            epochs.run(plan, lambda pairs: weights.step(tuples, pairs), len, progress)
        save_model(weights.model, out)
        if checkpoint is not None:
            checkpoint.remove()
        return epochs.report(time.monotonic() - begun)

    @property
    def _optimizing(self) -> Optimizing:
        return Optimizing(
            self.learning_rate, self.weight_decay, self.warmup_ratio, self.max_grad_norm
        )

    def _epoch(self, tuples: TextTuples, generator: np.random.Generator) -> list[NDArray[np.int64]]:
        """Return batches of rows; rows whose texts are swapped are bit-inverted (negative)."""
        swapped = np.where(generator.random(len(tuples)) < 0.5, -1, 0)
        rows = tuples.batches(self.batch_size, generator, distinct=False)
        return [np.where(swapped[batch], ~batch, batch) for batch in rows]


class CrossWeights(Weights):
    """The weights of a cross-encoder under training.

    Parameters
    ----------
    folder
        As for :meth:`CrossRecipe.run`.
    optimizing
        Optimizer settings.
    clock
        Step counter.
    """

    def __init__(self, folder: Path, optimizing: Optimizing, clock: StepClock) -> None:
        model = load_to_train(folder)
        model.transformers_model.get_input_embeddings().requires_grad_(False)
        parameters = [each for each in model.parameters() if each.requires_grad]
        super().__init__(model, parameters, optimizing, clock)

    def judged(self, score: Score) -> float:
        """Return the validation score of the current weights."""
        return score(self.scores)

    def scores(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Return the current scores of pairs, float32, shape (n,)."""
        return predict(self.model, pairs)

    def step(self, tuples: TextTuples, rows: NDArray[np.int64]) -> float:
        """Update the weights once, and return the loss.

        Pairs are processed in buckets of similar length to reduce padding.
        """
        pairs = [_pair(tuples, int(row)) for row in rows]
        targets = tuples.targets(np.where(rows < 0, ~rows, rows))
        lengths = np.array([len(one) + len(other) for one, other in pairs])
        losses = []
        for bucket in length_buckets(lengths, _BUCKETS):
            logits = self._logits([pairs[index] for index in bucket])
            expected = targets[torch.from_numpy(bucket)].to(logits.device)
            losses.append(binary_cross_entropy_with_logits(logits, expected, reduction="sum"))
        return self.update(torch.stack(losses).sum() / len(pairs))

    def _logits(self, pairs: list[tuple[str, str]]) -> torch.Tensor:
        scores: torch.Tensor = self.model(tokens(self.model, pairs))["scores"]
        return scores.reshape(-1)


def _pair(tuples: TextTuples, row: int) -> tuple[str, str]:
    index = ~row if row < 0 else row
    one, other = tuples.texts[tuples.first[index]], tuples.texts[tuples.second[index]]
    return (other, one) if row < 0 else (one, other)


def _tuples(examples: Examples) -> TextTuples:
    if examples.kind is not Kind.SCORED_PAIRS:
        raise UsageError(
            f"training a cross-encoder needs scored_pairs, not {examples.kind}: give it "
            "reshape(examples, 'scored_pairs')"
        )
    return TextTuples.to_train(examples)
