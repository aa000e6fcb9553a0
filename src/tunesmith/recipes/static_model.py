"""Distillation into a static model: one vector per token; a text's vector is their mean.

Tokens start with the parent's vectors of single tokens, centred and weighted by rarity (weights
as in Arora et al., 2017, "A simple but tough-to-beat baseline for sentence embeddings"). Those
that occur in the texts are then trained so that the mean has the direction of the parent's
vector of the whole text.
"""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tunesmith.encoders.backends.static_model import StaticModel, TokenBags
from tunesmith.errors import DataError
from tunesmith.progress import Advance
from tunesmith.vectors.layers import of_length_1

FEWEST_TEXTS = 20
MOST_HELD_OUT = 1000
WIDEST = 512
_HELD_OUT = 0.05
_EPOCHS = 10
_FEWEST_STEPS = 600
_BATCH = 64
_RATE = 1e-3
_MEAN_DECAY, _SQUARE_DECAY, _EPSILON = 0.9, 0.999, 1e-8  # Adam's usual settings
_SHORTEST = 1e-8  # a shorter sum has no direction
_RARE = 1e-3  # the share of all tokens at which a token's weight is 0.5


@dataclass(frozen=True, eq=False)
class Distilled:
    """A static model and its agreement with its parent.

    Parameters
    ----------
    model
        The static model.
    held_out
        Indices of the texts not used for training, shape (m,).
    cosine
        Mean cosine between its vectors and the parent's on these texts (in the same 512
        directions, if the parent has more dimensions).
    """

    model: StaticModel
    held_out: NDArray[np.int64]
    cosine: float


def distill(
    encode: Callable[[list[str]], NDArray[np.float32]],
    tokenizer: str,
    texts: list[str],
    vectors: NDArray[np.float32],
    *,
    among: list[str] | None = None,
    seed: int = 0,
    advance: Advance = lambda _: None,
) -> Distilled:
    """Distill any encoder into a static model of at most 512 dimensions.

    Parameters
    ----------
    encode
        The parent: a function from texts to vectors, float32, shape (n, d).
    tokenizer
        Content of the parent's ``tokenizer.json``.
    texts
        n training texts, similar to those that the model will be used on.
    vectors
        The parent's vectors of the texts, shape (n, d).
    among
        Texts whose tokens, with those of the training texts, get a vector; None for all tokens. The
        vectors do not depend on this choice.
    seed
        Random seed for the order of the texts and for the texts to hold out.
    advance
        Called with the number of steps done, :func:`training_steps` in total.

    Returns
    -------
    Distilled
        The static model, and its agreement with the parent on held-out texts.

    Raises
    ------
    DataError
        There are fewer than 20 texts.

    Examples
    --------
    >>> from tunesmith import SentenceEncoder
    >>> parent = SentenceEncoder()
    >>> tokenizer = (parent.folder / "tokenizer.json").read_text("utf-8")
    >>> texts = [f"my card number {number} is lost" for number in range(40)]
    >>> found = distill(parent.encode, tokenizer, texts, parent.encode(texts), among=texts)
    >>> found.cosine > 0.8
    True
    """
    if len(texts) < FEWEST_TEXTS:
        raise DataError(
            f"{len(texts)} texts are too few to distill from",
            hint=f"give at least {FEWEST_TEXTS}, preferably thousands",
        )
    plain = _without_frame(tokenizer)
    bags = TokenBags(plain)
    counts = bags.count(texts)
    used = np.unique(counts.indices)
    wanted = np.arange(bags.size)
    if among is not None:
        wanted = np.union1d(used, bags.count(among).indices)
    basis = _basis(vectors)
    vectors = vectors @ basis
    words = bags.tokens()
    alone = encode([words[number] for number in wanted]) @ basis
    weight = _start(alone, counts, wanted)
    held_out = _held_out(len(texts), seed)
    rest = np.setdiff1d(np.arange(len(texts)), held_out)
    weight[used] = _trained(weight[used], counts[rest][:, used], vectors[rest], seed, advance)
    cosines = (of_length_1(counts[held_out] @ weight) * of_length_1(vectors[held_out])).sum(axis=1)
    return Distilled(StaticModel(plain, weight), held_out, float(cosines.mean()))


def training_steps(texts: int) -> int:
    """Return the number of training steps for this number of texts."""
    return _steps(texts - len(_held_out(texts, 0)))


