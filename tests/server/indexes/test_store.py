"""Search indexes keep what was added, whatever else happens at the same time."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from tunesmith.errors import UsageError
from tunesmith.server.faults import ModelReplaced, NameTaken, NotFound
from tunesmith.server.indexes import content, opened
from tunesmith.server.indexes.store import IndexStore

if TYPE_CHECKING:
    from tunesmith.server.stores import Stores

EYE = np.eye(64, dtype=np.float32)


def other(stores: "Stores") -> IndexStore:
    """The same indexes as another process sees them, or the server after a restart."""
    return IndexStore(stores.engine, stores.files)


def texts_of(store: IndexStore, index: str, query: NDArray[np.float32] = EYE[:1]) -> set[str]:
    return {hit.text for hit in store.search(index, query, 1000)[0]}


def test_texts_survive_a_restart(stores: "Stores") -> None:
    index = stores.indexes.create("faq", "model")
    stores.indexes.add("faq", ["a", "b"], ["one", "two"], EYE[:2])
    stores.indexes.add(index.id, ["a"], ["three"], EYE[2:3])
    assert stores.indexes.remove("faq", ["b", "unknown"]) == 1
    assert other(stores).search("faq", EYE[2:3], 5)[0][0].text == "three"
    assert texts_of(other(stores), index.id) == {"three"}
    assert stores.indexes.get("faq").texts == 1


def test_names_differ_until_an_index_is_deleted(stores: "Stores") -> None:
    index = stores.indexes.create("faq", "model")
    stores.indexes.add("faq", ["a"], ["one"], EYE[:1])
    with pytest.raises(NameTaken, match="faq"):
        stores.indexes.create("faq", "model")
    stores.indexes.delete("faq")
    for name in ("faq", index.id, "../faq"):
        with pytest.raises(NotFound):
            stores.indexes.get(name)
    assert not stores.files.exists(f"indexes/{index.id}")
    assert stores.indexes.create("faq", "model").texts == 0
    with pytest.raises(UsageError, match="letters"):
        stores.indexes.create("../faq", "model")


def test_ids_fit_the_texts(stores: "Stores") -> None:
    stores.indexes.create("faq", "model")
    with pytest.raises(UsageError, match="twice"):
        stores.indexes.add("faq", ["a", "a"], ["one", "two"], EYE[:2])
    with pytest.raises(UsageError, match="1 ids for 2 texts"):
        stores.indexes.add("faq", ["a"], ["one", "two"], EYE[:2])


def test_additions_at_the_same_time_lose_nothing(stores: "Stores") -> None:
    """Also those that other processes make, while the parts are merged again and again."""
    stores.indexes.create("faq", "model")
    both = [stores.indexes, other(stores)]

    def add(number: int) -> None:
        both[number % 2].add("faq", [str(number)], [f"text {number}"], EYE[number : number + 1])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opened, "MAX_PARTS", 5)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(add, range(64)))
    expected = {f"text {number}" for number in range(64)}
    for store in (*both, other(stores)):
        assert texts_of(store, "faq") == expected
    assert stores.indexes.get("faq").texts == 64
    index = stores.indexes.get("faq")
    folders = list(stores.files.local(f"indexes/{index.id}").iterdir())
    assert len(folders) <= 7


def test_a_graph_is_stored_once(stores: "Stores", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "EXACT_TEXTS", 40)
    stores.indexes.create("faq", "model")
    ids = [str(number) for number in range(50)]
    stores.indexes.add("faq", ids, ids, EYE[:50])
    stores.indexes.add("faq", ["late"], ["late"], EYE[60:61])
    again = other(stores)
    assert again.search("faq", EYE[60:61], 1)[0][0].id == "late"
    assert again.search("faq", EYE[3:4], 1)[0][0].id == "3"
    index = stores.indexes.get("faq")
    graphs = list(stores.files.local(f"indexes/{index.id}").glob("*/graph.usearch"))
    assert len(graphs) == 1


def test_the_vectors_of_two_models_are_never_mixed(stores: "Stores") -> None:
    """A model of the home keeps its name when it is replaced."""
    index = stores.indexes.create("faq", "support")
    stores.indexes.note_model(index, "a" * 64)
    stores.indexes.note_model(stores.indexes.get("faq"), "b" * 64)  # nothing was added yet
    stores.indexes.add("faq", ["a"], ["one"], EYE[:1])
    index = other(stores).get("faq")
    stores.indexes.require_model(index, "b" * 64)
    for refuse in (stores.indexes.require_model, stores.indexes.note_model):
        with pytest.raises(ModelReplaced, match=r"index faq .* earlier model support"):
            refuse(index, "a" * 64)
    assert stores.indexes.get("faq").model_digest == "b" * 64


def test_an_index_of_an_earlier_release_is_searched(stores: "Stores") -> None:
    """It does not say which model has encoded its texts."""
    stores.indexes.create("faq", "support")
    index = stores.indexes.add("faq", ["a"], ["one"], EYE[:1])
    assert index.model_digest is None
    stores.indexes.require_model(index, "a" * 64)
