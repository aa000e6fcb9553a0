"""Find duplicate and near-duplicate texts without comparing all pairs.

Texts are normalised first. Two different texts are near-duplicates if the Jaccard similarity of
their sets of three-letter shingles is at least :data:`NEAR`. Candidates come from
MinHash sketches (Broder 1997) cut into bands (locality-sensitive hashing; Leskovec, Rajaraman and
Ullman, "Mining of Massive Datasets", chapter 3), and each candidate is verified exactly.
"""

import unicodedata
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

NEAR: Final = 0.8
"""Minimum Jaccard similarity of near-duplicates."""

_SHINGLE: Final = 3
_BANDS: Final = 25  # a pair at 0.8 shares at least one of 25 bands of 5 with probability 0.99995
_BAND_ROWS: Final = 5
_MIN_ESTIMATE: Final = 0.64  # 125 hashes estimate a true 0.8 below this once in 100,000 pairs
_NEIGHBOURS: Final = 16  # buckets of up to 17 texts are compared in full
_CHUNK: Final = 65_536
_MAX_CHARACTERS: Final = 100_000


class _Cleaner(dict[int, str | None]):
    """A translation table for ``str.translate``, filled on demand."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        category = unicodedata.category(character)
        cleaned: str | None = character
        if character in "'’" or category == "Cf":
            cleaned = None  # "don't" equals "dont", and zero-width marks are ignored
        elif category[0] in "PZ" or category == "Cc":
            cleaned = " "
        self[code] = cleaned
        return cleaned


_CLEANER = _Cleaner()


def normalise(text: str) -> str:
    """Return the text in lower case, without punctuation, ligatures and extra spaces.

    Symbols such as ``+``, ``€`` and emoji are kept, because they carry meaning. A text that is
    only punctuation is only lower-cased.

    Examples
    --------
    >>> normalise("  Where's my CARD?! ")
    'wheres my card'
    """
    if text.isascii():
        folded = text.lower()
    else:
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.translate(_CLEANER).split()) or folded.strip()


def shingles(text: str) -> frozenset[str]:
    """Return the three-letter shingles of a normalised text, padded with a space at both ends.

    Only the first 100,000 characters are used.

    Examples
    --------
    >>> sorted(shingles("card"))
    [' ca', 'ard', 'car', 'rd ']
    """
    marked = f" {text[:_MAX_CHARACTERS]} "
    return frozenset(
        marked[start : start + _SHINGLE] for start in range(max(1, len(marked) - _SHINGLE + 1))
    )


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    """Return the Jaccard similarity of two sets of shingles, 0 to 1."""
    shared = len(left & right)
    return shared / (len(left) + len(right) - shared)


def near_pairs(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return the pairs of near-duplicate texts.

    Among texts that are equal after normalisation, only the first is used. If very many texts share
    a band, for example texts generated from a template, each is compared only with its 16
    alphabetical neighbours in it. Time and memory therefore grow linearly with the number of texts.

    Returns
    -------
    Positions in ``texts``, int64, shape (pairs, 2), sorted, with the smaller first in each pair.
    """
    return _near_pairs(tuple(texts))


# The checks of a data set, its folds and its splits ask for the same texts.
@lru_cache(maxsize=1)
def _near_pairs(texts: tuple[str, ...]) -> NDArray[np.int64]:
    first: dict[str, int] = {}
    for position, text in enumerate(texts):
        first.setdefault(normalise(text), position)
    distinct = sorted(first)
    positions = np.array([first[text] for text in distinct], dtype=np.int64)
    pairs = np.sort(positions[_verified(distinct, _candidates(_sketches(distinct)))], axis=1)
    found = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    found.flags.writeable = False
    return found


def groups(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return a group number for each text, the same for duplicates and near-duplicates.

    Groups are transitive: a near-duplicate of any member is a member. They are numbered from 0 in
    the order of their first text. The result depends only on the texts.

    Returns
    -------
    Group numbers, int64, shape (n,).

    Examples
    --------
    >>> groups(["Where is my card?", "Close my account", "where is my card"]).tolist()
    [0, 1, 0]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first: dict[str, int] = {}
    same = np.array(
        [first.setdefault(normalise(text), position) for position, text in enumerate(texts)],
        dtype=np.int64,
    )
    near = near_pairs(texts)
    left = np.concatenate([np.arange(len(texts)), near[:, 0]])
    right = np.concatenate([same, near[:, 1]])
    links = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(len(texts),) * 2)
    return _numbered(connected_components(links, directed=False)[1])


def _numbered(components: NDArray[np.integer]) -> NDArray[np.int64]:
    _, first, inverse = np.unique(components, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def _sketches(texts: Sequence[str]) -> NDArray[np.uint32]:
    from datasketch import MinHash

    empty = MinHash(num_perm=_BANDS * _BAND_ROWS, seed=1, hashfunc=_hash)
    values = np.empty((len(texts), _BANDS * _BAND_ROWS), dtype=np.uint32)
    for row, text in enumerate(texts):
        sketch = empty.copy()
        sketch.update_batch(shingles(text))
        values[row] = sketch.hashvalues
    return values


def _hash(shingle: str) -> int:
    return zlib.crc32(shingle.encode("utf-8", "surrogatepass"))


def _candidates(sketches: NDArray[np.uint32]) -> NDArray[np.int64]:
    # datasketch's index returns a whole bucket for each query, which is quadratic if many texts
    # come from one template. Sorting each band limits the number of candidates.
    found = [
        _filtered(sketches, _collisions(sketches[:, start : start + _BAND_ROWS]))
        for start in range(0, _BANDS * _BAND_ROWS, _BAND_ROWS)
    ]
    codes = np.unique(np.concatenate(found) @ np.array([len(sketches), 1]))
    return np.column_stack(np.divmod(codes, max(1, len(sketches))))


def _collisions(band: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return pairs of rows with equal bands, shape (pairs, 2)."""
    odd = np.random.default_rng(0).integers(1, 2**63, band.shape[1], dtype=np.uint64) * 2 + 1
    keys = (band.astype(np.uint64) * odd).sum(axis=1, dtype=np.uint64)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    pairs = [np.empty((0, 2), dtype=np.int64)]
    for step in range(1, _NEIGHBOURS + 1):
        equal = keys[step:] == keys[:-step]
        if not equal.any():
            break
        # the sort is stable, so the smaller position comes first
        pairs.append(np.column_stack([order[:-step][equal], order[step:][equal]]))
    return np.concatenate(pairs)


def _filtered(sketches: NDArray[np.uint32], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    kept = [pairs[:0]]
    for start in range(0, len(pairs), _CHUNK):
        chunk = pairs[start : start + _CHUNK]
        estimate = (sketches[chunk[:, 0]] == sketches[chunk[:, 1]]).mean(axis=1)
        kept.append(chunk[estimate >= _MIN_ESTIMATE])
    return np.concatenate(kept)


def _verified(texts: Sequence[str], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    @lru_cache(maxsize=256)  # pairs are sorted, so the same text is soon needed again
    def cached_shingles(position: int) -> frozenset[str]:
        return shingles(texts[position])

    near = [
        jaccard(cached_shingles(left), cached_shingles(right)) >= NEAR
        for left, right in pairs.tolist()
    ]
    verified: NDArray[np.int64] = pairs[np.array(near, dtype=bool)]
    return verified
