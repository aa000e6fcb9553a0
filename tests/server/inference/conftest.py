"""Encoders that count instead of computing, and a helper that runs coroutines."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tunesmith.encoders.fixed_encoder import CountedVectors
from tunesmith.errors import DamagedModel, ModelError, UnknownModel
from tunesmith.models.serving import LoadedModel


@dataclass
class CountingEncoder:
    """Each vector is (length of the text, number of calls so far); a gate can stop it."""

    max_length: int = 16
    dimension: int = 2
    digest: str = "0" * 64
    calls: list[list[str]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)
    engine: Any = field(default_factory=lambda: SimpleNamespace(weight_bytes=1000))

    def __post_init__(self) -> None:
        self.gate.set()

    def encode_counted(self, texts: list[str], **_settings: Any) -> CountedVectors:
        """Return lengths, and count words as tokens."""
        self.entered.set()
        assert self.gate.wait(30)
        if "unbearable" in texts:
            raise ModelError("the model returns values that are not finite")
        self.calls.append(texts)
        vectors = np.array([[len(text), len(self.calls)] for text in texts], np.float32)
        words = np.array([len(text.split()) for text in texts], np.int64)
        limit = self.max_length
        return CountedVectors(vectors, np.minimum(words, limit), words > limit)


@dataclass
class Loads:
    """A loader of counting models by name, and what it has loaded."""

    names: list[str] = field(default_factory=list)
    encoders: dict[str, CountingEncoder] = field(default_factory=dict)

    def resolve(self, name: str) -> str:
        """Each name is its own model; ``gone`` does not exist."""
        if name == "gone":
            raise UnknownModel("there is no model 'gone'")
        return name.removesuffix("-ft")

    def load(self, target: str) -> LoadedModel:
        """Return a model; ``damaged`` cannot be loaded."""
        self.names.append(target)
        if target == "damaged":
            raise DamagedModel("a file is missing")
        encoder = self.encoders.setdefault(target, CountingEncoder())
        return LoadedModel(
            name=target, folder=Path(target), digest="", encoder=encoder, classifier=None,  # type: ignore[arg-type]
            metadata={}, familiar_texts=None,
        )  # fmt: skip


@pytest.fixture
def loads() -> Loads:
    """A loader of counting models."""
    return Loads()


@pytest.fixture
def blocked(loads: Loads) -> CountingEncoder:
    """The encoder of model ``a``, which computes nothing before its gate is set."""
    encoder = loads.encoders["a"] = CountingEncoder()
    encoder.gate.clear()
    return encoder


async def until(condition: Callable[[], bool]) -> None:
    """Let other tasks run until a condition holds."""
    while not condition():
        await asyncio.sleep(0)


def run(task: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in an event loop of its own."""
    return asyncio.run(task)
