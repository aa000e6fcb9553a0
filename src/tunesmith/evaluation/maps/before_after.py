"""Two maps of the same texts, before and after tuning, in which a text keeps its place.

A sample of the texts, the landmarks, is laid out by UMAP (McInnes and others 2018); every other
text is placed among its nearest landmarks. The second layout starts from the first and is then
moved and turned onto it (Procrustes; Schönemann 1966), so that a text in another place has other
neighbours. Both layouts have the same spread: a map of tight classes is as large as one without.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tunesmith.errors import UsageError
from tunesmith.evaluation.maps.projection import finite, project
from tunesmith.results.text_map import LANDMARKS
from tunesmith.vectors.similarity import Hits, search

NEIGHBOURS: Final = 15
FEWEST: Final = 20
"""Fewer texts than these are laid out by their principal axes."""

_PLACED_BY: Final = 8
_SHARPNESS: Final = 20.0  # of the weights of a text's nearest landmarks
# The second layout starts where the first ended, and takes shorter steps: vectors with a little
# noise then move by a sixth of the map's spread instead of a quarter.
_EPOCHS_AFTER: Final = 150
_STEP_AFTER: Final = 0.5

Points = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class BeforeAfterMap:
    """Places of the same texts on two maps.

    Parameters
    ----------
    before, after
        Coordinates, float32, shape (n, 2); both maps have one scale.
    moved
        Share of each text's 15 nearest landmarks that tuning exchanged, float32, shape (n,).
    landmarks
        The texts that were laid out, int64, sorted; the others are placed among them.
    nearest
        The 15 landmarks nearest to each text before and after, as texts, int64, shape (2, n, 15);
        a landmark is its own nearest.
    """

    before: Points
    after: Points
    moved: NDArray[np.float32]
    landmarks: NDArray[np.int64]
    nearest: NDArray[np.int64]

    def votes(self, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the most frequent label of each text's nearest landmarks, itself left out.

        Parameters
        ----------
        labels
            A number from 0 for each text, shape (n,).

        Returns
        -------
        int64, shape (2, n), before and after; a text without other landmarks keeps its label.
        """
        return np.stack([_votes(nearest, labels) for nearest in self.nearest])


def before_after_map(
    before: ArrayLike,
    after: ArrayLike,
    groups: Sequence[str | None] | None = None,
    *,
    seed: int = 0,
    landmarks: int = LANDMARKS,
) -> BeforeAfterMap:
    """Lay out the vectors of the same texts by two models.

    Parameters
    ----------
    before, after
        Vectors of the texts by the base and by the tuned model, shapes (n, d) and (n, e).
    groups
        The label of each text, from each of which landmarks are taken; None for no labels.
    seed
        Random seed of the sample and of UMAP; the same input and seed give the same maps.
    landmarks
        Number of texts that are laid out at most.

    Raises
    ------
    UsageError
        The shapes do not agree, or a vector contains NaN or infinity.

    Examples
    --------
    >>> rows = np.eye(4)
    >>> made = before_after_map(rows, rows)
    >>> made.after.shape, float(made.moved.max())
    ((4, 2), 0.0)
    """
    spaces = _Spaces.of((before, after), groups, seed, landmarks)
    return spaces.pair(spaces.by_neighbours(seed))


def draft_and_map(
    before: ArrayLike,
    after: ArrayLike,
    groups: Sequence[str | None] | None = None,
    *,
    seed: int = 0,
    landmarks: int = LANDMARKS,
) -> Iterator[BeforeAfterMap]:
    """Yield a draft by principal axes at once, then :func:`before_after_map`.

    The parameters and errors are those of :func:`before_after_map`.

    Raises
    ------
    UsageError
        The shapes do not agree, or a vector contains NaN or infinity.

    Examples
    --------
    >>> rows = np.eye(4)
    >>> [made.before.shape for made in draft_and_map(rows, rows)]
    [(4, 2), (4, 2)]
    """
    spaces = _Spaces.of((before, after), groups, seed, landmarks)
    yield spaces.pair(spaces.by_axes())
    yield spaces.pair(spaces.by_neighbours(seed))


