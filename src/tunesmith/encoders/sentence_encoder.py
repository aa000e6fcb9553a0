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

    Each distinct text is encoded once, in batches of texts of like length, and kept in the
    cache on disk. The model is loaded when the first text must really be encoded.

    Parameters
    ----------
    model
        A sentence-transformers model: ``"all-MiniLM-L6-v2"`` (comes with the package), a
        folder, a model in Tunesmith's home, or a name on the Hugging Face hub.
    max_length
        The tokens, special ones included, after which a text is cut off; by default the model's
        own limit. At most the model's number of positions.
    normalize
        Scale vectors to length 1. Without it they are as the model gives them, and many models
        scale them by themselves.
    prompts
        Prompts by name, over the model's own.
    batch_tokens
        The most tokens in a batch, padding counted; by default what is fastest on the device.
    device
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``; by default the best that is there.
    backend
        ``"torch"``; ``"onnx"``, which is about three times as fast on a CPU and needs no torch,
        where the model can be exported; or ``"auto"``: ``"onnx"`` on a CPU where the model has its
        ONNX file already, or so many texts are to be encoded that making one pays.
    precision
        ``"int8"``: weights of 8 bits, about twice as fast again on a CPU, where the vectors stay
        within a mean cosine of 0.99; else ``"float32"`` is used, with a warning.
        ``"bfloat16"`` or ``"float16"``: matrix products of 16 bits by torch, for GPUs.
    cache
        True for the cache in Tunesmith's home, False for none, or a folder, or a
        :class:`~tunesmith.encoders.VectorCache`.
    verbose
        Show a progress bar where standard error is a terminal.

    Examples
    --------
    >>> encoder = SentenceEncoder()
    >>> encoder.encode(["my card is lost", "where is my card?"]).shape
    (2, 384)
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 - scikit-learn's
        """Return the parameters as they were given."""
        return {name: self.__dict__[name] for name in self._get_param_names()}

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: ARG002 - scikit-learn's
        """Check the texts; there is nothing to learn."""
        as_texts(X)
        self._check_parameters(self._source())
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the vectors of texts, as :meth:`encode` does without a prompt."""
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
