"""What a model makes of texts, next to its base: labels, similarities, nearest texts, vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fastapi.concurrency import run_in_threadpool
from numpy.typing import NDArray

from tunesmith.models.base_classifier import read_base_classifier
from tunesmith.models.predictor import Prediction, predictions
from tunesmith.server.bases import base_model
from tunesmith.server.indexes.content import IndexHit
from tunesmith.server.indexing import search_vectors
from tunesmith.server.maps import MapRequest
from tunesmith.server.neighbours import Nearest, nearest
from tunesmith.server.services import Services
from tunesmith.server.stored_model import StoredModel
from tunesmith.vectors.similarity import cosine_similarity

LABELS_SHOWN = 5
FOUND = 10


@dataclass(frozen=True, eq=False)
class Both:
    """Vectors of texts by the base, if it can be asked, and by the model; float32, shape (n, d)."""

    before: NDArray[np.float32] | None
    after: NDArray[np.float32]


@dataclass(frozen=True)
class LabelLine:
    """The probability of a label before and after; None before without a base."""

    label: str
    before: float | None
    after: float


@dataclass(frozen=True)
class ClassifiedText:
    """The labels of a text before and after, with the most probable ones."""

    text: str
    before: Prediction | None
    after: Prediction
    lines: tuple[LabelLine, ...]

    @property
    def changed(self) -> bool:
        """Whether the predicted labels differ."""
        return self.before is not None and set(self.before.labels) != set(self.after.labels)


@dataclass(frozen=True)
class ComparedTexts:
    """The cosine similarity of two texts before and after; None before without a base."""

    left: str
    right: str
    before: float | None
    after: float


@dataclass(frozen=True)
class NearestTexts:
    """A text and the texts of a data set that are nearest to it."""

    text: str
    nearest: Nearest


@dataclass(frozen=True)
class FoundTexts:
    """A query and what a search index has for it."""

    text: str
    hits: tuple[IndexHit, ...]


@dataclass(frozen=True, eq=False)
class EmbeddedText:
    """A text and its vector, float32, shape (d,).

    Examples
    --------
    >>> embedded = EmbeddedText("my card", np.array([0.6, 0.8], dtype=np.float32))
    >>> round(embedded.length, 3), embedded.numbers
    (1.0, ('0.6', '0.8'))
    """

    text: str
    vector: NDArray[np.float32]

    @property
    def length(self) -> float:
        """The Euclidean length of the vector."""
        return float(np.linalg.norm(self.vector))

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers of the vector with the digits that float32 has."""
        return tuple(f"{value:.7g}" for value in self.vector.tolist())


async def encode_both(served: Services, model: StoredModel, texts: Sequence[str]) -> Both:
    """Return the vectors of texts by the base of a model and by the model.

    Raises
    ------
    Overloaded, DamagedModel, UsageError, DataError
        As :meth:`~tunesmith.server.inference.Inference.encode`.
    """
    after = await served.inference.encode(model.id, texts)
    home = served.settings.home
    base = await run_in_threadpool(base_model, served.models, home, model)
    if base is None:
        return Both(None, after.vectors)
    return Both((await served.inference.encode(base, texts)).vectors, after.vectors)


async def classify(
    served: Services, model: StoredModel, texts: Sequence[str]
) -> list[ClassifiedText]:
    """Return the labels of texts by a model, and by the classifier that was tested on its base."""
    after = await served.inference.classify(model.id, texts)
    before = await _labels_before(served, model, texts)
    each = zip(texts, before, after, strict=True)
    return [ClassifiedText(text, old, new, _lines(old, new)) for text, old, new in each]


async def similarities(
    served: Services, model: StoredModel, texts: Sequence[str]
) -> list[ComparedTexts]:
    """Return the similarity of each pair of texts."""
    both = await encode_both(served, model, texts)
    after = cosine_similarity(both.after, both.after)
    before = None if both.before is None else cosine_similarity(both.before, both.before)
    return [
        ComparedTexts(
            texts[row],
            texts[column],
            None if before is None else float(before[row, column]),
            float(after[row, column]),
        )
        for row in range(len(texts))
        for column in range(row + 1, len(texts))
    ]


async def nearest_texts(
    served: Services, model: StoredModel, asked: MapRequest, texts: Sequence[str]
) -> list[NearestTexts]:
    """Return the texts of a model's data set nearest to each text; the vectors must be ready."""
    both = await encode_both(served, model, texts)
    vectors = await run_in_threadpool(served.neighbours.vectors, asked)

    def found() -> list[NearestTexts]:
        before = [None] * len(texts) if both.before is None else [*both.before]
        queries = zip(before, both.after, strict=True)
        ident = str(model.dataset_id)
        near = [nearest(served.datasets, ident, vectors, query) for query in queries]
        return [NearestTexts(*each) for each in zip(texts, near, strict=True)]

    return await run_in_threadpool(found)


async def search_index(served: Services, index: str, texts: Sequence[str]) -> list[FoundTexts]:
    """Return the texts of a search index that are most similar to each query."""
    found = await run_in_threadpool(served.indexes.get, index)
    vectors = await search_vectors(served, found, texts)
    hits = await run_in_threadpool(served.indexes.search, found.id, vectors, FOUND)
    return [FoundTexts(text, tuple(own)) for text, own in zip(texts, hits, strict=True)]


async def embed(served: Services, model: StoredModel, texts: Sequence[str]) -> list[EmbeddedText]:
    """Return the vectors of texts."""
    found = await served.inference.encode(model.id, texts)
    return [EmbeddedText(*each) for each in zip(texts, found.vectors, strict=True)]


async def _labels_before(
    served: Services, model: StoredModel, texts: Sequence[str]
) -> Sequence[Prediction | None]:
    folder = await run_in_threadpool(served.models.folder_of, model)
    classifier = await run_in_threadpool(read_base_classifier, Path(folder), model.metadata)
    if classifier is None:
        return [None] * len(texts)
    vectors = (await encode_both(served, model, texts)).before
    if vectors is None:
        return [None] * len(texts)
    return predictions(classifier, classifier.probabilities(vectors))


def _lines(before: Prediction | None, after: Prediction) -> tuple[LabelLine, ...]:
    """Return the most probable labels after, and the most probable one before."""
    old = {} if before is None else before.probabilities
    order = sorted(after.probabilities, key=lambda label: -after.probabilities[label])
    shown = order[:LABELS_SHOWN]
    if old and (first := max(old, key=lambda label: old[label])) not in shown:
        shown = [*shown[:-1], first]
    return tuple(LabelLine(label, old.get(label), after.probabilities[label]) for label in shown)
