"""Pairs and triplets in three sides that share no text."""

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
# A text that many rows share, such as "A man is sleeping.", must not tie them all together.
_LARGEST = 0.2


@dataclass(frozen=True, eq=False)
class PairSplit:
    """What is learned from, and what it is judged by.

    Parameters
    ----------
    train
        Of the main file.
    held
        The main file's rows that stand in validation; none where the user gave a file for it.
    validation, test
        What models are chosen and judged by; of another kind where the user's own files are.
    sealed
        The texts of validation and test that nothing may be learned from.
    """

    train: Examples
    held: Examples
    validation: Evaluator
    test: Evaluator
    sealed: list[str]


def split_pairs(data: TrainingData, seed: int) -> PairSplit:
    """Divide rows, those that share a text together; the user's own files stay as they are.

    Raises
    ------
    DataError
        There are too few rows, or one side has nothing to tell apart.
    """
    examples = data.examples
    shares = (
        TEST_SHARE if data.test is None else 0.0,
        VALIDATION_SHARE if data.validation is None else 0.0,
    )
    train, held, test = (examples.take(rows) for rows in _deal(examples, shares, seed))
    for name, side, wanted in (
        ("training", train, True),
        ("validation", held, shares[1] > 0),
        ("test", test, shares[0] > 0),
    ):
        if wanted and len(side) < FEWEST:
            raise DataError(
                f"{data.inspection.name} leaves {len(side)} rows for the {name} side, "
                f"{FEWEST} is the least: add rows, or give --test and --validation files"
            )
    choosing, judging = (
        build_evaluator(given) if given is not None else _own_exam(side, data.inspection.name, seed)
        for given, side in ((data.validation, held), (data.test, test))
    )
    sealed = [*held.all_texts(), *test.all_texts(), *held_out(choosing), *held_out(judging)]
    return PairSplit(train, held, choosing, judging, sealed)


def _own_exam(side: Examples, name: str, seed: int) -> Evaluator:
    """Return the exam of rows held out; raw documents are judged by parts of them."""
    if side.kind is not Kind.TEXTS:
        return build_evaluator(side)
    found = list(part_pairs(side.texts("text"), np.random.default_rng(seed), ["title"]))
    if len(found) < FEWEST:
        raise DataError(
            f"{len(found)} of the {plural(len(side), 'text')} of {name} that were held out have a "
            f"first sentence of their own and more behind it, and {FEWEST} is the least that can "
            "be judged by: add documents, or give --validation and --test files that say what "
            "belongs together"
        )
    places, first, rest = zip(*found, strict=True)
    rows = [int(side.rows[place]) for place in places]
    return build_evaluator(Pairs(pa.table({"anchor": first, "positive": rest, "row": rows})))


def _deal(
    examples: Examples, shares: tuple[float, float], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of the training, the validation and the test side."""
    group = row_groups(examples)
    sizes = np.bincount(group)
    sides = np.zeros(len(sizes), dtype=np.int64)
    wanted = [
        min(shares[1] * len(examples), MOST_VALIDATION),
        min(shares[0] * len(examples), MOST_TEST),
    ]
    filled = [0, 0]
    for chosen in np.random.default_rng(seed).permutation(len(sizes)):
        for side in (1, 0):  # the test first
            if filled[side] + sizes[chosen] <= wanted[side]:
                sides[chosen], filled[side] = side + 1, filled[side] + sizes[chosen]
                break
    train, held, test = (np.flatnonzero(sides[group] == side) for side in range(3))
    return train, held, test


def row_groups(examples: Examples) -> NDArray[np.int64]:
    """Give rows that share an equal or nearly equal text one number, shape (n,).

    Where that ties more than a fifth of all rows together, because some texts come again and
    again, only the first text of each row counts.
    """
    columns = [examples.texts(role) for role in examples.text_roles]
    near = groups([text for column in columns for text in column])
    texts = near.reshape(len(columns), len(examples))
    whole = _connected(texts)
    if np.bincount(whole).max() <= max(_LARGEST * len(examples), 2):
        return whole
    return np.unique(texts[0], return_inverse=True)[1]


def _connected(texts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the components of rows that share a text; ``texts`` has shape (columns, rows)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = int(texts.max()) + 1
    first, last = texts[0], texts[-1]
    graph = coo_array((np.ones(len(first)), (first, last)), (count, count))
    component = connected_components(graph, directed=False)[1]
    return np.unique(component[first], return_inverse=True)[1].astype(np.int64)
