"""The base of a model is found on the server, unless it is the model or has changed."""

import shutil
from dataclasses import replace

import pytest

from tests.server.pages.sites import Site, check_sound
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE, bundled_folder
from tunesmith.server.bases import base_model
from tunesmith.server.stored_model import StoredModel

pytestmark = pytest.mark.slow


def _base(site: Site, model: StoredModel) -> str | None:
    return base_model(site.stores.models, site.stores.settings.home, model)


def test_the_bundled_base_is_found(site: Site, tuned: str) -> None:
    assert _base(site, site.stores.models.show(tuned)) == DEFAULT_BASE


def test_a_model_with_the_embeddings_of_the_base_has_no_other(site: Site, fitted: str) -> None:
    assert _base(site, site.stores.models.show(fitted)) is None
    assert _base(site, site.stores.models.show(DEFAULT_BASE)) is None


def test_another_model_of_the_server_can_be_the_base(site: Site, tuned: str, fitted: str) -> None:
    """It is the base only if its folder is where the model says."""
    models = site.stores.models
    model, folder = models.show(tuned), models.folder(fitted)
    summary = {**model.summary, "base": str(folder)}
    del summary["base_digest"]
    metadata = {**model.metadata, "summary": summary, "base_folder": str(folder)}
    assert _base(site, replace(model, metadata=metadata)) == fitted
    metadata["base_folder"] = str(site.stores.models.folder(tuned))
    assert _base(site, replace(model, metadata=metadata)) == tuned


def test_a_base_that_has_changed_is_none(site: Site, tuned: str) -> None:
    model = site.stores.models.show(tuned)
    summary = {**model.summary, "base_digest": "0" * 64}
    assert _base(site, replace(model, metadata={**model.metadata, "summary": summary})) is None


GERMAN = (
    "Meine Karte wurde gestohlen und ich möchte sie sofort sperren lassen, Fall {}",
    "Ich kann mich seit gestern nicht mehr in mein Konto einloggen, Vorgang {}",
    "Wann kommt endlich meine Bestellung an, die Nummer lautet {}",
)


@pytest.fixture(scope="module")
def german(site: Site) -> str:
    """The id of a data set of German texts."""
    names = ("Karte", "Zugang", "Bestellung")
    lines = [f'"{GERMAN[n % 3].format(n)}",{names[n % 3]}' for n in range(45)]
    return site.upload("deutsch.csv", "\n".join(["text,label", *lines]).encode())


def test_a_form_says_how_to_add_a_base(site: Site, german: str) -> None:
    """The check says that the bundled base was not made for the language."""
    assert "Choose a base" in site.words(f"/datasets/{german}")
    check_sound(site.page(f"/fits/new?dataset={german}"))
    words = site.words(f"/fits/new?dataset={german}")
    assert "another language (German)" in words
    assert "This server has no other base" in words
    assert site.page(f"/fits/new?dataset={german}").select_one("details.fold[open]") is not None


def test_a_folder_of_the_home_is_a_base(site: Site, german: str) -> None:
    folder = site.stores.settings.home.models / "multilingual-base"
    shutil.copytree(bundled_folder(), folder)
    try:
        page = site.page(f"/fits/new?dataset={german}")
        group = page.select_one("optgroup[label='Base models']")
        assert group is not None
        assert [str(each["value"]) for each in group.select("option")] == [
            folder.name,
            DEFAULT_BASE,
        ]
        assert "Choose another base model under More options" in site.words(
            f"/fits/new?dataset={german}"
        )
        assert "base model" in site.words(f"/models/{folder.name}")
        embed = {"model": folder.name, "texts": ["wo ist meine Karte?"]}
        assert site.browser.post("/v1/embed", json=embed).status_code == 200
        fit = {"dataset": german, "base": folder.name, "budget": "1m"}
        answer = site.browser.post("/v1/fits", json=fit)
        assert answer.status_code == 201
        site.stores.fits.command(answer.json()["id"], "cancel")
    finally:
        shutil.rmtree(folder)
