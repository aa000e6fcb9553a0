"""Server-sent events, followed over lost connections."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from tunesmith.client.connection import Connection


@dataclass(frozen=True)
class SentEvent:
    """An event, and the id to resume after."""

    id: str
    values: Mapping[str, Any]


def follow(connection: Connection, path: str, last: str = "0") -> Iterator[SentEvent]:
    """Yield the events of a stream; after a lost connection, those after the last one seen."""
    attempt = 0
    while True:
        try:
            body = partial(_resuming, last)
            with connection.stream("GET", path, body, whole=False) as response:
                for event in parse(response.iter_lines()):
                    last, attempt = event.id, 0
                    yield event
        except httpx.TransportError as error:
            connection.pause(attempt, error)
            attempt += 1
        else:
            return


def _resuming(last: str) -> dict[str, Any]:
    return {"headers": {"Last-Event-ID": last}}


def parse(lines: Iterable[str]) -> Iterator[SentEvent]:
    """Yield the events in the lines of a stream; an event that was cut off is left out.

    Examples
    --------
    >>> lines = ["event: note", 'data: {"event": "note"}', "id: 7", "", ": ping", "", "data: {"]
    >>> list(parse(lines))
    [SentEvent(id='7', values={'event': 'note'})]
    """
    ident, data = "", ""
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            ident = value
        elif name == "data":
            data = f"{data}\n{value}" if data else value
        elif not line and data:
            yield SentEvent(ident, json.loads(data))
            data = ""
