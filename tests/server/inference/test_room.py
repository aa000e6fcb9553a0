"""Back-pressure by tokens."""

import pytest

from tests.error_fields import about
from tunesmith.errors import Overloaded
from tunesmith.server.inference.observer import Quiet
from tunesmith.server.inference.room import Room


def test_the_limit_is_kept_and_named() -> None:
    """A request that does not fit is refused at once; one that fits is admitted."""
    room = Room(100, 1, Quiet())
    first = room.admit(60)
    with pytest.raises(Overloaded, match="100", check=about(option="queue_tokens", retry_after=1)):
        room.admit(41)
    room.admit(40)
    first.release(59)
    room.admit(59)


@pytest.mark.parametrize(("tokens", "expected"), [(10, 2), (500, 51), (100_000, 60)])
def test_the_time_to_wait_comes_from_the_measured_rate(tokens: int, expected: int) -> None:
    """Between 1 and 60 seconds: what does not fit now, at 10 tokens per second."""
    room = Room(100, 1, Quiet())
    room.rate.add(tokens=10, seconds=1.0)
    room.admit(100)
    with pytest.raises(Overloaded) as caught:
        room.admit(tokens)
    assert caught.value.retry_after == caught.value.to_dict()["retry_after"] == expected


def test_tokens_are_released_once() -> None:
    """A batch may end after its client has left."""
    room = Room(100, 1, Quiet())
    admitted = room.admit(50)
    admitted.release()
    admitted.release(20)
    assert room.tokens == 0
