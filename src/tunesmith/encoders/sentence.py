"""Texts to vectors through any sentence-transformers model, as a scikit-learn transformer."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self, get_args

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin

from tunesmith.encoders.batches import unique
from tunesmith.encoders.bundled import BUNDLED
from tunesmith.encoders.cache import VectorCache, space_digest
from tunesmith.encoders.description import Description, describe
from tunesmith.encoders.digest import folder_digest
from tunesmith.encoders.engine import Backend, load_engine
from tunesmith.encoders.forward import Settings, TorchModel
from tunesmith.encoders.locate import locate
from tunesmith.encoders.onnx import OnnxModel
from tunesmith.encoders.prompts import resolve_prompt
from tunesmith.encoders.remember import encode_remembering
from tunesmith.encoders.texts import as_texts
from tunesmith.encoders.tokens import FolderTokens
from tunesmith.errors import UsageError
from tunesmith.progress import Advance, progress_bar

_SHORTEST = 3  # a token between the two special ones


class SentenceEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
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
        The most tokens in a batch, padding counted; by default 1,024 on a CPU, more elsewhere.
    device
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``; by default the best that is there.
    backend
        ``"torch"``; ``"onnx"``, which is about three times as fast on a CPU and needs no torch,
        where the model can be exported; or ``"auto"``: ``"onnx"`` on a CPU where the model has its
        ONNX file already, or so many texts are to be encoded that making one pays.
    cache
        True for the cache in Tunesmith's home, False for none, or a folder, or a
        :class:`~tunesmith.encoders.cache.VectorCache`.
    verbose
        Show a progress bar where standard error is a terminal.

    Examples
    --------
    >>> encoder = SentenceEncoder()
    >>> encoder.encode(["my card is lost", "where is my card?"]).shape
    (2, 384)
    """

    def __init__(  # noqa: PLR0913 -- an estimator takes its settings one by one
        self,
        model: str | Path = BUNDLED,
        *,
        max_length: int | None = None,
        normalize: bool = True,
        prompts: Mapping[str, str] | None = None,
        batch_tokens: int | None = None,
        device: str | None = None,
        backend: Backend = "auto",
        cache: bool | str | Path | VectorCache = True,
        verbose: bool = False,
    ) -> None:
        self.model = model
        self.max_length = max_length
        self.normalize = normalize
        self.prompts = prompts
        self.batch_tokens = batch_tokens
        self.device = device
        self.backend = backend
        self.cache = cache
        self.verbose = verbose

    @property
    def name(self) -> str:
        """The model's name, or the name of its folder."""
        folder = Path(self.model).expanduser()
        return folder.resolve().name if folder.is_dir() else str(self.model)

    @property
    def folder(self) -> Path:
        """The folder of the model.

        Raises
        ------
        UnknownModel
            There is no such model here, or the hub cannot be reached.
        """
        return locate(self.model)

    @property
    def digest(self) -> str:
        """The SHA-256 of the model's files that decide its vectors."""
        return self._source().digest

    @property
    def dimension(self) -> int:
        """The width of the vectors."""
        return self._dimension(self._source())

    @property
    def max_length(self) -> int:
        """The tokens after which a text is cut off; ``sys.maxsize`` for no limit."""
        return self._settings(None, self._source().description).max_length or sys.maxsize

    @max_length.setter
    def max_length(self, value: int | None) -> None:
        # What was asked for lies under the parameter's own name, where get_params finds it.
        self.__dict__["max_length"] = value

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002  (scikit-learn's)
        """Return the parameters as they were given."""
        return {name: self.__dict__[name] for name in self._get_param_names()}

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: ARG002  (scikit-learn's)
        """Check the texts; there is nothing to learn."""
        as_texts(X)
        self._check_parameters(self._source())
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the vectors of texts, as :meth:`encode` does without a prompt."""
        return self.encode(X)

    def encode(
        self, texts: Any, *, prompt: str | None = None, verbose: bool = False
    ) -> NDArray[np.float32]:
        """Return the vectors of texts.

        Parameters
        ----------
        texts
            A list or tuple of strings, a pandas Series, a NumPy array, an Arrow column, or a
            table of one column.
        prompt
            The name of a prompt (``"query"`` and ``"document"`` always work) or the words
            themselves; by default the model's default prompt, which most models do not have.
        verbose
            Show a progress bar.

        Returns
        -------
        ndarray
            float32, C-contiguous, shape (n, dimension).

        Raises
        ------
        DataError
            A text is missing or no string; its position is named.
        UsageError
            ``texts`` is a single string, or a parameter is out of range.
        UnknownModel, DamagedModel
            The model cannot be had.
        """
        found = as_texts(texts)
        with progress_bar("Encoding", len(found), shown=verbose or self.verbose) as advance:
            return self._encode(found, prompt, advance)

    def encode_stream(
        self,
        batches: Iterable[Sequence[str]],
        *,
        prompt: str | None = None,
        verbose: bool = False,
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the vectors of each batch of texts, so that memory stays flat.

        Batches of some thousands of texts are best: lengths are sorted within a batch.

        Examples
        --------
        >>> encoder = SentenceEncoder()
        >>> [part.shape for part in encoder.encode_stream([["a", "b"], ["c"]])]
        [(2, 384), (1, 384)]
        """
        with progress_bar("Encoding", None, shown=verbose or self.verbose) as advance:
            for batch in batches:
                yield self._encode(as_texts(batch), prompt, advance)

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return each text's tokens, special ones included and none cut off, shape (n,)."""
        return self._source().tokens.token_lengths(as_texts(texts))

    def _encode(
        self, texts: list[str], prompt: str | None, advance: Advance
    ) -> NDArray[np.float32]:
        source = self._source()
        self._check_parameters(source)
        settings = self._settings(prompt, source.description)
        distinct = unique(texts)
        advance(len(texts) - len(distinct.texts))
        vectors = encode_remembering(
            distinct.texts,
            lambda missing: self._loaded(source, len(missing)).encode(
                missing, settings, self.batch_tokens
            ),
            dimension=self._dimension(source),
            cache=self._cache(),
            space=space_digest(source.digest, *astuple(settings)),
            advance=advance,
        )
        return vectors if len(vectors) == len(texts) else vectors[distinct.positions]

    def _settings(self, prompt: str | None, described: Description) -> Settings:
        known = {**described.prompts, **(self.prompts or {})}
        return Settings(
            prompt=resolve_prompt(prompt, known, described.default_prompt),
            task=prompt if described.routed and prompt in {"query", "document"} else None,
            max_length=self.__dict__["max_length"] or described.max_length,
            normalize=self.normalize,
        )

    def _cache(self) -> VectorCache | None:
        if isinstance(self.cache, VectorCache):
            return self.cache
        if isinstance(self.cache, str | Path):
            return VectorCache(self.cache)
        return VectorCache() if self.cache else None

    def _source(self) -> "_Source":
        folder = self.folder
        return _look_at(folder, folder_digest(folder))

    def _dimension(self, source: "_Source") -> int:
        return source.description.dimension or self._loaded(source).dimension

    @property
    def _n_features_out(self) -> int:
        return self.dimension

    def _check_parameters(self, source: "_Source") -> None:
        if self.backend not in get_args(Backend):
            raise UsageError(
                f"backend is {self.backend!r}: give one of {', '.join(get_args(Backend))}"
            )
        if self.batch_tokens is not None and self.batch_tokens < 1:
            raise UsageError(f"batch_tokens is {self.batch_tokens}: give 1 or more")
        chosen = self.__dict__["max_length"]
        if chosen is None:
            return
        if isinstance(chosen, bool) or not isinstance(chosen, int) or chosen < _SHORTEST:
            raise UsageError(f"max_length is {chosen!r}: give a whole number from {_SHORTEST} up")
        positions = source.description.positions
        if positions is not None and chosen > positions:
            raise UsageError(
                f"max_length is {chosen}, but {self.name} has {positions} positions: "
                f"give at most {positions}"
            )

    def _loaded(self, source: "_Source", count: int = 0) -> TorchModel | OnnxModel:
        # Kept, for others share what is loaded only as long as somebody holds it.
        self._engine = load_engine(
            source.folder, source.digest, backend=self.backend, device=self.device, count=count
        )
        return self._engine

    def __getstate__(self) -> dict[str, Any]:
        """Leave the loaded model out: it is loaded again where it is needed."""
        state: dict[str, Any] = super().__getstate__()
        return {key: value for key, value in state.items() if key != "_engine"}

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


@dataclass(frozen=True)
class _Source:
    """What is known of a model's files, until they change."""

    folder: Path
    digest: str
    description: Description
    tokens: FolderTokens


@lru_cache(maxsize=64)
def _look_at(folder: Path, digest: str) -> _Source:
    return _Source(folder, digest, describe(folder), FolderTokens(folder))
