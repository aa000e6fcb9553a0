"""Models by id, old id and alias; aliases move and roll back, ids never change their model."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.server.apps import started
from tunesmith.errors import UnknownModel
from tunesmith.home import Home
from tunesmith.server.faults import NameTaken, NotFound, NotReady
from tunesmith.server.fits import Status
from tunesmith.server.models import model_key

if TYPE_CHECKING:
    from tunesmith.results.fit_result import FitResult
    from tunesmith.server.stores import Stores


@pytest.fixture
def two(stores: "Stores", toy_fit: "FitResult") -> tuple[str, str]:
    """Two models of this server."""
    ids = []
    for name in ("first", "second"):
        ident = stores.fits.add("data-1", {}, name=name).id
        with stores.files.new(model_key(ident)) as folder:
            shutil.copytree(toy_fit.path, folder, dirs_exist_ok=True)
        stores.models.add(ident, name, "data-1", None)
        ids.append(ident)
    return ids[0], ids[1]


@pytest.mark.slow
def test_a_model_by_its_names(stores: "Stores", two: tuple[str, str]) -> None:
    stores.models.set_alias("support@production", two[0])
    names = (two[0], f"{two[0]}-ft", "support@production", "support@production-ft")
    assert {stores.models.get(name).id for name in names} == {two[0]}
    model = stores.models.get(two[0])
    assert model.labels == ("card", "login", "order")
    assert model.aliases == ("support@production",)
    assert "verdict" in model.summary


@pytest.mark.slow
def test_an_alias_moves_and_rolls_back(stores: "Stores", two: tuple[str, str]) -> None:
    stores.models.set_alias("live", two[0])
    with pytest.raises(NotFound, match="no earlier model"):
        stores.models.roll_back("live")
    stores.models.set_alias("live", two[1])
    assert stores.models.place("live") == stores.models.folder(two[1])
    assert stores.models.roll_back("live") == two[0]
    assert stores.models.place("live") == stores.models.folder(two[0])


@pytest.mark.slow
def test_a_deleted_model_takes_its_aliases_along(stores: "Stores", two: tuple[str, str]) -> None:
    stores.models.set_alias("live", two[0])
    folder = stores.models.folder(two[0])
    stores.models.delete(two[0])
    assert stores.models.aliases() == {}
    with pytest.raises(UnknownModel):
        stores.models.place("live")
    assert not Path(folder).exists()
    assert two[0] not in {model.id for model in stores.models.all()}


@pytest.mark.slow
def test_a_deleted_model_is_unknown_even_if_its_fit_is_known(
    stores: "Stores", two: tuple[str, str]
) -> None:
    stores.fits.move(two[0], Status.READY)
    stores.models.delete(two[0])
    with pytest.raises(UnknownModel):
        stores.models.get(two[0])


@pytest.mark.slow
def test_a_new_name_leaves_the_id(stores: "Stores", two: tuple[str, str]) -> None:
    assert stores.models.rename(two[0], "better").name == "better"
    assert stores.models.get(two[0]).name == "better"


def test_the_bundled_base_is_a_model(stores: "Stores") -> None:
    base = stores.models.get("all-MiniLM-L6-v2")
    assert (base.source, base.labels) == ("bundled", ())
    with pytest.raises(NotFound, match="not made by this server"):
        stores.models.delete(base.id)


def test_a_fit_without_a_model_says_why(stores: "Stores") -> None:
    fit = stores.fits.add("data-1", {}, name="a")
    with pytest.raises(NotReady, match="its fit is queued"):
        stores.models.get(f"{fit.id}-ft")


@pytest.mark.parametrize("name", ["", "..", "../models", "none", "a\x00b", "/etc/passwd"])
def test_an_unknown_name_is_never_a_path(stores: "Stores", name: str) -> None:
    with pytest.raises(UnknownModel):
        stores.models.folder(name)


@pytest.mark.parametrize("alias", ["", "a b", "../x", "a@b@c", "all-MiniLM-L6-v2", "x" * 90])
def test_bad_aliases_are_refused(stores: "Stores", alias: str) -> None:
    with pytest.raises(NameTaken):
        stores.models.set_alias(alias, "all-MiniLM-L6-v2")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda folder: (folder / "tunesmith.json").write_text("{"), "tunesmith.json cannot"),
        (lambda folder: (folder / "modules.json").unlink(), "modules.json is missing"),
        (shutil.rmtree, "its folder is gone"),
    ],
)
def test_a_damaged_model_is_listed_with_words_and_can_be_deleted(
    harm: Callable[[Path], object],
    words: str,
    toy_fit: "FitResult",
    home: Path,
    shared_exports: None,
) -> None:
    """Over HTTP; the lists of other APIs have no word for it, so it is in none of them."""
    with started(home=Home(home), require_keys=False) as app:
        with app.services.stores.files.new(model_key("tune-1")) as folder:
            shutil.copytree(toy_fit.path, folder, dirs_exist_ok=True)
        app.services.models.add("tune-1", "a", None, None)
        harm(Path(app.services.models.folder("tune-1")))
        listed = {each["id"]: each for each in app.client.get("/v1/models").json()}
        assert words in listed["tune-1"]["damage"]
        assert listed["all-MiniLM-L6-v2"]["damage"] is None
        assert app.client.get("/v1/models/tune-1").json() == listed["tune-1"]
        assert "tune-1" not in app.client.get("/openai/v1/models").text
        called = app.client.post("/v1/embed", json={"model": "tune-1", "texts": ["a"]})
        assert (called.status_code, called.json()["error"]["code"]) == (500, "damaged-model")
        assert app.client.delete("/v1/models/tune-1").json() == {"id": "tune-1"}
        assert app.client.get("/v1/models/tune-1").status_code == 404
