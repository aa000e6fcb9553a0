"""A caching wrapper for any text encoder, usable as a pipeline step."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from tunesmith.encoders.backends.batches import unique
from tunesmith.encoders.cache.vector_cache import VectorCache, space_digest, text_digest
from tunesmith.encoders.inputs import as_texts
from tunesmith.errors import DataError, UsageError

_WINDOW = 1024  # texts per call of the encoder


class CachedEncoder(TransformerMixin, BaseEstimator):
    """Caches the vectors of another encoder, and calls it only for new texts.

    :class:`~tunesmith.SentenceEncoder` has its own cache; use this for other encoders, such as a
    client of a paid service, a scikit-learn pipeline, or a model of another library.

    Parameters
    ----------
    encoder
        Any object whose ``transform`` turns a list of texts into vectors; it is already fitted or
        needs no fitting.
    name
        Name of the encoder in the cache; use a different name for every model and version.
    cache
        Folder or :class:`~tunesmith.encoders.VectorCache`; by default the cache in Tunesmith's
        home.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.feature_extraction.text import HashingVectorizer
    >>> class Hashed(HashingVectorizer):
    ...     def transform(self, X):
    ...         return super().transform(X).toarray()
    >>> encoder = CachedEncoder(Hashed(n_features=8), "hashed-8", cache=tempfile.mkdtemp())
    >>> encoder.fit_transform(["my card", "my card", "cancel"]).shape
    (3, 8)
    """

    def __init__(
        self, encoder: Any, name: str, *, cache: str | Path | VectorCache | None = None
    ) -> None:
        self.encoder = encoder
        self.name = name
        self.cache = cache

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: ARG002 - scikit-learn's
        """Validate the parameters; nothing is learned.

        Raises
        ------
        UsageError
            The name is empty.
        """
        if not self.name:
            raise UsageError(
                "name is empty", hint="give the encoder a unique name for the cache", option="name"
            )
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the vectors of texts, float32, shape (n, d).

        Raises
        ------
        DataError
            A text is missing or not a string, or the encoder does not return a finite vector for
            each text.
        """
        distinct = unique(as_texts(X))
        digests = [text_digest(text) for text in distinct.texts]
        store, space = self._store(), space_digest("CachedEncoder", self.name)
        lookup = store.get_many(space, digests)
        parts = [lookup.vectors] if lookup.found.any() else []
        missing = np.flatnonzero(~lookup.found)
        # Each part is stored at once, so an interruption loses little.
        for positions in np.split(missing, np.arange(_WINDOW, len(missing), _WINDOW)):
            if len(positions):
                parts.append(self._encode([distinct.texts[index] for index in positions], parts))
                store.put_many(space, [digests[index] for index in positions], parts[-1])
        order = np.concatenate([np.flatnonzero(lookup.found), missing])
        vectors = np.empty((len(digests), parts[0].shape[1] if parts else 0), dtype=np.float32)
        vectors[order] = np.concatenate(parts) if parts else vectors
        return np.asarray(vectors[distinct.positions])

    def _store(self) -> VectorCache:
        return self.cache if isinstance(self.cache, VectorCache) else VectorCache(self.cache)

    def _encode(
        self, texts: Sequence[str], before: Sequence[NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        vectors = np.asarray(self.encoder.transform(texts), dtype=np.float32)
        if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
            raise DataError(
                f"the encoder {self.name!r} returned an array of shape {vectors.shape} for "
                f"{len(texts)} texts, or values that are not finite: it must return one finite "
                "vector per text"
            )
        if before and before[0].shape[1] != vectors.shape[1]:
            raise DataError(
                f"the cache has vectors of {before[0].shape[1]} dimensions for {self.name!r}, but "
                f"the encoder returns {vectors.shape[1]}",
                hint="give it another name",
            )
        return vectors

    def __sklearn_is_fitted__(self) -> bool:
        return True
