"""``draw_map``: the texts of a data set on two maps, by the base of a model and by the model."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunesmith.comparison.compared_models import compared_models
from tunesmith.datasets.dataset import Dataset
from tunesmith.errors import UsageError
from tunesmith.evaluation.maps.before_after import before_after_map
from tunesmith.results.text_map import LABELLED, TextMap, map_texts


def draw_map(model: str | Path, data: Dataset, *, seed: int = 0) -> TextMap:
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
    >>> made.before.shape, len(made.names)
    ((647, 2), 10)
    """
    texts, rows, groups = map_texts(data.examples)
    if not texts:
        raise UsageError(f"{data.name} has no text to draw", option="data")
    compared = compared_models(model)
    vectors = [one.open().encode(texts) for one in compared]
    places = before_after_map(vectors[0], vectors[-1], groups, seed=seed)
    names, labels = _numbered(groups)
    strangers = np.zeros((2, len(texts)), dtype=np.bool_)
    if data.kind in LABELLED:
        strangers = places.votes(labels) != labels
    return TextMap(
        titles=(compared[0].title, compared[-1].title),
        before=places.before,
        after=places.after,
        moved=places.moved,
        rows=rows,
        names=names,
        labels=labels.astype(np.uint16),
        strangers=strangers,
    )


def _numbered(groups: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    names = [name for name, _ in Counter(groups).most_common()]
    position = {name: number for number, name in enumerate(names)}
    return tuple(names), np.array([position[group] for group in groups], dtype=np.int64)
