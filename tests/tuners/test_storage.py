"""Tuners on disk."""

import json
from pathlib import Path

import numpy as np
import pytest

from tunesmith.errors import DamagedModel, OutputError, UnknownModel, UsageError
from tunesmith.tuners.contrastive import ContrastiveTuner
from tunesmith.tuners.linear import LinearTuner
from tunesmith.tuners.storage import ARRAYS, DESCRIPTION


def _fitted() -> LinearTuner:
    rng = np.random.default_rng(0)
    return LinearTuner(class_weight={0: 2.0, 1: 1.0}).fit(rng.normal(size=(20, 3)), [0, 1] * 10)


def test_an_earlier_tuner_is_replaced(tmp_path: Path) -> None:
    """The folder holds two files, and the newest tuner."""
    _fitted().save(tmp_path / "tuner")
    other = _fitted().set_params(n_components=2)
    other.save(tmp_path / "tuner")
    assert LinearTuner.load(tmp_path / "tuner").n_components == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tuner"]
    assert sorted(path.name for path in (tmp_path / "tuner").iterdir()) == [DESCRIPTION, ARRAYS]


def test_parameters_of_every_type_are_restored(tmp_path: Path) -> None:
    """A mapping keeps its numbers as keys."""
    loaded = LinearTuner.load(_fitted().save(tmp_path / "tuner"))
    assert loaded.class_weight == {0: 2.0, 1: 1.0}


def test_something_else_is_not_replaced(tmp_path: Path) -> None:
    """A folder with other content is not changed."""
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(OutputError, match="not a tuner"):
        _fitted().save(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_values_that_cannot_be_written_are_reported(tmp_path: Path) -> None:
    """A random state cannot be written, and no partial folder remains."""
    rng = np.random.default_rng(0)
    tuner = ContrastiveTuner(hidden_dim=2, random_state=np.random.RandomState(0))
    tuner.fit(rng.normal(size=(20, 3)), [0, 1] * 10)
    with pytest.raises(UsageError, match="random_state is a RandomState"):
        tuner.save(tmp_path / "tuner")
    assert list(tmp_path.iterdir()) == []


def test_damage_is_found(tmp_path: Path) -> None:
    """The error says what is wrong with the folder."""
    with pytest.raises(UnknownModel, match="there is no tuner"):
        LinearTuner.load(tmp_path / "tuner")
    folder = _fitted().save(tmp_path / "tuner")
    with pytest.raises(DamagedModel, match=r"holds a LinearTuner .* not a ContrastiveTuner"):
        ContrastiveTuner.load(folder)
    description = json.loads((folder / DESCRIPTION).read_text())
    (folder / DESCRIPTION).write_text(json.dumps({**description, "format": 99}))
    with pytest.raises(DamagedModel, match="format 99"):
        LinearTuner.load(folder)
    (folder / DESCRIPTION).write_text(json.dumps(description))
    (folder / ARRAYS).write_bytes(b"\x00" * 10)
    with pytest.raises(DamagedModel, match="cannot be read"):
        LinearTuner.load(folder)


def test_only_known_classes_are_created(tmp_path: Path) -> None:
    """A description with another class is treated as damaged, and nothing is imported."""
    folder = _fitted().save(tmp_path / "tuner")
    description = json.loads((folder / DESCRIPTION).read_text())
    description["state"]["items"][0][1] = {"kind": "system", "fields": {"command": "true"}}
    (folder / DESCRIPTION).write_text(json.dumps(description))
    with pytest.raises(DamagedModel, match="system"):
        LinearTuner.load(folder)
