"""A model's name, aliases and end; what uses it is named before anything is lost."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.server.pages.sites import Site, check_sound
from tests.server.pages.tuned import SCRIPT

if TYPE_CHECKING:
    from tunesmith.results.fit_result import FitResult

pytestmark = pytest.mark.slow
ALIAS = "support@production"


@pytest.fixture
def two(site: Site, toy_fit: "FitResult") -> Iterator[tuple[str, str]]:
    """Two models of the server; an id that was deleted is never given again."""
    idents = [f"tune-{secrets.token_hex(4)}" for _ in range(2)]
    for ident in idents:
        site.model(ident, toy_fit.path)
    yield idents[0], idents[1]
    for ident in filter(site.stores.models.has, idents):
        site.stores.models.delete(ident)


def _post(site: Site, path: str, **form: str) -> tuple[int, str]:
    answer = site.browser.post(path, data=form)
    return answer.status_code, answer.headers.get("location", answer.text)


def test_an_alias_is_added_moved_and_rolled_back(site: Site, two: tuple[str, str]) -> None:
    first, second = two
    assert _post(site, f"/models/{first}/alias", alias=f" {ALIAS} ") == (
        303,
        f"/models/{first}/manage",
    )
    status, page = _post(site, f"/models/{second}/alias", alias=ALIAS)
    assert status == 200
    assert "now stands for the model" in page
    assert site.stores.models.aliases()[ALIAS] == first
    assert _post(site, f"/models/{second}/alias", alias=ALIAS, move="true")[0] == 303
    assert site.stores.models.aliases()[ALIAS] == second
    assert "set to the model" in site.words(f"/models/{second}/manage")
    back = _post(site, f"/models/{second}/alias/roll-back", alias=ALIAS)
    assert back == (303, f"/models/{first}/manage")
    assert site.stores.models.aliases()[ALIAS] == first
    assert "rolled back to the model" in site.words(f"/models/{first}/manage")
    assert _post(site, f"/models/{first}/alias/remove", alias=ALIAS)[0] == 303
    assert ALIAS not in site.stores.models.aliases()


def test_an_alias_that_cannot_be_is_refused(site: Site, two: tuple[str, str]) -> None:
    first, second = two
    for alias in (SCRIPT, second, "a b"):
        status, page = _post(site, f"/models/{first}/alias", alias=alias)
        assert status == 400
        assert "cannot be an alias" in page
        assert "<img" not in page
    status, page = _post(site, f"/models/{first}/alias/remove", alias="none@here")
    assert status == 400
    assert "is not an alias of this model" in page


def test_an_alias_without_an_earlier_model_is_not_rolled_back(
    site: Site, two: tuple[str, str]
) -> None:
    _post(site, f"/models/{two[0]}/alias", alias="only@once")
    status, page = _post(site, f"/models/{two[0]}/alias/roll-back", alias="only@once")
    assert status == 404
    assert "has no earlier model" in page


def test_a_model_is_renamed(site: Site, two: tuple[str, str]) -> None:
    assert _post(site, f"/models/{two[0]}/rename", name=f" {SCRIPT} ")[0] == 303
    page = site.page(f"/models/{two[0]}/manage")
    check_sound(page)
    assert page.h1.get_text() == SCRIPT  # type: ignore[union-attr]
    status, words = _post(site, f"/models/{two[0]}/rename", name="  ")
    assert (status, "the name is empty" in words) == (400, True)
    assert (
        site.browser.post(f"/models/{two[0]}/rename", data={"name": "x" * 300}).status_code == 422
    )


def test_a_model_that_an_index_uses_is_not_deleted(site: Site, two: tuple[str, str]) -> None:
    index = site.stores.indexes.create("help-centre", two[0])
    words = site.words(f"/models/{two[0]}/manage")
    assert "cannot be deleted: 1 search index uses it (help-centre)" in words
    status, page = _post(site, f"/models/{two[0]}/delete")
    assert status == 400
    assert "help-centre" in page
    site.stores.indexes.delete(index.id)
    _post(site, f"/models/{two[0]}/alias", alias="gone@soon")
    assert "gone@soon" in site.words(f"/models/{two[0]}/manage")
    assert _post(site, f"/models/{two[0]}/delete") == (303, "/models")
    assert site.browser.get(f"/models/{two[0]}").status_code == 404
    assert "gone@soon" not in site.stores.models.aliases()


def test_a_damaged_model_can_be_deleted(site: Site) -> None:
    with site.stores.files.new("models/tune-damaged") as folder:
        (folder / "tunesmith.json").write_text("{", encoding="utf-8")
    site.stores.models.add("tune-damaged", "damaged", None, None)
    check_sound(site.page("/models/tune-damaged/manage"))
    assert _post(site, "/models/tune-damaged/delete")[0] == 303


def test_a_model_from_elsewhere_is_not_deleted(site: Site) -> None:
    """The bundled base: pages offer only aliases."""
    page = site.page("/models/all-MiniLM-L6-v2/manage")
    assert [each["action"] for each in page.select("main form")] == [
        "/models/all-MiniLM-L6-v2/alias"
    ]
    assert _post(site, "/models/all-MiniLM-L6-v2/delete")[0] == 404


def test_a_page_of_another_site_changes_nothing(site: Site, two: tuple[str, str]) -> None:
    for path in ("delete", "rename", "alias", "relabel"):
        answer = site.browser.post(
            f"/models/{two[0]}/{path}",
            data={"name": "x", "alias": "x@y"},
            headers={"Origin": "https://evil.example"},
        )
        assert answer.status_code == 403
    assert site.stores.models.has(two[0])


def test_the_download_is_a_model(site: Site, two: tuple[str, str], tmp_path: Path) -> None:
    assert site.page(f"/models/{two[0]}").select_one(f"a[href='/v1/models/{two[0]}/download']")
