"""The page of a fit follows it by server-sent events, and ends it."""

import time
from collections.abc import Iterator
from threading import Thread
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup

from tests.server.pages.browsers import browser_page
from tests.server.pages.sites import Site, check_sound
from tunesmith.server.fits import Status
from tunesmith.server.pages.fit_state import Followed, fit_state

pytestmark = pytest.mark.slow

STREAM = {"Accept": "text/event-stream"}


def rung(name: str, title: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "title": title, "status": "skipped", "estimate": 2.0, **changes}


PLANNED: list[dict[str, Any]] = [
    {
        "event": "planned",
        "candidates": [
            rung("base", "Untouched base"),
            rung("linear", "Linear map"),
            rung("whole", "Whole model", estimate=4000.0),
        ],
        "budget": 290.0,
    },
    {"event": "candidate-started", "candidate": rung("base", "Untouched base")},
    {
        "event": "candidate-finished",
        "candidate": rung(
            "base", "Untouched base", status="done", seconds=1.0, score=0.81, standard_error=0.02
        ),
    },
    {"event": "candidate-started", "candidate": rung("linear", "Linear map")},
    {"event": "progress", "title": "Folds", "done": 1, "total": 5},
    {"event": "progress", "title": "Training", "done": 30, "total": 400, "left": 12.0},
]


def sent(answer: httpx.Response) -> Iterator[dict[str, str]]:
    """Yield the events of a stream as they come: data, id and name."""
    event: dict[str, str] = {}
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            event[name] = event[name] + "\n" + value if name in event else value
        elif event:
            yield event
            event = {}


