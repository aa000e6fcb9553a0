"""Split pairs and triplets into training, validation and test sets that share no text."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.data.reshaping.document_pairs import part_pairs
from tunesmith.data.splits.near_duplicates import groups
from tunesmith.data.splits.split import MOST_TEST, MOST_VALIDATION
from tunesmith.datasets.training_data import TrainingData
from tunesmith.errors import DataError
from tunesmith.evaluation.evaluator import Evaluator
from tunesmith.evaluation.pairs.evaluators import build_evaluator, held_out
from tunesmith.fitting.settings import TEST_SHARE, VALIDATION_SHARE
from tunesmith.kinds import Examples, Kind, Pairs
from tunesmith.wording import plural

FEWEST = 6
# A text shared by many rows, such as "A man is sleeping.", must not join them into one group.
_LARGEST = 0.2


@dataclass(frozen=True, eq=False)
class PairSplit:
    """Training data, and the evaluators for validation and test.

    Parameters
    ----------
    train
        Training rows of the main file.
    holdout
        Validation rows of the main file; empty if the user gave a validation file.
    validation, test
        Evaluators; of another kind than the training data if the user's own files are.
    held_out_texts
        Texts of validation and test, which must not be trained on.
    """

    train: Examples
    holdout: Examples
    validation: Evaluator
    test: Evaluator
    held_out_texts: list[str]


def split_pairs(data: TrainingData, seed: int) -> PairSplit:
    """Split the rows, keeping those that share a text together.

    The user's own validation and test files are used as they are.

    Raises
    ------
    DataError
        There are too few rows, or a set cannot be evaluated.
    """
    examples = data.examples
    shares = (
        TEST_SHARE if data.test is None else 0.0,
        VALIDATION_SHARE if data.validation is None else 0.0,
    )
    train, holdout, test = (examples.take(rows) for rows in _split_rows(examples, shares, seed))
    for name, part, needed in (
        ("training", train, True),
        ("validation", holdout, shares[1] > 0),
        ("test", test, shares[0] > 0),
    ):
        if needed and len(part) < FEWEST:
            raise DataError(
                f"{data.inspection.name} leaves only {plural(len(part), 'row')} for the {name} "
                f"set, but at least {FEWEST} are needed",
                hint="add rows, or give `test` and `validation` files",
                option="test",
            )
    validation, final = (
        build_evaluator(given)
        if given is not None
        else _holdout_evaluator(rows, data.inspection.name, seed)
        for given, rows in ((data.validation, holdout), (data.test, test))
    )
    held_out_texts = [
        *holdout.all_texts(),
        *test.all_texts(),
        *held_out(validation),
        *held_out(final),
    ]
    return PairSplit(train, holdout, validation, final, held_out_texts)


def _holdout_evaluator(rows: Examples, name: str, seed: int) -> Evaluator:
    """Return the evaluator of held-out rows; for raw documents it uses their first sentences."""
    if rows.kind is not Kind.TEXTS:
        return build_evaluator(rows)
    found = list(part_pairs(rows.texts("text"), np.random.default_rng(seed), ["title"]))
    if len(found) < FEWEST:
        raise DataError(
            f"only {len(found)} of the {plural(len(rows), 'held-out text')} of {name} have a "
            f"unique first sentence followed by more text, but at least {FEWEST} are needed",
            hint="add documents, or give labelled `validation` and `test` files",
            option="validation",
        )
    indices, first, rest = zip(*found, strict=True)
    numbers = [int(rows.rows[index]) for index in indices]
    return build_evaluator(Pairs(pa.table({"anchor": first, "positive": rest, "row": numbers})))


def _split_rows(
    examples: Examples, shares: tuple[float, float], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the row positions of the training, validation and test sets."""
    group = row_groups(examples)
    sizes = np.bincount(group)
    parts = np.zeros(len(sizes), dtype=np.int64)
    wanted = [
        min(shares[1] * len(examples), MOST_VALIDATION),
        min(shares[0] * len(examples), MOST_TEST),
    ]
    filled = [0, 0]
    for chosen in np.random.default_rng(seed).permutation(len(sizes)):
        for part in (1, 0):  # the test set first
            if filled[part] + sizes[chosen] <= wanted[part]:
                parts[chosen], filled[part] = part + 1, filled[part] + sizes[chosen]
                break
    train, holdout, test = (np.flatnonzero(parts[group] == part) for part in range(3))
    return train, holdout, test


def row_groups(examples: Examples) -> NDArray[np.int64]:
    """Return a group number for each row, shape (n,); rows that share a text are in one group.

    Nearly equal texts count as shared. If a group would exceed a fifth of all rows, because some
    texts occur very often, only the first text of each row counts.
    """
    columns = [examples.texts(role) for role in examples.text_roles]
    near = groups([text for column in columns for text in column])
    texts = near.reshape(len(columns), len(examples))
    whole = _connected(texts)
    if np.bincount(whole).max() <= max(_LARGEST * len(examples), 2):
        return whole
    return np.unique(texts[0], return_inverse=True)[1]


def _connected(texts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the connected component of each row; ``texts`` has shape (columns, rows)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = int(texts.max()) + 1
    first, last = texts[0], texts[-1]
    graph = coo_array((np.ones(len(first)), (first, last)), (count, count))
    component = connected_components(graph, directed=False)[1]
    return np.unique(component[first], return_inverse=True)[1].astype(np.int64)
