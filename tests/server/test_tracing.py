"""Traces of requests and fits arrive at a collector, with no text in them."""

import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.server.apps import started
from tunesmith.errors import MissingExtra
from tunesmith.home import Home
from tunesmith.server.fits import Status
from tunesmith.server.tracing import open_tracing

MARK = "zebra-of-the-user"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TABLE = b"text,label\n" + b"red,warm\nblue,cold\n" * 20


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """The bodies that an OTLP receiver on this machine gets."""
    bodies: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        yield bodies
        server.shutdown()
        thread.join()


@pytest.mark.slow
def test_requests_and_fits_are_traced(
    collector: list[bytes], home: Path, shared_exports: None
) -> None:
    protocol = pytest.importorskip(
        "opentelemetry.proto.collector.trace.v1.trace_service_pb2",
        reason="the extra is not installed: pip install 'tunesmith[otel]'",
    )
    with started(home=Home(home), require_keys=False) as app:
        body = {"model": "all-MiniLM-L6-v2", "texts": [MARK]}
        headers = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
        assert app.client.post("/v1/embed", json=body, headers=headers).status_code == 200
        broken = {"traceparent": f"00-{MARK}"}
        assert app.client.get("/health", headers=broken).status_code == 200
        data = app.client.post("/v1/datasets", files={"file": ("a.csv", TABLE)}).json()["id"]
        fits = app.services.fits
        fit = app.client.post("/v1/fits", json={"dataset": data, "name": MARK}).json()["id"]
        attempt = fits.start(fit, "worker-1")
        assert attempt is not None
        candidate = {"title": "Linear map", "status": "finished"}
        for name in ("candidate-started", "candidate-finished"):
            fits.add_events(fit, attempt, [{"event": name, "candidate": candidate}])
        error = {"code": "crashed", "message": MARK}
        fits.move(fit, Status.FAILED, attempt=attempt, error=error)
        time.sleep(2.5)
    requests = [protocol.ExportTraceServiceRequest.FromString(each) for each in collector]
    spans = {
        span.name: span
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }
    facts = {each.key: each.value.string_value for each in spans["fit"].attributes}
    assert (facts["tunesmith.fit"], facts["tunesmith.error"]) == (fit, "crashed")
    assert spans["candidate"].parent_span_id == spans["fit"].span_id
    embed, health = spans["POST /v1/embed"], spans["GET /health"]
    assert (embed.trace_id.hex(), embed.parent_span_id.hex()) == (TRACE, SPAN)
    assert not health.parent_span_id
    used = {each.key: each.value.string_value for each in embed.attributes}
    assert used["tunesmith.target"] == "all-MiniLM-L6-v2"
    assert MARK.encode() not in b"".join(collector)


def test_without_an_endpoint_nothing_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.startswith("opentelemetry.sdk")]:
        monkeypatch.delitem(sys.modules, name)
    assert open_tracing() is None
    assert "opentelemetry.sdk" not in sys.modules


def test_without_the_extra_it_says_what_to_install(
    collector: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(MissingExtra, match="not installed"):
        open_tracing()
