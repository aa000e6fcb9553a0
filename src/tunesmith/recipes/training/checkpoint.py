"""Checkpoint of a training run: one file, replaced atomically, from which the run resumes.

It holds what cannot be recomputed: trained weights, the loss's own weights, the optimizer's
moments, random states and validation scores. The frozen layers are those of the base and are run
again.
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
    """The state of a run.

    Parameters
    ----------
    arrays
        Weights, moments, losses and random states by name.
    record
        Other values, JSON-serialisable.
    """

    arrays: Mapping[str, Numbers]
    record: Mapping[str, Any]


class Checkpoint:
    """The latest state of one run, stored in a folder.

    Parameters
    ----------
    folder
        Folder of the checkpoint; created with the first state.
    fingerprint
        Digest that identifies the run.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.path = folder / NAME
        self._fingerprint = fingerprint

    def check_owner(self) -> bool:
        """Return whether there is a state to resume from.

        Raises
        ------
        UsageError
            It belongs to another run.
        DamagedModel
            It cannot be read.
        """
        if not self.path.is_file():
            return False
        with self._reading() as file:
            stored = file.metadata()["fingerprint"]
        if stored != self._fingerprint:
            raise UsageError(
                f"{self.path} is the checkpoint of another run (other rows, settings or base)",
                hint="delete it, or give another folder",
                option="checkpoint",
            )
        return True

    def read(self) -> State | None:
        """Return the state, or None if there is none yet.

        Raises
        ------
        UsageError, DamagedModel
            As for :meth:`check_owner`.
        """
        if not self.check_owner():
            return None
        with self._reading() as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
            return State(arrays, json.loads(file.metadata()["state"]))

    def write(self, state: State) -> None:
        """Write a state, replacing the previous one.

        Raises
        ------
        OutputError
            It cannot be written; the previous state is kept.
        """
        metadata = {"fingerprint": self._fingerprint, "state": json.dumps(dict(state.record))}
        arrays = {name: np.ascontiguousarray(array) for name, array in state.arrays.items()}
        with writing_to(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            save_file(arrays, self._temporary, metadata=metadata)
            with self._temporary.open("rb") as file:
                os.fsync(file.fileno())
            self._temporary.replace(self.path)

    def remove(self) -> None:
        """Delete the state, and its folder if nothing else is in it."""
        with writing_to(self.path):
            self.path.unlink(missing_ok=True)
            self._temporary.unlink(missing_ok=True)
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
    def _temporary(self) -> Path:
        return self.path.with_name(f".{NAME}")


def damaged(path: Path, error: Exception) -> DamagedModel:
    """Return the error for a state that cannot be resumed."""
    return DamagedModel(f"{path} cannot be resumed ({error}): delete it and restart training")


def open_checkpoint(
    options: RunOptions, recipe: object, base: Path, texts: list[str], numbers: Sequence[Numbers]
) -> Checkpoint | None:
    """Return the checkpoint of a run, or None if it has no checkpoint folder.

    Parameters
    ----------
    options
        Options that name the folder.
    recipe, base, texts, numbers
        As for :func:`fingerprint`.

    Raises
    ------
    UsageError
        The folder holds the checkpoint of another run.
    DamagedModel
        The checkpoint cannot be read.
    """
    if options.checkpoint is None:
        return None
    settings = (recipe, options.score is not None, options.fallback_to_base)
    checkpoint = Checkpoint(options.checkpoint, fingerprint(settings, base, texts, numbers))
    checkpoint.check_owner()
    return checkpoint


def fingerprint(settings: object, base: Path, texts: list[str], numbers: Sequence[Numbers]) -> str:
    """Return a SHA-256 in hexadecimal that identifies a run.

    Parameters
    ----------
    settings
        The recipe and any other settings that affect the weights; their ``repr`` is hashed.
    base
        Folder of the base model.
    texts
        Distinct texts.
    numbers
        Labels, scores and indices of the rows.
    """
    digest = hashlib.sha256(json.dumps([FORMAT, repr(settings), folder_digest(base)]).encode())
    digest.update(json.dumps(texts).encode())
    for array in numbers:
        digest.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())
    return digest.hexdigest()
