"""A token ends work early, by a call or by its time limit."""

from collections.abc import Callable

import pytest

from tunesmith.errors import Cancelled
from tunesmith.stop import Stop, check_stop, stopping


def test_a_new_token_stops_nothing() -> None:
    """It has no limit either."""
    stop = Stop()
    stop.check()
    assert (stop.requested, stop.cancelled, stop.left, stop.late) == (False, False, None, False)


@pytest.mark.parametrize(("end", "cancelled"), [(Stop.set, False), (Stop.cancel, True)])
def test_a_set_token_also_sets_those_made_from_it(
    end: Callable[[Stop], None], cancelled: bool
) -> None:
    """A token made from it does not set it."""
    stop = Stop()
    child = stop.within(10).share(0.5)
    other = stop.within(None)
    end(stop)
    assert child.requested
    assert child.cancelled is cancelled
    with pytest.raises(Cancelled):
        child.check()
    fresh = Stop()
    end(fresh.within(None))
    assert not fresh.requested
    assert other.requested


@pytest.mark.usefixtures("ticking")
def test_the_shorter_limit_counts() -> None:
    """Seconds left are never negative, and more time can be allowed."""
    stop = Stop(20)
    assert stop.within(1000).left == pytest.approx(18, abs=2)
    assert Stop(1000).within(5).late is False
    late = Stop(0)
    assert (late.left, late.late) == (0.0, True)
    late.extend(100)
    assert not late.late
    share = Stop(100).share(0.25).left
    assert share == pytest.approx(24, abs=2)


@pytest.mark.usefixtures("ticking")
def test_more_time_reaches_the_tokens_made_from_it() -> None:
    """Those made later start with the time that they are given."""
    stop = Stop()
    before = stop.within(10)
    stop.extend(100)
    after = stop.within(10)
    assert before.left == pytest.approx(108, abs=4)
    assert after.left == pytest.approx(8, abs=4)


def test_a_time_limit_is_no_request() -> None:
    """Training then ends with the weights that it has, without an error."""
    stop = Stop(0)
    stop.check()
    assert not stop.requested


def test_the_surrounding_block_decides() -> None:
    """The innermost check counts, and the block's end restores the one before."""
    stop = Stop()
    stop.set()
    with stopping(Stop().check):
        check_stop()
        with pytest.raises(Cancelled), stopping(stop.check):
            check_stop()
        check_stop()
