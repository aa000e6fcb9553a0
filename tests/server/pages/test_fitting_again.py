"""Fit again with new labels: a new version, the same options, and the sealed rows stay sealed."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.server.pages.sites import Site
from tunesmith.models.seen import SeenTexts, write_seen
from tunesmith.server.labelling.fitting_again import again_of
from tunesmith.server.labelling.label_acts import ActKind, NewAct
from tunesmith.server.labelling.labelled_texts import labelled_texts

if TYPE_CHECKING:
    from tunesmith.results.fit_result import FitResult
    from tunesmith.server.fits import StoredFit


@pytest.fixture
def dataset(site: Site, toy_tickets: Path, request: pytest.FixtureRequest) -> str:
    """The tickets, uploaded anew under another name."""
    return site.upload(f"{request.node.name}.csv", toy_tickets.read_bytes())


def label(site: Site, dataset: str, rows: tuple[int, ...], name: str) -> None:
    site.stores.label_acts.add(dataset, NewAct(ActKind.ASSIGN, rows, name))


def fitted_again(site: Site, dataset: str, **form: str) -> "StoredFit":
    answer = site.browser.post(f"/datasets/{dataset}/label/fit", data=form)
    assert answer.status_code == 303, answer.text[:1000]
    return site.stores.fits.get(answer.headers["location"].removeprefix("/fits/"))


def test_the_labels_become_a_version(site: Site, dataset: str) -> None:
    label(site, dataset, (1, 2, 3), "another class")
    fit = fitted_again(site, dataset, once="a")
    version = site.stores.datasets.get(fit.dataset_id)
    assert (version.version_of, version.version) == (dataset, 2)
    assert labelled_texts(site.stores, version.id).labels()[:3] == ["another class"] * 3
    assert labelled_texts(site.stores, version.id).relabelling() == {}
    again = again_of(fit)
    assert again is not None
    assert (again.model, again.labels, again.test) == (None, 3, None)
    assert fit.request["base"] == "all-MiniLM-L6-v2"
    assert fitted_again(site, dataset, once="a").id == fit.id  # pressed twice


def test_the_sealed_rows_stay_sealed(site: Site, dataset: str, toy_fit: "FitResult") -> None:
    """The held-out test rows of the earlier model are the test, also with corrected labels."""
    texts = labelled_texts(site.stores, dataset).file.texts
    site.model("tune-sealed", toy_fit.path, dataset)
    folder = Path(site.stores.models.folder("tune-sealed"))
    write_seen(folder, SeenTexts.of(texts[30:], texts[:30]))
    label(site, dataset, (1, 40), "another class")
    fit = fitted_again(site, dataset, model="tune-sealed")
    sealed = site.stores.datasets.get(str(fit.request["test"]))
    held = labelled_texts(site.stores, sealed.id)
    assert set(held.file.texts) == set(texts[:30])
    assert held.labels()[0] == "another class"
    again = again_of(fit)
    assert again is not None
    assert (again.model, again.labels, again.test) == ("tune-sealed", 2, sealed.id)
    assert fit.name == "the model"
    words = site.words(f"/fits/{fit.id}")
    assert "2 new labels" in words
    links = [link["href"] for link in site.page(f"/fits/{fit.id}").select("a[href^='/compare']")]
    assert links == [f"/compare?models={fit.id},tune-sealed&dataset={sealed.id}"]


def test_a_cross_validated_model_leaves_no_row(
    site: Site, dataset: str, toy_fit: "FitResult"
) -> None:
    site.model("tune-crossed", toy_fit.path, dataset)
    folder = Path(site.stores.models.folder("tune-crossed"))
    write_seen(folder, SeenTexts.of(labelled_texts(site.stores, dataset).file.texts, []))
    label(site, dataset, (1,), "another class")
    fit = fitted_again(site, dataset, model="tune-crossed")
    assert fit.request["test"] is None
    assert "cross-validated" in site.words(f"/datasets/{dataset}/label?model=tune-crossed")


def test_without_new_labels_nothing_is_fitted(site: Site, dataset: str) -> None:
    before = len(site.stores.fits.all())
    answer = site.browser.post(f"/datasets/{dataset}/label/fit")
    assert answer.status_code == 400
    assert "there are no new labels" in answer.text
    assert len(site.stores.fits.all()) == before
    assert len(site.stores.datasets.versions(dataset)) == 1
