"""Cross-encoders: two texts in, one number out that says how well they belong together."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.backends.quiet import no_progress_bars, no_warnings
from tunesmith.encoders.backends.torch_model import choose_device
from tunesmith.errors import DamagedModel, ModelError, UnknownModel
from tunesmith.home import models_folder
from tunesmith.progress import progress_bar

# Any other architecture would be given a last layer of random weights, without a word.
_SCORING = ("ForSequenceClassification", "ForCausalLM")
CHUNK = 1024
JUDGE = "judge"
"""Where a fitted model keeps the cross-encoder that scored pairs for it."""


class CrossEncoder:
    """Scores pairs of texts by reading both at once: slower than vectors, and more exact.

    The model is looked for when this is made and loaded when the first pair is scored; nothing is
    downloaded.

    Parameters
    ----------
    model
        A folder, a model that a fit with silver pairs left (by folder or name), or the name of a
        model in the local Hugging Face cache, such as ``"cross-encoder/ms-marco-MiniLM-L6-v2"``.
    device
        A torch device's name; by default the best that is there.
    batch_size
        Pairs at a time.
    verbose
        Show a progress bar where standard error is a terminal.

    Raises
    ------
    UnknownModel
        There is no such model on this machine, or it is no cross-encoder.
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
        """Return how well the two texts of each pair belong together.

        Parameters
        ----------
        pairs
            Two texts each.
        progress
            Called before each thousand pairs with the number done; what it raises ends the scoring.

        Returns
        -------
        ndarray
            float32, shape (n,), from 0 to 1: the logistic function of the model's one output.

        Raises
        ------
        ModelError
            The model has several outputs, or gives numbers that are not finite.
        DamagedModel
            It cannot be loaded.
        """
        scores = np.empty(len(pairs), dtype=np.float32)
        with progress_bar("Judging", len(pairs), shown=self.verbose) as advance:
            for start in range(0, len(pairs), CHUNK):
                progress(start)
                part = list(pairs[start : start + CHUNK])
                scores[start : start + len(part)] = self._checked(part)
                advance(len(part))
        return scores

    def _checked(self, pairs: list[tuple[str, str]]) -> NDArray[np.float32]:
        model = self._loaded()
        _require_one_number(model, self.folder)
        scores = predict(model, pairs, self.batch_size)
        if not np.isfinite(scores).all():
            raise ModelError(
                f"{self.folder} gives numbers that are not finite: its weights are damaged"
            )
        return scores

    def _loaded(self) -> Any:
        if self._model is None:
            self._model = _load(self.folder, choose_device(self.device))
        return self._model


def predict(
    model: Any, pairs: Sequence[tuple[str, str]], batch_size: int = 32
) -> NDArray[np.float32]:
    """Return the scores that a loaded model with one output gives pairs, float32, shape (n,)."""
    import torch

    scores = model.predict(
        list(pairs),
        batch_size=batch_size,
        activation_fn=torch.nn.Sigmoid(),
        show_progress_bar=False,
    )
    return np.asarray(scores, dtype=np.float32).reshape(len(pairs))


def load_to_train(folder: Path) -> Any:
    """Load a cross-encoder; any other transformer is given a new head with one output.

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
    _require_one_number(model, folder)
    return model.float()


def _require_one_number(model: Any, folder: Path) -> None:
    if model.num_labels != 1:
        raise ModelError(
            f"{folder} gives {model.num_labels} numbers for a pair: give a cross-encoder that "
            "gives one"
        )


def _load(folder: Path, device: str, **settings: Any) -> Any:
    from sentence_transformers import CrossEncoder as Model

    try:
        with no_progress_bars():
            return Model(str(folder), device=device, local_files_only=True, **settings)
    except Exception as error:  # a damaged file can fail in any of four libraries
        raise DamagedModel(f"{folder} cannot be loaded as a cross-encoder: {error}") from error


def _folder(model: str | Path) -> Path:
    folder = _judge_of(Path(model).expanduser()) or _judge_of(models_folder() / model)
    if folder is None:
        folder = _from_cache(str(model))
    architectures = _architectures(folder)
    if not _gives_scores(architectures):
        named = ", ".join(architectures) or "of no known architecture"
        raise UnknownModel(
            f"{folder} is no cross-encoder but {named}, which gives no score for a pair: give the "
            "folder of one, or a model that --recipe augmented left"
        )
    return folder


def _judge_of(folder: Path) -> Path | None:
    """Return a folder, or the cross-encoder that a fit left inside it; None where there is none."""
    if not folder.is_dir():
        return None
    return folder / JUDGE if (folder / JUDGE).is_dir() else folder


def _gives_scores(architectures: Sequence[str]) -> bool:
    return any(name.endswith(_SCORING) for name in architectures)


def _architectures(folder: Path) -> list[str]:
    config = folder / "config.json"
    if not config.is_file():
        raise UnknownModel(f"{folder} holds no cross-encoder: it has no config.json")
    try:
        named = json.loads(config.read_text("utf-8")).get("architectures") or []
    except (ValueError, AttributeError) as error:
        raise DamagedModel(f"{config} cannot be read: fetch the model again") from error
    return [str(name) for name in named]


def _from_cache(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise UnknownModel(
            f"there is no cross-encoder {name!r} on this machine: give the folder of one"
        ) from error
