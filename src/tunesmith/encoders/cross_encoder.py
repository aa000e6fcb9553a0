"""Cross-encoders: two texts in, one relevance score out."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.backends.quiet import no_progress_bars, no_warnings
from tunesmith.encoders.backends.tokenizer import require_tokenizer
from tunesmith.encoders.backends.torch_model import choose_device
from tunesmith.errors import DamagedModel, ModelError, UnknownModel
from tunesmith.home import current_home
from tunesmith.progress import progress_bar

# Any other architecture would silently get a random head.
_SCORING = ("ForSequenceClassification", "ForCausalLM")
CHUNK = 1024
JUDGE = "judge"
"""Folder name, inside a fitted model, of the cross-encoder that scored its pairs."""


class CrossEncoder:
    """Scores pairs of texts jointly: slower than embeddings, but more accurate.

    The model is located on construction and loaded on first use; nothing is downloaded.

    Parameters
    ----------
    model
        A folder, a model fitted with silver pairs (by folder or name), or the name of a model in
        the local Hugging Face cache, such as ``"cross-encoder/ms-marco-MiniLM-L6-v2"``.
    device
        Name of a torch device; by default the best one available.
    batch_size
        Pairs per batch.
    verbose
        Whether to show a progress bar if standard error is a terminal.

    Raises
    ------
    UnknownModel
        The model is not on this machine, or is not a cross-encoder.

    Examples
    --------
    >>> judge = CrossEncoder("cross-encoder/ms-marco-MiniLM-L6-v2")    # download  # doctest: +SKIP
    >>> judge.score([("my card?", "In a week.")]).shape                # download  # doctest: +SKIP
    (1,)
    """

    def __init__(
        self,
        model: str | Path,
        *,
        device: str | None = None,
        batch_size: int = 32,
        verbose: bool = False,
    ) -> None:
        self.folder = _folder(model)
        self.device = device
        self.batch_size = batch_size
        self.verbose = verbose
        self._model: Any = None

    def score(
        self,
        pairs: Sequence[tuple[str, str]],
        *,
        progress: Callable[[int], object] = lambda _: None,
    ) -> NDArray[np.float32]:
        """Return the relevance score of each pair.

        Parameters
        ----------
        pairs
            Pairs of texts.
        progress
            Called before each chunk of about a thousand pairs with the number done; an exception
            raised by it stops scoring.

        Returns
        -------
        ndarray
            float32, shape (n,), from 0 to 1: the logistic function of the model's one output.

        Raises
        ------
        ModelError
            The model has several outputs, or returns values that are not finite.
        DamagedModel
            It cannot be loaded.
        """
        scores = np.empty(len(pairs), dtype=np.float32)
        with progress_bar("Scoring pairs", len(pairs), shown=self.verbose) as advance:
            for start in range(0, len(pairs), CHUNK):
                progress(start)
                part = list(pairs[start : start + CHUNK])
                scores[start : start + len(part)] = self._predict_finite(part)
                advance(len(part))
        return scores

    def _predict_finite(self, pairs: list[tuple[str, str]]) -> NDArray[np.float32]:
        model = self._loaded()
        _require_one_output(model, self.folder)
        scores = predict(model, pairs, self.batch_size)
        if not np.isfinite(scores).all():
            raise ModelError(
                f"{self.folder} returns values that are not finite: its weights are damaged"
            )
        return scores

    def _loaded(self) -> Any:
        if self._model is None:
            self._model = _load(self.folder, choose_device(self.device))
        return self._model


def predict(
    model: Any, pairs: Sequence[tuple[str, str]], batch_size: int = 32
) -> NDArray[np.float32]:
    """Return the scores of pairs from a loaded model with one output, float32, shape (n,)."""
    import torch

    scores = model.predict(
        list(pairs),
        batch_size=batch_size,
        activation_fn=torch.nn.Sigmoid(),
        show_progress_bar=False,
    )
    return np.asarray(scores, dtype=np.float32).reshape(len(pairs))


def load_to_train(folder: Path) -> Any:
    """Load a cross-encoder; any other transformer gets a new head with one output.

    Raises
    ------
    DamagedModel
        It cannot be loaded.
    ModelError
        It is a cross-encoder with several outputs.
    """
    known = _gives_scores(_architectures(folder))
    with no_warnings():
        model = _load(folder, choose_device(None), num_labels=None if known else 1)
    _require_one_output(model, folder)
    return model.float()


def _require_one_output(model: Any, folder: Path) -> None:
    if model.num_labels != 1:
        raise ModelError(
            f"{folder} has {model.num_labels} outputs", hint="give a cross-encoder with one output"
        )


def _load(folder: Path, device: str, **settings: Any) -> Any:
    from sentence_transformers import CrossEncoder as Model

    require_tokenizer(folder)
    try:
        with no_progress_bars():
            return Model(str(folder), device=device, local_files_only=True, **settings)
    except Exception as error:  # a damaged file can raise errors from any of four libraries
        raise DamagedModel(f"{folder} cannot be loaded as a cross-encoder: {error}") from error


def _folder(model: str | Path) -> Path:
    folder = _cross_encoder_folder(Path(model).expanduser()) or _cross_encoder_folder(
        current_home().models / model
    )
    if folder is None:
        folder = _from_cache(str(model))
    architectures = _architectures(folder)
    if not _gives_scores(architectures):
        names = ", ".join(architectures) or "of no known architecture"
        raise UnknownModel(
            f"{folder} is not a cross-encoder but {names}",
            hint='give the folder of a cross-encoder, or a model fitted with `recipe="augmented"`',
        )
    return folder


def _cross_encoder_folder(folder: Path) -> Path | None:
    """Return the folder, or the cross-encoder inside a fitted model; None if it does not exist."""
    if not folder.is_dir():
        return None
    return folder / JUDGE if (folder / JUDGE).is_dir() else folder


def _gives_scores(architectures: Sequence[str]) -> bool:
    return any(name.endswith(_SCORING) for name in architectures)


def _architectures(folder: Path) -> list[str]:
    config = folder / "config.json"
    if not config.is_file():
        raise UnknownModel(f"{folder} is not a cross-encoder: it has no config.json")
    try:
        names = json.loads(config.read_text("utf-8")).get("architectures") or []
    except (ValueError, AttributeError) as error:
        raise DamagedModel(f"{config} cannot be read", hint="download the model again") from error
    return [str(name) for name in names]


def _from_cache(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise UnknownModel(
            f"there is no cross-encoder {name!r} on this machine", hint="give the folder of one"
        ) from error
