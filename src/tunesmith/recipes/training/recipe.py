"""What recipes have in common: one interface, and one way to run an algorithm."""

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from tunesmith.kinds import Examples
from tunesmith.recipes.training.checkpoint import open_checkpoint
from tunesmith.recipes.training.epochs import Epochs
from tunesmith.recipes.training.options import PLAIN, RunOptions
from tunesmith.recipes.training.run import RecipeRun, StepClock, require_free, save_model
from tunesmith.recipes.training.text_training import Progress
from tunesmith.recipes.training.weights import Weights
from tunesmith.stop import Stop


class Recipe(ABC):
    """Trains a model on examples and writes a folder; subclasses are frozen dataclasses.

    Examples
    --------
    >>> from tunesmith.recipes import build_recipe
    >>> recipe = build_recipe("contrastive", epochs=2)
    >>> isinstance(recipe, Recipe), recipe.name
    (True, 'contrastive')
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The recipe's name in :data:`~tunesmith.recipes.RECIPES`."""

    @abstractmethod
    def work(self, n_rows: int) -> int:
        """Return the number of rows that :meth:`run` reports to its progress callback."""

    @abstractmethod
    def cost(self, examples: Examples, mean_tokens: float, layers: int) -> float:
        """Return the cost of a run in tokens of one forward pass through the whole model.

        Parameters
        ----------
        examples
            Training data.
        mean_tokens
            Mean number of tokens per text.
        layers
            Number of layers of the model.
        """

    @abstractmethod
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
        """Train the model of ``folder`` and write it to ``out``.

        The same seed gives the same weights on a CPU; the caller's random state is not changed.

        Parameters
        ----------
        folder
            A sentence-transformers folder to start from.
        examples
            Examples of a kind that the recipe accepts; :func:`~tunesmith.data.reshape` converts
            others.
        out
            Output folder; written under a temporary name and renamed, so it is complete or absent.
        progress
            Called with the number of rows done, at most :meth:`work` in total.
        stop
            Token that ends training. The number of steps is reduced to what its time limit allows,
            and the last weights are kept; when it is set, the checkpoint is written and
            :class:`~tunesmith.errors.Cancelled` is raised.
        options
            Validation during training, to keep the best weights instead of the last, and the
            checkpoint folder from which an interrupted run resumes.

        Returns
        -------
        A summary of the run.

        Raises
        ------
        UsageError
            The recipe does not accept this kind of examples, a parameter exceeds the model's, or
            the checkpoint belongs to another run.
        DataError
            A label or score is missing or out of range, or there are too few rows.
        ModelError
            The recipe cannot train such a model.
        DamagedModel
            The checkpoint cannot be resumed.
        OutputError
            ``out`` exists or cannot be written.
        Cancelled
            The token was set.
        TrainingFailed
            The loss is not finite; nothing is written.
        """


class TrainingData(Protocol):
    """The rows of a run in the form that the algorithm needs."""

    @property
    def texts(self) -> list[str]:
        """The distinct texts."""
        ...

    def numbers(self) -> Sequence[NDArray[Any]]:
        """Return everything except the texts, for the fingerprint of a run."""
        ...


Data = TypeVar("Data", bound=TrainingData)
Batch = TypeVar("Batch")


class Training(ABC, Generic[Batch]):
    """The data and state of one run of an algorithm.

    Attributes
    ----------
    weights
        The weights to train.
    generator
        Random generator of the batches and steps.
    epochs
        Number of passes over the rows.
    """

    weights: Weights
    generator: np.random.Generator
    epochs: int

    def prepare(self, progress: Progress | None) -> None:
        """Do what precedes the first step, such as running the frozen layers over all texts."""

    @abstractmethod
    def epoch(self) -> list[Batch]:
        """Return the batches of one epoch."""

    @abstractmethod
    def step(self, batch: Batch) -> float:
        """Update the weights once and return the loss."""

    def size(self, batch: Any) -> int:
        """Return the number of rows in a batch."""
        return len(batch)

    def result(self) -> Any:
        """Return the trained model, to be written."""
        return self.weights.model


class Algorithm(Recipe, Generic[Data]):
    """A recipe of one stage: subclasses say what they train on, and start the training."""

    seed: int

    @abstractmethod
    def training_data(self, examples: Examples) -> Data:
        """Return the rows in the form that the algorithm needs, or raise an error."""

    @abstractmethod
    def training(self, folder: Path, data: Data, clock: StepClock) -> Training[Any]:
        """Load the model of ``folder`` and return the training of it."""

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
        """Train the model of ``folder`` and write it to ``out``; see :meth:`Recipe.run`."""
        begun = time.monotonic()
        require_free(out)
        data = self.training_data(examples)
        checkpoint = open_checkpoint(options, self, folder, data.texts, data.numbers())
        with torch.random.fork_rng():
            torch.manual_seed(self.seed)
            training = self.training(folder, data, StepClock(stop))
            training.prepare(progress)
            plan = [training.epoch() for _ in range(training.epochs)]
            epochs = Epochs(training.weights, training.generator, options, checkpoint)
            epochs.run(plan, training.step, training.size, progress)
        save_model(training.result(), out)
        if checkpoint is not None:
            checkpoint.remove()
        return epochs.report(time.monotonic() - begun)
