"""Vectors and labels for many clients at once, from models loaded on demand."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal, get_args

from tunesmith.encoders.inputs import as_texts
from tunesmith.errors import Overloaded, UsageError
from tunesmith.models.predictor import Prediction, check_min_probability
from tunesmith.models.serving import LoadedModel
from tunesmith.server.departures import given_up_on_departure
from tunesmith.server.inference.labels import predict_labels
from tunesmith.server.inference.limits import Limits
from tunesmith.server.inference.loading import load_warm
from tunesmith.server.inference.models import Entry, Load, LoadedInfo, Models, Resolve
from tunesmith.server.inference.observer import Observer, quiet
from tunesmith.server.inference.request import Encoded, Lane, Request
from tunesmith.server.inference.room import Admission, Room
from tunesmith.server.inference.token_estimate import estimated_tokens
from tunesmith.server.inference.workers import Workers

Truncate = Literal["end", "start", "none"]
# Texts are admitted before their model is loaded, when its maximum length is not known.
_USUAL_LENGTH = 512


@dataclass(frozen=True, eq=False)
class _Admitted:
    """A request whose model is loaded."""

    entry: Entry
    texts: list[str]
    sizes: list[int]
    admission: Admission


class Inference:
    """Computes the texts of concurrent requests together; all methods run on one event loop.

    Requests for the same model and prompt share batches. A vector does not depend on the other
    texts, beyond 1e-5. A request that is cancelled, or whose client leaves, leaves the queue.

    Parameters
    ----------
    resolve
        Returns what :func:`tunesmith.serve` takes, for the name of a model; raises UnknownModel. It
        is called on the event loop for each request, so it must return at once.
    limits
        Limits for memory, waiting work and the size of a request.
    observe
        Receives figures for metrics.
    load
        Loads a model in a thread; by default :func:`tunesmith.serve`, and a first vector.

    Examples
    --------
    >>> async def first_vector():
    ...     inference = Inference(lambda name: name, Limits())
    ...     found = await inference.encode("all-MiniLM-L6-v2", ["where is my parcel?"])
    ...     await inference.close()
    ...     return found.vectors.shape, found.tokens.tolist(), found.cut
    >>> asyncio.run(first_vector())
    ((1, 384), [7], ())
    """

    def __init__(
        self,
        resolve: Resolve,
        limits: Limits,
        observe: Observer = quiet,
        *,
        load: Load = load_warm,
    ) -> None:
        self._limits = limits
        self._models = Models(resolve, load, limits.memory_bytes, observe)
        self._room = Room(limits.queue_tokens, limits.workers, observe)
        self._workers = Workers(limits, self._room, observe)
        self._active = 0
        self._closing: asyncio.Event | None = None

    async def encode(
        self,
        model: str,
        texts: Sequence[str],
        *,
        prompt: str | None = None,
        truncate: Truncate = "end",
    ) -> Encoded:
        """Return the vectors of texts.

        Parameters
        ----------
        model
            Name of the model.
        texts
            The texts.
        prompt
            Name of a prompt or the prompt text; by default the model's default prompt.
        truncate
            What is removed of a text that is longer than the model's maximum: ``"end"`` (for the
            few models that keep the end of a text themselves: its start), ``"start"``, or
            ``"none"`` to refuse it.

        Raises
        ------
        Overloaded
            Too many tokens are waiting, or the server is stopping.
        UnknownModel, DamagedModel
            There is no such model, or it cannot be loaded.
        DataError
            A value is not a text; the message gives its index.
        UsageError
            There are too many texts or tokens, a text is too long, or there is no such prompt.
        """
        async with self._admit(model, texts, truncate) as admitted:
            return await self._compute(admitted, prompt, truncate)

    async def classify(
        self,
        model: str,
        texts: Sequence[str],
        *,
        min_probability: float = 0.0,
        truncate: Truncate = "end",
    ) -> list[Prediction]:
        """Return the predicted labels of texts.

        Parameters
        ----------
        model
            Name of the model.
        texts
            The texts.
        min_probability
            Minimum probability, 0 to 1. If no label reaches it, the model abstains.
        truncate
            As in :meth:`encode`.

        Raises
        ------
        Overloaded
            Too many tokens are waiting, or the server is stopping.
        UnknownModel, DamagedModel
            There is no such model, or it cannot be loaded.
        DataError
            A value is not a text; the message gives its index.
        UsageError
            The model has no classifier, the minimum is not between 0 and 1, a text is too long, or
            there are too many texts or tokens.
        """
        check_min_probability(min_probability)
        async with self._admit(model, texts, truncate) as admitted:
            loaded = admitted.entry.model
            loaded.require_classifier()
            found = await self._compute(admitted, None, truncate)
            return await asyncio.get_running_loop().run_in_executor(
                self._workers.pool, predict_labels, loaded, found.vectors, min_probability
            )

    async def loaded(self, model: str) -> LoadedModel:
        """Return a model that is loaded and has computed a first vector.

        Raises
        ------
        UnknownModel, DamagedModel
            There is no such model, or it cannot be loaded.
        """
        async with self._models.using(model) as entry:
            return entry.model

    @property
    def limits(self) -> Limits:
        """The limits for memory, waiting work and the size of a request."""
        return self._limits

    def names(self) -> list[LoadedInfo]:
        """Return the models in memory, least recently used first."""
        return self._models.infos()

    async def pin(self, model: str, *, pinned: bool = True) -> None:
        """Load a model and keep it in memory, or stop keeping it.

        Raises
        ------
        UnknownModel, DamagedModel
            There is no such model, or it cannot be loaded.
        """
        async with self._models.using(model) as entry:
            entry.pinned = pinned

    async def reload(self, model: str) -> None:
        """Load a model again from its files; requests that run now are answered by the earlier one.

        Raises
        ------
        UnknownModel, DamagedModel
            There is no such model, or it cannot be loaded; the earlier one stays then.
        """
        await self._models.reload(model)

    def loaded_from(self) -> dict[str, LoadedModel]:
        """Return the models in memory by the folder or base that they were loaded from."""
        return self._models.loaded_from()

    async def reload_from(self, target: str) -> None:
        """Load a folder or base again, as :meth:`reload` does.

        Raises
        ------
        UnknownModel, DamagedModel
            It cannot be loaded; the earlier model stays then.
        """
        await self._models.reload_from(target)

    def forget(self, target: str) -> None:
        """Take what was loaded from a folder out of memory; running requests are answered."""
        self._models.forget(target)

    async def unload(self, model: str) -> None:
        """Take a model out of memory; requests that run now are still answered."""
        await self._models.unload(model)

    async def close(self) -> None:
        """Refuse new requests, answer those that are waiting, and end the threads."""
        self._closing = self._closing or asyncio.Event()
        if self._active:
            await self._closing.wait()
        self._models.close()
        self._workers.pool.shutdown()

    @asynccontextmanager
    async def _admit(
        self, model: str, texts: Sequence[str], truncate: str
    ) -> AsyncIterator[_Admitted]:
        """Check a request and its size, wait for its model, and count it until it is answered."""
        _check_truncate(truncate)
        if self._closing is not None:
            raise Overloaded("the server is stopping", hint="send the request again later")
        checked, sizes = self._sizes(model, texts)
        admission = self._room.admit(sum(sizes))
        self._active += 1
        try:
            async with self._models.using(model) as entry:
                yield _Admitted(entry, checked, sizes, admission)
        finally:
            admission.release()
            self._active -= 1
            if self._closing is not None and not self._active:
                self._closing.set()

    def _sizes(self, model: str, texts: Sequence[str]) -> tuple[list[str], list[int]]:
        """Return checked texts and their estimated tokens."""
        self._limits.check_texts(len(texts))
        checked, found = as_texts(texts), self._models.find(model)
        longest = found.model.encoder.max_length if found else _USUAL_LENGTH
        sizes = [estimated_tokens(text, longest) for text in checked]
        self._limits.check_tokens(sum(sizes))
        return checked, sizes

    async def _compute(
        self, admitted: _Admitted, prompt: str | None, truncate: Truncate
    ) -> Encoded:
        loop = asyncio.get_running_loop()
        request = Request(
            lane=Lane(admitted.entry, prompt, "left" if truncate == "start" else None),
            texts=admitted.texts,
            sizes=admitted.sizes,
            admission=admitted.admission,
            arrived=loop.time(),
            refuse_long=truncate == "none",
            answer=loop.create_future(),
        )
        if not request.texts:
            return request.empty()
        with given_up_on_departure(request.answer):
            return await self._workers.answer(request)


def _check_truncate(truncate: str) -> None:
    if truncate not in get_args(Truncate):
        raise UsageError(
            f"truncate is {truncate!r}",
            hint=f"give one of {', '.join(get_args(Truncate))}",
            option="truncate",
        )
