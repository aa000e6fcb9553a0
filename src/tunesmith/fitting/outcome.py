"""What a fit ends with: the finalists, and what the held-out test set says about them."""

from dataclasses import dataclass
from pathlib import Path

from tunesmith.evaluation.comparison import Comparison
from tunesmith.fitting.ladder import LadderResult
from tunesmith.fitting.task import Space
from tunesmith.results.evidence import Evidence
from tunesmith.results.summary import ClassChange, Compared, PairFindings, Stage
from tunesmith.vectors.linear_classifier import LinearClassifier


@dataclass(frozen=True, eq=False)
class Final:
    """A candidate made ready: what is learned on vectors, learned from all but the test."""

    name: str
    space: Space
    classifier: LinearClassifier | None


@dataclass(frozen=True, eq=False)
class Finalists:
    """A climb, and its base and its choice, ready to be saved or tested."""

    ladder: LadderResult
    base: Final
    chosen: Final


@dataclass(frozen=True, eq=False)
class TestResult:
    """What a sealed test says: base and choice compared, and what stands behind it.

    Parameters
    ----------
    metric
        The one that decides.
    comparison
        Base and choice on the same items.
    evidence
        The texts.
    classes
        Each label's change, where there are labels.
    pairs
        What is said of pairs beside, where there are pairs.
    compared
        What else was compared on it.
    stages
        What a recipe of several stages did before its last one.
    judge
        The cross-encoder that it left; None without one.
    """

    metric: str
    comparison: Comparison
    evidence: Evidence
    classes: tuple[ClassChange, ...] = ()
    pairs: PairFindings | None = None
    compared: tuple[Compared, ...] = ()
    stages: tuple[Stage, ...] = ()
    judge: Path | None = None


@dataclass(frozen=True, eq=False)
class FitOutcome:
    """Finalists, and what the sealed test says about them.

    Parameters
    ----------
    finalists
        From which the model is taken.
    test_result
        The sealed test, or the folds' tests together.
    train, validation, test
        How many texts stood on each side.
    """

    finalists: Finalists
    test_result: TestResult
    train: int
    validation: int
    test: int
