"""``fit``: from a file, a table or two sequences to a tested model, with the usual settings."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tunesmith.datasets.labelled_input import dataset_of
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.errors import UsageError
from tunesmith.events import OnEvent
from tunesmith.fitting.budget import parse_budget
from tunesmith.fitting.notebook import default_events
from tunesmith.fitting.run import fit_dataset
from tunesmith.fitting.settings import AUTO, FEWEST_FOLDS, OFF, Settings
from tunesmith.recipes.adaptation import Adaptation
from tunesmith.results.fit_result import FitResult
from tunesmith.stop import Stop

if TYPE_CHECKING:
    from tunesmith.recipes.training.recipe import Recipe


def fit(  # noqa: PLR0913 - the settings that most fits need
    source: object,
    label: Any = None,
    text: str | Sequence[str] | None = None,
    *,
    base: str | Path = DEFAULT_BASE,
    budget: str | float | Stop | None = "5m",
    for_: Literal["classify", "search"] = "classify",
    recipe: "str | Recipe | Adaptation" = AUTO,
    test: object | int | Literal["off"] | None = None,
    seed: int = 0,
    output: str | Path | None = None,
    overwrite: bool = False,
    on_event: OnEvent | None = None,
) -> FitResult:
    """Fine-tune an embedding model on a data set and test whether it beats the base.

    Labelled text also gets a classifier. Rarer settings (validation data, int8, a closed corpus)
    are those of :func:`tunesmith.fitting.fit_dataset`; other kinds and columns are given to
    :func:`tunesmith.read`.

    Parameters
    ----------
    source
        A file (CSV, TSV, JSON, JSONL, Parquet, or gzip of them), a pandas or Arrow table, a
        Hugging Face dataset or its name, or a :class:`~tunesmith.datasets.Dataset`; or n texts, if
        ``label`` has their labels.
    label
        The column with the labels; or one label for each text, shape (n,), or 1, 0 and NaN for
        unknown, shape (n, labels). None detects the column.
    text
        The column with the texts, or several columns, whose texts are joined by a line break. None
        detects the column.
    base
        Base model: a sentence-transformers name or folder.
    budget
        Time budget for the ladder: ``"90s"``, ``"5m"``, ``"1h"``, or seconds; None for no limit. Or
        a token that ends the fit early, with its own time limit or none:
        :meth:`~tunesmith.stop.Stop.set` ends the search and tests the best of the finished
        candidates, :meth:`~tunesmith.stop.Stop.cancel` ends the fit.
    for_
        Metric to optimise: ``"classify"`` (accuracy of a classifier; macro F1 for multi-label
        data) or ``"search"`` (accuracy of the five nearest neighbours).
    recipe
        A name in :data:`tunesmith.recipes.RECIPES`, or a recipe with its own settings, such as
        ``PairedRecipe("cosent", epochs=4)``. ``"auto"`` chooses by the data and explains why.
        ``"adapt"``, or an :class:`~tunesmith.recipes.Adaptation`, adapts the base to the domain
        first.
    test
        Separate test data, which is never trained on; or the number of folds, or ``"off"`` for a
        single held-out fifth of the rows. None decides by the data: with few rows, each is
        predicted by models that were not trained on it.
    seed
        Random seed for splitting, training and resampling.
    output
        Output folder for the model; by default a folder in the model store, named after the file
        and everything that determines the result.
    overwrite
        Whether a model in the output folder may be replaced.
    on_event
        Function that receives each event of the fit (:mod:`tunesmith.events`) as it happens. None
        draws progress bars in a notebook, and does nothing elsewhere.

    Returns
    -------
    The verdict, the summary and evidence behind it, and the model folder.

    Raises
    ------
    DataError
        The data cannot be used; raised before any model is loaded.
    UsageError
        Arguments are invalid or contradict each other.
    OutputError
        The model cannot be written, or the output folder holds a model already.
    Cancelled
        The token was cancelled, or set before there was anything to test. The same call resumes
        the fit.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.read_csv("examples/tickets.csv")
    >>> frame = frame[frame["intent"].isin(["login_problem", "charged_twice"])]
    >>> result = fit(frame, text="text", label="intent", test=2, budget="1s")
    >>> result.summary.rows, result.summary.folds, result.report.name
    (58, 2, 'report.html')
    >>> fit("examples/tickets.csv").verdict.outcome    # minutes  # doctest: +SKIP
    <Outcome.BETTER: 'better'>
    """
    folding = isinstance(test, int) or (isinstance(test, str) and test == OFF)
    if isinstance(test, int) and test < FEWEST_FOLDS:
        raise UsageError(f"the number of folds must be 2 or more, not {test}", option="test")
    stop = budget if isinstance(budget, Stop) else None
    settings = Settings(
        base=str(base),
        budget=budget.left if isinstance(budget, Stop) else parse_budget(budget),
        goal=for_,
        seed=seed,
        cross_validate=test if folding else AUTO,  # type: ignore[arg-type]  # an integer or a word
        recipe=recipe,
    )
    return fit_dataset(
        dataset_of(source, label, text),
        settings,
        test=None if folding else test,
        output=output,
        overwrite=overwrite,
        on_event=on_event or default_events(),
        stop=stop,
    )
