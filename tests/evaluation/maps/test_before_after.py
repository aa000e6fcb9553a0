"""Two maps of the same texts keep what tuning did not move in its place."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from tunesmith.errors import UsageError
from tunesmith.evaluation.maps.before_after import (
    aligned_maps,
    before_after_map,
    choose_landmarks,
    draft_and_map,
)


def clusters(count: int, groups: int = 6, seed: int = 0) -> tuple[NDArray[np.float32], list[str]]:
    """Return vectors around a few centres, and the names of the centres."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % groups
    centres = random.normal(size=(groups, 32)) * 2
    vectors = centres[labels] + random.normal(size=(count, 32)) * 0.5
    return vectors.astype(np.float32), [f"group {label}" for label in labels]


def agreement(places: NDArray[np.float32], labels: list[str]) -> float:
    """Return the share of points whose nearest other point has the same label."""
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)
    return float(
        np.mean([labels[near] == label for near, label in zip(nearest, labels, strict=True)])
    )


def test_texts_of_a_label_lie_together_and_stay_where_they_were() -> None:
    """With slightly changed vectors every cluster keeps its place; repeated, the maps are equal."""
    vectors, labels = clusters(300)
    noise = np.random.default_rng(1).normal(size=vectors.shape).astype(np.float32)
    made = before_after_map(vectors, vectors + 0.05 * noise, labels)
    again = before_after_map(vectors, vectors + 0.05 * noise, labels)
    assert agreement(made.before, labels) > 0.95
    assert agreement(made.after, labels) > 0.95
    assert np.linalg.norm(made.after - made.before, axis=1).mean() < 0.6  # the spread of a map is 1
    assert np.array_equal(made.before, again.before)
    assert np.array_equal(made.after, again.after)
    assert made.moved.mean() < 0.5


def test_texts_that_changed_their_neighbours_are_found() -> None:
    """A group that tuning puts elsewhere has moved, the others have not."""
    vectors, labels = clusters(240)
    after = vectors.copy()
    moved = np.array([label == "group 3" for label in labels])
    after[moved] = np.random.default_rng(2).normal(size=(moved.sum(), 32)) * 8
    made = before_after_map(vectors, after, labels)
    assert made.moved[moved].mean() > made.moved[~moved].mean() + 0.2


def test_a_large_file_is_laid_out_by_landmarks_of_every_label() -> None:
    """The others are placed among them, near their own kind."""
    vectors, labels = clusters(600)
    labels[:3] = ["rare"] * 3
    made = before_after_map(vectors, vectors, labels, landmarks=120)
    assert len(made.landmarks) == 120
    assert {0, 1, 2} <= set(made.landmarks.tolist())
    assert agreement(made.before, labels) > 0.9
    assert not made.moved.any()
    assert len(choose_landmarks(600, None, 0, 120)) == 120


def test_a_draft_comes_first_by_the_principal_axes() -> None:
    """Both are placed alike, and the neighbours of a text are those of the final map."""
    vectors, labels = clusters(90)
    turned = (
        vectors @ np.linalg.qr(np.random.default_rng(3).normal(size=(vectors.shape[1],) * 2))[0]
    )
    draft, made = draft_and_map(vectors, turned, labels)
    first = PCA(2).fit_transform(vectors)
    spread = np.corrcoef(first[:, 0], draft.before[:, 0])[0, 1]
    assert abs(spread) == pytest.approx(1, abs=1e-3)
    assert np.abs(draft.before - draft.after).max() < 0.01
    assert np.array_equal(draft.nearest, made.nearest)
    assert not np.array_equal(draft.before, made.before)


def test_any_number_of_models_are_placed_like_the_first() -> None:
    vectors, labels = clusters(90)
    alone = aligned_maps([vectors], labels)
    one, two, three = aligned_maps([vectors, 2 * vectors, vectors], labels)
    assert np.array_equal(alone[0], one)
    assert np.array_equal(one, three)
    assert agreement(two, labels) > 0.9


def test_neighbours_vote_for_a_label() -> None:
    """A text among those of another label is outvoted; alone, it keeps its own."""
    vectors, labels = clusters(120, groups=2)
    numbers = np.array([int(label[-1]) for label in labels])
    numbers[0] = 1 - numbers[0]
    votes = before_after_map(vectors, vectors).votes(numbers)
    assert votes.shape == (2, 120)
    assert (votes[:, 1:] == numbers[1:]).all()
    assert (votes[:, 0] == 1 - numbers[0]).all()
    assert (before_after_map(vectors[:1], vectors[:1]).votes(numbers[:1]) == numbers[0]).all()


@pytest.mark.parametrize("count", [0, 1, 2, 5, 19, 20, 21])
@pytest.mark.parametrize("equal", [False, True])
def test_few_and_equal_texts_have_a_map(count: int, equal: bool) -> None:
    """Of any number, with finite places."""
    vectors = np.ones((count, 8)) if equal else clusters(count)[0]
    made = before_after_map(vectors, vectors[:, :4])
    assert made.before.shape == made.after.shape == (count, 2)
    assert np.isfinite(made.before).all()
    assert np.isfinite(made.after).all()
    assert made.moved.shape == (count,)


def test_vectors_that_do_not_belong_together_are_refused() -> None:
    """Each text needs one vector of each model and one label."""
    with pytest.raises(UsageError, match="one vector and one label"):
        before_after_map(np.ones((3, 2)), np.ones((2, 2)))
    with pytest.raises(UsageError, match="one vector and one label"):
        before_after_map(np.ones((3, 2)), np.ones((3, 2)), ["a"])
