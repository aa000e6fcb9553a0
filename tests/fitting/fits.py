"""Fits with every setting by name, without time limit and folds unless they are given."""

from pathlib import Path
from typing import Any

import tunesmith
from tunesmith.fitting import Settings, fit_dataset
from tunesmith.fitting.budget import parse_budget
from tunesmith.recipes import Adaptation, ContrastiveRecipe
from tunesmith.results.fit_result import FitResult

READING = {"kind", "columns", "skip_invalid", "strict"}
RUNNING = {"test", "validation", "output", "overwrite", "on_event", "stop"}
# One layer and one epoch, for tests of labelled text whose promise does not depend on scores.
BRIEF = ContrastiveRecipe(train_layers=1, epochs=1)
# So little that only the base is tried, however fast the machine.
BASE_ONLY = "0.001s"


def fit(source: object, base: str | Path, **options: Any) -> FitResult:
    """Fit a source: options are those of ``read``, of the settings and of ``fit_dataset``."""
    reading = {name: options.pop(name) for name in READING & options.keys()}
    running = {name: options.pop(name) for name in RUNNING & options.keys()}
    if options.get("recipe") == "adapt":
        options["recipe"] = Adaptation(options.pop("domain", None), options.pop("first", "auto"))
    budget = parse_budget(options.pop("budget", None))
    options.setdefault("cross_validate", "off")
    settings = Settings(base=str(base), budget=budget, **options)
    return fit_dataset(tunesmith.read(source, **reading), settings, **running)
