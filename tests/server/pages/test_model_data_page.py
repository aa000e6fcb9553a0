"""The data of a model: its check, and suspected label errors that are relabelled in place."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.server.pages.chromium import open_chromium
from tests.server.pages.sites import Site, check_sound, running_site
from tests.server.pages.test_sign_in import signed_in
from tests.server.pages.tuned import LABELS, suspects, tuned_folder
from tunesmith.errors import UsageError
from tunesmith.server.pages.model_data import chosen_labels

if TYPE_CHECKING:
    from tunesmith.results.fit_result import FitResult

pytestmark = pytest.mark.slow


@pytest.fixture
def own(site: Site, toy_fit: "FitResult", toy_tickets: Path, tmp_path: Path) -> Iterator[str]:
    """A model with a data set of its own, so that each test starts with version 1."""
    lines = [*toy_tickets.read_text(encoding="utf-8").splitlines(), f"{tmp_path.name} text,card"]
    dataset = site.upload(f"{tmp_path.name}.csv", "\n".join(lines).encode())
    ident = f"tune-{tmp_path.name[-40:]}"
    site.model(ident, tuned_folder(toy_fit, toy_tickets, tmp_path / "model"), dataset)
    yield ident
    site.stores.models.delete(ident)


def _labels(site: Site, ident: str) -> list[str]:
    examples = site.stores.datasets.opened(ident).examples
    return [str(label) for label in examples.table["label"].to_pylist()]


def test_it_shows_the_data_and_the_check(site: Site, tuned: str, toy_fit: "FitResult") -> None:
    words = site.words(f"/models/{tuned}/data")
    assert "150 labelled" in words
    assert "card 50" in words
    for finding in toy_fit.summary.findings:
        assert finding.message.replace("`", "") in words


def test_suspects_are_listed_most_suspicious_first(
    site: Site, tuned: str, toy_tickets: Path
) -> None:
    page = site.page(f"/models/{tuned}/data")
    check_sound(page)
    rows = page.select("table.suspects tbody tr")
    for row, suspect in zip(rows, suspects(toy_tickets), strict=True):
        words = row.get_text(" ", strip=True)
        assert suspect.text in words
        assert f"{100 * suspect.probability:.0f}%" in words
        first = row.select("select option")[0]
        assert first["value"] == f"{suspect.row} {suspect.likely}"
        assert suspect.given not in [each.get_text() for each in row.select("option")]


def test_checked_rows_are_relabelled_in_a_new_version(site: Site, own: str) -> None:
    """The upload and unchecked rows keep their labels."""
    before = site.stores.models.show(own).dataset_id
    given = _labels(site, str(before))
    other = next(label for label in LABELS if label != given[2])
    form = {"row": ["1", "3"], "label": [f"1 {LABELS[1]}", f"2 {LABELS[0]}", f"3 {other}"]}
    answer = site.browser.post(f"/models/{own}/relabel", data=form)
    assert answer.status_code == 303
    made = site.stores.datasets.get(answer.headers["location"].removeprefix("/datasets/"))
    assert made.version == 2
    assert _labels(site, made.id) == [LABELS[1], given[1], other, *given[3:]]
    assert _labels(site, str(before)) == given
    assert "the newest is 2" in site.words(f"/models/{own}/data")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "no row is checked"),
        ({"row": ["140"]}, "row 140 is not one of the suspected rows"),
    ],
)
def test_a_mistake_changes_nothing(
    site: Site, own: str, form: dict[str, list[str]], words: str
) -> None:
    answer = site.browser.post(f"/models/{own}/relabel", data=form)
    assert answer.status_code == 400
    assert words in answer.text
    dataset = str(site.stores.models.show(own).dataset_id)
    assert len(site.stores.datasets.versions(dataset)) == 1


def test_other_values_are_refused(site: Site, own: str) -> None:
    for form in ({"row": ["x"]}, {"row": [str(row) for row in range(60)]}):
        assert site.browser.post(f"/models/{own}/relabel", data=form).status_code == 422


def test_without_a_choice_the_likely_label_is_taken(toy_tickets: Path) -> None:
    found = suspects(toy_tickets)
    assert chosen_labels(found, [1], []) == {1: found[0].likely}
    with pytest.raises(UsageError, match="no row is checked"):
        chosen_labels(found, [], ["1 card"])


def test_one_box_checks_all(site: Site, own: str) -> None:
    """With keys only: the head's box, then the button."""
    with open_chromium(str(site.browser.base_url).rstrip("/")) as chromium:
        page = chromium.open(f"/models/{own}/data")
        page.locator("#check-all").press("Space")
        assert page.locator("input[name=row]:checked").count() == 4
        page.locator("input[name=row]").first.press("Space")
        assert not page.locator("#check-all").is_checked()
        page.locator("text=Relabel the checked rows").press("Enter")
        page.wait_for_url("**/datasets/**")
    dataset = str(site.stores.models.show(own).dataset_id)
    made = site.stores.datasets.versions(dataset)[-1]
    changed = zip(_labels(site, dataset), _labels(site, made.id), strict=True)
    assert [old != new for old, new in changed][:5] == [False, True, True, True, False]


def test_a_reader_sees_no_form(
    tmp_path: Path, shared_exports: None, toy_fit: "FitResult", toy_tickets: Path
) -> None:
    with running_site(tmp_path / "closed", require_keys=True) as closed:
        folder = tuned_folder(toy_fit, toy_tickets, tmp_path / "model")
        closed.model("tune-closed", folder)
        with signed_in(closed, "read") as browser:
            page = browser.get("/models/tune-closed/data").text
            assert "suspected label error" in page
            assert "Relabel" not in page
            for path in ("relabel", "rename", "alias", "alias/remove", "alias/roll-back", "delete"):
                form = {"alias": "a@b", "name": "x", "row": "1"}
                answer = browser.post(f"/models/tune-closed/{path}", data=form)
                assert answer.status_code == 403
            assert browser.get("/models/tune-closed/manage").status_code == 403
            assert "Manage" not in browser.get("/models/tune-closed").text
