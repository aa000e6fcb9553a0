"""What was made of a deleted model or data set is deleted with it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tunesmith.home import Home
from tunesmith.server.datasets import NewDataset
from tunesmith.server.derived import derived_name, remove_derived
from tunesmith.server.settings import ServerSettings
from tunesmith.server.stores import Stores, open_stores


@pytest.fixture
def stores(home: Path) -> Iterator[Stores]:
    found = open_stores(ServerSettings(Home(home)))
    yield found
    found.engine.dispose()


def made(home: Home, model: str, data: str) -> list[Path]:
    """Make a map, a labelling folder and vectors of a model and a file."""
    name = derived_name(model, data, ["facts"])
    folders = [home.maps / name, home.maps / f"labelling-{name}", home.vectors / name]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "places.npy").write_bytes(b"1")
    return folders


def test_only_what_was_made_of_it_is_removed(home: Path) -> None:
    own = Home(home)
    gone, kept = made(own, "tune-a", "1f"), made(own, "tune-b", "2f")
    remove_derived(own, model="tune-a")
    assert [folder.exists() for folder in gone + kept] == [False] * 3 + [True] * 3
    remove_derived(own, data="2f")
    assert not any(folder.exists() for folder in kept)


def test_the_last_data_set_of_a_file_takes_its_maps_along(
    stores: Stores, toy_tickets: Path, tmp_path: Path
) -> None:
    """Two data sets of one file have the same maps."""

    def add(name: str) -> str:
        path = tmp_path / "received"
        shutil.copy(toy_tickets, path)
        return stores.datasets.add(path, NewDataset(name, "toy.csv")).id

    first, second = add("one"), add("other")
    assert first != second
    folders = made(stores.settings.home, "tune-a", stores.datasets.get(first).digest)
    stores.delete_dataset(first)
    assert all(folder.exists() for folder in folders)
    stores.delete_dataset(second)
    assert not any(folder.exists() for folder in folders)
