"""Predicted labels as columns of a file, and those of a model that is not on this machine."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tunesmith.bulk.columns import trained_columns
from tunesmith.bulk.job import Columns, Job, Texts, with_gaps
from tunesmith.data.tokens import Characters
from tunesmith.models.predictor import Prediction
from tunesmith.progress import Advance

ROLES = ("text", "anchor", "query", "premise", "text1", "positive")


class Labelling(Protocol):
    """What is known of a model that predicts labels."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the model's order."""
        ...

    @property
    def tells_familiar(self) -> bool:
        """Whether predictions say if a text resembles the training texts."""
        ...


class FilePredictor(Labelling, Protocol):
    """Predicts the labels of a file's texts."""

    @property
    def digest(self) -> str:
        """A text that changes when the predictions change."""
        ...

    @property
    def columns(self) -> Mapping[str, Any]:
        """The columns that it was trained on, by role."""
        ...

    def classify(self, texts: Sequence[str], *, min_probability: float = 0.0) -> list[Prediction]:
        """Return the predicted labels of texts."""
        ...


def prediction_job(model: FilePredictor, top: int, min_probability: float, *, nested: bool) -> Job:
    """Return the job of a predictor whose classifier is elsewhere."""

    def compute(texts: Texts, advance: Advance) -> NDArray[Any]:
        def predict(known: list[str]) -> NDArray[Any]:
            found = model.classify(known, min_probability=min_probability)
            advance(len(known))
            return _values(model, found)

        return with_gaps(texts, predict, advance)

    def columns(_: Texts, values: NDArray[Any]) -> Columns:
        found = [_prediction(model, row) for row in values]
        return (nested_columns if nested else flat_columns)(model, found, top)

    return Job(
        compute=compute,
        columns=columns,
        plan={"model": model.digest, "task": "classify", "min_probability": min_probability},
        trained=trained_columns({"columns": model.columns}, ROLES),
        tokens=Characters(),
    )


def _values(model: Labelling, found: Sequence[Prediction]) -> NDArray[np.float64]:
    """Return probabilities, predicted labels, abstention and familiarity as numbers."""
    rows = [
        [
            *(each.probabilities[label] for label in model.labels),
            *(label in each.labels for label in model.labels),
            each.abstained,
            bool(each.familiar),
        ]
        for each in found
    ]
    return np.array(rows, dtype=np.float64).reshape(len(found), 2 * len(model.labels) + 2)


def _prediction(model: Labelling, values: NDArray[np.float64]) -> Prediction | None:
    if np.isnan(values[0]):
        return None
    count = len(model.labels)
    probabilities = dict(zip(model.labels, values[:count].tolist(), strict=True))
    order = np.argsort(-values[:count], kind="stable")
    labels = tuple(model.labels[index] for index in order if values[count + index])
    familiar = bool(values[-1]) if model.tells_familiar else None
    return Prediction(labels, probabilities, bool(values[-2]), familiar)


def flat_columns(model: Labelling, found: Sequence[Prediction | None], top: int) -> Columns:
    """Return label and probability of each row, and the ``top`` most probable labels.

    If the model can tell, ``familiar`` is whether the text resembles the training texts.
    """
    columns: Columns = {
        "label": [
            None if each is None or each.abstained else "; ".join(each.labels) for each in found
        ],
        "probability": _highest(found),
        **_familiar(model, found),
    }
    if top == 1:
        return columns
    ranked = [() if each is None else each.ranked[:top] for each in found]
    for rank in range(min(top, len(model.labels))):
        columns[f"top_{rank + 1}"] = [each[rank][0] if each else None for each in ranked]
        columns[f"probability_{rank + 1}"] = [each[rank][1] if each else None for each in ranked]
    return columns


def nested_columns(model: Labelling, found: Sequence[Prediction | None], top: int) -> Columns:
    """Return the lists of predicted and of the ``top`` most probable labels of each row.

    If the model can tell, ``familiar`` is whether the text resembles the training texts.
    """
    return {
        "labels": [None if each is None or each.abstained else list(each.labels) for each in found],
        "probability": _highest(found),
        **_familiar(model, found),
        "top": [None if each is None else _as_records(each.ranked[:top]) for each in found],
    }


def _as_records(ranked: Sequence[tuple[str, float]]) -> list[dict[str, Any]]:
    return [{"label": label, "probability": probability} for label, probability in ranked]


def _highest(found: Sequence[Prediction | None]) -> list[float | None]:
    return [None if each is None else each.probability for each in found]


def _familiar(model: Labelling, found: Sequence[Prediction | None]) -> Columns:
    if not model.tells_familiar:
        return {}
    return {"familiar": [None if each is None else each.familiar for each in found]}
