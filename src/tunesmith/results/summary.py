"""The results of checks and fits as frozen dataclasses.

Everything in :class:`Summary` can be written as JSON and contains no user texts. The texts are in
:class:`~tunesmith.results.Evidence`, which is only used in the report.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from tunesmith.results.calibration import Calibration
from tunesmith.results.finding import Finding


class Outcome(StrEnum):
    """The outcome on the held-out test set; ``unproven`` if it has no labels or judgements.

    Examples
    --------
    >>> Change("accuracy", 0.8, 0.8, -0.02, 0.02).outcome is Outcome.NO_PROVEN_CHANGE
    True
    """

    BETTER = "better"
    NO_PROVEN_CHANGE = "no proven change"
    WORSE = "worse"
    UNPROVEN = "unproven"


@dataclass(frozen=True)
class Change:
    """One metric of the base and the tuned model on the same items, with a paired interval.

    ``low`` and ``high`` are the bounds of the 95% confidence interval of ``tuned - base``.

    Examples
    --------
    >>> change = Change("accuracy", base=0.8, tuned=0.9, low=0.04, high=0.16)
    >>> round(change.difference, 3), str(change.outcome)
    (0.1, 'better')
    """

    metric: str
    base: float
    tuned: float
    low: float
    high: float
    higher_is_better: bool = True

    @property
    def difference(self) -> float:
        """The tuned model's value minus the base's."""
        return self.tuned - self.base

    @property
    def outcome(self) -> Outcome:
        """Better or worse if the interval excludes zero, otherwise no proven change."""
        gain = (self.low, self.high) if self.higher_is_better else (-self.high, -self.low)
        if gain[0] > 0:
            return Outcome.BETTER
        return Outcome.WORSE if gain[1] < 0 else Outcome.NO_PROVEN_CHANGE


@dataclass(frozen=True)
class ClassChange:
    """Precision, recall and F1 of one class on the test set, for the base and the tuned model."""

    label: str
    count: int
    base_precision: float
    base_recall: float
    tuned_precision: float
    tuned_recall: float
    f1: Change


@dataclass(frozen=True)
class ClassCount:
    """The number of rows with a label; for multi-label data also the 0s and the unknown ones."""

    label: str
    count: int
    share: float
    negative: int = 0
    unknown: int = 0


class RungStatus(StrEnum):
    """The status of a rung of the ladder.

    Examples
    --------
    >>> str(RungStatus.SKIPPED)
    'skipped'
    """

    DONE = "done"
    SKIPPED = "skipped"
    DROPPED = "dropped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Rung:
    """The result of one rung (candidate) of the ladder.

    ``score`` is the headline metric on the validation set, with its bootstrap standard error.
    ``estimate`` and ``seconds`` are the estimated and the actual wall time in seconds.
    ``difference_error`` is the standard error of the difference from the highest score; None for
    the highest, or without a score.

    Examples
    --------
    >>> rung = Rung("linear", "Linear map", RungStatus.DONE, estimate=2.0, seconds=1.5, score=0.91)
    >>> rung.score, rung.chosen
    (0.91, False)
    """

    name: str
    title: str
    status: RungStatus
    estimate: float
    seconds: float = 0.0
    score: float | None = None
    reason: str = ""
    chosen: bool = False
    standard_error: float | None = None
    difference_error: float | None = None


LIKELY = 0.8


@dataclass(frozen=True)
class Verdict:
    """The verdict of the test: the outcome, the headline metric, and plain-language sentences.

    ``probability`` is the probability that the chosen candidate is better than the base, 0 to 1;
    None if the base was chosen, or without a test of the choice.

    Examples
    --------
    >>> change = Change("accuracy", 0.8, 0.9, 0.04, 0.16)
    >>> verdict = Verdict(change.outcome, change, "The tuned model is better.")
    >>> str(verdict.outcome), verdict.headline.metric
    ('better', 'accuracy')
    """

    outcome: Outcome
    headline: Change
    sentence: str
    advice: str = ""
    probability: float | None = None

    @property
    def likely(self) -> bool:
        """Whether nothing is proven, but a gain is likely: a probability of 0.8 or more."""
        unproven = self.outcome is Outcome.NO_PROVEN_CHANGE
        return unproven and self.probability is not None and self.probability >= LIKELY


@dataclass(frozen=True)
class CompressedVariant:
    """A compressed variant of the model, compared with it on the held-out test set.

    ``change`` is from the model to the variant, or None if the variant does not exist, with the
    ``reason``. ``least`` is the lower bound of the 95% confidence interval of the model's score.
    """

    name: str
    title: str
    change: Change | None = None
    least: float = 0.0
    reason: str = ""

    @property
    def acceptable(self) -> bool:
        """Whether it is not significantly worse, or within the model's own 95% interval."""
        if self.change is None:
            return False
        return self.change.outcome is not Outcome.WORSE or self.change.tuned >= self.least

    @property
    def finding(self) -> str:
        """A short description of the result on the test set."""
        if self.change is None:
            return self.reason
        if self.change.outcome is not Outcome.WORSE:
            return "not proven worse"
        return "worse, but within the model's own 95% interval" if self.acceptable else "worse"


