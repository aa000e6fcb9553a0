"""``advise``: recipes and costs for a data file, and the expected gain from more labels."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from markupsafe import Markup

from tunesmith.advice.learning_curve import LearningCurve, learning_curve, work
from tunesmith.advice.tables import candidates_html, curve_html, recipes_html
from tunesmith.data.splits.near_duplicates import groups
from tunesmith.datasets.inspection import Inspection, inspect
from tunesmith.datasets.training_data import DataOptions, TrainingData, usable
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.encoders.model_files.locate import locate
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DataError
from tunesmith.events import OnEvent, ignore
from tunesmith.fitting.budget import parse_duration
from tunesmith.fitting.settings import Settings, check_settings
from tunesmith.kinds import Examples, Kind, Labelled, Multilabel
from tunesmith.progress import progress_bar
from tunesmith.recipes.choose import choose_recipe
from tunesmith.results.notebook import paragraphs
from tunesmith.results.summary import Rung
from tunesmith.watching import watching
from tunesmith.wording import plural

if TYPE_CHECKING:
    from tunesmith.advice.costs import RecipeCost
    from tunesmith.advice.plans import Plans

MOST_CURVE_ROWS: Final = 20_000
"""Largest number of rows used for a learning curve; for larger files, a sample is used."""

_BUDGETS = ("30s", "1m", "2m", "5m", "10m", "20m", "30m", "1h", "2h", "4h", "8h")
_SLACK = 1.3
_NO_LABELS_ADVICE = (
    "A learning curve needs labels. To see what more rows would bring, fit on half of the rows "
    "and then on all of them, with the same `test` file."
)
_UNLABELLED_ADVICE = (
    "A learning curve needs labels: label a few hundred texts and run advise again."
)


@dataclass(frozen=True, eq=False, repr=False)
class Advice:
    """Advice on a data file.

    Parameters
    ----------
    inspection
        Format of the file and findings of its checks.
    rows
        Number of usable rows.
    sentences
        Properties of the data, and the recipe that follows from them.
    recipe
        Recipe that ``fit`` would use.
    rungs
        Candidates that ``fit`` would try, with estimated times; empty if it cannot start.
    obstacle
        Reason why ``fit`` cannot start; empty if it can.
    recipes
        Recipes that can train on the data, with estimated times.
    curve
        Learning curve, with a forecast for twice the data; None without labels.
    why_no_curve
        Reason why there is no learning curve; empty if there is one.
    budget
        Time budget sufficient for all candidates, such as ``"2m"``; empty without candidates.
    folds
        Number of folds in which a fit tests every row; 0 for a single held-out test set.
    seed
        Random seed for the splits.

    Examples
    --------
    >>> import pandas as pd
    >>> advice = advise(pd.read_csv("examples/tickets.csv", nrows=90))
    >>> advice.recipe, advice.rows
    ('contrastive', 90)
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

    def __repr__(self) -> str:
        """Return the file's name, the recipe and the budget, without any text of the data."""
        facts = [self.recipe, plural(self.rows, "row")]
        facts += [f"budget {self.budget}"] if self.budget else []
        return f"Advice({self.inspection.name}: {', '.join(fact for fact in facts if fact)})"

    def to_dict(self) -> dict[str, Any]:
        """Return everything except the texts as plain values."""
        return {
            "file": self.inspection.name,
            "kind": self.inspection.detected.kind,
            "rows": self.rows,
            "findings": [asdict(finding) for finding in self.inspection.findings],
            "sentences": self.sentences,
            "recipe": self.recipe or None,
            "rungs": [
                {"name": rung.name, "title": rung.title, "seconds": rung.estimate}
                for rung in self.rungs
            ],
            "obstacle": self.obstacle or None,
            "recipes": [asdict(each) for each in self.recipes],
            "curve": None if self.curve is None else self.curve.to_dict(),
            "why_no_curve": self.why_no_curve or None,
            "budget": self.budget or None,
            "folds": self.folds,
            "seed": self.seed,
        }

    def _repr_html_(self) -> str:
        head = Markup("<p><b>{}</b></p>").format(repr(self)) + paragraphs(self.sentences)
        no_fit = paragraphs([f"Cannot fit: {self.obstacle}."])
        plan = candidates_html(self.rungs) if self.rungs else no_fit
        recipes = recipes_html(self.recipes) if self.recipes else Markup()
        curve = paragraphs([self.why_no_curve]) if self.curve is None else curve_html(self.curve)
        return str(head + plan + recipes + curve)


