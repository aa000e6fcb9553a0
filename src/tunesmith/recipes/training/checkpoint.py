"""The state of a run under way: one file, replaced whole, that the same run goes on from.

Kept is what cannot be made again: trained weights, those of the loss, the optimizer's moments, the
random state, and what was measured so far. The frozen trunk is the base's and is run again.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.errors import DamagedModel, UsageError
from tunesmith.folders import writing_to
from tunesmith.recipes.training.options import RunOptions

Numbers = NDArray[Any]
FORMAT = 1
NAME = "checkpoint.safetensors"


@dataclass(frozen=True, eq=False)
class State:
    """How far a run is.

    Parameters
    ----------
    arrays
        Weights, moments, losses and random states by name.
    record
        What else there is, as JSON can hold it.
    """

    arrays: Mapping[str, Numbers]
    record: Mapping[str, Any]


class Checkpoint:
    """The newest state of one run, in a folder.

    Parameters
    ----------
    folder
        Where it lies; made when the first state is written.
    fingerprint
        What tells this run from any other.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.path = folder / NAME
        self._fingerprint = fingerprint

    def require_own(self) -> bool:
        """Return whether there is a state to go on from.

        Raises
        ------
        UsageError
            It is that of another run.
        DamagedModel
            It cannot be read.
        """
        if not self.path.is_file():
            return False
        with self._reading() as file:
            found = file.metadata()["fingerprint"]
        if found != self._fingerprint:
            raise UsageError(
                f"{self.path} is the state of another run (other rows, settings or base): remove "
                "it, or give another folder"
            )
        return True

    def read(self) -> State | None:
        """Return the state, or None where there is none yet.

        Raises
        ------
        UsageError, DamagedModel
            As :meth:`require_own`.
        """
        if not self.require_own():
            return None
        with self._reading() as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
            return State(arrays, json.loads(file.metadata()["state"]))

    def write(self, state: State) -> None:
        """Put a state in the place of the one before.

        Raises
        ------
        OutputError
            It cannot be written; the one before is left.
        """
        metadata = {"fingerprint": self._fingerprint, "state": json.dumps(dict(state.record))}
        arrays = {name: np.ascontiguousarray(array) for name, array in state.arrays.items()}
        with writing_to(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            save_file(arrays, self._aside, metadata=metadata)
            with self._aside.open("rb") as file:
                os.fsync(file.fileno())
            self._aside.replace(self.path)

    def remove(self) -> None:
        """Remove the state, and its folder where nothing else lies in it."""
        with writing_to(self.path):
            self.path.unlink(missing_ok=True)
            self._aside.unlink(missing_ok=True)
        with suppress(OSError):
            self.path.parent.rmdir()

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        try:
            with safe_open(self.path, framework="np") as file:
                yield file
        except (OSError, SafetensorError, TypeError, KeyError, ValueError) as error:
            raise damaged(self.path, error) from error

    @property
    def _aside(self) -> Path:
        return self.path.with_name(f".{NAME}")


def damaged(path: Path, error: Exception) -> DamagedModel:
    """Return the error for a state that cannot be gone on from."""
    return DamagedModel(f"{path} cannot be gone on from ({error}): remove it and train anew")


def open_checkpoint(
    options: RunOptions, recipe: object, base: Path, texts: list[str], numbers: Sequence[Numbers]
) -> Checkpoint | None:
    """Return where a run keeps its state, or None where it keeps none.

    Parameters
    ----------
    options
        They name the folder.
    recipe, base, texts, numbers
        As for :func:`fingerprint`.

    Raises
    ------
    UsageError
        The state of another run lies there.
    DamagedModel
        What lies there cannot be read.
    """
    if options.checkpoint is None:
        return None
    settings = (recipe, options.score is not None, options.fallback_to_base)
    checkpoint = Checkpoint(options.checkpoint, fingerprint(settings, base, texts, numbers))
    checkpoint.require_own()
    return checkpoint


def fingerprint(settings: object, base: Path, texts: list[str], numbers: Sequence[Numbers]) -> str:
    """Return what tells a run from any other: a SHA-256 in hexadecimal.

    Parameters
    ----------
    settings
        The recipe and whatever else decides the weights; its ``repr`` counts.
    base
        A sentence-transformers folder.
    texts
        The distinct texts.
    numbers
        What is said of them.
    """
    whole = hashlib.sha256(json.dumps([FORMAT, repr(settings), folder_digest(base)]).encode())
    whole.update(json.dumps(texts).encode())
    for array in numbers:
        whole.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())
    return whole.hexdigest()
