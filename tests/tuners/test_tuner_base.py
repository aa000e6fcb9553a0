"""Promises of every tuner."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import load_file
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from tunesmith.tuners.base import Tuner
from tunesmith.tuners.contrastive import ContrastiveTuner
from tunesmith.tuners.feed_forward import FeedForwardTuner
from tunesmith.tuners.linear import LinearTuner
from tunesmith.vectors.layers import apply_layers

TUNERS: list[Any] = [
    LinearTuner(),
    FeedForwardTuner(hidden_dim=8, random_state=0),
    ContrastiveTuner(hidden_dim=8, random_state=0),
]
EACH = pytest.mark.parametrize("tuner", TUNERS, ids=["linear", "feed forward", "contrastive"])


@parametrize_with_checks([LinearTuner(), FeedForwardTuner(), ContrastiveTuner()])  # type: ignore[untyped-decorator]  # scikit-learn ships no types
def test_scikit_learn_accepts_it(estimator: Any, check: Any) -> None:
    """Every check of scikit-learn's own contract passes."""
    check(estimator)


def _accuracy(fitted: Any, X: Any, labels: Any, seen: int) -> float:
    """Return the 1-NN accuracy of the later rows among the first ones."""
    vectors = fitted.transform(X)
    nearest = (vectors[seen:] @ vectors[:seen].T).argmax(axis=1)
    return float((labels[:seen][nearest] == labels[seen:]).mean())


def _data(rows: int = 90) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    labels = np.arange(rows) % 3
    vectors = rng.normal(size=(rows, 12)) + 2 * np.eye(12)[labels]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), labels


def _matrix(labels: Any) -> Any:
    matrix = np.stack([labels == 0, labels != 1], axis=1).astype(float)
    matrix[::5, 0], matrix[1::7, 1] = np.nan, np.nan
    return matrix


@EACH
@pytest.mark.parametrize("several", [False, True], ids=["one label", "several labels"])
def test_layers_give_the_transform(tuner: Tuner, several: bool) -> None:
    """The exported layers compute the same vectors as the tuner."""
    X, labels = _data()
    fitted = clone(tuner).fit(X, _matrix(labels) if several else labels)
    found = fitted.transform(X)
    np.testing.assert_array_equal(apply_layers(fitted.as_layers(), X), found)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, rtol=1e-5)
    assert found.dtype == np.float32


@EACH
def test_classes_are_better_separated(tuner: Tuner) -> None:
    """1-NN accuracy rises on held-out texts."""
    X, labels = _data(600)
    fitted = clone(tuner).fit(X[:300], labels[:300])
    after = fitted.transform(X)
    right = [
        float((labels[:300][(V[300:] @ V[:300].T).argmax(axis=1)] == labels[300:]).mean())
        for V in (X, after)
    ]
    assert right[1] > right[0]


@EACH
def test_unknown_is_not_negative(tuner: Tuner) -> None:
    """Rows without known labels affect only the centre of the data."""
    X, labels = _data()
    matrix = _matrix(labels)
    matrix[:30] = np.nan
    base = clone(tuner).fit(X, matrix)
    zeros = clone(tuner).fit(X, np.nan_to_num(matrix))
    assert not np.allclose(base.transform(X), zeros.transform(X), atol=1e-3)


@EACH
@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(90), "two classes"),
        (np.full((90, 2), np.nan), "known to be 1"),
        (np.full((90, 2), 0.5), "1, 0 and NaN"),
    ],
    ids=["one class", "nothing known", "no indicator"],
)
def test_unusable_labels_are_refused(tuner: Tuner, y: Any, message: str) -> None:
    """The message says what is wrong with them."""
    with pytest.raises(ValueError, match=message):
        clone(tuner).fit(_data()[0], y)


@EACH
def test_nan_in_vectors_is_refused(tuner: Tuner) -> None:
    """No NaN passes."""
    X, labels = _data()
    X[3, 4] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        clone(tuner).fit(X, labels)


@EACH
def test_an_unfitted_tuner_says_so(tuner: Tuner) -> None:
    """Neither vectors nor layers can be had before ``fit``."""
    with pytest.raises(NotFittedError):
        clone(tuner).as_layers()