def advise(
    source: object,
    *,
    kind: Kind | str | None = None,
    columns: Mapping[str, str] | None = None,
    base: str | Path = DEFAULT_BASE,
    seed: int = 0,
    skip_invalid: bool = False,
    strict: bool = False,
    on_event: OnEvent = ignore,
) -> Advice:
    """Recommend a recipe, estimate costs on this machine, and forecast the gain from more labels.

    This trains only probes on embeddings, which stay in the cache for the fit.

    Parameters
    ----------
    source, kind, columns, base
        As for :func:`~tunesmith.inspect`.
    seed
        Random seed for splitting; the same seed gives the same curve.
    skip_invalid
        Skip invalid rows instead of raising an error.
    strict
        Raise an error for rows without a text or label, and for classes with a single text.
    on_event
        Function that receives the result of the inspection, notes and progress
        (:mod:`tunesmith.events`).

    Returns
    -------
    Advice
        Usable recipes with estimated times, the learning curve, and the advised budget.

    Raises
    ------
    UsageError
        A parameter is invalid, or the kind or columns do not fit the data.
    DataError
        The data cannot be used; raised before any model is loaded.
    ModelError
        The base model cannot be found or loaded.

    Examples
    --------
    >>> advice = advise("examples/pairs.csv")
    >>> [rung.name for rung in advice.rungs]
    ['base', 'map', 'top', 'whole']
    """
    settings = check_settings(Settings(str(base), budget=1.0, seed=seed))
    inspection = inspect(source, kind=kind, columns=columns, base=base, strict=strict)
    on_event(inspection.event)
    examples = usable(inspection, DataOptions(kind, columns, skip_invalid, strict), on_event)
    with watching(on_event):
        plans = _plans(inspection, examples, settings)
        curve, why_no_curve = _curve(examples, settings)
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
        budget=budget_for(plans.rungs),
        folds=plans.folds,
        seed=seed,
    )


def _plans(inspection: Inspection, examples: Examples, settings: Settings) -> "Plans":
    """Return the plan of a fit, or the reason why it cannot start."""
    from tunesmith.advice import plans  # noqa: PLC0415 - it loads torch

    make = plans.label_plans if isinstance(examples, Labelled | Multilabel) else plans.pair_plans
    data = TrainingData(inspection, examples, None, None, None, (), inspection.loaded.digest)
    try:
        return make(data, settings)
    except DataError as error:
        return plans.Plans((), (), str(error).removesuffix("."))


def _curve(examples: Examples, settings: Settings) -> tuple[LearningCurve | None, str]:
    """Return the learning curve, or the reason why there is none."""
    if not isinstance(examples, Labelled | Multilabel):
        return None, _UNLABELLED_ADVICE if examples.kind is Kind.TEXTS else _NO_LABELS_ADVICE
    try:
        return _measure_curve(examples, settings), ""
    except DataError as error:
        return None, str(error)


def _measure_curve(examples: Labelled | Multilabel, settings: Settings) -> LearningCurve:
    sample = _sample_rows(examples, settings.seed)
    texts, steps = sample.texts(), work(len(sample))
    vectors = SentenceEncoder(str(locate(settings.base)), verbose=True).encode(texts)
    with progress_bar("Learning curve", steps) as advance:
        return learning_curve(
            vectors,
            sample,
            groups(texts),
            rows=len(examples),
            seed=settings.seed,
            progress=advance,
        )


def _sample_rows(examples: Labelled | Multilabel, seed: int) -> Labelled | Multilabel:
    if len(examples) <= MOST_CURVE_ROWS:
        return examples
    generator = np.random.default_rng(seed)
    chosen = generator.choice(len(examples), MOST_CURVE_ROWS, replace=False)
    return examples.take(np.sort(chosen))


def budget_for(rungs: tuple[Rung, ...]) -> str:
    """Return the shortest common budget that suffices for all rungs; empty without rungs.

    Parameters
    ----------
    rungs
        Rungs with their estimated times.

    Examples
    --------
    >>> from tunesmith.results import RungStatus
    >>> rungs = (Rung("base", "Base", RungStatus.SKIPPED, 4.0), Rung("top", "Top", "skipped", 60.0))
    >>> budget_for(rungs), budget_for(())
    ('2m', '')
    """
    if not rungs:
        return ""
    needed = _SLACK * sum(rung.estimate for rung in rungs)
    usual = (each for each in _BUDGETS if parse_duration(each) >= needed)
    return next(usual, f"{math.ceil(needed / 3600)}h")
