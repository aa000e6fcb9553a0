"""``advise``: what a file is good for, what that would cost, and what more labels would bring."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tunesmith.advice.learning_curve import LearningCurve, learning_curve, work
from tunesmith.data.splits.near_duplicates import groups
from tunesmith.data.splits.split import folds
from tunesmith.datasets.inspection import Inspection, inspect
from tunesmith.datasets.training_data import DataOptions, TrainingData, usable
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.encoders.model_files.locate import locate
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DataError
from tunesmith.events import Events, NullEvents
from tunesmith.fitting.budget import parse_duration
from tunesmith.fitting.settings import Settings, check_settings
from tunesmith.kinds import Examples, Kind, Labelled, Multilabel
from tunesmith.progress import progress_bar
from tunesmith.recipes.choose import choose_recipe
from tunesmith.results.summary import Rung

if TYPE_CHECKING:
    from tunesmith.advice.costs import RecipeCost
    from tunesmith.advice.plans import Plans

MOST_CURVE_ROWS: Final = 20_000
"""Rows of which more are looked at only in a sample."""

FEW_ROWS: Final = 500
"""Rows of which a fifth is too small a test, so that folds are advised."""

_FOLDS = 5
_BUDGETS = ("30s", "1m", "2m", "5m", "10m", "20m", "30m", "1h", "2h", "4h", "8h")
_SLACK = 1.3
_WITHOUT_LABELS = (
    "A learning curve needs labels. What more rows would bring shows when half of them and then "
    "all are fitted and judged by the same --test file."
)
_RAW = "Raw texts have nothing to draw a curve from: label a few hundred of them, and ask again."


@dataclass(frozen=True, eq=False)
class Advice:
    """What can be done with a file.

    Parameters
    ----------
    inspection
        What it is, and what is wrong with it.
    rows
        Rows that can be used.
    sentences
        What the data is like, and which recipe follows from it.
    recipe
        The recipe that ``fit`` would take.
    rungs
        What ``fit`` would try, with the seconds of each; empty where it would not start.
    obstacle
        Why it would not; empty where it would.
    recipes
        What could learn from the data, with the seconds of each.
    curve
        What less of the data is worth, and twice as much; None without labels.
    why_no_curve
        Why there is none; empty where there is one.
    budget
        A time that all rungs fit into, such as ``"2m"``; empty without rungs.
    folds
        How many folds are advised; 0 for one sealed test.
    seed
        Of all that was drawn.
    """

    inspection: Inspection
    rows: int
    sentences: tuple[str, ...]
    recipe: str
    rungs: tuple[Rung, ...]
    obstacle: str
    recipes: "tuple[RecipeCost, ...]"
    curve: LearningCurve | None
    why_no_curve: str
    budget: str
    folds: int
    seed: int


def advise(
    source: object,
    *,
    kind: Kind | str | None = None,
    columns: Mapping[str, str] | None = None,
    base: str | Path = DEFAULT_BASE,
    seed: int = 0,
    skip_invalid: bool = False,
    events: Events | None = None,
) -> Advice:
    """Say what can be done with a file, what it would cost here, and what more labels would bring.

    Nothing is trained but probes on vectors, which stay in the cache for the fit.

    Parameters
    ----------
    source, kind, columns, base
        As for :func:`~tunesmith.inspect`.
    seed
        The same seed gives the same curve.
    skip_invalid
        Leave out rows at fault instead of stopping.
    events
        Hears what was found in the file.

    Raises
    ------
    DataError
        When the data cannot be used; before any model is loaded.

    Examples
    --------
    >>> advice = advise("examples/tickets.csv")       # doctest: +SKIP
    >>> advice.curve.doubled.score, advice.budget     # doctest: +SKIP
    """
    settings = check_settings(Settings(str(base), 1.0, "classify", seed, 0))
    events = events or NullEvents()
    inspection = inspect(source, kind=kind, columns=columns, base=base)
    events.inspected(inspection.event)
    examples = usable(inspection, DataOptions(kind, columns, skip_invalid), events)
    plans = _plans(inspection, examples, settings)
    curve, why_no_curve = _curve(examples, settings)
    folded = _FOLDS if plans.rungs and _to_be_folded(examples) else 0
    choice = choose_recipe(examples)
    return Advice(
        inspection=inspection,
        rows=len(examples),
        sentences=choice.sentences,
        recipe=choice.name,
        rungs=plans.rungs,
        obstacle=plans.obstacle,
        recipes=plans.recipes,
        curve=curve,
        why_no_curve=why_no_curve,
        budget=budget_for(plans.rungs, folded),
        folds=folded,
        seed=seed,
    )


def _plans(inspection: Inspection, examples: Examples, settings: Settings) -> "Plans":
    """Plan a fit as it would be planned, and say why where it cannot be."""
    from tunesmith.advice import plans  # noqa: PLC0415 - it loads torch

    make = plans.label_plans if isinstance(examples, Labelled | Multilabel) else plans.pair_plans
    data = TrainingData(inspection, examples, None, None, None, (), inspection.loaded.digest)
    try:
        return make(data, settings)
    except DataError as error:
        return plans.Plans((), (), str(error).removesuffix("."))


def _curve(examples: Examples, settings: Settings) -> tuple[LearningCurve | None, str]:
    """Return the curve, or why there is none."""
    if not isinstance(examples, Labelled | Multilabel):
        return None, _RAW if examples.kind is Kind.TEXTS else _WITHOUT_LABELS
    try:
        return _measured(examples, settings), ""
    except DataError as error:
        return None, str(error)


def _measured(examples: Labelled | Multilabel, settings: Settings) -> LearningCurve:
    sample = _sampled(examples, settings.seed)
    texts, answers = sample.texts(), work(len(sample))
    vectors = SentenceEncoder(str(locate(settings.base)), verbose=True).encode(texts)
    with progress_bar("Learning curve", answers) as advance:
        return learning_curve(
            vectors,
            sample,
            groups(texts),
            rows=len(examples),
            seed=settings.seed,
            progress=advance,
        )


def _sampled(examples: Labelled | Multilabel, seed: int) -> Labelled | Multilabel:
    if len(examples) <= MOST_CURVE_ROWS:
        return examples
    generator = np.random.default_rng(seed)
    chosen = generator.choice(len(examples), MOST_CURVE_ROWS, replace=False)
    return examples.take(np.sort(chosen))


def _to_be_folded(examples: Examples) -> bool:
    """Return whether a fit should test every row: there are few, and they can be folded."""
    if not isinstance(examples, Labelled | Multilabel) or len(examples) >= FEW_ROWS:
        return False
    try:
        return bool(folds(examples, _FOLDS, seed=0))
    except DataError:
        return False


def budget_for(rungs: tuple[Rung, ...], folded: int = 0) -> str:
    """Return a budget that all rungs fit into, the shortest usual one; empty without rungs.

    Parameters
    ----------
    rungs
        With their estimates.
    folded
        The number of folds, each of which is one more climb.

    Examples
    --------
    >>> from tunesmith.results import RungStatus
    >>> rungs = (Rung("base", "Base", RungStatus.SKIPPED, 4.0), Rung("top", "Top", "skipped", 60.0))
    >>> budget_for(rungs), budget_for(rungs, 5), budget_for(())
    ('2m', '10m', '')
    """
    if not rungs:
        return ""
    needed = _SLACK * sum(rung.estimate for rung in rungs) * (folded + 1)
    usual = (each for each in _BUDGETS if parse_duration(each) >= needed)
    return next(usual, f"{math.ceil(needed / 3600)}h")
