"""Figures for Prometheus: requests, latency, tokens, batches, queue, models and fits."""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from tunesmith.server.answered import Answered
from tunesmith.server.inference.observer import BatchStats

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_TOKENS = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)


class Metrics:
    """The figures of one app; an :class:`~tunesmith.server.inference.observer.Observer`.

    Models are labels by their ids, routes by their templates: nothing that a client makes up
    becomes a label.

    Examples
    --------
    >>> metrics = Metrics()
    >>> metrics.queue_changed(96)
    >>> "tunesmith_queue_tokens 96.0" in metrics.text().decode()
    True
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = self._counter("requests", "Requests", "method", "route", "status")
        self._seconds = self._histogram(
            "request_seconds", "Seconds until an answer begins", _SECONDS, "method", "route"
        )
        self._refused = self._counter("overloaded_requests", "Requests refused for overload")
        self._tokens = self._counter("tokens", "Tokens read by a model", "model")
        self._queue = self._gauge("queue_tokens", "Tokens that wait or are computed, estimated")
        self._batch_texts = self._histogram("batch_texts", "Texts per batch", _TEXTS)
        self._batch_tokens = self._histogram("batch_tokens", "Tokens per batch", _TOKENS)
        self._batch_requests = self._histogram("batch_requests", "Requests per batch", _TEXTS)
        self._waiting = self._histogram(
            "batch_waiting_seconds", "Seconds that the oldest text of a batch waited", _SECONDS
        )
        self._computing = self._histogram(
            "batch_computing_seconds", "Seconds to compute a batch", _SECONDS
        )
        self._loads = self._counter("model_loads", "Loads of a model", "model")
        self._load_seconds = self._histogram("model_load_seconds", "Seconds of a load", _SECONDS)
        self._bytes = self._gauge("model_bytes", "Bytes of a loaded model, estimated", "model")

    def answered(self, request: Answered) -> None:
        """Count a request whose answer begins."""
        self._requests.labels(request.method, request.route, str(request.status)).inc()
        self._seconds.labels(request.method, request.route).observe(request.seconds)

    def queue_changed(self, tokens: int) -> None:
        """Show the number of tokens that are admitted and not computed yet."""
        self._queue.set(tokens)

    def batch_computed(self, batch: BatchStats) -> None:
        """Count a batch."""
        self._tokens.labels(batch.model).inc(batch.tokens)
        self._batch_texts.observe(batch.texts)
        self._batch_tokens.observe(batch.tokens)
        self._batch_requests.observe(batch.requests)
        self._waiting.observe(batch.waiting)
        self._computing.observe(batch.computing)

    def request_refused(self, _tokens: int) -> None:
        """Count a request that was refused because of overload."""
        self._refused.inc()

    def model_loaded(self, model: str, seconds: float, size: int) -> None:
        """Count a load."""
        self._loads.labels(model).inc()
        self._load_seconds.observe(seconds)
        self._bytes.labels(model).set(size)

    def model_unloaded(self, model: str) -> None:
        """Show that a model takes no more memory."""
        self._bytes.remove(model)

    def show_fits(self, counts: Callable[[], Mapping[str, int]]) -> None:
        """Show the number of fits by status, which is asked for when the figures are read."""
        self._registry.register(_Fits(counts))

    def text(self) -> bytes:
        """Return all figures in Prometheus's text format."""
        return generate_latest(self._registry)

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"tunesmith_{name}", words, labels, registry=self._registry)

    def _gauge(self, name: str, words: str, *labels: str) -> Gauge:
        return Gauge(f"tunesmith_{name}", words, labels, registry=self._registry)

    def _histogram(
        self, name: str, words: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        return Histogram(
            f"tunesmith_{name}", words, labels, buckets=buckets, registry=self._registry
        )


class _Fits(Collector):
    """The number of fits by status."""

    def __init__(self, counts: Callable[[], Mapping[str, int]]) -> None:
        self._counts = counts

    def describe(self) -> Iterable[Metric]:
        """Return nothing: registering must not ask the database."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Yield the numbers."""
        family = GaugeMetricFamily("tunesmith_fits", "Fits by status", labels=["status"])
        for status, number in self._counts().items():
            family.add_metric([status], number)
        yield family
