"""MTEB tasks, on local data without access to the Hub."""

import csv
import shutil
from importlib.util import find_spec
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path

import pytest

from tests.error_fields import about
from tunesmith.comparison.mteb import run_task
from tunesmith.errors import DataError, UnreadableFile, UsageError

TASK = "Banking77Classification"


@pytest.mark.skipif(find_spec("mteb") is not None, reason="mteb is installed")
def test_missing_mteb_names_the_package_to_install() -> None:
    """The error gives the pip command."""
    with pytest.raises(UsageError, match=r"pip install 'tunesmith\[mteb\]'"):
        run_task("all-MiniLM-L6-v2", TASK)


@pytest.fixture
def splits(toy_tickets: Path, tmp_path: Path) -> Path:
    """A folder with 90 training and 60 test texts."""
    pytest.importorskip("mteb")
    header, *rows = toy_tickets.read_text(encoding="utf-8").splitlines()
    for name, part in (("train", rows[:90]), ("test", rows[90:])):
        lines = "\n".join([header, *part]) + "\n"
        (tmp_path / f"{name}.csv").write_text(lines, encoding="utf-8")
    return tmp_path


def test_local_splits_replace_the_hub(splits: Path, tiny_model: Path) -> None:
    """The task's own protocol runs on them, and a copy of a model has the same score."""
    shutil.copytree(tiny_model, splits / "copy")
    found = run_task([tiny_model, splits / "copy"], TASK, data=splits)
    first, second = found.scores.values()
    assert (found.task, found.metric, found.splits) == (TASK, "accuracy", ("test",))
    assert first == second
    assert 0.3 < first <= 1


def test_tasks_that_cannot_run_raise_errors(splits: Path, tiny_model: Path, tmp_path: Path) -> None:
    """Examples are unknown or unsupported tasks, missing splits, and no access to the Hub."""
    with pytest.raises(UsageError, check=about(option="task")):
        run_task(tiny_model, "Nothing")
    with pytest.raises(UsageError, check=about(option="data")):
        run_task(tiny_model, "SciFact", data=splits)
    (splits / "test.csv").unlink()
    with pytest.raises(UnreadableFile, match="no file for the split test"):
        run_task(tiny_model, TASK, data=splits)
    with pytest.raises(UnreadableFile, match="there is no folder"):
        run_task(tiny_model, TASK, data=splits / "nowhere")
    with pytest.raises(DataError, match=r"mteb/banking77 .*`data`"):
        run_task(tiny_model, TASK)


@pytest.mark.long
def test_banking77_is_close_to_the_published_score(shared_data: Path, tmp_path: Path) -> None:
    """With 12 training and 5 test texts per intent, the score is about the published 80%."""
    pytest.importorskip("mteb")
    for name, each in (("train", 12), ("test", 5)):
        with (shared_data / "banking77" / f"{name}.csv").open(encoding="utf-8") as file:
            rows = sorted(csv.DictReader(file), key=itemgetter("category"))
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["text", "category"])
            writer.writeheader()
            for _, own in groupby(rows, itemgetter("category")):
                writer.writerows(islice(own, each))
    found = run_task("all-MiniLM-L6-v2", TASK, data=tmp_path)
    assert found.scores["all-MiniLM-L6-v2"] == pytest.approx(0.80, abs=0.04)
