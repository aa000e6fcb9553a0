"""``draw_map``: the texts of a data set on two maps, by the base of a model and by the model."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.comparison.compared_models import compared_models
from tunesmith.datasets.dataset import Dataset
from tunesmith.errors import UsageError
from tunesmith.evaluation.maps.before_after import BeforeAfterMap, draft_and_map
from tunesmith.kinds import Kind
from tunesmith.models.model import find, metadata_of
from tunesmith.results.text_map import LABELLED, LANDMARKS, TextMap, map_texts
from tunesmith.vectors.linear_classifier import load_classifier


def draw_map(
    model: str | Path, data: Dataset, *, seed: int = 0, landmarks: int = LANDMARKS
) -> TextMap:
    """Lay out the texts of a data set by a fitted model and by its base.

    Without labels, each distinct text has one place and the label is its role.

    Parameters
    ----------
    model
        A fitted model; of any other model both maps are the same.
    data
        The data set.
    seed
        Random seed of the layout.
    landmarks
        Number of texts that UMAP lays out at most; the others are placed among them.

    Raises
    ------
    UsageError
        The data have no text.
    UnknownModel, DamagedModel
        The model or its base cannot be loaded.

    Examples
    --------
    >>> import tunesmith
    >>> made = draw_map("tickets-3f2a1c", tunesmith.read("examples/tickets.csv"))
    >>> made.before.shape, made.after.shape
    ((647, 2), (647, 2))
    """
    *_, made = draft_and_drawn(model, data, seed=seed, landmarks=landmarks)
    return made


def draft_and_drawn(
    model: str | Path, data: Dataset, *, seed: int = 0, landmarks: int = LANDMARKS
) -> Iterator[TextMap]:
    """Yield a draft by principal axes as soon as the texts are encoded, then :func:`draw_map`.

    The parameters and errors are those of :func:`draw_map`.

    Raises
    ------
    UsageError
        The data have no text.
    UnknownModel, DamagedModel
        The model or its base cannot be loaded.

    Examples
    --------
    >>> import tunesmith
    >>> tickets = tunesmith.read("examples/tickets.csv")
    >>> [len(made) for made in draft_and_drawn("tickets-3f2a1c", tickets)]
    [647, 647]
    """
    texts, rows, groups = map_texts(data.examples)
    if not texts:
        raise UsageError(f"{data.name} has no text to draw", option="data")
    compared = compared_models(model)
    vectors = [one.open().encode(texts) for one in compared]
    names, labels = _numbered(groups)
    predicted = _predicted(model, vectors[-1]) if data.kind is Kind.LABELLED else None
    names = (*names, *sorted(set(predicted or ()) - set(names)))
    facts: dict[str, Any] = {
        "titles": (compared[0].title, compared[-1].title),
        "rows": rows,
        "names": names,
        "labels": labels.astype(np.uint16),
        "predicted": None if predicted is None else _positions(predicted, names),
    }
    is_labelled = data.kind in LABELLED
    for places in draft_and_map(vectors[0], vectors[-1], groups, seed=seed, landmarks=landmarks):
        yield TextMap(**facts, **_places(places, labels if is_labelled else None))


def _places(places: BeforeAfterMap, labels: NDArray[np.int64] | None) -> dict[str, Any]:
    strangers = np.zeros((2, len(places.before)), dtype=np.bool_)
    if labels is not None:
        strangers = places.votes(labels) != labels
    return {
        "before": places.before,
        "after": places.after,
        "moved": places.moved,
        "strangers": strangers,
    }


def _predicted(model: str | Path, vectors: NDArray[np.float32]) -> list[str] | None:
    """Return the label of each text by the classifier of a model; None without one."""
    description = metadata_of(model).get("classifier")
    classifier = load_classifier(find(model), description) if description else None
    if classifier is None or classifier.multilabel:
        return None
    return [classifier.labels[index] for index in classifier.logits(vectors).argmax(axis=1)]


def _numbered(groups: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    names = tuple(name for name, _ in Counter(groups).most_common())
    return names, _positions(groups, names).astype(np.int64)


def _positions(groups: Sequence[str], names: Sequence[str]) -> NDArray[np.uint16]:
    position = {name: number for number, name in enumerate(names)}
    return np.array([position[group] for group in groups], dtype=np.uint16)
