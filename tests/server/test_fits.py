"""The states of a fit, its numbered events, and workers that were taken for dead."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tunesmith.server.faults import NotFound, NotReady
from tunesmith.server.fits import Follower, Status

if TYPE_CHECKING:
    from tunesmith.server.stores import Stores


def test_the_way_of_a_fit(stores: "Stores") -> None:
    fit = stores.fits.add("data-1", {"budget": 1.0}, name="a")
    assert fit.status is Status.QUEUED
    attempt = stores.fits.start(fit.id, "worker-1")
    assert attempt == 1
    stores.fits.add_events(fit.id, 1, [{"event": "note", "text": "half"}])
    stores.fits.move(fit.id, Status.DEPLOYING, attempt=1)
    stores.fits.move(fit.id, Status.READY)
    ready = stores.fits.get(fit.id)
    assert (ready.status, ready.worker) == (Status.READY, "worker-1")
    assert ready.finished_at is not None
    events = stores.fits.events(fit.id)
    assert [each.number for each in events] == [1, 2, 3, 4, 5]
    assert [each.event.get("status") for each in events] == [
        "queued",
        "training",
        None,
        "deploying",
        "ready",
    ]


def test_a_worker_that_was_taken_for_dead_changes_nothing(stores: "Stores") -> None:
    fit = stores.fits.add("data-1", {}, name="a")
    assert stores.fits.start(fit.id, "worker-1") == 1
    assert stores.fits.start(fit.id, "worker-2") == 2
    assert not stores.fits.add_events(fit.id, 1, [{"event": "note", "text": "late"}])
    assert not stores.fits.move(fit.id, Status.FAILED, attempt=1)
    assert stores.fits.move(fit.id, Status.DEPLOYING, attempt=2)


def test_an_ended_fit_is_not_started_again(stores: "Stores") -> None:
    fit = stores.fits.add("data-1", {}, name="a")
    stores.fits.command(fit.id, "cancel")
    assert stores.fits.get(fit.id).status is Status.CANCELLED
    assert stores.fits.start(fit.id, "worker-1") is None
    with pytest.raises(NotReady, match="cancelled"):
        stores.fits.command(fit.id, "stop")


def test_a_failed_fit_can_be_tried_again(stores: "Stores") -> None:
    fit = stores.fits.add("data-1", {}, name="a")
    with pytest.raises(NotReady, match="only failed fits"):
        stores.fits.retry(fit.id)
    stores.fits.start(fit.id, "worker-1")
    stores.fits.move(fit.id, Status.FAILED, attempt=1, error={"code": "data", "message": "no"})
    again = stores.fits.retry(fit.id)
    assert (again.status, again.error, again.attempt) == (Status.QUEUED, None, 1)


def test_commands_reach_a_running_fit(stores: "Stores") -> None:
    fit = stores.fits.add("data-1", {}, name="a")
    stores.fits.start(fit.id, "worker-1")
    stores.fits.command(fit.id, "extend", 60)
    found = stores.fits.last_command(fit.id)
    assert found is not None
    assert (found["word"], found["seconds"]) == ("extend", 60)


def test_events_of_several_writers_have_one_number_each(stores: "Stores") -> None:
    fit = stores.fits.add("data-1", {}, name="a")
    stores.fits.start(fit.id, "worker-1")

    def write(text: int) -> bool:
        return stores.fits.add_events(fit.id, 1, [{"event": "note", "text": text}])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write, range(40)))
    assert [each.number for each in stores.fits.events(fit.id)] == list(range(1, 43))


def test_a_follower_misses_no_event(stores: "Stores") -> None:
    fit = stores.fits.add("data-1", {}, name="a")
    follower = Follower(stores.fits, fit.id)
    assert [len(follower.new()[0]) for _ in range(2)] == [1, 0]
    stores.fits.command(fit.id, "cancel")
    found, ended = follower.new()
    assert [each.event["status"] for each in found] == ["cancelled"]
    assert ended
    assert [each.number for each in Follower(stores.fits, fit.id, 1).new()[0]] == [2]


def test_a_deleted_fit_is_gone(stores: "Stores") -> None:
    fit = stores.fits.add("data-1", {}, name="a")
    stores.fits.delete(fit.id)
    with pytest.raises(NotFound):
        stores.fits.get(fit.id)
    assert stores.fits.start(fit.id, "worker-1") is None
