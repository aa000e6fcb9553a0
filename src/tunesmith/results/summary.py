"""What the parts tell each other and the user: frozen dataclasses, no behaviour beyond them.

Everything in :class:`Summary` can be written as JSON and holds no text of the user's;
:class:`~tunesmith.results.Evidence` holds the texts behind it and goes into the report only.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from tunesmith.results.evidence import Evidence


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing that the check found.

    Parameters
    ----------
    code
        A stable name such as ``"empty-text"``.
    severity
        Errors stop a fit.
    count
        The number of rows concerned.
    message
        What was found, one sentence.
    advice
        What to do about it, one sentence.
    rows
        Numbers of the first rows concerned, counted from 1 without the header.
    column
        The column concerned, by its name in the file.
    faulty
        Positions (from 0, among the rows that were read) that ``--skip-invalid`` drops.
    sample
        The end of the message that quotes the user's texts; empty where it quotes none.
    """

    code: str
    severity: Severity
    count: int
    message: str
    advice: str
    rows: tuple[int, ...] = ()
    column: str | None = None
    faulty: tuple[int, ...] = ()
    sample: str = ""

    def without_texts(self) -> "Finding":
        """Return the finding with no text of the user's in it.

        Examples
        --------
        >>> quote = ", such as “<b>hello”"
        >>> found = Finding("html", Severity.WARNING, 1, f"Tags{quote}.", "Strip.", sample=quote)
        >>> found.without_texts().message
        'Tags.'
        """
        if not self.sample:
            return self
        return replace(self, message=self.message.replace(self.sample, ""), sample="")


class Outcome(StrEnum):
    """What the sealed test proved; ``unproven`` where no one has judged what it is made of."""

    BETTER = "better"
    NO_PROVEN_CHANGE = "no proven change"
    WORSE = "worse"
    UNPROVEN = "unproven"


@dataclass(frozen=True)
class Change:
    """One metric of the base and of the choice on the same items, and the paired interval.

    ``low`` and ``high`` bound the difference ``tuned - base`` with 95% confidence.
    """

    metric: str
    base: float
    tuned: float
    low: float
    high: float
    higher_is_better: bool = True

    @property
    def difference(self) -> float:
        """The choice's value less the base's."""
        return self.tuned - self.base

    @property
    def outcome(self) -> Outcome:
        """Better or worse only when the whole interval lies on one side of zero."""
        gain = (self.low, self.high) if self.higher_is_better else (-self.high, -self.low)
        if gain[0] > 0:
            return Outcome.BETTER
        return Outcome.WORSE if gain[1] < 0 else Outcome.NO_PROVEN_CHANGE


@dataclass(frozen=True)
class ClassChange:
    """One class on the sealed test: precision, recall and F1, base and choice."""

    label: str
    count: int
    base_precision: float
    base_recall: float
    tuned_precision: float
    tuned_recall: float
    f1: Change


@dataclass(frozen=True)
class ClassCount:
    """How many rows carry a label; for multi-label data also how many say no or nothing."""

    label: str
    count: int
    share: float
    negative: int = 0
    unknown: int = 0


class RungStatus(StrEnum):
    """How a rung of the ladder ended."""

    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Rung:
    """One candidate of the ladder after its turn.

    ``score`` is the headline metric on validation; ``estimate`` and ``seconds`` are wall time.
    """

    name: str
    title: str
    status: RungStatus
    estimate: float
    seconds: float = 0.0
    score: float | None = None
    reason: str = ""
    chosen: bool = False


@dataclass(frozen=True)
class Verdict:
    """What is proven, in one word, and in sentences a manager can read."""

    outcome: Outcome
    headline: Change
    sentence: str
    advice: str = ""


@dataclass(frozen=True)
class CompressedVariant:
    """A lighter form of the kept model, compared with it on the sealed test.

    ``change`` goes from the kept model to the lighter form; None where there is no such form, for
    the ``reason``. ``least`` is the lower end of the 95% interval of the kept model's own score.
    """

    name: str
    title: str
    change: Change | None = None
    least: float = 0.0
    reason: str = ""

    @property
    def fits(self) -> bool:
        """Whether it is not proven to be worse, or by less than the test can tell of the model."""
        if self.change is None:
            return False
        return self.change.outcome is not Outcome.WORSE or self.change.tuned >= self.least

    @property
    def finding(self) -> str:
        """What the sealed test says of it, in few words."""
        if self.change is None:
            return self.reason
        if self.change.outcome is not Outcome.WORSE:
            return "not proven worse"
        return "worse, within the model's own interval" if self.fits else "worse"


@dataclass(frozen=True)
class Distillation:
    """How a static model was made, and what it is worth beside its parent.

    Parameters
    ----------
    parent
        The name of the model that it was made from.
    texts
        How many texts it learned from, with those held out.
    held_out
        How many of these it was not trained on.
    cosine
        The mean cosine of its vectors of those with the parent's.
    same
        The share of those that it gives the parent's labels; None without a classifier.
    rate, parent_rate
        Texts a second, measured when it was made.
    seed
        Of what was held out and shuffled.
    path
        Where it lies.
    """

    parent: str
    texts: int
    held_out: int
    cosine: float
    same: float | None
    rate: float
    parent_rate: float
    seed: int
    path: Path


@dataclass(frozen=True)
class Part:
    """Some of the items of a sealed test by themselves.

    Parameters
    ----------
    name
        ``"seen"``: queries of which a document was learned from; ``"unseen"``: all others.
    items
        How many there are.
    changes
        Of every metric.
    """

    name: str
    items: int
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Stage:
    """One stage of a run that has several.

    Parameters
    ----------
    name
        What it leaves.
    rows
        How many rows it learned from, or made.
    seconds
        Wall time.
    """

    name: str
    rows: int
    seconds: float


@dataclass(frozen=True)
class Compared:
    """What else was compared on the sealed test, beside base and choice.

    Parameters
    ----------
    title
        What stands beside what.
    note
        What that is good for, in a few words.
    change
        From the one to the other.
    """

    title: str
    note: str
    change: Change


@dataclass(frozen=True)
class PairFindings:
    """What a fit on pairs found beside its verdict.

    Parameters
    ----------
    recipe
        The name of the recipe that the ladder trains with.
    why
        Why this one, in two sentences.
    judged_by
        What the sealed test is: the kind of its rows and where they come from.
    chosen_by
        The metric on validation that decided between the rungs; the sealed test's own where empty.
    corpus_type
        ``"open"`` or ``"closed"`` where documents are searched, else empty.
    parts
        The sealed test told apart by what was learned from, where documents are searched.
    shares
        For each rung that trains weights, how much of the training was kept.
    unguarded
        The change that the last training alone would have made, not mixed with the base and
        whatever validation said of it; None where no weights were trained.
    forgetting
        The change on general sentence pairs that have nothing to do with the data.
    label_free
        Alignment and uniformity of the test's texts, where no one has judged them.
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
    def unjudged(self) -> bool:
        """Whether the sealed test is made of parts of raw documents, and so proves nothing."""
        return bool(self.label_free)


@dataclass(frozen=True)
class Summary:
    """All that a fit found, without the texts."""

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

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class FitResult:
    """The end of a fit: what was found, and where the model lies."""

    summary: Summary
    evidence: Evidence
    path: Path

    @property
    def verdict(self) -> Verdict:
        """What the sealed test proved."""
        return self.summary.verdict

    @property
    def report(self) -> Path:
        """The report's file."""
        return self.path / "report.html"
