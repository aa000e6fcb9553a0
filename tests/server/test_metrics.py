"""Figures for Prometheus: what an app and its inference report."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tunesmith.server.answered import Answered
from tunesmith.server.inference.observer import BatchStats, Observer
from tunesmith.server.keys import Role
from tunesmith.server.metrics import Metrics


def figures(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Return the value of each sample by its name and labels."""
    families = text_string_to_metric_families(metrics.text().decode())
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_requests_are_counted_by_template() -> None:
    metrics = Metrics()
    for status in (200, 200, 404):
        metrics.answered(
            Answered("GET", "/v1/fits/{fit_id}", Role.READ, None, "tune-1", status, 0.02, "r")
        )
    found = figures(metrics)
    assert found["tunesmith_requests_total", "GET", "/v1/fits/{fit_id}", "200"] == 2
    assert found["tunesmith_requests_total", "GET", "/v1/fits/{fit_id}", "404"] == 1
    assert found["tunesmith_request_seconds_sum", "GET", "/v1/fits/{fit_id}"] == pytest.approx(0.06)
    assert "tune-1" not in metrics.text().decode()


def test_it_observes_an_inference() -> None:
    metrics: Observer = Metrics()
    metrics.model_loaded("tune-1", 0.5, 1000)
    metrics.queue_changed(96)
    metrics.batch_computed(BatchStats("tune-1", 2, 3, 40, waiting=0.001, computing=0.01))
    metrics.request_refused(10)
    assert isinstance(metrics, Metrics)
    found = figures(metrics)
    assert found["tunesmith_queue_tokens",] == 96
    assert found["tunesmith_tokens_total", "tune-1"] == 40
    assert found["tunesmith_batch_texts_sum",] == 3
    assert found["tunesmith_batch_tokens_sum",] == 40
    assert found["tunesmith_batch_requests_sum",] == 2
    assert found["tunesmith_batch_waiting_seconds_sum",] == 0.001
    assert found["tunesmith_batch_computing_seconds_sum",] == 0.01
    assert found["tunesmith_overloaded_requests_total",] == 1
    assert found["tunesmith_model_loads_total", "tune-1"] == 1
    assert found["tunesmith_model_bytes", "tune-1"] == 1000


def test_a_model_that_is_unloaded_takes_no_memory() -> None:
    metrics = Metrics()
    metrics.model_loaded("tune-1", 0.5, 1000)
    metrics.model_unloaded("tune-1")
    metrics.model_unloaded("tune-1")  # a reloaded one is replaced without notice
    assert ("tunesmith_model_bytes", "tune-1") not in figures(metrics)


def test_fits_are_counted_when_the_figures_are_read() -> None:
    metrics, counts = Metrics(), {"queued": 0}
    metrics.show_fits(lambda: counts)
    counts["queued"] = 3
    assert figures(metrics)["tunesmith_fits", "queued"] == 3


def test_two_apps_share_nothing() -> None:
    first, second = Metrics(), Metrics()
    first.queue_changed(5)
    assert figures(second)["tunesmith_queue_tokens",] == 0