@EACH
@pytest.mark.parametrize("several", [False, True], ids=["one label", "several labels"])
def test_a_saved_tuner_is_the_same(tuner: Any, several: bool, tmp_path: Path) -> None:
    """``load`` restores parameters and vectors, and training continues identically."""
    X, labels = _data()
    y = _matrix(labels) if several else np.array(["card", "login", "order"])[labels]
    fitted = clone(tuner).fit(X, y)
    loaded = type(tuner).load(fitted.save(tmp_path / "tuner"))
    assert loaded.get_params() == fitted.get_params()
    np.testing.assert_array_equal(loaded.classes_, fitted.classes_)
    np.testing.assert_array_equal(loaded.transform(X), fitted.transform(X))
    again = [each.partial_fit(X[:20], y[:20]).transform(X) for each in (fitted, loaded)]
    if not isinstance(tuner, LinearTuner):  # that one keeps rows to choose its shrinkage by
        np.testing.assert_array_equal(*again)


@EACH
def test_no_row_is_saved(tuner: Any, tmp_path: Path) -> None:
    """The files do not grow with the number of rows, and contain none of them."""
    X, labels = _data(300)
    streamed = clone(tuner).partial_fit(X, labels, classes=[0, 1, 2])
    streamed.save(tmp_path / "tuner")
    arrays = load_file(tmp_path / "tuner" / "tuner.safetensors")
    for name, array in arrays.items():
        if array.ndim == 2 and array.shape[1] == X.shape[1]:
            distances = np.linalg.norm(array[:, None] - X, axis=2)
            assert distances.min() > 1e-3, name


@EACH
def test_pickled_and_read_only(tuner: Any) -> None:
    """joblib's pickles give the same vectors; inputs may be read-only, strided or lists."""
    X, labels = _data()
    fitted = clone(tuner).fit(X, labels)
    expected = fitted.transform(X)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).transform(X), expected)
    X.flags.writeable = False
    strided = np.repeat(X, 2, axis=1)[:, ::2]
    for given in (X, strided, np.asfortranarray(X), X.tolist(), pd.DataFrame(X)):
        vectors = clone(tuner).fit(given, labels.tolist()).transform(given)
        np.testing.assert_allclose(np.abs(vectors), np.abs(expected), atol=2e-3)


@EACH
def test_as_module_computes_the_same(tuner: Any) -> None:
    """The torch module gives what ``transform`` gives."""
    X, labels = _data()
    fitted = clone(tuner).fit(X, labels)
    with torch.no_grad():
        found = fitted.as_module()(torch.from_numpy(X)).numpy()
    np.testing.assert_allclose(found, fitted.transform(X), atol=1e-6)


@EACH
def test_pandas_out_and_names(tuner: Any) -> None:
    """``set_output`` gives a frame with the names of ``get_feature_names_out``."""
    X, labels = _data()
    fitted = clone(tuner).set_output(transform="pandas").fit(X, labels)
    frame = fitted.transform(X)
    assert list(frame.columns) == fitted.get_feature_names_out().tolist()
    assert frame.columns[0] == f"{type(tuner).__name__.lower()}0"


@EACH
def test_a_stream_of_single_rows_is_learnt(tuner: Any) -> None:
    """``partial_fit`` takes one row at a time, and gets better than the vectors as they were."""
    X, labels = _data(600)
    streamed = clone(tuner)
    for row in range(300):
        streamed.partial_fit(X[row : row + 1], labels[row : row + 1], classes=[0, 1, 2])
    untouched = FunctionTransformer()
    assert _accuracy(streamed, X, labels, 300) > _accuracy(untouched, X, labels, 300)


@EACH
def test_class_weight_changes_what_is_learnt(tuner: Any) -> None:
    """``balanced`` and a mapping differ from none; a stranger in the mapping is named."""
    X, labels = _data(120)
    few = np.flatnonzero((labels != 2) | (np.arange(120) < 30))
    X, labels = X[few], labels[few]
    plain, balanced, mapped = (
        clone(tuner).set_params(class_weight=weight).fit(X, labels).transform(X)
        for weight in (None, "balanced", {2: 5.0})
    )
    assert not np.allclose(plain, balanced, atol=1e-3)
    assert not np.allclose(plain, mapped, atol=1e-3)
    with pytest.raises(ValueError, match="'strange'"):
        clone(tuner).set_params(class_weight={"strange": 1.0}).fit(X, labels)
    with pytest.raises(ValueError, match="balanced"):
        clone(tuner).set_params(class_weight="balanced").partial_fit(X, labels, [0, 1, 2])


@EACH
def test_faulty_numbers_are_located(tuner: Any) -> None:
    """The message gives row and column of the first NaN or infinity."""
    X, labels = _data()
    fitted = clone(tuner).fit(X, labels)
    X[7, 3] = np.inf
    with pytest.raises(ValueError, match=r"infinity in row 7, column 3"):
        fitted.transform(X)
    with pytest.raises(ValueError, match=r"infinity in row 7, column 3"):
        clone(tuner).fit(X, labels)


