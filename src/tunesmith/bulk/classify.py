"""Classify a file of texts, batch by batch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from tunesmith.bulk.source import Source, measured
from tunesmith.models.model import Model
from tunesmith.models.predictor import Prediction


@dataclass(frozen=True)
class LabelledText:
    """A text, its row number, and the model's prediction; None if the text is missing."""

    row: int
    text: str
    prediction: Prediction | None

    def top(self, k: int) -> list[tuple[str, float]]:
        """Return the k most probable labels with their probabilities."""
        if self.prediction is None:
            return []
        every = self.prediction.probabilities.items()
        return sorted(every, key=lambda item: -item[1])[:k]


def classify_texts(
    model: Model, source: Source, column: str | None = None
) -> Iterator[list[LabelledText]]:
    """Yield batches of texts with their predicted labels.

    Parameters
    ----------
    model
        A fitted model with a classifier.
    source
        The texts, a file or standard input.
    column
        The file's column with the texts; detected if None.

    Raises
    ------
    DataError
        The file cannot be read or holds no texts.
    """
    stream = measured(source.batches(column))
    model = replace(model, cache=stream.short)
    first = 1
    for batch in stream.batches:
        items = zip(count(first), batch, model.classify(batch), strict=False)
        yield [LabelledText(*item) for item in items]
        first += len(batch)


def flat_columns(batch: Sequence[LabelledText], top: int) -> dict[str, list[Any]]:
    """Return a batch as columns of plain values, with the ``top`` most probable labels."""
    found = [item.prediction for item in batch]
    columns: dict[str, list[Any]] = {
        "row": [item.row for item in batch],
        "text": [item.text for item in batch],
        "label": [None if one is None else "; ".join(one.labels) for one in found],
        "probability": [None if one is None else one.probability for one in found],
    }
    if top > 1:
        ranked = [item.top(top) for item in batch]
        for rank in range(min(map(len, ranked))):
            columns[f"top_{rank + 1}"] = [labels[rank][0] for labels in ranked]
            columns[f"probability_{rank + 1}"] = [labels[rank][1] for labels in ranked]
    return columns
