"""Work for a client that has left is given up; what a request changes is changed whole."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tunesmith.server.departures import Departures, given_up_on_departure
from tunesmith.server.faults import ClientLeft
from tunesmith.server.inference import Inference, Limits

SCOPE = {"type": "http", "method": "POST", "path": "/v1/embed", "headers": []}
BODY = {"type": "http.request", "body": b"{}", "more_body": False}


def answered(handle: Callable[[], Awaitable[Any]], *messages: dict[str, Any]) -> Any:
    """Return what a handler returns after the body; then the client sends these messages."""
    found: list[Any] = []

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        while (await receive()).get("more_body", False):
            pass
        found.append(await handle())

    async def run() -> None:
        left = asyncio.Queue[dict[str, Any]]()
        for message in messages:
            left.put_nowait(message)
        await Departures(app)(SCOPE, left.get, _nothing)

    asyncio.run(run())
    return found[0]


async def _nothing(_message: Any) -> None:
    return


async def _wait_for_ever() -> None:
    answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    with given_up_on_departure(answer):
        await answer


def test_the_wait_ends_when_the_client_leaves() -> None:
    with pytest.raises(ClientLeft):
        answered(_wait_for_ever, BODY, {"type": "http.disconnect"})


def test_other_work_goes_on_without_the_client() -> None:
    async def stored() -> str:
        await asyncio.sleep(0.01)
        return "stored"

    parts = [{**BODY, "more_body": True}, BODY]
    assert answered(stored, *parts, {"type": "http.disconnect"}) == "stored"


def test_a_cancelled_wait_of_a_present_client_stays_cancelled() -> None:
    async def cancelled() -> str:
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        answer.cancel()
        with pytest.raises(asyncio.CancelledError), given_up_on_departure(answer):
            await answer
        return "cancelled"

    assert answered(cancelled, BODY) == "cancelled"


@pytest.mark.usefixtures("common_home")
def test_the_texts_of_a_client_that_left_leave_the_queue() -> None:
    """They no longer count against the limit that refuses others."""

    async def embed() -> tuple[bool, int]:
        inference = Inference(lambda name: name, Limits())
        await inference.loaded("all-MiniLM-L6-v2")
        left = False
        try:
            await inference.encode("all-MiniLM-L6-v2", ["where is my parcel? " * 40] * 500)
        except ClientLeft:
            left = True
        waiting = len(inference._workers._queue)
        await inference.close()
        return left, waiting

    assert answered(embed, BODY, {"type": "http.disconnect"}) == (True, 0)
