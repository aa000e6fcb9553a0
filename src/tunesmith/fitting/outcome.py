"""What a fit runs with, and its results: the finalists and their scores on the test set."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.selection import Selection
from tunesmith.events import OnEvent
from tunesmith.fitting.cross_validation import CrossValidation
from tunesmith.fitting.ladder import LadderResult
from tunesmith.fitting.task import Space
from tunesmith.models.familiar import FamiliarTexts
from tunesmith.models.seen import SeenTexts
from tunesmith.results.calibration import Calibration
from tunesmith.results.evidence import Evidence
from tunesmith.results.summary import ClassChange, Compared, PairFindings, Stage
from tunesmith.stop import Stop
from tunesmith.vectors.linear_classifier import LinearClassifier


@dataclass(frozen=True, eq=False)
class Run:
    """Who follows a fit, the token that ends it early, and the start of its time budget.

    Parameters
    ----------
    on_event
        Receiver of events.
    stop
        Token of the fit, without the budget.
    started
        Start of the budget on the monotonic clock, in seconds; by default now.
    """

    on_event: OnEvent
    stop: Stop
    started: float = field(default_factory=lambda: time.monotonic())  # noqa: PLW0108 - tests replace it

    def within(self, budget: float | None) -> Stop:
        """Return a token with the time left of a budget in seconds, for every stage of the fit."""
        if budget is None:
            return self.stop.within(None)
        return self.stop.within(max(0.0, budget - (time.monotonic() - self.started)))


@dataclass(frozen=True, eq=False)
class Finalist:
    """A candidate refitted on training and validation data, ready for the test.

    Parameters
    ----------
    name, space
        Name and embedding space of the candidate.
    classifier
        Classifier on its vectors, or None.
    familiar
        Its training vectors with a threshold for texts unlike them; None without cross-fitting.
    """

    name: str
    space: Space
    classifier: LinearClassifier | None
    familiar: FamiliarTexts | None = field(default=None, kw_only=True)


@dataclass(frozen=True, eq=False)
class Finalists:
    """The base and the chosen candidate of a ladder, ready to be tested or saved."""

    ladder: LadderResult[Any]
    base: Finalist
    chosen: Finalist


@dataclass(frozen=True, eq=False)
class TestResult:
    """Base and chosen model compared on the held-out test set.

    Parameters
    ----------
    metric
        Headline metric.
    comparison
        Base and chosen model on the same items.
    evidence
        Texts and per-example results for the report.
    classes
        Change of each label; empty without labels.
    pairs
        Further findings for pairs; None for labelled text.
    compared
        Additional comparisons on the test set.
    stages
        Completed stages of a multi-stage recipe.
    judge
        Folder of the cross-encoder trained by the recipe, or None.
    calibrations
        Calibration of the probabilities of the base and of the chosen model, by name; empty if it
        was not measured.
    """

    metric: str
    comparison: Comparison
    evidence: Evidence
    classes: tuple[ClassChange, ...] = ()
    pairs: PairFindings | None = None
    compared: tuple[Compared, ...] = ()
    stages: tuple[Stage, ...] = ()
    judge: Path | None = None
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class FitOutcome:
    """Finalists and their test results.

    Parameters
    ----------
    finalists
        Base and chosen candidate; one of them becomes the model.
    test_result
        Result on the held-out test set, or on all folds combined.
    train, validation, test
        Number of items in each split.
    seen
        Digests of the texts in training and validation, and in the test set.
    folding
        Number of folds, and why.
    """

    finalists: Finalists
    test_result: TestResult
    train: int
    validation: int
    test: int
    seen: SeenTexts
    folding: CrossValidation

    @property
    def tested_out_of_fold(self) -> bool:
        """Whether the training rows are the test rows, each predicted by models of other folds."""
        return isinstance(self.test_result.comparison, Selection)
