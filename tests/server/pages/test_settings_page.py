"""Settings: keys, notices, storage and the log; roles decide what is shown."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup
from fastapi.routing import APIRoute, iter_route_contexts

from tests.server.pages.sites import BROWSER, Site, check_sound, running_site
from tunesmith.server.access import role_of
from tunesmith.server.app import create_app
from tunesmith.server.keys import Role
from tunesmith.server.notices.settings import NoticeSettings
from tunesmith.server.pages.audit_lines import words_of
from tunesmith.server.settings import ServerSettings

pytestmark = pytest.mark.slow
POSTS = (
    "/settings/keys",
    "/settings/keys/key-none/revoke",
    "/settings/notices/test",
    "/settings/storage/maps/delete",
)
FAILED = "not done (status 400)"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory, shared_exports: None) -> Iterator[Site]:
    """A server that needs keys."""
    with running_site(tmp_path_factory.mktemp("settings"), require_keys=True) as found:
        yield found


def as_role(site: Site, role: str) -> dict[str, str]:
    secret = site.stores.keys.create(f"the {role}", role)[1]
    return {"Authorization": f"Bearer {secret}"}


def once(site: Site) -> str:
    """Return the token of the form that creates a key."""
    field = site.page("/settings").select_one("form[action='/settings/keys'] [name=once]")
    assert field is not None
    return str(field["value"])


def test_loading_the_page_again_creates_no_second_key(site: Site) -> None:
    form = {"name": "loaded twice", "role": "read", "days": "30", "once": once(site)}
    assert "Copy it now" in site.browser.post("/settings/keys", data=form).text
    again = site.browser.post("/settings/keys", data=form)
    assert "No other key was created" in again.text
    assert 'id="secret"' not in again.text
    assert [each.name for each in site.stores.keys.all()].count("loaded twice") == 1


def test_acts_are_in_words(site: Site, tickets: str) -> None:
    site.browser.post("/settings/keys", data={"name": "of acts", "once": once(site)})
    site.browser.post(f"/datasets/{tickets}/rows", data={"act": "drop"})
    page = site.page("/settings")
    acts = [
        [" ".join(cell.get_text().split()) for cell in row.select("th span, th small, td")[1:]]
        for row in page.select("section[aria-labelledby=acts] tbody tr")
    ]
    created, refused = acts[1], acts[0]
    assert refused == ["Made a version with changed rows", "this machine", "toy.csv", FAILED]
    assert created == ["Created an API key", "this machine", "of acts", "done"]


def test_every_act_that_is_recorded_has_words() -> None:
    """Requests that only use models are recorded on demand; those of other clients are named."""
    acts = {
        f"{method} {each.path}"
        for each in iter_route_contexts(create_app(ServerSettings()).routes)
        if isinstance(each.original_route, APIRoute)
        and role_of(each.original_route) is not Role.READ
        for method in set(each.methods or ()) - {"GET", "HEAD", "OPTIONS"}
    }
    assert len(acts) > 40
    assert not [act for act in acts if words_of(act).startswith("Called")]


def test_a_key_is_shown_once_and_can_be_revoked(site: Site) -> None:
    form = {"name": "<b>laptop</b>", "role": "train", "days": "30", "once": once(site)}
    answer = site.browser.post("/settings/keys", data=form)
    page = BeautifulSoup(answer.text, "html.parser")
    check_sound(page)
    assert answer.headers["cache-control"] == "no-store"
    secret = page.select_one("#secret")
    assert secret is not None
    key = site.stores.keys.find(secret.get_text())
    assert key is not None
    assert (key.name, key.role.name) == ("<b>laptop</b>", "TRAIN")
    assert key.expires_at == pytest.approx(key.created_at + 30 * 86400)
    assert secret.get_text() not in str(site.page("/settings"))
    assert site.page("/settings").select_one("th b") is None
    answer = site.browser.post(f"/settings/keys/{key.id}/revoke")
    assert answer.status_code == 303
    assert site.stores.keys.find(secret.get_text()) is None
    assert "revoked" in site.words("/settings")


@pytest.mark.parametrize(
    ("form", "status"), [({"name": ""}, 400), ({"name": "a", "role": "root"}, 422)]
)
def test_a_wrong_key_is_not_created(site: Site, form: dict[str, str], status: int) -> None:
    before = len(site.stores.keys.all())
    form["once"] = once(site)
    assert site.browser.post("/settings/keys", data=form).status_code == status
    assert len(site.stores.keys.all()) == before


def test_storage_names_sizes_and_deletes_what_can_be_made_again(site: Site, fitted: str) -> None:
    home = site.stores.settings.home
    (home.maps / "one").mkdir(parents=True)
    (home.maps / "one" / "map.npz").write_bytes(b"x" * 5000)
    words = site.words("/settings")
    assert "Models" in words
    assert "free" in words
    assert site.browser.post("/settings/storage/maps/delete").status_code == 303
    assert not home.maps.exists()
    assert site.browser.post("/settings/storage/models/delete").status_code == 422
    assert site.stores.models.has(fitted)


def test_the_page_says_what_is_in_force(site: Site) -> None:
    page = site.page("/settings")
    check_sound(page)
    words = site.words("/settings")
    for text in ("--upload-bytes", "2,000,000", "not required", "Audit log", "--webhook"):
        assert text in words


def test_a_test_message_says_what_went_wrong(tmp_path: Path, shared_exports: None) -> None:
    notices = NoticeSettings(
        webhook="http://127.0.0.1:1/hook?token=squirrel", webhook_secret="s", allow_private=True
    )
    with running_site(tmp_path, notices=notices) as site:
        shown = site.browser.get("/settings").text
        answer = site.browser.post("/settings/notices/test")
    assert "http://127.0.0.1" in shown
    assert "squirrel" not in shown
    assert "it was not sent (ConnectError" in answer.text


def test_only_an_administrator_sees_and_changes_keys(closed: Site) -> None:
    for role in ("read", "train", "admin"):
        headers = {**BROWSER, **as_role(closed, role)}
        page = closed.browser.get("/settings", headers=headers)
        assert page.status_code == 200
        assert ("Audit log" in page.text) is (role == "admin")
        assert ("Create key" in page.text) is (role == "admin")
        assert (f"<strong>the {role}</strong>" in page.text) is (role != "admin")
        for path in POSTS:
            status = closed.browser.post(path, headers=headers, data={"name": "x"}).status_code
            assert (status == 403) is (role != "admin"), (role, path)


@pytest.mark.parametrize("path", [*POSTS, "/fits/tune-none/extend"])
def test_a_page_of_another_site_changes_nothing(closed: Site, path: str) -> None:
    headers = {**as_role(closed, "admin"), "Origin": "https://evil.example"}
    before = len(closed.stores.keys.all())
    answer: httpx.Response = closed.browser.post(
        path, headers=headers, data={"name": "x", "seconds": "60"}
    )
    assert answer.status_code == 403
    assert len(closed.stores.keys.all()) == before