def aligned_maps(
    vectors: Sequence[ArrayLike],
    groups: Sequence[str | None] | None = None,
    *,
    seed: int = 0,
) -> list[Points]:
    """Lay out the vectors of the same texts by any number of models, each like the first.

    Parameters
    ----------
    vectors
        Vectors of the texts by each model, shapes (n, any).
    groups
        The label of each text; None for no labels.
    seed
        Random seed; the same input and seed give the same maps.

    Returns
    -------
    Coordinates by each model, float32, shape (n, 2), on one scale.

    Raises
    ------
    UsageError
        The shapes do not agree, or a vector contains NaN or infinity.

    Examples
    --------
    >>> first, second = aligned_maps([np.eye(4), 2 * np.eye(4)])
    >>> first.shape, second.shape
    ((4, 2), (4, 2))
    """
    return _Spaces.of(vectors, groups, seed, LANDMARKS).by_neighbours(seed)


@dataclass(frozen=True, eq=False)
class _Spaces:
    """The vectors by each model, the landmarks, and those nearest to each text."""

    vectors: tuple[Points, ...]
    chosen: NDArray[np.int64]
    near: tuple[Hits, ...]

    @classmethod
    def of(
        cls,
        given: Sequence[ArrayLike],
        groups: Sequence[str | None] | None,
        seed: int,
        landmarks: int,
    ) -> "_Spaces":
        vectors = tuple(finite(each).astype(np.float32) for each in given)
        count = len(vectors[0])
        if {len(each) for each in (*vectors, *(() if groups is None else (groups,)))} != {count}:
            raise UsageError("there is not one vector and one label for each text", option="after")
        chosen = choose_landmarks(count, groups, seed, landmarks)
        return cls(vectors, chosen, tuple(_nearest(each, chosen) for each in vectors))

    def by_axes(self) -> list[Points]:
        """Return the places of all texts on the principal axes of the landmarks."""
        first = _on_axes(self.vectors[0], self.chosen)
        others = self.vectors[1:]
        return [first, *(_onto(_on_axes(each, self.chosen), first) for each in others)]

    def by_neighbours(self, seed: int) -> list[Points]:
        """Return the places by UMAP; all but the first start from the first."""
        first = _laid_out(self.vectors[0][self.chosen], seed)
        layouts = [self._like(first, vectors, seed) for vectors in self.vectors]
        return [_placed(*each, self.chosen) for each in zip(self.near, layouts, strict=True)]

    def _like(self, first: Points, vectors: Points, seed: int) -> Points:
        if np.array_equal(vectors, self.vectors[0]):
            return first
        return _onto(_laid_out(vectors[self.chosen], seed, start=first), first)

    def pair(self, places: Sequence[Points]) -> BeforeAfterMap:
        """Return two layouts with the neighbours of each text."""
        nearest = np.stack([self.chosen[hits.indices] for hits in self.near])
        before, after = places
        return BeforeAfterMap(before, after, _moved(*self.near), self.chosen, nearest)


def choose_landmarks(
    count: int, groups: Sequence[str | None] | None, seed: int, most: int = LANDMARKS
) -> NDArray[np.int64]:
    """Return which texts are laid out: all, or a sample in which small groups are kept.

    Texts are taken from all groups in turn, so that each group of a large file has some.

    Examples
    --------
    >>> choose_landmarks(3, None, 0).tolist()
    [0, 1, 2]
    """
    if count <= most:
        return np.arange(count, dtype=np.int64)
    shuffled = np.random.default_rng(seed).permutation(count)
    if groups is None:
        return np.sort(shuffled[:most])
    _, numbers = np.unique([str(group) for group in groups], return_inverse=True)
    return np.sort(shuffled[np.argsort(_turns(numbers[shuffled]), kind="stable")[:most]])


