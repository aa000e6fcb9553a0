"""What every model can do: classify, compare and search texts, as scikit-learn expects it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, overload

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.inputs import as_texts, encode_known, texts_or_none
from tunesmith.errors import UsageError
from tunesmith.models.familiar import FamiliarTexts
from tunesmith.models.table_texts import trained_texts
from tunesmith.vectors.linear_classifier import LinearClassifier
from tunesmith.vectors.similarity import Hits, cosine_similarity, search

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Prediction:
    """The predicted labels of one text.

    Parameters
    ----------
    labels
        The predicted labels, most probable first: one, or any number for multi-label models; none
        if the model abstained.
    probabilities
        The probability of each label, in the model's order.
    abstained
        Whether the highest probability is below the minimum.
    familiar
        Whether the text resembles the training texts; None if the model cannot tell.

    Examples
    --------
    >>> prediction = Prediction(("card",), {"card": 0.9, "order": 0.1})
    >>> prediction.label, prediction.probability
    ('card', 0.9)
    """

    labels: tuple[str, ...]
    probabilities: Mapping[str, float]
    abstained: bool = False
    familiar: bool | None = None

    @property
    def label(self) -> str | None:
        """The most probable label; None if the model abstained."""
        if self.abstained:
            return None
        return max(self.probabilities, key=lambda name: self.probabilities[name])

    @property
    def ranked(self) -> tuple[tuple[str, float], ...]:
        """Each label with its probability, most probable first."""
        return tuple(sorted(self.probabilities.items(), key=lambda each: -each[1]))

    @property
    def probability(self) -> float:
        """The probability of the most probable label."""
        return max(self.probabilities.values())

    def __repr__(self) -> str:
        """Return the predicted labels, the highest probability and a mark for unfamiliar texts."""
        labels = "abstained" if self.abstained else ", ".join(self.labels) or "no label"
        mark = ", familiar=False" if self.familiar is False else ""
        return f"Prediction({labels!r}, {self.probability:.3f}{mark})"


def predictions(
    classifier: LinearClassifier,
    probabilities: NDArray[np.floating],
    min_probability: float = 0.0,
    familiar: NDArray[np.bool_] | None = None,
) -> list[Prediction | None]:
    """Return the predicted labels of each row; None for a row of NaN, which is a missing text.

    A row whose highest probability is below the minimum abstains. ``familiar`` is whether the text
    of each row resembles the training texts.

    Examples
    --------
    >>> classifier = LinearClassifier(np.eye(2, dtype="f4"), np.zeros(2, "f4"), ("card", "order"))
    >>> predictions(classifier, np.array([[0.9, 0.1], [np.nan, np.nan]]))
    [Prediction('card', 0.900), None]
    """
    chosen, unsure = classifier.given(probabilities), abstains(probabilities, min_probability)
    known = [None] * len(chosen) if familiar is None else familiar.tolist()
    return [
        None if np.isnan(row[0]) else _prediction(classifier.labels, row, given, *flags)
        for row, given, *flags in zip(probabilities, chosen, unsure.tolist(), known, strict=True)
    ]


def _prediction(
    labels: Sequence[str],
    probabilities: NDArray[np.floating],
    predicted: NDArray[np.bool_],
    abstained: bool,
    familiar: bool | None,
) -> Prediction:
    order = np.argsort(-probabilities, kind="stable")
    given = () if abstained else tuple(labels[index] for index in order if predicted[index])
    by_label = dict(zip(labels, probabilities.tolist(), strict=True))
    return Prediction(given, by_label, abstained, familiar)


class Predictor(ABC):
    """Vectors and, with a classifier, labels of texts.

    Texts are a list, tuple, NumPy array, pandas or polars Series, or Arrow column; or a table,
    which is read by the columns that the model was trained on. A missing text (None, NaN, NA) gives
    a missing result. The methods ``predict``, ``predict_proba``, ``decision_function``, ``score``
    and ``classes_`` are those of a fitted scikit-learn classifier.
    """

    classifier: LinearClassifier | None
    familiar_texts: FamiliarTexts | None
    metadata: Mapping[str, Any]

    @property
    @abstractmethod
    def id(self) -> str:
        """The model's id or name."""

    @abstractmethod
    def _vectors(self, texts: list[str], prompt: str | None) -> NDArray[np.float32]:
        """Return the vectors of texts, none of them missing."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the classifier, in its order; empty without a classifier."""
        return self.classifier.labels if self.classifier else ()

    @property
    def tells_familiar(self) -> bool:
        """Whether predictions say if a text resembles the training texts."""
        return self.familiar_texts is not None

    @property
    def classes_(self) -> NDArray[np.str_]:
        """The labels as a NumPy array, shape (labels,)."""
        if self.classifier is None:  # so that hasattr(model, "classes_") is False
            raise AttributeError(f"model {self.id} has no classifier")
        return np.array(self.classifier.labels)

    def encode(self, texts: Any, *, prompt: str | None = None) -> NDArray[np.float32]:
        """Return the L2-normalised vectors of texts, float32, shape (n, d).

        Parameters
        ----------
        texts
            The texts; a missing one gets a vector of NaN.
        prompt
            Name of a prompt (``"query"`` and ``"document"`` always work) or the prompt itself.

        Raises
        ------
        UsageError
            A table lacks a column that the model was trained on.
        DataError
            A value is not a text.
        """
        known_or_none = texts_or_none(trained_texts(texts, self.metadata))
        return encode_known(known_or_none, lambda known: self._vectors(known, prompt))

    @overload
    def classify(
        self, texts: Sequence[str], *, min_probability: float = 0.0
    ) -> list[Prediction]: ...

    @overload
    def classify(self, texts: Any, *, min_probability: float = 0.0) -> list[Prediction | None]: ...

    def classify(self, texts: Any, *, min_probability: float = 0.0) -> Any:
        """Predict the labels of each text, with their probabilities; None for a missing text.

        Parameters
        ----------
        texts
            The texts.
        min_probability
            Minimum probability, 0 to 1. The model abstains (``label`` is None) if the most
            probable label is less probable.

        Raises
        ------
        UsageError
            The model has no classifier, or the minimum is not between 0 and 1.
        DataError
            A value is not a text.
        """
        check_min_probability(min_probability)
        classifier, vectors = self.require_classifier(), self.encode(texts)
        familiar = None if self.familiar_texts is None else self.familiar_texts.include(vectors)
        return predictions(classifier, classifier.probabilities(vectors), min_probability, familiar)

    def classify_frame(self, texts: Any, *, min_probability: float = 0.0) -> "pd.DataFrame":
        """Predict the labels of each text as a table with the index of the given column.

        Parameters
        ----------
        texts
            A pandas Series or table, whose index is kept, or any other collection of texts.
        min_probability
            Minimum probability, 0 to 1. If the most probable label is less probable, the label is
            missing.

        Returns
        -------
        A pandas table with the columns ``label`` (several are joined by ``"; "``),
        ``probability`` (of the most probable label) and, if the model can tell, ``familiar``
        (whether the text resembles the training texts); all are missing for a missing text.

        Raises
        ------
        UsageError
            The model has no classifier, or the minimum is not between 0 and 1.
        """
        import pandas as pd

        found = self.classify(texts, min_probability=min_probability)
        rows: dict[str, Any] = {
            "label": [
                None if each is None or each.abstained else "; ".join(each.labels) for each in found
            ],
            "probability": [np.nan if each is None else each.probability for each in found],
        }
        if self.familiar_texts is not None:
            familiar = [None if each is None else each.familiar for each in found]
            rows["familiar"] = pd.array(familiar, dtype="boolean")
        has_index = isinstance(texts, pd.Series | pd.DataFrame)
        return pd.DataFrame(rows, index=texts.index if has_index else None)

    def fit(self, X: Any, y: Any = None) -> NoReturn:  # noqa: ARG002 - scikit-learn's
        """Raise an error: a loaded model is not fitted again.

        scikit-learn takes only objects with this method for estimators.

        Raises
        ------
        UsageError
            Always.
        """
        raise UsageError(
            f"model {self.id} is fitted already",
            hint="freeze it (FrozenEstimator), or use tunesmith.TextClassifier",
        )

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the label of each text, shape (n,); None for a missing text.

        For multi-label models the result is 1 or 0 for each label, shape (n, labels); NaN for a
        missing text.

        Raises
        ------
        UsageError
            The model has no classifier.
        """
        classifier, probabilities = self._classified(X)
        missing = np.isnan(probabilities[:, 0])
        if classifier.multilabel:
            given = classifier.given(probabilities)
            return _with_gaps(given.astype(int), missing, np.nan)
        labels = np.array(classifier.labels)[np.nan_to_num(probabilities).argmax(axis=1)]
        return _with_gaps(labels, missing, None)

    def predict_proba(self, X: Any) -> NDArray[np.float32]:
        """Return the probability of each label in the order of ``classes_``, shape (n, labels).

        A missing text gets NaN.

        Raises
        ------
        UsageError
            The model has no classifier.
        """
        return self._classified(X)[1]

    def decision_function(self, X: Any) -> NDArray[np.float32]:
        """Return the logits, shape (n, labels); for two classes those of the second, shape (n,).

        Raises
        ------
        UsageError
            The model has no classifier.
        """
        classifier = self.require_classifier()
        logits = classifier.logits(self.encode(X))
        binary = len(classifier.labels) == 2 and not classifier.multilabel
        return np.asarray(logits[:, 1] - logits[:, 0] if binary else logits, dtype=np.float32)

    def score(self, X: Any, y: Any) -> float:
        """Return the accuracy on texts with known labels.

        For multi-label models a text counts only if every label is correct.

        Raises
        ------
        UsageError
            The model has no classifier, or there are not as many labels as texts.
        """
        predicted, given = self.predict(X), np.asarray(y)
        if len(predicted) != len(given):
            raise UsageError(f"there are {len(predicted)} texts but {len(given)} labels")
        if self.require_classifier().multilabel:
            return float((predicted == given).all(axis=1).mean())
        return float((predicted.astype(str) == given.astype(str)).mean())

    def similarity(self, texts: Any, others: Any = None) -> NDArray[np.float32]:
        """Return the cosine similarities of all pairs of texts, shape (n, m).

        Raises
        ------
        DataError
            A text is missing.
        """
        vectors = self._vectors(as_texts(texts), None)
        return cosine_similarity(
            vectors, vectors if others is None else self._vectors(as_texts(others), None)
        )

    def search(self, queries: Any, corpus: Any, *, k: int = 10) -> Hits:
        """Return the k most similar texts of the corpus for each query.

        Queries and corpus get the model's prompts for queries and documents, as in ``tunesmith
        search``.

        Raises
        ------
        DataError
            A text is missing.
        """
        found = self._vectors(as_texts(queries), "query")
        return search(found, self._vectors(as_texts(corpus), "document"), k=k)

    def require_classifier(self) -> LinearClassifier:
        """Return the classifier on the vectors.

        Raises
        ------
        UsageError
            The model has no classifier.
        """
        if self.classifier is None:
            raise UsageError(
                f"model {self.id} has no classifier", hint="use a model fitted on labelled text"
            )
        return self.classifier

    def _classified(self, texts: Any) -> tuple[LinearClassifier, NDArray[np.float32]]:
        classifier = self.require_classifier()
        return classifier, classifier.probabilities(self.encode(texts))

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(multi_label=bool(self.classifier and self.labels)),
            input_tags=InputTags(string=True, two_d_array=False, allow_nan=True),
        )


def check_min_probability(minimum: float) -> None:
    """Raise a UsageError if a minimum probability is not between 0 and 1."""
    if not 0 <= minimum <= 1:
        raise UsageError(
            f"the minimum probability {minimum} is not between 0 and 1",
            hint="use a value such as 0.8 in `min_probability`",
            option="min_probability",
        )


def abstains(probabilities: NDArray[np.floating], minimum: float) -> NDArray[np.bool_]:
    """Return where the highest probability is below the minimum, shape (n,)."""
    return np.asarray(probabilities.max(axis=1) < minimum)


def _with_gaps(values: NDArray[Any], missing: NDArray[np.bool_], gap: float | None) -> NDArray[Any]:
    if not missing.any():
        return values
    filled = values.astype(float if gap is not None else object)
    filled[missing] = gap
    return filled
