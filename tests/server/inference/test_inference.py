"""Many clients at once: merged, fair, bounded, and each text gets its own vector."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.error_fields import about
from tests.server.inference.conftest import CountingEncoder, Loads, run, until
from tunesmith import serve
from tunesmith.errors import DamagedModel, DataError, ModelError, Overloaded, UsageError
from tunesmith.results.fit_result import FitResult
from tunesmith.server.inference import BatchStats, Encoded, Inference, Limits
from tunesmith.server.inference.observer import Quiet

ONE = Limits(threads=1)
WORDS = ["card", "order", "refund", "late", "cancel", "login", "pay", "money", "broken"]


def _inference(loads: Loads, limits: Limits = ONE, observe: Any = None) -> Inference:
    return Inference(loads.resolve, limits, observe or Quiet(), load=loads.load)


async def _busy(inference: Inference, encoder: CountingEncoder) -> "asyncio.Task[Encoded]":
    """Return a request that occupies the only worker until the gate is opened."""
    task = asyncio.create_task(inference.encode("a", ["first"]))
    await until(encoder.entered.is_set)
    return task


def test_requests_are_merged_while_the_worker_is_busy(
    loads: Loads, blocked: CountingEncoder
) -> None:
    """One batch for all that wait; each gets its own vectors."""

    async def clients() -> None:
        inference = _inference(loads)
        first = await _busy(inference, blocked)
        texts = [["x" * number, "y" * number] for number in range(1, 9)]
        tasks = [asyncio.create_task(inference.encode("a", each)) for each in texts]
        await until(lambda: len(inference._workers._queue) == len(texts))
        blocked.gate.set()
        for each, found in zip(texts, await asyncio.gather(*tasks), strict=True):
            assert found.vectors[:, 0].tolist() == [len(text) for text in each]
        await first
        await inference.close()

    run(clients())
    assert [len(call) for call in blocked.calls] == [1, 16]


def test_prompts_and_models_are_not_mixed(loads: Loads, blocked: CountingEncoder) -> None:
    """Each pair of model and prompt is a batch of its own."""

    async def clients() -> None:
        inference = _inference(loads)
        await inference.loaded("b")
        first = await _busy(inference, blocked)
        tasks = [
            asyncio.create_task(inference.encode(model, ["text"], prompt=prompt))
            for model, prompt in (("a", "query"), ("a", None), ("b", "query"), ("a-ft", "query"))
        ]
        await until(lambda: len(inference._workers._queue) == len(tasks))
        blocked.gate.set()
        await asyncio.gather(first, *tasks)
        await inference.close()

    run(clients())
    assert [len(call) for call in blocked.calls[1:]] in ([2, 1], [1, 2])
    assert len(loads.encoders["b"].calls) == 1


def test_a_request_that_is_cancelled_disturbs_no_other(
    loads: Loads, blocked: CountingEncoder
) -> None:
    """Its texts leave the queue; if they are being computed, the others still get theirs."""

    async def clients() -> None:
        inference = _inference(loads)
        first = await _busy(inference, blocked)
        tasks = [asyncio.create_task(inference.encode("a", [text])) for text in WORDS[:3]]
        await until(lambda: len(inference._workers._queue) == 3)
        tasks[1].cancel()
        first.cancel()
        await until(lambda: tasks[1].done() and first.done())
        blocked.gate.set()
        await asyncio.gather(tasks[0], tasks[2])
        assert inference._room.tokens == 0
        await inference.close()

    run(clients())
    assert blocked.calls == [["first"], [WORDS[0], WORDS[2]]]


def test_overload_is_refused_at_once(loads: Loads, blocked: CountingEncoder) -> None:
    """While 64 requests of 96 texts wait, as many tokens again do not fit; later they do."""

    async def clients() -> None:
        inference = _inference(loads, Limits(threads=1, queue_tokens=64 * 96 * 19, max_tokens=9999))
        texts = ["word " * 14] * 96
        tasks = [asyncio.create_task(inference.encode("a", texts)) for _ in range(64)]
        await until(blocked.entered.is_set)
        with pytest.raises(Overloaded, check=about(code="overloaded", option="queue_tokens")):
            await inference.encode("a", ["word"] * 1000)
        blocked.gate.set()
        found = await asyncio.gather(*tasks)
        assert {len(each.vectors) for each in found} == {96}
        assert len((await inference.encode("a", ["word"] * 1000)).vectors) == 1000
        await inference.close()

    run(clients())


def test_limits_of_a_request(loads: Loads) -> None:
    """Too many texts, too many tokens, not a text, an unknown value: the request fails."""

    async def clients() -> None:
        inference = _inference(loads, Limits(max_texts=2, max_tokens=20))
        for texts, option in ((["a"] * 3, "max_texts"), (["word " * 12] * 2, "max_tokens")):
            with pytest.raises(UsageError, check=about(option=option)):
                await inference.encode("a", texts)
        with pytest.raises(DataError, match="position 1"):
            await inference.encode("a", ["a", None])  # type: ignore[list-item]  # not a text
        with pytest.raises(UsageError, check=about(option="truncate")):
            await inference.encode("a", ["a"], truncate="middle")  # type: ignore[arg-type]
        assert (await inference.encode("a", [])).vectors.shape == (0, 2)
        await inference.close()

    run(clients())


def test_long_texts_are_reported_or_refused(loads: Loads) -> None:
    """``cut`` has their indices; ``none`` names the first."""

    async def clients() -> None:
        inference = _inference(loads)
        texts = ["a", "word " * 17, "b", "word " * 99]
        found = await inference.encode("a", texts)
        assert (found.cut, found.tokens.tolist()) == ((1, 3), [1, 16, 1, 16])
        with pytest.raises(UsageError, match="position 1", check=about(option="truncate")):
            await inference.encode("a", texts, truncate="none")
        assert (await inference.encode("a", ["a"], truncate="none")).cut == ()
        await inference.close()

    run(clients())


def test_a_text_that_fails_fails_its_request_only(loads: Loads, blocked: CountingEncoder) -> None:
    """The others of its batch are computed without it."""

    async def clients() -> None:
        inference = _inference(loads)
        first = await _busy(inference, blocked)
        texts = ["fine", "unbearable", "good"]
        tasks = [asyncio.create_task(inference.encode("a", [text])) for text in texts]
        await until(lambda: len(inference._workers._queue) == 3)
        blocked.gate.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(each) for each in found] == [Encoded, ModelError, Encoded]
        await first
        await inference.close()

    run(clients())


def test_closing_answers_what_waits_and_refuses_the_rest(
    loads: Loads, blocked: CountingEncoder
) -> None:
    """A graceful stop."""

    async def clients() -> None:
        inference = _inference(loads)
        first = await _busy(inference, blocked)
        waiting = asyncio.create_task(inference.encode("a", ["second"]))
        await until(lambda: len(inference._workers._queue) == 1)
        closing = asyncio.create_task(inference.close())
        await until(lambda: inference._closing is not None)
        with pytest.raises(Overloaded):
            await inference.encode("a", ["third"])
        blocked.gate.set()
        await asyncio.gather(first, waiting, closing)
        assert inference.names() == []

    run(clients())


def test_the_observer_receives_figures(loads: Loads) -> None:
    """Batches, queue and loads."""

    class Figures(Quiet):
        batches: list[BatchStats]
        queue: list[int]

        def batch_computed(self, batch: BatchStats) -> None:
            self.batches.append(batch)

        def queue_changed(self, tokens: int) -> None:
            self.queue.append(tokens)

    figures = Figures()
    figures.batches, figures.queue = [], []

    async def client() -> None:
        inference = _inference(loads, observe=figures)
        await inference.encode("a", ["one two", "three"])
        await inference.close()

    run(client())
    (batch,) = figures.batches
    assert (batch.model, batch.requests, batch.texts, batch.tokens) == ("a", 1, 2, 3)
    assert (max(figures.queue) > 0, figures.queue[-1]) == (True, 0)


def test_a_model_that_cannot_be_loaded_fails_its_requests_only(loads: Loads) -> None:
    """Another model is served at the same time."""

    async def clients() -> None:
        inference = _inference(loads)
        names = ["damaged", "a", "damaged"]
        tasks = [asyncio.create_task(inference.encode(name, ["text"])) for name in names]
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(each) for each in found] == [DamagedModel, Encoded, DamagedModel]
        await inference.close()

    run(clients())


async def _compare(target: str | Path, texts: list[str]) -> None:
    """Compare vectors alone, in a batch of 1,000 and under load with the library's."""
    inference = Inference(lambda _: target, Limits(threads=2))
    expected = serve(target, threads=1).encode(texts)
    alone = [await inference.encode("m", [text]) for text in texts]
    many = await inference.encode("m", (texts * 1000)[:1000])
    load = [asyncio.create_task(inference.encode("m", [text])) for text in texts * 4]
    under_load = await asyncio.gather(*load)
    for found in (alone, under_load[: len(texts)], under_load[-len(texts) :]):
        vectors = np.concatenate([each.vectors for each in found])
        assert np.abs(vectors - expected).max() < 1e-5
    assert np.abs(many.vectors[: len(texts)] - expected).max() < 1e-5
    await inference.close()


