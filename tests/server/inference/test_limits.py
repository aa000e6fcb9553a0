"""Limits refuse what cannot be served, and name themselves."""

import pytest

from tests.error_fields import about
from tunesmith.errors import UsageError
from tunesmith.server.inference.limits import Limits
from tunesmith.server.inference.token_estimate import estimated_tokens

COHERE = 64 * 96  # texts that Cohere's client sends at once


@pytest.mark.parametrize("name", ["memory_bytes", "queue_tokens", "batch_tokens", "max_texts"])
def test_a_limit_below_1_is_refused(name: str) -> None:
    """The error names it."""
    with pytest.raises(UsageError, check=about(option=name)):
        Limits(**{name: 0})


def test_a_request_that_could_never_be_admitted_is_refused() -> None:
    """The queue holds the largest request."""
    with pytest.raises(UsageError, check=about(option="queue_tokens")):
        Limits(queue_tokens=10, max_tokens=11)


def test_a_request_with_too_many_texts_or_tokens_is_refused() -> None:
    """Both limits are named; a request at the limit is accepted."""
    limits = Limits(max_texts=3, max_tokens=30)
    limits.check_texts(3)
    limits.check_tokens(30)
    with pytest.raises(
        UsageError, match=r"4 texts.*3 per request", check=about(option="max_texts")
    ):
        limits.check_texts(4)
    with pytest.raises(UsageError, match="31 tokens", check=about(option="max_tokens")):
        limits.check_tokens(31)


@pytest.mark.parametrize("length", [1_000, 5_000])
def test_the_queue_holds_what_a_client_of_cohere_sends(length: int) -> None:
    """64 requests of 96 texts, also if each is longer than the bundled base reads."""
    tokens = estimated_tokens("x" * length, 256)
    assert COHERE * tokens <= Limits().queue_tokens
    assert 96 * tokens <= Limits().max_tokens
