"""Models are loaded once, kept within a memory limit, and never taken from a request."""

import asyncio

import pytest

from tests.server.inference.conftest import CountingEncoder, Loads, run, until
from tunesmith.errors import UnknownModel
from tunesmith.server.inference import Inference, Limits
from tunesmith.server.inference.memory import model_bytes


def _inference(loads: Loads, models: int = 2) -> Inference:
    """Return an inference whose memory holds this many models."""
    memory = models * model_bytes(loads.load("any"))
    loads.names.clear()
    return Inference(loads.resolve, Limits(threads=1, memory_bytes=memory), load=loads.load)


def _names(inference: Inference) -> list[str]:
    return [each.name for each in inference.names()]


def test_concurrent_first_requests_load_a_model_once(loads: Loads) -> None:
    """Also under two names."""

    async def clients() -> None:
        inference = _inference(loads)
        await asyncio.gather(*(inference.encode(name, ["text"]) for name in ["a", "a-ft"] * 5))
        await inference.close()

    run(clients())
    assert loads.names == ["a"]


def test_a_client_that_leaves_does_not_stop_a_load(loads: Loads) -> None:
    """Others wait for the same load."""

    async def clients() -> None:
        inference = _inference(loads)
        first = asyncio.create_task(inference.encode("a", ["text"]))
        second = asyncio.create_task(inference.encode("a", ["text"]))
        await asyncio.sleep(0)
        first.cancel()
        assert len((await second).vectors) == 1
        assert inference._room.tokens == 0
        await inference.close()

    run(clients())
    assert loads.names == ["a"]


def test_the_least_recently_used_is_unloaded(loads: Loads) -> None:
    """Pinned ones stay."""

    async def client() -> None:
        inference = _inference(loads)
        for name in ("a", "b", "a", "c"):
            await inference.encode(name, ["text"])
        assert _names(inference) == ["a", "c"]
        await inference.pin("a")
        for name in ("d", "e"):
            await inference.encode(name, ["text"])
        assert _names(inference) == ["a", "e"]
        await inference.pin("a", pinned=False)
        await inference.close()

    run(client())


def test_a_model_larger_than_the_memory_is_served_alone(loads: Loads) -> None:
    """Others are unloaded."""

    async def client() -> None:
        inference = Inference(loads.resolve, Limits(memory_bytes=1), load=loads.load)
        for name in ("a", "b"):
            assert len((await inference.encode(name, ["text"])).vectors) == 1
        assert _names(inference) == ["b"]
        await inference.close()

    run(client())


def test_unloading_drops_no_request(loads: Loads, blocked: CountingEncoder) -> None:
    """Running and waiting requests are answered by the model that they began with."""

    async def clients() -> None:
        inference = _inference(loads)
        tasks = [asyncio.create_task(inference.encode("a", [text])) for text in ("x", "yy")]
        await until(blocked.entered.is_set)
        await inference.unload("a")
        assert _names(inference) == []
        loads.encoders["a"] = CountingEncoder()
        later = asyncio.create_task(inference.encode("a", ["later"]))
        blocked.gate.set()
        found = await asyncio.gather(*tasks, later)
        assert [len(each.vectors) for each in found] == [1, 1, 1]
        await inference.close()

    run(clients())
    assert loads.names == ["a", "a"]
    assert sum(map(len, blocked.calls)) == 2


def test_a_model_is_replaced_while_requests_run(loads: Loads, blocked: CountingEncoder) -> None:
    """The earlier one answers them, the new one those that come later; it stays pinned."""

    async def clients() -> None:
        inference = _inference(loads)
        await inference.pin("a")
        running = asyncio.create_task(inference.encode("a", ["x"]))
        await until(blocked.entered.is_set)
        loads.encoders["a"] = CountingEncoder()
        await inference.reload("a")
        blocked.gate.set()
        await running
        await inference.encode("a", ["y"])
        assert [each.pinned for each in inference.names()] == [True]
        await inference.close()

    run(clients())
    assert (blocked.calls, loads.encoders["a"].calls) == ([["x"]], [["y"]])


def test_an_unknown_model_is_refused(loads: Loads) -> None:
    """Nothing is loaded; a deleted one can still be unloaded."""

    async def client() -> None:
        inference = _inference(loads)
        with pytest.raises(UnknownModel):
            await inference.encode("gone", ["text"])
        await inference.unload("gone")
        assert inference._room.tokens == 0
        await inference.close()

    run(client())
    assert loads.names == []