def test_vectors_of_a_tiny_model(tiny_model: Path) -> None:
    """The same alone, in a batch of 1,000 and under load."""
    run(_compare(tiny_model, ["", "🎻🔥", "card " * 200, *(" ".join(WORDS[:n]) for n in range(9))]))


@pytest.mark.slow
@pytest.mark.usefixtures("common_home")
def test_vectors_of_the_bundled_base(examples: Path) -> None:
    """Likewise for all-MiniLM-L6-v2."""
    texts = (examples / "texts.txt").read_text("utf-8").splitlines()[:20]
    run(_compare("all-MiniLM-L6-v2", [*texts, "parcel " * 400]))


def test_either_end_of_a_long_text_can_be_kept(tiny_encoder: Path) -> None:
    """``start`` removes the start: only the end has an effect, and the other way round."""

    async def client() -> None:
        inference = Inference(lambda _: tiny_encoder, ONE)
        texts = ["card " * 300 + "refund " * 300, "card " * 300, "refund " * 300]
        end = await inference.encode("m", texts)
        start = await inference.encode("m", texts, truncate="start")
        assert end.cut == start.cut == (0, 1, 2)
        assert np.abs(end.vectors[0] - end.vectors[1]).max() < 1e-5
        assert np.abs(start.vectors[0] - start.vectors[2]).max() < 1e-5
        assert np.abs(start.vectors[0] - end.vectors[0]).max() > 1e-3
        await inference.close()

    run(client())


def test_labels_are_the_model_s(toy_fit: FitResult) -> None:
    """As ``classify`` gives them; a model without a classifier is refused."""
    expected = serve(toy_fit.path, threads=1).classify(WORDS)

    async def client() -> None:
        inference = Inference(lambda _: toy_fit.path, ONE)
        found = await inference.classify("m", WORDS)
        assert [each.label for each in found] == [each.label for each in expected]
        for each, other in zip(found, expected, strict=True):
            assert each.probability == pytest.approx(other.probability, abs=1e-5)
        with pytest.raises(UsageError, check=about(option="min_probability")):
            await inference.classify("m", WORDS, min_probability=2)
        await inference.close()

    run(client())
