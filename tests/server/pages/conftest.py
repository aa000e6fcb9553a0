"""One server without keys for all tests of pages."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.server.pages.sites import Site, running_site
from tests.server.pages.tuned import tuned_folder

if TYPE_CHECKING:
    from tunesmith.results.fit_result import FitResult


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, shared_exports: None) -> Iterator[Site]:
    """A server that needs no keys."""
    with running_site(tmp_path_factory.mktemp("pages")) as found:
        yield found


@pytest.fixture(scope="session")
def tickets(site: Site, toy_tickets: Path) -> str:
    """The id of a data set of 150 tickets in three classes."""
    return site.upload("toy.csv", toy_tickets.read_bytes())


@pytest.fixture(scope="session")
def fitted(site: Site, tickets: str, toy_fit: "FitResult") -> str:
    """The id of a model that was fitted on the tickets."""
    site.model("tune-toy", toy_fit.path, tickets)
    return "tune-toy"


@pytest.fixture(scope="session")
def tuned(
    site: Site,
    tickets: str,
    toy_fit: "FitResult",
    toy_tickets: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The id of a model whose tuned candidate was kept."""
    folder = tuned_folder(toy_fit, toy_tickets, tmp_path_factory.mktemp("tuned") / "model")
    site.model("tune-better", folder, tickets)
    return "tune-better"
