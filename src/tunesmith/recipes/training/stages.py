"""Recipes of several stages: each stage's output is kept, so an interrupted run resumes there."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from tunesmith.errors import BudgetExhausted, DamagedModel, UsageError
from tunesmith.folders import writing_to
from tunesmith.recipes.training.options import RunOptions
from tunesmith.recipes.training.run import RecipeRun
from tunesmith.results.summary import Stage

_FINGERPRINT, _DONE = "fingerprint", "stages.json"


class Stages:
    """The finished stages of one run, stored in a folder.

    Parameters
    ----------
    folder
        Folder of the stages.
    fingerprint
        Digest that identifies the run.

    Raises
    ------
    UsageError
        The folder holds the stages of another run.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.folder = folder
        self.done = list(finished_stages(folder))
        with writing_to(folder):
            folder.mkdir(parents=True, exist_ok=True)
            key = folder / _FINGERPRINT
            if not key.exists():
                _replace_text(key, fingerprint)
            if key.read_text(encoding="ascii") != fingerprint:
                raise UsageError(
                    f"{folder} holds the stages of another run (other rows, settings or base)",
                    hint="delete it, or give another folder",
                    option="checkpoint",
                )

    def model(self, name: str, rows: int, train: Callable[[Path, RunOptions], RecipeRun]) -> Path:
        """Return the folder of a model; train it, or resume training, if it is not complete.

        Parameters
        ----------
        name
            Name of the stage.
        rows
            Number of training rows.
        train
            Function that trains a model, given the output folder and options with the checkpoint.

        Raises
        ------
        BudgetExhausted
            There was no time for a single step; nothing is kept.
        """
        out = self.folder / name
        if not out.is_dir():
            run = train(out, RunOptions(checkpoint=self.folder / f"{name}-state"))
            if not run.steps:
                shutil.rmtree(out.rename(out.with_name(f".{name}")))
                raise BudgetExhausted(
                    f"no time was left for the stage {name}",
                    hint="increase `budget`",
                    option="budget",
                )
            self._record(Stage(name, rows, run.seconds))
        return out

    def table(self, name: str, make: Callable[[], pa.Table]) -> pa.Table:
        """Return a table; compute it if it is not stored yet.

        Raises
        ------
        DamagedModel
            It cannot be read.
        """
        out = self.folder / f"{name}.parquet"
        if not out.exists():
            start = time.monotonic()
            table = make()
            with writing_to(out):
                temporary = out.with_name(f".{out.name}")
                pq.write_table(table, temporary)
                temporary.replace(out)
            self._record(Stage(name, len(table), time.monotonic() - start))
        try:
            stored = pq.read_table(out)
        except (OSError, pa.ArrowException) as error:
            raise DamagedModel(
                f"{out} cannot be read", hint="delete it to create it again"
            ) from error
        return stored

    def _record(self, stage: Stage) -> None:
        self.done = [*(each for each in self.done if each.name != stage.name), stage]
        _replace_text(self.folder / _DONE, json.dumps([asdict(each) for each in self.done]))


def finished_stages(folder: Path) -> tuple[Stage, ...]:
    """Return the finished stages of the run in a folder, in order.

    A stage that was interrupted before it was recorded is not included.
    """
    try:
        return tuple(Stage(**each) for each in json.loads((folder / _DONE).read_text("ascii")))
    except (OSError, ValueError, TypeError):
        return ()


@contextmanager
def stages(folder: Path | None, fingerprint: str) -> Iterator[Stages]:
    """Yield the stages of a run, kept in ``folder`` or, if it is None, in a temporary folder.

    Raises
    ------
    UsageError
        The folder holds the stages of another run.
    """
    if folder is not None:
        yield Stages(folder, fingerprint)
        return
    with TemporaryDirectory(prefix="tunesmith-") as temporary:
        yield Stages(Path(temporary), fingerprint)


def _replace_text(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}")
    temporary.write_text(text, encoding="ascii")
    temporary.replace(path)
