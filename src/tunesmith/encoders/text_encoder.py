"""Texts to vectors through any sentence-transformers model."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.backends.batches import unique
from tunesmith.encoders.backends.cores import usable_cores
from tunesmith.encoders.backends.engine import (
    WORTH_EXPORTING,
    Backend,
    Engine,
    Precision,
    load_engine,
    short_texts,
)
from tunesmith.encoders.backends.parts import Settings
from tunesmith.encoders.cache.lookup import encode_cached
from tunesmith.encoders.cache.vector_cache import VectorCache, space_digest
from tunesmith.encoders.fixed_encoder import FixedEncoder
from tunesmith.encoders.inputs import as_texts
from tunesmith.encoders.model_files.bundled import BUNDLED
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.encoders.model_files.locate import locate
from tunesmith.encoders.model_files.query_route import query_layers
from tunesmith.encoders.model_files.source import ModelFiles, model_files
from tunesmith.errors import UsageError
from tunesmith.folders import warn_of_path
from tunesmith.progress import Advance, progress_bar
from tunesmith.vectors.layers import apply_layers

_SHORTEST = 3  # a token between the two special ones


class TextEncoder:
    """Turns texts into vectors: :class:`~tunesmith.SentenceEncoder` without scikit-learn.

    Serving needs no estimator and starts in half the time without one. Parameters, properties and
    errors are those of that class.

    Examples
    --------
    >>> encoder = TextEncoder()
    >>> encoder.encode(["my card is lost", "where is my card?"]).shape
    (2, 384)
    """

    def __init__(  # noqa: PLR0913 - the parameters of the estimator subclass
        self,
        model: str | Path = BUNDLED,
        *,
        max_length: int | None = None,
        normalize: bool = True,
        prompts: Mapping[str, str] | None = None,
        batch_tokens: int | None = None,
        device: str | None = None,
        backend: Backend = "auto",
        precision: Precision = "float32",
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
        self.precision = precision
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
            The model does not exist, or the hub cannot be reached.
        """
        return locate(self.model)

    @property
    def digest(self) -> str:
        """The SHA-256 of the model files that affect its vectors."""
        return self._source().digest

    @property
    def dimension(self) -> int:
        """The number of dimensions of the vectors."""
        return self._dimension(self._source())

    @property
    def max_length(self) -> int:
        """The maximum number of tokens of a text; ``sys.maxsize`` for no limit."""
        source = self._source()
        own = self._settings(None, source).max_length
        return own or source.description.max_length or sys.maxsize

    @max_length.setter
    def max_length(self, value: int | None) -> None:
        # The given value is stored under the parameter's name, where get_params finds it.
        self.__dict__["max_length"] = value

    def encode(
        self,
        texts: Any,
        *,
        prompt: str | None = None,
        verbose: bool = False,
        advance: Advance | None = None,
    ) -> NDArray[np.float32]:
        """Return the vectors of texts.

        Parameters
        ----------
        texts
            A list or tuple of strings, a pandas Series, a NumPy array, an Arrow column, or a
            table of one column.
        prompt
            Name of a prompt (``"query"`` and ``"document"`` always work) or the prompt text
            itself; by default the model's default prompt, if it has one.
        verbose
            Whether to show a progress bar.
        advance
            Called with the number of texts done; no progress bar is shown then.

        Returns
        -------
        ndarray
            float32, C-contiguous, shape (n, dimension).

        Raises
        ------
        DataError
            A text is missing or not a string; the message gives its index.
        UsageError
            ``texts`` is a single string, or a parameter is out of range.
        UnknownModel, DamagedModel
            The model cannot be found or loaded.
        """
        checked_texts = as_texts(texts)
        if advance is not None:
            return self._encode(checked_texts, prompt, advance)
        with progress_bar("Encoding", len(checked_texts), shown=verbose or self.verbose) as shown:
            return self._encode(checked_texts, prompt, shown)

    def encode_stream(
        self,
        batches: Iterable[Sequence[str]],
        *,
        prompt: str | None = None,
        verbose: bool = False,
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the vectors of each batch of texts, with constant memory.

        Use batches of a few thousand texts, because texts are sorted by length within a batch.

        Raises
        ------
        UsageError
            A parameter is out of range, or there is no prompt with that name.
        DataError
            A text is missing or not a string.
        UnknownModel, DamagedModel
            The model cannot be found or loaded.

        Examples
        --------
        >>> encoder = TextEncoder()
        >>> [part.shape for part in encoder.encode_stream([["a", "b"], ["c"]])]
        [(2, 384), (1, 384)]
        """
        with progress_bar("Encoding", None, shown=verbose or self.verbose) as advance:
            for batch in batches:
                yield self._encode(as_texts(batch), prompt, advance)

    def fixed(self, *, threads: int | None = None) -> FixedEncoder:
        """Load the model for serving, so that a call needs neither files nor the vector cache.

        On a CPU the model is exported to ONNX first if it can be.

        Parameters
        ----------
        threads
            Number of CPU threads of a call; by default one per core (or ``OMP_NUM_THREADS``).

        Returns
        -------
        An encoder with the same vectors. Later changes of the folder do not affect it.

        Raises
        ------
        UsageError
            A parameter is out of range.
        UnknownModel, DamagedModel
            The model cannot be found or loaded.
        """
        if threads is not None and threads < 1:
            raise UsageError(f"threads is {threads}", hint="give 1 or more", option="threads")
        source = self._source()
        self._check_parameters(source)
        source.tokens.token_lengths([""])  # the tokenizer is read now
        return FixedEncoder(
            name=self.name,
            files=source,
            engine=self._loaded(source, WORTH_EXPORTING),
            query_layers=query_layers(source.folder),
            max_length=self._settings(None, source).max_length or sys.maxsize,
            prompts=dict(self.prompts or {}),
            normalize=self.normalize,
            batch_tokens=self.batch_tokens,
            threads=threads or usable_cores(),
        )

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return the token counts of texts, including special tokens, untruncated, shape (n,)."""
        return self._source().tokens.token_lengths(as_texts(texts))

    def _encode(
        self, texts: list[str], prompt: str | None, advance: Advance
    ) -> NDArray[np.float32]:
        source = self._source()
        self._check_parameters(source)
        settings = self._settings(prompt, source)
        distinct = unique(texts)
        advance(len(texts) - len(distinct.texts))
        vectors = encode_cached(
            distinct.texts,
            lambda missing: self._loaded(source, short_texts(missing)).encode(
                missing, settings, self.batch_tokens
            ),
            dimension=self._dimension(source),
            cache=None if source.description.static else self._cache(),
            space=space_digest(source.digest, *_key(settings), *self._precision_key()),
            advance=advance,
        )
        if prompt == "query":
            vectors = apply_layers(query_layers(source.folder), vectors)
        return vectors if len(vectors) == len(texts) else vectors[distinct.positions]

    def _settings(self, prompt: str | None, source: ModelFiles) -> Settings:
        return source.settings(
            prompt,
            prompts=self.prompts,
            max_length=self.__dict__["max_length"],
            normalize=self.normalize,
        )

    def _precision_key(self) -> tuple[str, ...]:
        # Earlier int8 vectors depended on the other texts of their batch.
        names = {"float32": (), "int8": ("int8", "single")}
        return names.get(self.precision, (self.precision,))

    def _cache(self) -> VectorCache | None:
        if isinstance(self.cache, VectorCache):
            return self.cache
        if isinstance(self.cache, str | Path):
            return VectorCache(self.cache)
        return VectorCache() if self.cache else None

    def _source(self) -> ModelFiles:
        folder = self.folder
        return model_files(folder, folder_digest(folder))

    def _dimension(self, source: ModelFiles) -> int:
        return source.description.dimension or self._loaded(source).dimension

    def _check_parameters(self, source: ModelFiles) -> None:
        for name, known in (("backend", get_args(Backend)), ("precision", get_args(Precision))):
            if getattr(self, name) not in known:
                value = getattr(self, name)
                raise UsageError(
                    f"{name} is {value!r}", hint=f"give one of {', '.join(known)}", option=name
                )
        if self.batch_tokens is not None and self.batch_tokens < 1:
            raise UsageError(
                f"batch_tokens is {self.batch_tokens}", hint="give 1 or more", option="batch_tokens"
            )
        chosen = self.__dict__["max_length"]
        if chosen is None:
            return
        if isinstance(chosen, bool) or not isinstance(chosen, int) or chosen < _SHORTEST:
            raise UsageError(
                f"max_length is {chosen!r}",
                hint=f"give an integer of {_SHORTEST} or more",
                option="max_length",
            )
        positions = source.description.positions
        if positions is not None and chosen > positions:
            raise UsageError(
                f"max_length is {chosen}, but {self.name} has {positions} positions",
                hint=f"give {positions} or less",
                option="max_length",
            )

    def _loaded(self, source: ModelFiles, count: int = 0) -> Engine:
        # Keep a reference: a shared engine is unloaded when its last user is gone.
        self._engine = load_engine(
            source.folder,
            source.digest,
            backend=self.backend,
            device=self.device,
            precision=self.precision,
            count=count,
        )
        return self._engine

    def __getstate__(self) -> dict[str, Any]:
        """Exclude the loaded model, which is loaded again when needed.

        A pickle of an encoder of a folder is worth nothing without that folder, so it warns.
        """
        folder = Path(self.model).expanduser()
        if folder.is_dir():
            warn_of_path("the encoder", folder)
        state = {key: value for key, value in self.__dict__.items() if key != "_engine"}
        # Another process may have another current folder.
        return state | ({"model": str(folder.resolve())} if folder.is_dir() else {})


def _key(settings: Settings) -> tuple[str | int | bool | None, ...]:
    # The vectors on disk have this key, so new settings are not part of it: here they are unset.
    return settings.prompt, settings.task, settings.max_length, settings.normalize
