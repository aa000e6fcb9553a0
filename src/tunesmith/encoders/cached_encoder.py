"""Any encoder of texts with the cache in front of it, as a step of a pipeline."""

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

_WINDOW = 1024  # texts that the encoder is given at a time


class CachedEncoder(TransformerMixin, BaseEstimator):
    """Keeps what another encoder makes of texts, and asks it only for texts that are new.

    :class:`~tunesmith.SentenceEncoder` does so by itself; this is for others, such as a client of
    a paid service, a scikit-learn pipeline, or a model of another library.

    Parameters
    ----------
    encoder
        Anything with ``transform`` from a list of texts to vectors; it needs no fitting, or is
        fitted already.
    name
        Stands for the encoder in the cache: give every model, and every version of it, another.
    cache
        A folder or a :class:`~tunesmith.encoders.VectorCache`; by default the cache in
        Tunesmith's home.

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
        """Check the parameters; there is nothing to learn."""
        if not self.name:
            raise UsageError("name is empty: give the encoder a name of its own in the cache")
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the vectors of texts, float32, shape (n, d).

        Raises
        ------
        DataError
            A text is missing or no string, or the encoder gives no finite vector for each text.
        """
        distinct = unique(as_texts(X))
        digests = [text_digest(text) for text in distinct.texts]
        store, space = self._store(), space_digest("CachedEncoder", self.name)
        lookup = store.get_many(space, digests)
        parts = [lookup.vectors] if lookup.found.any() else []
        missing = np.flatnonzero(~lookup.found)
        # What is done is kept, also when the work is interrupted.
        for positions in np.split(missing, np.arange(_WINDOW, len(missing), _WINDOW)):
            if len(positions):
                parts.append(self._encoded([distinct.texts[place] for place in positions], parts))
                store.put_many(space, [digests[place] for place in positions], parts[-1])
        order = np.concatenate([np.flatnonzero(lookup.found), missing])
        vectors = np.empty((len(digests), parts[0].shape[1] if parts else 0), dtype=np.float32)
        vectors[order] = np.concatenate(parts) if parts else vectors
        return np.asarray(vectors[distinct.positions])

    def _store(self) -> VectorCache:
        return self.cache if isinstance(self.cache, VectorCache) else VectorCache(self.cache)

    def _encoded(
        self, texts: Sequence[str], before: Sequence[NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        vectors = np.asarray(self.encoder.transform(texts), dtype=np.float32)
        if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
            raise DataError(
                f"the encoder {self.name!r} gave an array of shape {vectors.shape} for "
                f"{len(texts)} texts, or numbers that are not finite: it must give each a vector"
            )
        if before and before[0].shape[1] != vectors.shape[1]:
            raise DataError(
                f"the cache holds vectors of {before[0].shape[1]} numbers for {self.name!r}, the "
                f"encoder gives {vectors.shape[1]}: give it another name"
            )
        return vectors

    def __sklearn_is_fitted__(self) -> bool:
        return True
