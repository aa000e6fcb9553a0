"""Words are found in the rows of data sets, also if one of these cannot be read."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tunesmith.errors import DataError
from tunesmith.server.datasets import DatasetStore, NewDataset
from tunesmith.server.faults import NotFound
from tunesmith.server.finding import find_texts

if TYPE_CHECKING:
    from tunesmith.server.stores import Stores


def _add(stores: "Stores", folder: Path, name: str) -> str:
    path = folder / "received"
    path.write_text("text,label\n" + "a red zebra,warm\na blue okapi,cold\n" * 10, "utf-8")
    return stores.datasets.add(path, NewDataset(name, f"{name}.csv")).id


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (UnicodeError("UTF-16 stream does not start with BOM"), True),
        (DataError("it cannot be read"), True),
        (NotFound("there is no data set"), False),
        (FileNotFoundError("gone"), False),
    ],
)
def test_a_data_set_that_cannot_be_read_does_not_end_the_search(
    stores: "Stores",
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    named: bool,
) -> None:
    """It is named as not searched; one that was deleted meanwhile is left out."""
    good, bad = _add(stores, tmp_path, "good"), _add(stores, tmp_path, "bad")
    opened = DatasetStore.opened

    def failing(store: DatasetStore, ident: str) -> Any:
        if ident == bad:
            raise error
        return opened(store, ident)

    monkeypatch.setattr(DatasetStore, "opened", failing)
    texts = find_texts(stores.datasets, stores.datasets.all(), ["zebra"])
    assert [(each.dataset.id, each.total) for each in texts.found] == [(good, 10)]
    assert [each.id for each in texts.unread] == ([bad] if named else [])
