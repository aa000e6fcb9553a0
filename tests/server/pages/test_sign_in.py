"""With keys on, people sign in; a page of another site changes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from bs4 import BeautifulSoup

from tests.server.pages.sites import BROWSER, Site, check_sound, running_site

pytestmark = pytest.mark.slow

PAGES = ("/", "/datasets", "/fits", "/fits/new", "/models", "/models/all-MiniLM-L6-v2/use")
ELSEWHERE = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory, shared_exports: None) -> Iterator[Site]:
    """A server that needs keys."""
    with running_site(tmp_path_factory.mktemp("closed"), require_keys=True) as found:
        yield found


@pytest.fixture(params=["read", "train", "admin"])
def role(request: pytest.FixtureRequest) -> str:
    """Each role."""
    return str(request.param)


@contextmanager
def signed_in(site: Site, role: str) -> Iterator[httpx.Client]:
    """Yield a browser that has signed in."""
    secret = site.stores.keys.create(role, role)[1]
    with httpx.Client(base_url=site.browser.base_url, headers=BROWSER, timeout=60) as browser:
        answer = browser.post("/sign-in", data={"key": f" {secret} ", "then": "/models"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/models")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        yield browser


def test_a_page_without_a_key_is_the_form_to_sign_in(closed: Site) -> None:
    for path in (*PAGES, "/datasets/none", "/fits/none"):
        response = closed.browser.get(f"{path}?a=1")
        assert response.status_code == 401
        assert f'name="then" value="{path}?a=1"' in response.text
        assert "Data sets" not in response.text
    asked = closed.browser.get("/", headers={"Accept": "*/*"})
    assert asked.json()["error"]["code"] == "key-needed"


def test_a_cookie_opens_the_pages(closed: Site, role: str) -> None:
    with signed_in(closed, role) as browser:
        for path in PAGES:
            response = browser.get(path)
            assert response.status_code == 200
            assert f"Signed in as {role}" in response.text
        assert browser.get("/v1/models").status_code == 200
        assert ("data-upload" in browser.get("/").text) is (role != "read")
        started = browser.post("/fits", data={"dataset": "data-none"})
        assert started.status_code == (403 if role == "read" else 404)
        assert "YOUR-API-KEY" in browser.get(PAGES[-1]).text
        browser.post("/sign-out")
        assert browser.get("/").status_code == 401


def test_a_wrong_key_is_refused(closed: Site) -> None:
    revoked, secret = closed.stores.keys.create("gone", "admin")
    closed.stores.keys.revoke(revoked.id)
    for key in ("", "tms_wrong", secret, "x" * 199):
        response = closed.browser.post("/sign-in", data={"key": key})
        assert response.status_code == 401
        assert "wrong, expired or revoked" in response.text
        assert "set-cookie" not in response.headers
    assert closed.browser.post("/sign-in", data={"key": "a" * 20_000}).status_code == 413
    closed.browser.cookies.set("tunesmith-key", secret)
    assert closed.browser.get("/").status_code == 401
    closed.browser.cookies.clear()


@pytest.mark.parametrize("then", ["//evil.example", "https://evil.example", "/\\evil.example", "x"])
def test_signing_in_leads_to_this_server_only(closed: Site, then: str) -> None:
    secret = closed.stores.keys.create("a", "read")[1]
    response = closed.browser.post("/sign-in", data={"key": secret, "then": then})
    assert response.headers["location"] == "/"
    closed.browser.cookies.clear()


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_a_page_of_another_site_changes_nothing(
    closed: Site, site: Site, tickets: str, headers: dict[str, str]
) -> None:
    fit = site.fit(tickets)
    files = {"file": ("a.csv", b"text,label\na,b\n")}
    for path in (f"/fits/{fit.id}/cancel", "/fits", f"/v1/fits/{fit.id}/cancel", "/sign-out"):
        assert site.browser.post(path, headers=headers, data={"dataset": "x"}).status_code == 403
    assert site.browser.post("/v1/datasets", headers=headers, files=files).status_code == 403
    assert not site.stores.fits.get(fit.id).status.ended
    with signed_in(closed, "admin") as browser:
        assert browser.post("/fits", headers=headers, data={"dataset": "x"}).status_code == 403
        assert browser.get("/", headers=headers).status_code == 200


def test_a_page_of_this_server_may_change_something(site: Site, tickets: str) -> None:
    own = str(site.browser.base_url).rstrip("/")
    for headers in ({"Origin": own}, {"Sec-Fetch-Site": "same-origin", "Origin": own}, {}):
        fit = site.fit(tickets)
        answer = site.browser.post(f"/fits/{fit.id}/cancel", headers=headers)
        assert answer.status_code == 303


def test_the_form_is_sound(closed: Site) -> None:
    check_sound(BeautifulSoup(closed.browser.get("/").text, "html.parser"))
