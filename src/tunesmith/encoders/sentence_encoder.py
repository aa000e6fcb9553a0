"""Texts to vectors as a scikit-learn transformer."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin

from tunesmith.encoders.inputs import as_texts
from tunesmith.encoders.text_encoder import TextEncoder


class SentenceEncoder(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, TextEncoder
):
    """Turns texts into vectors; a scikit-learn transformer that needs no fitting.

    Each distinct text is encoded once, in batches of texts of similar length, and cached on
    disk. The model is loaded when the first text that is not in the cache must be encoded.

    Parameters
    ----------
    model
        A sentence-transformers model: ``"all-MiniLM-L6-v2"`` (bundled with the package), a
        folder, a model in Tunesmith's home, or a name on the Hugging Face Hub.
    max_length
        Maximum number of tokens, including special ones, before truncation; by default the
        model's limit. At most the model's number of positions.
    normalize
        Whether to L2-normalise vectors. Many models normalise them anyway.
    prompts
        Prompts by name, overriding the model's own.
    batch_tokens
        Maximum number of tokens per batch, including padding; by default the fastest value for the
        device.
    device
        ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``; by default the best one available.
    backend
        ``"torch"``; ``"onnx"``, which is about three times as fast on a CPU and needs no torch, if
        the model can be exported; or ``"auto"``: ``"onnx"`` on a CPU if the model already has an
        ONNX file, or if there are enough texts to make an export worthwhile.
    precision
        ``"int8"``: 8-bit weights, about twice as fast again on a CPU, if the mean cosine with the
        original vectors is at least 0.99; else ``"float32"`` is used, with a warning.
        ``"bfloat16"`` or ``"float16"``: 16-bit matrix products with torch, for GPUs.
    cache
        True for the cache in Tunesmith's home, False for none, or a folder or
        :class:`~tunesmith.encoders.VectorCache`.
    verbose
        Whether to show a progress bar if standard error is a terminal.

    Examples
    --------
    >>> encoder = SentenceEncoder()
    >>> encoder.encode(["my card is lost", "where is my card?"]).shape
    (2, 384)
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 - scikit-learn's
        """Return the parameters as given."""
        return {name: self.__dict__[name] for name in self._get_param_names()}

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: ARG002 - scikit-learn's
        """Validate the texts; nothing is learned."""
        as_texts(X)
        self._check_parameters(self._source())
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the vectors of texts; the same as :meth:`encode` without a prompt."""
        return self.encode(X)

    @property
    def _n_features_out(self) -> int:
        return self.dimension

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags
