"""Connections whose headers must arrive in time, and be of a bounded size."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS = 20.0
HEADER_BYTES = 64 * 1024


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which by itself waits for headers without end.

    A connection is closed if the headers of a request are not complete in time or are too large:
    the clock starts when it opens, and with the first byte of each further request.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._timer: asyncio.TimerHandle | None = None
        self._header_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock."""
        super().connection_made(transport)
        self._start_clock()

    def data_received(self, data: bytes) -> None:
        """Count the bytes of headers."""
        if self._timer is not None:
            self._header_bytes += len(data)
            # A body may follow in the same part: only headers that go on are counted.
            if self._header_bytes - len(data) > HEADER_BYTES:
                self.transport.close()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Start the clock for a further request."""
        super().on_message_begin()
        if self._timer is None:
            self._start_clock()

    def on_headers_complete(self) -> None:
        """Stop the clock."""
        self._stop_clock()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def _start_clock(self) -> None:
        self._header_bytes = 0
        self._timer = self.loop.call_later(HEADER_SECONDS, self._close)

    def _stop_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