@dataclass(frozen=True)
class Part:
    """The results on a subset of the test set: the number of items and the change of each metric.

    ``name`` is ``"seen"`` for queries with a document seen in training, else ``"unseen"``.
    """

    name: str
    items: int
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Stage:
    """One stage of a multi-stage run.

    Parameters
    ----------
    name
        The name of the stage's result.
    rows
        The number of rows used for training or produced.
    seconds
        Wall time in seconds.
    """

    name: str
    rows: int
    seconds: float


@dataclass(frozen=True)
class Compared:
    """An additional comparison on the test set.

    Parameters
    ----------
    title
        The two models compared.
    note
        The purpose of the comparison, in a few words.
    change
        The change from the first to the second model.
    """

    title: str
    note: str
    change: Change


@dataclass(frozen=True)
class PairFindings:
    """The additional results of a fit on pairs.

    Parameters
    ----------
    recipe
        The name of the training recipe.
    why
        The reason for this recipe, in two sentences.
    judged_by
        The kind and source of the test rows.
    chosen_by
        The validation metric for model selection; empty if it is the headline metric of the test.
    corpus_type
        ``"open"`` or ``"closed"`` for retrieval, otherwise empty.
    parts
        The test results for queries with seen and with unseen documents, for retrieval.
    shares
        The training weight kept after blending with the base, for each rung that trains weights.
    unguarded
        The change without blending and without validation; None if no weights were trained.
    forgetting
        The change on general sentence pairs unrelated to the data.
    label_free
        The label-free metrics alignment and uniformity, for unlabelled text.
    """

    recipe: str
    why: str
    judged_by: str
    chosen_by: str = ""
    corpus_type: str = ""
    parts: tuple[Part, ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    unguarded: Change | None = None
    forgetting: Change | None = None
    label_free: tuple[Change, ...] = ()

    @property
    def unproven(self) -> bool:
        """Whether the test set consists of parts of unlabelled documents and proves nothing."""
        return bool(self.label_free)


@dataclass(frozen=True, repr=False)
class Summary:
    """The complete result of a fit, without user texts.

    Examples
    --------
    >>> result.summary.kind    # result = tunesmith.fit("tickets.csv")
    <Kind.LABELLED: 'labelled'>
    """

    source: str
    kind: str
    decision: str
    goal: str
    base: str
    base_digest: str
    data_digest: str
    seed: int
    budget: float | None
    seconds: float
    rows: int
    train: int
    validation: int
    test: int
    folds: int
    counts: tuple[ClassCount, ...]
    findings: tuple[Finding, ...]
    reference: Rung | None
    rungs: tuple[Rung, ...]
    chosen: str
    kept: str
    verdict: Verdict
    changes: tuple[Change, ...]
    classes: tuple[ClassChange, ...]
    versions: dict[str, str]
    created: str
    variants: tuple[CompressedVariant, ...] = ()
    pairs: PairFindings | None = None
    compared: tuple[Compared, ...] = ()
    stages: tuple[Stage, ...] = ()
    folds_reason: str = ""
    calibration: Calibration | None = None

    @property
    def test_set(self) -> str:
        """The name of the rows on which base and chosen model are compared."""
        return "out of fold" if self.folds else "held-out test"

    @property
    def untested(self) -> tuple[str, ...]:
        """The classes of the data without a test text, which no metric covers."""
        tested = {row.label for row in self.classes}
        found = (row.label for row in self.counts if row.count and row.label not in tested)
        return tuple(found) if tested else ()

    def outcome_of(self, change: Change) -> Outcome:
        """Return the outcome of a metric; the verdict's for the headline metric.

        The verdict also takes a permutation test and the majority class into account, so the
        interval of the headline metric alone may exclude zero without a proven change.
        """
        is_headline = change.metric == self.verdict.headline.metric
        return self.verdict.outcome if is_headline else change.outcome

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain JSON values."""
        return asdict(self)

    def __repr__(self) -> str:
        """Return the outcome, the headline metric and what is kept."""
        change = self.verdict.headline
        scores = f"{change.metric} {change.base:.3f} to {change.tuned:.3f}"
        interval = f"95% CI {change.low:+.3f} to {change.high:+.3f}"
        outcome = f"{self.source}: {self.verdict.outcome}, {scores} ({interval})"
        return f"Summary({outcome}, kept {self.kept})"
