"""Rungs before they run: how to make them, and how long they should take on this machine."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.backends.engine import (
    WORTH_EXPORTING,
    Backend,
    load_engine,
    short_texts,
)
from tunesmith.encoders.backends.onnx_export import export
from tunesmith.encoders.backends.onnx_folder import FOLDER, find_export
from tunesmith.encoders.backends.parts import Settings
from tunesmith.encoders.backends.tokenizer import LONGEST_TOKEN
from tunesmith.encoders.model_files.description import describe
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.fitting.task import Space, Task
from tunesmith.fitting.workspace import TRAINED

_SAMPLE: Final = 64
_SAMPLE_TOKENS: Final = 4_096
_LONG_RUN: Final = 0.25


@dataclass(frozen=True, eq=False)
class Speed:
    """Measured speed of the base model on this machine.

    Parameters
    ----------
    rate
        Tokens per second with PyTorch, which training uses.
    serving_rate
        Tokens per second with the backend used to encode this many texts.
    lengths
        Number of tokens in each training text, shape (n,).
    layers
        Number of transformer layers of the base.
    """

    rate: float
    serving_rate: float
    lengths: NDArray[np.int64]
    layers: int

    @property
    def encoding(self) -> float:
        """Seconds to encode all training texts once."""
        return float(self.lengths.sum()) / self.serving_rate


@dataclass(frozen=True)
class RungPlan:
    """One rung before it runs.

    Parameters
    ----------
    name
        Short, stable identifier.
    title
        Display name.
    make
        Function that trains the rung and returns its embedding space.
    estimate
        Estimated seconds for ``make`` and the encoding it needs.
    """

    name: str
    title: str
    make: Callable[[Any], Space]
    estimate: Callable[[Speed], float]


def measure_speed(base: Path, texts: Sequence[str]) -> Speed:
    """Measure the speed of encoding these texts on a sample, as the better of two runs.

    A run that takes a quarter of a second is not repeated.
    """
    encoder = SentenceEncoder(str(base), cache=False)
    lengths = _read_lengths(encoder, texts)
    size = _sample_size(lengths)
    chosen = np.linspace(0, len(lengths) - 1, size).astype(np.int64)
    sizes = {texts[index]: float(lengths[index]) for index in chosen}
    sampled, tokens = sorted(sizes), sum(sizes.values())
    settings, work = Settings(max_length=describe(base).max_length), short_texts(texts)

    def rate(backend: Backend) -> float:
        engine = load_engine(base, encoder.digest, backend=backend, device=None, count=work)
        list(engine.encode(sampled[:1], settings))
        seconds = _timed(lambda: list(engine.encode(sampled, settings)))
        if seconds < _LONG_RUN:
            seconds = min(seconds, _timed(lambda: list(engine.encode(sampled, settings))))
        return tokens / max(seconds, 1e-3)

    by_torch = rate("torch")
    serving = rate("auto") if work >= WORTH_EXPORTING else by_torch
    return Speed(by_torch, serving, lengths, _layers(base))


def _read_lengths(encoder: SentenceEncoder, texts: Sequence[str]) -> NDArray[np.int64]:
    """Return the tokens that the model reads of each text; the rest of a long one is not counted.

    A part without spaces, of which a token is longer, is counted as fewer tokens.
    """
    longest = encoder.max_length * LONGEST_TOKEN
    return np.minimum(encoder.token_lengths([text[:longest] for text in texts]), encoder.max_length)


def _sample_size(lengths: NDArray[np.int64]) -> int:
    """Return the number of texts to measure: fewer if they are long, at least two."""
    affordable = int(_SAMPLE_TOKENS / max(1.0, float(lengths.mean())))
    return min(len(lengths), _SAMPLE, max(2, affordable))


def _timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _layers(folder: Path) -> int:
    """Return the number of transformer layers in the config; 12 if the config has none."""
    for config in (folder / "config.json", folder / "0_Transformer" / "config.json"):
        if config.is_file():
            settings = json.loads(config.read_text(encoding="utf-8"))
            return int(settings.get("num_hidden_layers") or settings.get("n_layers") or 12)
    return 12


def fastest_training(plans: Sequence[RungPlan], speed: Speed) -> float:
    """Return the estimated seconds of the fastest rung that trains weights."""
    return min(each.estimate(speed) for each in plans if each.name in TRAINED)


def base_space(task: Task) -> Space:
    """Return the embedding space of the untouched base."""
    return Space(SentenceEncoder(str(task.base), verbose=True), task.base)


def encoder_of(folder: Path, texts: Sequence[str], *, cache: bool = True) -> SentenceEncoder:
    """Return the encoder of a trained rung; for many texts it runs an ONNX export in its folder.

    The vectors of an encoder that is used once are not worth caching.
    """
    use_onnx = short_texts(texts) >= WORTH_EXPORTING
    if use_onnx and find_export(folder, folder_digest(folder)) is None:
        export(folder, folder / FOLDER)
    backend: Backend = "auto" if use_onnx else "torch"
    return SentenceEncoder(str(folder), backend=backend, cache=cache, verbose=True)


def given_rung(train_layers: int | None) -> tuple[str, str]:
    """Return the name and the title of the rung of a recipe that the caller gave."""
    if train_layers is None:
        return "whole", "Whole model, recipe as given"
    return "top", "Top layers, recipe as given"
