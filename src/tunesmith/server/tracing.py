"""Traces of requests and fits by OpenTelemetry, sent to a collector by OTLP over HTTP.

Nothing is imported unless an endpoint is set. Spans hold routes, ids, states and durations, and
neither texts nor names that people gave.
"""

import asyncio
import os
import time
from collections.abc import Mapping
from typing import Any

from fastapi.concurrency import run_in_threadpool

from tunesmith.errors import MissingExtra
from tunesmith.server.answered import Answered
from tunesmith.server.fits import FitStore, Status, StoredEvent, StoredFit
from tunesmith.server.unexpected import report_unexpected

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_LOOK_SECONDS = 1.0
_ENDED = [each for each in Status if each.ended]


class Tracing:
    """Sends spans in a thread of its own.

    Parameters
    ----------
    provider
        A ``TracerProvider`` of opentelemetry-sdk.
    """

    def __init__(self, provider: Any) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("tunesmith")

    def answered(self, answered: Answered) -> None:
        """Trace a request until its answer began, as part of its client's trace if it names one.

        This returns at once.
        """
        facts = {
            "http.request.method": answered.method,
            "http.route": answered.route,
            "http.response.status_code": answered.status,
            "tunesmith.request_id": answered.request_id,
            "tunesmith.key": answered.key_id,
            "tunesmith.target": answered.target,
        }
        now = time.time()
        name = f"{answered.method} {answered.route}"
        failed, around = answered.status >= 500, _around(answered.traceparent)
        self._span(name, now - answered.seconds, now, facts, failed=failed, around=around)

    def fit(self, fit: StoredFit, events: list[StoredEvent]) -> None:
        """Trace a fit that has ended, with a span for each of its candidates."""
        facts = {
            "tunesmith.fit": fit.id,
            "tunesmith.dataset": fit.dataset_id,
            "tunesmith.status": str(fit.status),
            "tunesmith.error": (fit.error or {}).get("code"),
        }
        end, failed = fit.finished_at or time.time(), fit.status is Status.FAILED
        around = _within(self._span("fit", fit.created_at, end, facts, failed=failed))
        started = fit.started_at or fit.created_at
        for each in events:
            if each.event["event"] == "candidate-started":
                started = each.created_at
            elif each.event["event"] == "candidate-finished":
                self._candidate(each, started, around)

    def close(self) -> None:
        """Send what is waiting, and end the thread."""
        self._provider.shutdown()

    def _candidate(self, event: StoredEvent, started: float, around: Any) -> None:
        candidate = event.event["candidate"]
        facts = {
            "tunesmith.candidate": str(candidate.get("title")),
            "tunesmith.status": str(candidate.get("status")),
        }
        self._span("candidate", started, event.created_at, facts, around=around)

    def _span(
        self,
        name: str,
        start: float,
        end: float,
        facts: Mapping[str, Any],
        *,
        failed: bool = False,
        around: Any = None,
    ) -> Any:
        from opentelemetry.trace import StatusCode  # noqa: PLC0415 - optional

        known = {key: value for key, value in facts.items() if value is not None}
        span = self._tracer.start_span(name, around, attributes=known, start_time=_nanos(start))
        if failed:
            span.set_status(StatusCode.ERROR)
        span.end(_nanos(end))
        return span


def open_tracing() -> Tracing | None:
    """Return the tracing that OpenTelemetry's environment variables ask for; None without.

    Raises
    ------
    MissingExtra
        An endpoint is set, but opentelemetry is not installed.

    Examples
    --------
    >>> open_tracing() is None
    True
    """
    if not any(os.environ.get(name) for name in _ENDPOINTS):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtra(
            "traces need OpenTelemetry, which is not installed",
            hint="pip install 'tunesmith[otel]', or unset OTEL_EXPORTER_OTLP_ENDPOINT",
        ) from error
    named = {"service.name": os.environ.get("OTEL_SERVICE_NAME", "tunesmith")}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider)


async def trace_fits_forever(tracing: Tracing, fits: FitStore) -> None:
    """Trace each fit that ends from now on, until the task is cancelled."""
    known = {fit.id for fit in await run_in_threadpool(fits.all, _ENDED)}
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        try:
            ended = await run_in_threadpool(fits.all, _ENDED)
            for fit in ended:
                if fit.id not in known:
                    tracing.fit(fit, await run_in_threadpool(fits.events, fit.id))
            known = {fit.id for fit in ended}
        except Exception as error:  # a database that fails once must not end the tracing
            report_unexpected(error)


def _within(span: Any) -> Any:
    """Return the context of what is part of a span."""
    from opentelemetry.trace import set_span_in_context  # noqa: PLC0415 - optional

    return set_span_in_context(span)


def _around(traceparent: str) -> Any:
    """Return the context that a client names; an invalid one is none."""
    from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415 - optional
        TraceContextTextMapPropagator,
    )

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent})


def _nanos(seconds: float) -> int:
    return int(seconds * 1e9)
