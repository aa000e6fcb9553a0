"""The rungs of the ladder for labelled and multi-label data, cheapest first."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.description import describe
from tunesmith.encoders.digest import folder_digest
from tunesmith.encoders.engine import WORTH_EXPORTING, Backend, load_engine
from tunesmith.encoders.export import export
from tunesmith.encoders.exported import FOLDER, find_export
from tunesmith.encoders.forward import Settings
from tunesmith.encoders.sentence import SentenceEncoder
from tunesmith.fitting.labels import LabelTask, refitted
from tunesmith.fitting.task import Space, Task
from tunesmith.progress import progress_bar
from tunesmith.recipes.contrastive import ContrastiveRecipe
from tunesmith.tuners.base import Tuner
from tunesmith.tuners.feed_forward import FeedForwardTuner
from tunesmith.tuners.linear import LinearTuner


@dataclass(frozen=True, eq=False)
class Speed:
    """How fast this machine is with this base model.

    Parameters
    ----------
    rate
        Tokens that torch encodes in a second, as training does.
    serving_rate
        Tokens encoded in a second by what serves so many texts.
    lengths
        Tokens of each training text, shape (n,).
    layers
        Layers of the base's transformer.
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
    """One rung before its turn.

    Parameters
    ----------
    name
        Short and stable.
    title
        For people.
    make
        Trains, and returns the way from texts to vectors.
    estimate
        Seconds that ``make`` and the encoding that it needs should take.
    """

    name: str
    title: str
    make: Callable[[Any], Space]
    estimate: Callable[[Speed], float]


class Source(Protocol):
    """A base, and texts that it is to encode: a task is one."""

    @property
    def base(self) -> Path:
        """The model's folder."""
        ...

    @property
    def texts(self) -> list[str]:
        """The texts."""
        ...


def measure_speed(task: Source, sample: int = 64) -> Speed:
    """Encode a sample of the texts, twice, and take the better time."""
    encoder = SentenceEncoder(str(task.base), cache=False)
    lengths = np.minimum(encoder.token_lengths(task.texts), encoder.max_length)
    chosen = np.linspace(0, len(lengths) - 1, min(sample, len(lengths))).astype(np.int64)
    texts = sorted({task.texts[index] for index in chosen})
    tokens = float(np.minimum(encoder.token_lengths(texts), encoder.max_length).sum())
    settings = Settings(max_length=describe(task.base).max_length)

    def rate(backend: Backend) -> float:
        engine = load_engine(
            task.base, encoder.digest, backend=backend, device=None, count=len(task.texts)
        )
        list(engine.encode(texts[:1], settings))
        times = [_timed(lambda: list(engine.encode(texts, settings))) for _ in range(2)]
        return tokens / max(min(times), 1e-3)

    by_torch = rate("torch")
    serving = rate("auto") if len(task.texts) >= WORTH_EXPORTING else by_torch
    return Speed(by_torch, serving, lengths, _layers(task.base))


def _timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _layers(folder: Path) -> int:
    """Read how many layers a transformer has; 12, the commonest, where it does not say."""
    for config in (folder / "config.json", folder / "0_Transformer" / "config.json"):
        if config.is_file():
            settings = json.loads(config.read_text(encoding="utf-8"))
            return int(settings.get("num_hidden_layers") or settings.get("n_layers") or 12)
    return 12


def base_space(task: Task) -> Space:
    """Return the untouched base."""
    return Space(SentenceEncoder(str(task.base), verbose=True), task.base)


def _tuned(tuner: Tuner) -> Callable[[LabelTask], Space]:
    def make(task: LabelTask) -> Space:
        return refitted(Space(base_space(task).encoder, task.base, tuner), task.train)

    return make


def _trained(name: str, recipe: ContrastiveRecipe) -> Callable[[LabelTask], Space]:
    def make(task: LabelTask) -> Space:
        folder = task.workspace.model(name)
        if task.workspace.seconds(name) is None:
            task.workspace.finish(name, _train(task, recipe, folder))
        return Space(encoder_of(folder, len(task.train)), folder)

    return make


def encoder_of(folder: Path, texts: int) -> SentenceEncoder:
    """Run a trained rung by ONNX where its texts are many; the file lies with the rung."""
    many = texts >= WORTH_EXPORTING
    if many and find_export(folder, folder_digest(folder)) is None:
        export(folder, folder / FOLDER)
    return SentenceEncoder(str(folder), backend="auto" if many else "torch", verbose=True)


def _train(task: LabelTask, recipe: ContrastiveRecipe, folder: Path) -> float:
    with progress_bar("Training", recipe.work(len(task.train))) as advance:
        run = recipe.run(
            task.base,
            task.train.texts,
            task.train.targets.training_labels(),
            folder,
            progress=advance,
            deadline=task.clock.deadline,
            seed=task.seed,
        )
    return run.seconds


def _network(seed: int) -> FeedForwardTuner:
    """Return five wide networks side by side, held back by noise, dropout and smoothed labels.

    On frozen vectors these are worth more than depth: they keep the probe on the hidden layer from
    learning the training texts by heart.
    """
    return FeedForwardTuner(
        hidden_dim=512,
        learning_rate=1e-3,
        batch_size=64,
        activation="relu",
        start="random",
        dropout=0.5,
        noise=0.5,
        label_smoothing=0.1,
        n_networks=5,
        patience=8,
        random_state=seed,
    )


def rung_plans(seed: int) -> tuple[RungPlan, ...]:
    """Return the rungs in the order of their cost."""
    top = ContrastiveRecipe(train_layers=2)
    whole = ContrastiveRecipe(train_layers=None)
    return (
        RungPlan("base", "Untouched base", base_space, lambda speed: speed.encoding),
        RungPlan(
            "linear",
            "Closed-form linear map",
            _tuned(LinearTuner()),
            lambda speed: 0.1 + 2e-5 * len(speed.lengths),
        ),
        RungPlan(
            "network",
            "Small networks on vectors",
            _tuned(_network(seed)),
            lambda speed: 0.5 + 4e-3 * len(speed.lengths),
        ),
        _recipe_plan("top", "Top layers over a frozen trunk", top),
        _recipe_plan("whole", "Whole model", whole),
    )


def _recipe_plan(name: str, title: str, recipe: ContrastiveRecipe) -> RungPlan:
    def estimate(speed: Speed) -> float:
        training = recipe.estimate(speed.lengths, speed.rate, layers=speed.layers)
        return training + speed.encoding

    return RungPlan(name, title, _trained(name, recipe), estimate)