def _steps(trained: int) -> int:
    return max(_EPOCHS * -(-trained // _BATCH), _FEWEST_STEPS)


def _without_frame(tokenizer: str) -> str:
    """Remove special tokens, padding and truncation: a mean of tokens needs none of them."""
    content = {**json.loads(tokenizer), "post_processor": None, "padding": None}
    return json.dumps({**content, "truncation": None}, ensure_ascii=False)


def _held_out(texts: int, seed: int) -> NDArray[np.int64]:
    size = min(max(round(_HELD_OUT * texts), 1), MOST_HELD_OUT)
    return np.sort(np.random.default_rng(seed).permutation(texts)[:size])


def _basis(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return principal directions (d, at most 512), which preserve cosines between vectors.

    A parent can have thousands of dimensions, which would make the static model needlessly large.
    """
    width = vectors.shape[1]
    if width <= WIDEST:
        return np.eye(width, dtype=np.float32)
    _, directions = np.linalg.eigh(vectors.T.astype(np.float64) @ vectors)
    return np.ascontiguousarray(directions[:, : -WIDEST - 1 : -1], dtype=np.float32)


def _start(
    alone: NDArray[np.float32], counts: sparse.csr_matrix, wanted: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the parent's vectors of single tokens (tokens, d), centred and weighted by rarity."""
    size = counts.shape[1]
    seen = np.asarray(counts.sum(axis=0)).ravel()
    share = (seen + 0.5) / (seen.sum() + 0.5 * size)
    rarity = (_RARE / (_RARE + share)).astype(np.float32)
    weight = np.zeros((size, alone.shape[1]), dtype=np.float32)
    weight[wanted] = (alone - alone[seen[wanted] > 0].mean(axis=0)) * rarity[wanted, None]
    return weight


def _trained(
    weight: NDArray[np.float32],
    counts: sparse.csr_matrix,
    vectors: NDArray[np.float32],
    seed: int,
    advance: Advance,
) -> NDArray[np.float32]:
    """Train the token vectors so that their sums have the direction of the parent's vectors."""
    directions = of_length_1(vectors)
    adam = _RowAdam(weight.copy())
    total = _steps(len(vectors))
    for step, batch in enumerate(_batches(len(vectors), total, seed)):
        some = counts[batch]
        tokens, places = np.unique(some.indices, return_inverse=True)
        some = sparse.csr_matrix((some.data, places, some.indptr), (len(batch), len(tokens)))
        gradient = some.T @ _gradient(some @ adam.weight[tokens], directions[batch])
        adam.step(tokens, gradient, _RATE * (1 - step / total))
        advance(1)
    return adam.weight


def _gradient(sums: NDArray[np.float32], directions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the gradient of one minus the mean cosine, with respect to the sums."""
    lengths = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), _SHORTEST)
    own = sums / lengths
    cosines = (own * directions).sum(axis=1, keepdims=True)
    return np.asarray((cosines * own - directions) / (lengths * len(sums)))


class _RowAdam:
    """Adam (Kingma and Ba 2015) in which a step touches the rows of its tokens only.

    Most tokens do not occur in a batch. Their weights and moments stay as they are, which
    ``torch.optim.SparseAdam`` does too, at several times the cost.
    """

    def __init__(self, weight: NDArray[np.float32]) -> None:
        self.weight = weight
        self._mean, self._square = np.zeros_like(weight), np.zeros_like(weight)
        self._steps = 0

    def step(self, rows: NDArray[np.integer], gradient: NDArray[np.float32], rate: float) -> None:
        """Change these rows, each given once."""
        self._steps += 1
        mean = _MEAN_DECAY * self._mean[rows] + (1 - _MEAN_DECAY) * gradient
        square = _SQUARE_DECAY * self._square[rows] + (1 - _SQUARE_DECAY) * gradient * gradient
        self._mean[rows], self._square[rows] = mean, square
        unbiased = 1 - _SQUARE_DECAY**self._steps, 1 - _MEAN_DECAY**self._steps
        size = rate * math.sqrt(unbiased[0]) / unbiased[1]
        self.weight[rows] -= size * mean / (np.sqrt(square) + _EPSILON)


def _batches(size: int, steps: int, seed: int) -> Iterator[NDArray[np.int64]]:
    generator = np.random.default_rng(seed)
    order = np.empty(0, dtype=np.int64)
    for _ in range(steps):
        if not len(order):
            order = generator.permutation(size)
        yield order[:_BATCH]
        order = order[_BATCH:]
