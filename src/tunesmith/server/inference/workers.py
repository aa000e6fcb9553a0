"""Worker threads that compute waiting texts, as many batches at once as there are cores."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from tunesmith.server.inference.batch import Computed, Pieces, compute
from tunesmith.server.inference.fair_queue import FairQueue
from tunesmith.server.inference.limits import Limits
from tunesmith.server.inference.observer import BatchStats, Observer
from tunesmith.server.inference.pace import Company
from tunesmith.server.inference.request import Encoded, Request
from tunesmith.server.inference.room import Room


class Workers:
    """Takes batches from the queue whenever a thread is free; used on one event loop.

    While all threads are busy, texts gather in the queue, so batches grow with the load and nothing
    waits on an idle server.

    Parameters
    ----------
    limits
        Number of threads, size of batches and the longest wait for other texts.
    room
        Where computed tokens are released.
    observe
        Receives each batch.
    """

    def __init__(self, limits: Limits, room: Room, observe: Observer) -> None:
        self._limits, self._room, self._observe = limits, room, observe
        self._queue: FairQueue[Request] = FairQueue()
        self._company = Company(limits.wait_ms / 1000)
        self._free = limits.workers
        self._computing = 0
        self._woken = False
        self._timer: asyncio.TimerHandle | None = None
        self.pool = ThreadPoolExecutor(limits.workers, thread_name_prefix="infer")

    async def answer(self, request: Request) -> Encoded:
        """Return the vectors of a request; a cancelled one leaves the queue."""
        self._queue.add(request)
        self._company.arrived(now=asyncio.get_running_loop().time())
        self._wake()
        try:
            return await request.answer
        finally:
            self._queue.drop(request)

    def _wake(self) -> None:
        """Look at the queue after the callbacks that are ready now, which may add requests."""
        if not self._woken:
            self._woken = True
            asyncio.get_running_loop().call_soon(self._dispatch)

    def _dispatch(self) -> None:
        self._woken = False
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        while self._free and len(self._queue):
            delay = self._company.delay(len(self._queue), now=loop.time())
            if delay > 0:
                self._timer = loop.call_later(delay, self._dispatch)
                return
            self._start(loop, self._queue.take(self._budget()))

    def _budget(self) -> int:
        """Return the tokens of the next batch: a worker's share of all that wait or are computed.

        If an idle worker took all that waits, one of two would compute large batches, and the other
        single texts, for as long as the clients send on.
        """
        share = -(-(self._queue.tokens + self._computing) // self._limits.workers)
        return min(max(share, 1), self._limits.batch_tokens)

    def _start(self, loop: asyncio.AbstractEventLoop, pieces: Pieces) -> None:
        self._free -= 1
        self._computing += _tokens(pieces)
        now = loop.time()
        for piece in pieces:
            piece.request.begin(now)
        waited = now - min(piece.request.arrived for piece in pieces)
        future = loop.run_in_executor(self.pool, compute, pieces)
        future.add_done_callback(partial(self._finish, pieces, waited))

    def _finish(self, pieces: Pieces, waited: float, future: asyncio.Future[Computed]) -> None:
        self._free += 1
        self._computing -= _tokens(pieces)
        computed = future.result()
        for piece, result in zip(pieces, computed.results, strict=True):
            self._deliver(piece.request, piece.indices, result)
        answered = sum(piece.request.answer.done() for piece in pieces)
        self._company.answered(answered, now=asyncio.get_running_loop().time())
        self._report(pieces, waited, computed)
        self._wake()

    def _deliver(self, request: Request, indices: list[int], result: Any) -> None:
        if isinstance(result, Exception):
            request.fail(result)
        else:
            request.fill(indices, result)

    def _report(self, pieces: Pieces, waited: float, computed: Computed) -> None:
        self._room.rate.add(tokens=_tokens(pieces), seconds=computed.seconds)
        self._observe.batch_computed(
            BatchStats(
                model=pieces[0].request.lane.entry.model.id,
                requests=len(pieces),
                texts=sum(len(piece.indices) for piece in pieces),
                tokens=computed.tokens,
                waiting=waited,
                computing=computed.seconds,
            )
        )


def _tokens(pieces: Pieces) -> int:
    """Return the estimated tokens of a batch."""
    return sum(piece.tokens for piece in pieces)
