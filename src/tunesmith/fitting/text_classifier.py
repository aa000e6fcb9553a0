"""A fit as a scikit-learn classifier, for cross-validation, grid search and pipelines."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from tunesmith.encoders.inputs import as_texts
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.errors import UsageError
from tunesmith.fitting.fit import fit
from tunesmith.fitting.settings import AUTO
from tunesmith.models.model import load

if TYPE_CHECKING:
    from tunesmith.recipes.adaptation import Adaptation
    from tunesmith.recipes.training.recipe import Recipe


class TextClassifier(ClassifierMixin, BaseEstimator):
    """A text classifier whose ``fit`` is :func:`tunesmith.fit`.

    Every fit holds out its own validation and test rows, so an outer cross-validation measures the
    whole procedure.

    Parameters
    ----------
    base
        Base model: a sentence-transformers name or folder.
    budget
        Time budget of a fit: ``"90s"``, ``"5m"``, or seconds; None for no limit.
    recipe
        A name in :data:`tunesmith.recipes.RECIPES`, or a recipe with its own settings.
    seed
        Random seed for splitting, training and resampling.
    output
        Output folder for the model; by default a temporary folder, deleted with the estimator.
    overwrite
        Whether a model in the output folder may be replaced, as by a second ``fit``.

    Attributes
    ----------
    classes_
        The labels in sorted order, shape (labels,); for a matrix of labels, the column numbers.
    model_
        The fitted :class:`~tunesmith.models.Model`.
    result_
        The :class:`~tunesmith.results.FitResult`: verdict, summary and report.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.read_csv("examples/tickets.csv")
    >>> frame = frame[frame["intent"].isin(["login_problem", "charged_twice"])]
    >>> classifier = TextClassifier(budget="1s").fit(frame["text"], frame["intent"])
    >>> classifier.predict(["You charged my card twice!", "I cannot log in."]).tolist()
    ['charged_twice', 'login_problem']
    """

    def __init__(
        self,
        *,
        base: str | Path = DEFAULT_BASE,
        budget: str | float | None = "5m",
        recipe: "str | Recipe | Adaptation" = AUTO,
        seed: int = 0,
        output: str | Path | None = None,
        overwrite: bool = False,
    ) -> None:
        self.base = base
        self.budget = budget
        self.recipe = recipe
        self.seed = seed
        self.output = output
        self.overwrite = overwrite

    def fit(self, X: Any, y: Any) -> Self:
        """Fine-tune the base on labelled texts.

        Parameters
        ----------
        X
            The texts, shape (n,), or a table with one column.
        y
            One label per text, shape (n,); or 1, 0 and NaN for unknown, shape (n, labels).

        Raises
        ------
        DataError
            There are too few rows, or a text is missing.
        """
        texts, labels = as_texts(X), np.asarray(y)
        folder = None if self.output is not None else TemporaryDirectory(prefix="tunesmith-")
        output = self.output if folder is None else Path(folder.name) / "model"
        self.result_ = fit(
            texts,
            labels if labels.ndim > 1 else labels.astype(str),
            base=self.base,
            budget=self.budget,
            recipe=self.recipe,
            seed=self.seed,
            output=output,
            overwrite=self.overwrite,
        )
        self._folder, self.model_ = folder, load(self.result_.path)
        self.classes_ = np.arange(labels.shape[1]) if labels.ndim > 1 else np.unique(labels)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the label of each text, shape (n,); 1 or 0 for each label, shape (n, labels)."""
        check_is_fitted(self)
        if self.model_.require_classifier().multilabel:
            return self.model_.predict(as_texts(X))[:, self._order]
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def predict_proba(self, X: Any) -> NDArray[np.float32]:
        """Return the probability of each label in the order of ``classes_``, shape (n, labels)."""
        check_is_fitted(self)
        return self.model_.predict_proba(as_texts(X))[:, self._order]

    @property
    def _order(self) -> list[int]:
        """The column of the model for each of ``classes_``: as texts, "10" sorts before "2"."""
        return [self.model_.labels.index(str(label)) for label in self.classes_]

    def __getstate__(self) -> dict[str, Any]:
        """Refuse to pickle a fitted estimator whose folder would be deleted."""
        if getattr(self, "_folder", None) is not None:
            raise UsageError(
                "the fitted model is in a temporary folder",
                hint="give `output` to keep it",
                option="output",
            )
        return dict(super().__getstate__())

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.classifier_tags.multi_label = True
        return tags