def _turns(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each member how many of its group come before it."""
    order = np.argsort(numbers, kind="stable")
    starts = np.searchsorted(numbers[order], numbers[order])
    turns = np.empty(len(numbers), dtype=np.int64)
    turns[order] = np.arange(len(numbers)) - starts
    return turns


def _nearest(vectors: Points, chosen: NDArray[np.int64]) -> Hits:
    return search(vectors, vectors[chosen], max(1, min(NEIGHBOURS, len(chosen))))


def _laid_out(vectors: Points, seed: int, start: Points | None = None) -> Points:
    """Return the layout of the landmarks, of about unit spread."""
    if len(vectors) < FEWEST or not np.ptp(vectors, axis=0).any():
        return _scaled(project(vectors, "pca"))
    from fastumap import fit  # noqa: PLC0415 - only maps need it

    model = fit(
        vectors.astype(np.float64),
        n_neighbors=min(NEIGHBOURS, len(vectors) - 1),
        metric="cosine",
        random_state=seed,
        init=None if start is None else start.astype(np.float64) * 10,
        n_epochs=None if start is None else _EPOCHS_AFTER,
        initial_alpha=1.0 if start is None else _STEP_AFTER,
    )
    return _scaled(model.embedding)


def _on_axes(vectors: Points, chosen: NDArray[np.int64]) -> Points:
    """Return all texts on the two principal axes of the landmarks, of unit spread."""
    if not len(vectors):
        return np.zeros((0, 2), dtype=np.float32)
    centre = vectors[chosen].mean(axis=0)
    axes = np.linalg.svd(vectors[chosen] - centre, full_matrices=False)[2][:2]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    places = (vectors - centre) @ (axes * np.where(largest < 0, -1, 1)).T
    return _scaled(np.pad(places, ((0, 0), (0, 2 - places.shape[1]))))


def _scaled(points: NDArray[np.floating]) -> Points:
    centred = points - points.mean(axis=0) if len(points) else points
    spread = float(np.sqrt((centred**2).sum(axis=1).mean())) if len(points) else 0.0
    return (centred / (spread or 1.0)).astype(np.float32)


def _onto(points: Points, target: Points) -> Points:
    """Return points turned and mirrored onto a target, with its spread; both are centred."""
    from scipy.linalg import orthogonal_procrustes  # noqa: PLC0415 - most commands need no scipy

    if not len(points) or not points.any():
        return points
    turn = orthogonal_procrustes(points, target)[0]
    spread = np.sqrt((target**2).sum() / (points**2).sum())
    return np.asarray(points @ turn * spread, dtype=np.float32)


def _placed(near: Hits, layout: Points, chosen: NDArray[np.int64]) -> Points:
    """Return the place of each text: its own if it is a landmark, else among its nearest."""
    if not len(layout):
        return np.zeros((0, 2), dtype=np.float32)
    scores = near.scores[:, :_PLACED_BY]
    weights = np.exp(_SHARPNESS * (scores - scores[:, :1]))
    weights /= weights.sum(axis=1, keepdims=True)
    places = np.einsum("nk,nkd->nd", weights, layout[near.indices[:, :_PLACED_BY]])
    places[chosen] = layout
    return np.asarray(places, dtype=np.float32)


def _moved(before: Hits, after: Hits) -> NDArray[np.float32]:
    """Return the share of the nearest landmarks of each text that are others afterwards."""
    width = before.indices.shape[1]
    if not width:
        return np.zeros(len(before.indices), dtype=np.float32)
    ordered = np.sort(np.concatenate([before.indices, after.indices], axis=1), axis=1)
    shared = (ordered[:, 1:] == ordered[:, :-1]).sum(axis=1)
    return np.asarray(1 - shared / width, dtype=np.float32)


def _votes(nearest: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the most frequent label of each row of texts; of equally frequent ones the nearest."""
    others = np.where(nearest == np.arange(len(labels))[:, None], -1, labels[nearest])
    counts = (others[:, :, None] == others[:, None, :]).sum(axis=2, dtype=np.int8)
    best = np.where(others >= 0, counts, 0).argmax(axis=1)[:, None]
    found = np.take_along_axis(others, best, axis=1)[:, 0]
    return np.where(found >= 0, found, labels)