def pieces(site: Site, ident: str, *, last: str = "") -> tuple[dict[str, str], list[str]]:
    """Return the pieces that a stream sends at once, by their id, and the ids of its events."""
    headers = {**STREAM, **({"Last-Event-ID": last} if last else {})}
    found: dict[str, str] = {}
    numbers = []
    with site.browser.stream("GET", f"/fits/{ident}/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for event in sent(answer):
            if data := event.get("data"):
                piece = BeautifulSoup(data, "html.parser").find(id=True)
                assert piece is not None
                found[str(piece["id"])] = data
            if "id" in event:
                numbers.append(event["id"])
            if numbers:
                break
    return found, numbers


def test_a_running_fit_shows_how_far_it_is(site: Site, tickets: str) -> None:
    fit = site.fit(tickets, PLANNED)
    words = site.words(f"/fits/{fit.id}")
    check_sound(site.page(f"/fits/{fit.id}"))
    assert "candidate 2 of 3: Linear map" in words
    assert "fold 2 of 5" in words
    assert "training, 30 of 400, 12 s left" in words
    assert "0.810 ± 0.020" in words
    assert "will probably be skipped: needs about 1 h 06 min" in words
    assert "of 5 min used" in words
    assert "Untouched base: 0.810 ± 0.020 in 1.0 s" in words


def test_the_events_are_the_pieces_of_the_page(site: Site, tickets: str) -> None:
    fit = site.fit(tickets, PLANNED)
    page = site.page(f"/fits/{fit.id}")
    found, numbers = pieces(site, fit.id)
    assert numbers == [str(2 + len(PLANNED))]
    assert set(found) == {str(each["id"]) for each in page.select("[id^=fit-], #side-running")}
    main = page.main
    assert main is not None
    assert main["data-events"] == f"/fits/{fit.id}/events"


def test_a_stream_goes_on_where_it_broke(site: Site, tickets: str) -> None:
    """A page that has everything gets the clock only; one that missed an event gets all pieces."""
    fit = site.fit(tickets, PLANNED)
    last = len(PLANNED) + 2
    assert set(pieces(site, fit.id, last=str(last))[0]) == {"fit-time"}
    assert "fit-ladder" in pieces(site, fit.id, last=str(last - 1))[0]
    assert "fit-ladder" in pieces(site, fit.id, last="nonsense")[0]


def test_the_list_of_what_runs_follows(site: Site, tickets: str) -> None:
    fit = site.fit(tickets, PLANNED)
    assert fit.id in pieces(site, fit.id)[0]["side-running"]
    site.stores.fits.move(fit.id, Status.CANCELLED)
    assert fit.id not in pieces(site, fit.id)[0]["side-running"]


def test_a_stream_ends_with_the_fit(site: Site, tickets: str) -> None:
    fit = site.fit(tickets, PLANNED)
    Thread(target=_fail_soon, args=(site, fit.id)).start()
    events = []
    with site.browser.stream("GET", f"/fits/{fit.id}/events", headers=STREAM) as answer:
        events = list(sent(answer))
    assert events[-1]["event"] == "end"
    assert any("The fit failed" in event.get("data", "") for event in events)
    page = site.page(f"/fits/{fit.id}")
    assert page.main is not None
    assert not page.main.has_attr("data-events")
    assert "no memory" in page.get_text()


def test_the_focus_stays_on_a_button_that_is_sent_again(site: Site, tickets: str) -> None:
    fit = site.fit(tickets)
    with browser_page(str(site.browser.base_url)) as page:
        page.goto(f"/fits/{fit.id}")
        page.focus("button:has-text('Cancel')")
        site.stores.fits.start(fit.id, "worker-1")
        page.wait_for_selector("button:has-text('Stop and judge')")
        assert page.inner_text("*:focus") == "Cancel"


def _fail_soon(site: Site, ident: str) -> None:
    time.sleep(0.3)
    site.stores.fits.move(ident, Status.FAILED, error={"code": "x", "message": "no memory"})


def test_home_follows_what_runs(site: Site, tickets: str) -> None:
    fit = site.fit(tickets, PLANNED)
    with site.browser.stream("GET", "/now/events", headers=STREAM) as answer:
        first = next(sent(answer))
    assert f"/fits/{fit.id}" in first["data"]
    assert "Linear map" in first["data"]
    assert site.browser.get("/now/events").status_code == 400


def test_a_fit_is_stopped_cancelled_and_tried_again(site: Site, tickets: str) -> None:
    fit = site.fit(tickets, PLANNED)
    address = f"/fits/{fit.id}"
    answer = site.browser.post(f"{address}/stop")
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    command = site.stores.fits.last_command(fit.id)
    assert command is not None
    assert command["word"] == "stop"
    site.stores.fits.move(fit.id, Status.CANCELLED)
    assert site.page(address).select_one(f"form[action='{address}/retry']") is not None
    assert site.browser.post(f"{address}/retry").status_code == 303
    assert site.stores.fits.get(fit.id).status is Status.QUEUED
    site.browser.post(f"{address}/cancel")
    assert site.stores.fits.get(fit.id).status is Status.CANCELLED
    assert "Not possible" in site.browser.post(f"{address}/cancel").text


def test_a_ready_fit_leads_to_its_model(site: Site, tickets: str, toy_fit: Any) -> None:
    fit = site.fit(tickets, PLANNED)
    site.model(fit.id, toy_fit.path, tickets)
    site.stores.fits.move(fit.id, Status.READY)
    page = site.page(f"/fits/{fit.id}")
    assert page.select_one(f"a.main[href='/models/{fit.id}']") is not None
    assert page.select_one("#fit-result .verdict-panel") is not None


def test_more_time_is_allowed(site: Site, tickets: str) -> None:
    fit = site.fit(tickets, PLANNED)
    address = f"/fits/{fit.id}"
    assert site.page(address).select_one(f"form[action='{address}/extend'] select") is not None
    answer = site.browser.post(f"{address}/extend", data={"seconds": "300"})
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    words = site.words(address)
    assert "of 10 min used" in words
    assert "5 min added to the budget" in words
    for seconds in ("0", "-5", "nan", "inf", "1e9", "soon", ""):
        answer = site.browser.post(f"{address}/extend", data={"seconds": seconds})
        assert answer.status_code == 422, seconds
    site.stores.fits.move(fit.id, Status.CANCELLED)
    assert site.browser.post(f"{address}/extend", data={"seconds": "60"}).status_code == 400


def test_each_event_is_read_once(site: Site, tickets: str) -> None:
    """Also after a new attempt, which sends all its events again."""
    fit = site.fit(tickets, PLANNED[:3])
    look = Followed(site.stores.fits, fit.id)
    first, number = look.at(site.stores.fits.get(fit.id), 0.0)
    assert number == 5
    assert look.at(site.stores.fits.get(fit.id), 0.0) == (first, number)
    site.stores.fits.add_events(fit.id, 1, PLANNED[3:])
    site.stores.fits.start(fit.id, "worker-2")
    site.stores.fits.add_events(fit.id, 2, PLANNED)
    now = site.stores.fits.get(fit.id)
    events = site.stores.fits.events(fit.id)
    assert look.at(now, 1.0) == (fit_state(now, events, 1.0), events[-1].number)
