"""Models by id, old id and alias; aliases move and roll back, ids never change their model."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from tests.server.apps import started
from tunesmith.errors import UnknownModel
from tunesmith.home import Home
from tunesmith.models.folder import FORMAT_VERSION, METADATA, read_metadata
from tunesmith.server import stored_model
from tunesmith.server.faults import NameTaken, NotFound, NotReady
from tunesmith.server.fits import Status
from tunesmith.server.metadata.tables import alias_changes
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


def _folder(folder: Path) -> Path:
    """Write a model folder that can be listed, and no more."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"format": FORMAT_VERSION, "files": {}, "summary": {}}
    (folder / METADATA).write_text(json.dumps(content))
    return folder


def _many(stores: "Stores", count: int) -> None:
    """Store models of this server and of its home, with an alias each."""
    for number in range(count):
        with stores.files.new(model_key(f"tune-{number}")) as folder:
            _folder(folder)
        stores.models.add(f"tune-{number}", f"model {number}", "data-1", None)
        stores.models.set_alias(f"alias-{number}", f"tune-{number}")
        _folder(stores.settings.home.models / f"home-{number}")


@contextmanager
def _queries(engine: Engine) -> Iterator[list[str]]:
    """Yield the list of the statements that the block executes."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        found.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(engine, "before_cursor_execute", note)


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
def test_each_roll_back_goes_one_model_further_back(stores: "Stores", two: tuple[str, str]) -> None:
    """The history is kept: it says what was set and what was rolled back."""
    for model in (*two, "all-MiniLM-L6-v2"):
        stores.models.set_alias("live", model)
    assert [stores.models.roll_back("live") for _ in range(2)] == [two[1], two[0]]
    with pytest.raises(NotFound, match="no earlier model"):
        stores.models.roll_back("live")
    stores.models.set_alias("live", two[1])
    assert stores.models.roll_back("live") == two[0]
    query = sa.select(alias_changes.c.rolled_back).order_by(alias_changes.c.number)
    with stores.engine.connect() as connection:
        found = connection.execute(query).scalars().all()
    assert found == [False] * 3 + [True] * 2 + [False, True]


def test_the_history_of_an_alias_tells_every_change(stores: "Stores", two: tuple[str, str]) -> None:
    for model in two:
        stores.models.set_alias("live", model, "key-1")
    stores.models.roll_back("live")
    stores.models.set_alias("live", None)
    changes = stores.models.alias_changes("live")
    assert [(each.model, each.changed_by, each.rolled_back) for each in changes] == [
        (two[0], "key-1", False),
        (two[1], "key-1", False),
        (two[0], None, True),
        (None, None, False),
    ]
    assert stores.models.alias_changes("other") == []


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


def test_a_hundred_models_are_listed_with_two_queries(stores: "Stores") -> None:
    """Those of this server, newest first, those of the home, and the bundled base."""
    _many(stores, 100)
    with _queries(stores.engine) as queries:
        found = stores.models.all()
    assert len(queries) == 2
    assert [each.source for each in found] == ["fit"] * 100 + ["home"] * 100 + ["bundled"]
    assert (found[0].id, found[0].aliases) == ("tune-99", ("alias-99",))
    assert found[-1].aliases == ()


def test_a_page_of_a_hundred_models_needs_two_queries(home: Path) -> None:
    with started(home=Home(home)) as app:
        _many(app.services.stores, 100)
        for path in ("/v1/models", "/openai/v1/models"):
            with _queries(app.services.stores.engine) as queries:
                answer = app.send("GET", path, "read")
            assert answer.text.count("home-") >= 100
            # Beside them the server asks for the key, and whether there are fits to deploy.
            asked = [each for each in queries if "FROM models" in each or "FROM alias" in each]
            assert len(asked) == 2, path


def test_one_model_is_found_without_reading_the_others(
    stores: "Stores", monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def reading(folder: Path) -> dict[str, Any]:
        read.append(folder.name)
        return read_metadata(folder)

    _many(stores, 3)
    stored_model._metadata.cache_clear()  # to set an alias reads its model
    monkeypatch.setattr(stored_model, "read_metadata", reading)
    assert stores.models.has("tune-1")
    assert stores.models.has("home-2")
    assert not stores.models.has("alias-1")
    assert stores.models.get("alias-0").id == "tune-0"
    assert read == ["tune-1", "home-2", "tune-0"]


def test_a_model_of_the_home_that_this_server_made_is_listed_once(stores: "Stores") -> None:
    _many(stores, 1)
    _folder(stores.settings.home.models / "tune-0")
    found = [(each.id, each.source) for each in stores.models.all()]
    assert found == [("tune-0", "fit"), ("home-0", "home"), ("all-MiniLM-L6-v2", "bundled")]


@pytest.mark.parametrize("name", ["..", ".", ".hidden", "../models/home-0", "home-0/", "HOME-0"])
def test_a_base_is_no_path(stores: "Stores", name: str) -> None:
    _many(stores, 1)
    for folder in (stores.settings.home.folder, stores.settings.home.models):
        _folder(folder)
    _folder(stores.settings.home.models / ".hidden")
    assert not stores.models.has(name)


def test_a_damaged_model_is_no_base_and_hides_no_other(stores: "Stores") -> None:
    _many(stores, 1)
    (stores.settings.home.models / "home-0" / METADATA).write_text("{")
    assert not stores.models.has("home-0")
    assert [each.id for each in stores.models.all()] == ["tune-0", "all-MiniLM-L6-v2"]


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


@pytest.mark.slow
def test_a_model_in_use_is_deleted_only_if_asked(home: Path, shared_exports: None) -> None:
    """An alias is never enough: tomorrow it may stand for another model."""
    with started(home=Home(home)) as app:
        _many(app.services.stores, 2)
        for name in ("faq", "docs"):
            app.services.indexes.create(name, "tune-0")
        for alias in ("alias-0", "alias-0-ft"):
            refused = app.send("DELETE", f"/v1/models/{alias}")
            assert refused.status_code == 400
            assert "DELETE /v1/models/tune-0" in refused.json()["error"]["hint"]
        refused = app.send("DELETE", "/v1/models/tune-0")
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "in-use")
        assert "2 search indexes: docs and faq" in refused.json()["error"]["message"]
        fit = app.services.stores.fits.add("data-1", {}, name="a").id
        app.services.indexes.create("cohere", fit)
        for other, name in (
            ("/openai/v1/models/tune-0", "docs and faq"),
            (f"/cohere/v1/finetuning/finetuned-models/{fit}", "cohere"),
        ):
            refused = app.send("DELETE", other)
            assert refused.status_code == 400
            assert name in refused.text
            assert app.send("GET", other).status_code == 200
        assert app.send("DELETE", "/v1/models/tune-0-ft?force=true").status_code == 200
        assert app.send("DELETE", "/v1/models/tune-1").status_code == 200
        assert app.send("GET", "/v1/aliases").json() == {}
