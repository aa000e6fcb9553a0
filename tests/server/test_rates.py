"""A key may send so many requests in any 60 seconds, and learns when to go on."""

import pytest

from tunesmith.server.faults import Busy
from tunesmith.server.problems import problem_of
from tunesmith.server.rates import Rates


def test_the_limit_holds_for_any_minute() -> None:
    now = [0.0]
    rates = Rates(3, lambda: now[0])
    for now[0] in (0.0, 30.0, 59.0):
        rates.add("a")
    now[0] = 59.5
    with pytest.raises(Busy, match="3 requests in a minute"):
        rates.add("a")
    now[0] = 60.0
    rates.add("a")
    with pytest.raises(Busy):
        rates.add("a")


@pytest.mark.parametrize(("second", "wait"), [(0.0, "60"), (15.5, "45"), (59.9, "1")])
def test_the_answer_says_when_to_go_on(second: float, wait: str) -> None:
    now = [0.0]
    rates = Rates(1, lambda: now[0])
    rates.add("a")
    now[0] = second
    with pytest.raises(Busy) as caught:
        rates.add("a")
    problem = problem_of(caught.value)
    assert (problem.status, problem.headers) == (429, {"Retry-After": wait})


def test_keys_do_not_share_a_limit() -> None:
    rates = Rates(1, lambda: 0.0)
    rates.add("a")
    rates.add("b")


def test_without_a_limit_nothing_is_counted() -> None:
    rates = Rates(None)
    for _ in range(100):
        rates.add("a")
    assert not rates._times
