"""Find duplicate and near-duplicate texts without comparing all pairs.

Texts are normalised first. Two different texts are near-duplicates if the Jaccard similarity of
their sets of three-letter shingles is at least :data:`NEAR`. Candidates come from
MinHash sketches (Broder 1997) cut into bands (locality-sensitive hashing; Leskovec, Rajaraman and
Ullman, "Mining of Massive Datasets", chapter 3), and each candidate is verified exactly.
"""

import unicodedata
import zlib
from array import array
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

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


def groups(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return a group number for each text, the same for duplicates and near-duplicates.

    Groups are transitive: a near-duplicate of any member is a member. They are numbered from 0 in
    the order of their first text. The result depends only on the texts.

    If very many texts share a band, for example texts generated from a template, each is compared
    only with its 16 alphabetical neighbours in it. Time and memory therefore grow linearly with the
    number of texts.

    Returns
    -------
    Group numbers, int64, shape (n,).

    Examples
    --------
    >>> groups(["Where is my card?", "Close my account", "where is my card"]).tolist()
    [0, 1, 0]
    """
    return _groups(tuple(texts)).copy()


# The checks of a data set, its folds and its splits ask for the same texts.
@lru_cache(maxsize=1)
def _groups(texts: tuple[str, ...]) -> NDArray[np.int64]:
    normal = [normalise(text) for text in texts]
    distinct = sorted(set(normal))
    place = {text: number for number, text in enumerate(distinct)}
    return _numbered(_components(distinct)[[place[text] for text in normal]])


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


def _components(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return the number of each text's group; pairs within a group are not compared again."""
    sketches, component = _sketches(texts), np.arange(len(texts))
    sets = cache(partial(_shingle_sets, texts))  # most files have no two similar texts
    for start in range(0, _BANDS * _BAND_ROWS, _BAND_ROWS):
        for pairs in _collisions(sketches[:, start : start + _BAND_ROWS]):
            apart = pairs[component[pairs[:, 0]] != component[pairs[:, 1]]]
            likely = _likely(sketches, apart)
            near = _near(sets(), likely) if len(likely) else likely
            component = _joined(component, near) if len(near) else component
    return component


def _collisions(band: NDArray[np.uint32]) -> Iterator[NDArray[np.int64]]:
    """Yield pairs of rows with equal bands, int64, shape (pairs, 2).

    datasketch's index returns a whole bucket for each query, which is quadratic if many texts come
    from one template. Sorting each band limits the number of pairs.
    """
    odd = np.random.default_rng(0).integers(1, 2**63, band.shape[1], dtype=np.uint64) * 2 + 1
    keys = (band.astype(np.uint64) * odd).sum(axis=1, dtype=np.uint64)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    for step in range(1, _NEIGHBOURS + 1):
        equal = keys[step:] == keys[:-step]
        if not equal.any():
            break
        yield np.column_stack([order[:-step][equal], order[step:][equal]])


def _likely(sketches: NDArray[np.uint32], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the pairs whose sketches are similar."""
    kept = [pairs[:0]]
    for chunk in _chunks(pairs):
        estimate = (sketches[chunk[:, 0]] == sketches[chunk[:, 1]]).mean(axis=1)
        kept.append(chunk[estimate >= _MIN_ESTIMATE])
    return np.concatenate(kept)


def _near(sets: "csr_array", pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the pairs whose sets of shingles are similar."""
    sizes, kept = np.diff(sets.indptr), [pairs[:0]]
    for chunk in _chunks(pairs):
        left, right = chunk[:, 0], chunk[:, 1]
        shared = np.diff(sets[left].multiply(sets[right]).tocsr().indptr)
        kept.append(chunk[shared / (sizes[left] + sizes[right] - shared) >= NEAR])
    return np.concatenate(kept)


def _chunks(pairs: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    return (pairs[start : start + _CHUNK] for start in range(0, len(pairs), _CHUNK))


def _shingle_sets(texts: Sequence[str]) -> "csr_array":
    """Return a row for each text with a one for each of its shingles."""
    from scipy.sparse import csr_array

    number: dict[str, int] = {}
    columns, ends = array("i"), [0]
    for text in texts:
        columns.extend(number.setdefault(one, len(number)) for one in shingles(text))
        ends.append(len(columns))
    ones = np.ones(len(columns), dtype=np.int8)
    sets = csr_array((ones, np.array(columns), ends), shape=(len(texts), max(1, len(number))))
    sets.sort_indices()
    return sets


def _joined(component: NDArray[np.int64], near: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the components after joining those of near-duplicates."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = (np.ones(len(near), dtype=np.int8), (component[near[:, 0]], component[near[:, 1]]))
    graph = coo_array(links, shape=(len(component),) * 2)
    return connected_components(graph, directed=False)[1][component].astype(np.int64)