@EACH
def test_another_width_or_length_is_refused(tuner: Any) -> None:
    """The message names both numbers."""
    X, labels = _data()
    fitted = clone(tuner).fit(X, labels)
    with pytest.raises(ValueError, match=r"5 features, but .* expecting 12"):
        fitted.transform(X[:, :5])
    with pytest.raises(ValueError, match=r"\[90, 89\]"):
        clone(tuner).fit(X, labels[:-1])


@EACH
@pytest.mark.parametrize("y", [["a", "b", float("nan")] * 30, ["a", "b", ""] * 30])
def test_a_missing_label_is_no_class(tuner: Any, y: list[Any]) -> None:
    """Neither all rows at once nor a batch of a stream may lack a label."""
    X, _ = _data()
    with pytest.raises(ValueError, match="no label in row 2"):
        clone(tuner).fit(X, y)
    for classes in (None, ["a", "b"]):
        with pytest.raises(ValueError, match=r"no label in row 2|classes must be passed"):
            clone(tuner).partial_fit(X, y, classes=classes)


@EACH
def test_batches_without_labels_are_refused(tuner: Any) -> None:
    """As rows without labels are."""
    with pytest.raises(ValueError, match="requires y to be passed"):
        clone(tuner).partial_fit(_data()[0], None)


GRIDS: list[tuple[Any, dict[str, list[Any]]]] = [
    (
        LinearTuner(),
        {
            "n_components": [2, None],
            "shrinkage": [0.01, "auto"],
            "background": [0.0, 0.9],
            "class_weight": [None, {0: 9.0}],
        },
    ),
    (
        FeedForwardTuner(epochs=30, random_state=0, early_stopping=True),
        {
            "hidden_dim": [3, 6],
            "epochs": [1, 4],
            "learning_rate": [0.1, 0.001],
            "batch_size": [8, 16],
            "activation": ["tanh", "relu", "gelu", "identity"],
            "start": ["principal", "random"],
            "weight_decay": [0.0, 1.0],
            "dropout": [0.0, 0.5],
            "noise": [0.0, 1.0],
            "label_smoothing": [0.0, 0.3],
            "n_networks": [1, 2],
            "class_weight": [None, {0: 9.0}],
            "early_stopping": [True, False],
            "validation_fraction": [0.1, 0.4],
            "patience": [1, 5],
            "random_state": [0, 1],
        },
    ),
    (
        ContrastiveTuner(
            hidden_dim=4,
            epochs=40,
            batch_size=12,
            learning_rate=0.1,
            validation_fraction=0.2,
            random_state=0,
            early_stopping=True,
        ),
        {
            "hidden_dim": [3, None],
            "n_neg": [1, 9],
            "epochs": [1, 9],
            "learning_rate": [0.1, 0.001],
            "batch_size": [12, 24],
            "temperature": [0.05, 0.5],
            "class_weight": [None, {0: 9.0}],
            "early_stopping": [True, False],
            "validation_fraction": [0.1, 0.4],
            "patience": [1, 20],
            "random_state": [0, 1],
        },
    ),
]


@pytest.mark.parametrize(
    ("tuner", "name", "values"),
    [(tuner, name, values) for tuner, grid in GRIDS for name, values in grid.items()],
    ids=lambda value: type(value).__name__ if isinstance(value, Tuner) else None,
)
def test_a_grid_search_changes_what_is_fitted(tuner: Any, name: str, values: list[Any]) -> None:
    """Each value of each parameter that a grid search sets gives another embedding."""
    X, labels = _data()
    search = GridSearchCV(
        make_pipeline(clone(tuner), KNeighborsClassifier()),
        {f"{type(tuner).__name__.lower()}__{name}": values},
        cv=StratifiedKFold(2),
    ).fit(X, labels)
    assert search.best_params_[f"{type(tuner).__name__.lower()}__{name}"] in values
    found = [clone(tuner).set_params(**{name: value}).fit(X, labels) for value in values]
    squares = [fitted.transform(X) @ fitted.transform(X).T for fitted in found]
    for index, square in enumerate(squares[1:]):
        assert not np.allclose(square, squares[index], atol=1e-4)


def test_every_parameter_is_in_the_grid() -> None:
    """Parameters outside the grid do not affect a single ``fit``."""
    for tuner, grid in GRIDS:
        assert set(tuner.get_params()) - set(grid) <= {"warm_start", "device", "verbose"}
