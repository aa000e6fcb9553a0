"""Input validation of tuners and learners, with messages that name the row."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.utils.validation import check_array, validate_data

from tunesmith.data.reading.missing import is_missing
from tunesmith.data.reading.python_rows import listed
from tunesmith.errors import DataError, UsageError


@dataclass(frozen=True, eq=False)
class Pairs:
    """n pairs of vectors, float32 or float64, shapes (n, d) and (n, e); similarity float32."""

    first: NDArray[Any]
    second: NDArray[Any]
    similarity: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.first)

    def take(self, rows: NDArray[np.int64]) -> "Pairs":
        """Return a subset of the pairs."""
        return Pairs(self.first[rows], self.second[rows], self.similarity[rows])

    def joined(self, others: "Pairs") -> "Pairs":
        """Return these pairs followed by ``others``."""
        columns = zip(vars(self).values(), vars(others).values(), strict=True)
        return Pairs(*(np.concatenate(pair) for pair in columns))

    def recoded(self, like: "Pairs") -> "Pairs":  # noqa: ARG002 - labelled data needs it
        """Return the same pairs: they have no class indices."""
        return self


def checked_vectors(estimator: Any, X: ArrayLike, **checks: Any) -> NDArray[Any]:
    """Return X as float32 or float64, shape (n, d), after scikit-learn's validation.

    Raises
    ------
    UsageError
        X is a sparse matrix or a ``np.matrix``.
    ValueError
        If a value is not finite; the message gives its row and column.
    """
    checks.setdefault("dtype", [np.float32, np.float64])
    _require_array(X, "X")
    try:
        return np.asarray(validate_data(estimator, X, **checks))
    except ValueError as error:
        raise _located(error, X, "X") from None


def check_pairs(
    estimator: Any,
    X1: ArrayLike,
    X2: ArrayLike,
    similarity: ArrayLike,
    *,
    reset: bool = True,
    one_width: bool = True,
) -> Pairs:
    """Return validated pairs of vectors and their similarities.

    Raises
    ------
    ValueError
        If a value is not finite, a similarity is not from 0 to 1, lengths differ, or the numbers of
        dimensions differ although ``one_width`` is set.
    """
    first = checked_vectors(estimator, X1, reset=reset)
    second = checked_side(X2, "X2")
    if one_width and first.shape[1] != second.shape[1]:
        raise ValueError(
            f"X1 has {first.shape[1]} dimensions but X2 has {second.shape[1]}: encode both "
            "with the same model, or use a learner with second_head=True"
        )
    values = number_array(similarity).astype(np.float32)
    if values.ndim != 1 or not len(first) == len(second) == len(values):
        raise ValueError(
            f"there are {len(first)} vectors in X1, {len(second)} in X2 and similarities of shape "
            f"{values.shape}: give one similarity for each pair"
        )
    faulty = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if len(faulty):
        raise ValueError(
            f"the similarity in row {faulty[0]} (counted from 0) is {values[faulty[0]]}: give a "
            f"value from 0 to 1 (divide scores by their maximum), or remove the pair"
        )
    return Pairs(first, second, values)


def number_array(y: ArrayLike) -> NDArray[np.float64]:
    """Return the similarities of pairs, with NaN for each missing one.

    Raises
    ------
    DataError
        A similarity is not a number.

    Examples
    --------
    >>> number_array([1, None, 0.5])
    array([1. , nan, 0.5])
    """
    try:
        return np.array([np.nan if is_missing(one) else one for one in listed(y)], np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"the similarities cannot be read as numbers: {error}", hint="give one for each pair"
        ) from error


def checked_side(X: ArrayLike, name: str, **checks: Any) -> NDArray[Any]:
    """Return validated vectors that are not the estimator's first input."""
    _require_array(X, name)
    try:
        return np.asarray(check_array(X, dtype=[np.float32, np.float64], input_name=name, **checks))
    except ValueError as error:
        raise _located(error, X, name) from None


def _require_array(X: ArrayLike, name: str) -> None:
    """Raise UsageError for matrices: a sparse one could fill the memory as an array."""
    if issparse(X):
        raise UsageError(
            f"{name} is a sparse matrix, but a tuner needs dense vectors",
            hint=f"pass {name}.toarray()",
        )
    if isinstance(X, np.matrix):
        raise UsageError(f"{name} is a np.matrix", hint=f"pass np.asarray({name})")


def require_counts(estimator: Any, *names: str) -> None:
    """Raise ValueError if one of these parameters is not an integer of 1 or more."""
    for name in names:
        value = getattr(estimator, name)
        if not isinstance(value, Integral) or value < 1:
            raise ValueError(f"{name} is {value!r}: choose an integer of 1 or more")


def require_at_least(estimator: Any, least: int, *names: str) -> None:
    """Raise ValueError if one of these parameters is less than ``least`` or not a number."""
    for name in names:
        value = getattr(estimator, name)
        if not isinstance(value, int | float | np.number) or not value >= least:
            raise ValueError(f"{name} is {value!r}: choose {least} or more")


def require_positive(estimator: Any, *names: str) -> None:
    """Raise ValueError if one of these parameters is not greater than 0."""
    for name in names:
        value = getattr(estimator, name)
        if not isinstance(value, int | float | np.number) or not value > 0:
            raise ValueError(f"{name} is {value!r}: choose a number greater than 0")


def require_share(estimator: Any, *names: str) -> None:
    """Raise ValueError if one of these parameters is not in the range [0, 1)."""
    for name in names:
        value = getattr(estimator, name)
        if not isinstance(value, int | float | np.number) or not 0 <= value < 1:
            raise ValueError(f"{name} is {value!r}: choose a number of at least 0 and less than 1")


def require_one_of(estimator: Any, name: str, choices: Sequence[str]) -> None:
    """Raise ValueError if this parameter is not one of the choices."""
    value = getattr(estimator, name)
    if value not in choices:
        raise ValueError(f"{name} is {value!r}: choose one of {', '.join(choices)}")


def refuse_balanced(estimator: Any) -> None:
    """Raise ValueError if class weights would have to be balanced on a part of the rows."""
    if estimator.class_weight == "balanced":
        raise ValueError(
            'class_weight="balanced" needs all rows at once: pass the weights as a mapping'
        )


def _located(error: ValueError, X: ArrayLike, name: str) -> ValueError:
    """Return a clearer error if scikit-learn's message does not give cause and location."""
    message = str(error)
    if "could not convert string" in message:
        return ValueError(
            f"{name} contains text, not numbers: encode texts first, for example with "
            "SentenceEncoder().encode(texts)"
        )
    if "Reshape your data" in message and "array=" in message:
        # The message contains the whole array.
        cause, _, _ = message.partition(":")
        return ValueError(f"{cause}. {message[message.index('Reshape your') :]}")
    return _not_finite(error, X, name) if "NaN" in message or "infinity" in message else error


def _not_finite(error: ValueError, X: ArrayLike, name: str) -> ValueError:
    try:
        values = np.asarray(X, dtype=np.float64)
        row, column = np.argwhere(~np.isfinite(values))[0][:2]
    except (ValueError, TypeError, IndexError):
        return error
    return ValueError(
        f"{name} contains {'NaN' if np.isnan(values[row, column]) else 'infinity'} in row {row}, "
        f"column {column} (both counted from 0): encode that row again or remove it"
    )
