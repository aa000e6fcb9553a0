"""Recipes of several stages: what a stage leaves is kept, so that a killed run goes on with it."""

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

from tunesmith.errors import DamagedModel, TunesmithError, UsageError
from tunesmith.folders import writing_to
from tunesmith.recipes.training.options import RunOptions
from tunesmith.recipes.training.run import RecipeRun
from tunesmith.results.summary import Stage

_OF, _DONE = "fingerprint", "stages.json"


class Stages:
    """The finished stages of one run, in a folder.

    Parameters
    ----------
    folder
        Where they lie.
    fingerprint
        What tells this run from any other.

    Raises
    ------
    UsageError
        The stages of another run lie there.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.folder = folder
        self.done = list(finished_stages(folder))
        with writing_to(folder):
            folder.mkdir(parents=True, exist_ok=True)
            mark = folder / _OF
            if not mark.exists():
                _replace_text(mark, fingerprint)
            if mark.read_text(encoding="ascii") != fingerprint:
                raise UsageError(
                    f"{folder} holds the stages of another run (other rows, settings or base): "
                    "remove it, or give another folder"
                )

    def model(self, name: str, rows: int, train: Callable[[Path, RunOptions], RecipeRun]) -> Path:
        """Return the folder of a model; trained, or gone on with, where it is not whole yet.

        Parameters
        ----------
        name
            Of the stage.
        rows
            How many rows it learns from.
        train
            Given the folder to write, and where its state lies.

        Raises
        ------
        TunesmithError
            There was no time for a single step; nothing is kept then.
        """
        out = self.folder / name
        if not out.is_dir():
            run = train(out, RunOptions(checkpoint=self.folder / f"{name}-state"))
            if not run.steps:
                shutil.rmtree(out.rename(out.with_name(f".{name}")))
                raise TunesmithError(f"no time was left for the stage {name}: give more --budget")
            self._record(Stage(name, rows, run.seconds))
        return out

    def table(self, name: str, make: Callable[[], pa.Table]) -> pa.Table:
        """Return a table; made where there is none yet.

        Raises
        ------
        DamagedModel
            It cannot be read.
        """
        out = self.folder / f"{name}.parquet"
        if not out.exists():
            begun = time.monotonic()
            made = make()
            with writing_to(out):
                aside = out.with_name(f".{out.name}")
                pq.write_table(made, aside)
                aside.replace(out)
            self._record(Stage(name, len(made), time.monotonic() - begun))
        try:
            found = pq.read_table(out)
        except (OSError, pa.ArrowException) as error:
            raise DamagedModel(f"{out} cannot be read: remove it to make it anew") from error
        return found

    def _record(self, stage: Stage) -> None:
        self.done = [*(each for each in self.done if each.name != stage.name), stage]
        _replace_text(self.folder / _DONE, json.dumps([asdict(each) for each in self.done]))


def finished_stages(folder: Path) -> tuple[Stage, ...]:
    """Return the stages that a run has finished in a folder, in their order.

    One that was killed between what it left and its record is not among them.
    """
    try:
        return tuple(Stage(**each) for each in json.loads((folder / _DONE).read_text("ascii")))
    except (OSError, ValueError, TypeError):
        return ()


@contextmanager
def stages(folder: Path | None, fingerprint: str) -> Iterator[Stages]:
    """Yield the stages of a run that are kept in ``folder``, or nowhere for longer than the block.

    Raises
    ------
    UsageError
        The stages of another run lie there.
    """
    if folder is not None:
        yield Stages(folder, fingerprint)
        return
    with TemporaryDirectory(prefix="tunesmith-") as passing:
        yield Stages(Path(passing), fingerprint)


def _replace_text(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}")
    aside.write_text(text, encoding="ascii")
    aside.replace(path)
