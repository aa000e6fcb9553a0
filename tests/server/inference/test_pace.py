"""Waiting for company, and how long waiting work takes; time is a parameter."""

import pytest

from tunesmith.server.inference.pace import Company, Rate


def test_nothing_waits_on_an_idle_server() -> None:
    """At the start, after a pause, and for a client that is alone."""
    company = Company(0.002)
    assert company.delay(1, now=0.0) == 0
    company.answered(1, now=1.0)
    assert company.delay(1, now=1.0) == 0
    company.answered(9, now=2.0)
    assert company.delay(1, now=2.002) == 0


def test_after_a_shared_batch_a_text_waits_for_as_many() -> None:
    """At most until the time is over."""
    company = Company(0.002)
    company.answered(9, now=2.0)
    assert company.delay(8, now=2.0005) == pytest.approx(0.0015)
    assert company.delay(9, now=2.0005) == 0


def test_the_wait_goes_on_while_requests_arrive() -> None:
    """Until eight times the silence since the batch."""
    company = Company(0.002)
    company.answered(9, now=2.0)
    company.arrived(now=2.0015)
    assert company.delay(2, now=2.003) == pytest.approx(0.0005)
    company.arrived(now=2.0155)
    assert company.delay(3, now=2.0155) == pytest.approx(0.0005)
    company.arrived(now=2.017)
    assert company.delay(4, now=2.017) == 0


def test_the_rate_follows_the_batches() -> None:
    """Nothing is known before the first one; later ones count more."""
    rate = Rate()
    assert rate.seconds_for(100, workers=1) == 0
    rate.add(tokens=100, seconds=1.0)
    assert rate.seconds_for(300, workers=3) == pytest.approx(1)
    for _ in range(200):
        rate.add(tokens=200, seconds=1.0)
    assert rate.seconds_for(200, workers=1) == pytest.approx(1, rel=0.01)
