"""The base of a model is found on the server, unless it is the model or has changed."""

from dataclasses import replace

import pytest

from tests.server.pages.sites import Site
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
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
