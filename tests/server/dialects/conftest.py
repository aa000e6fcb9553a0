"""OpenAI's client of the live server."""

from collections.abc import Iterator

import openai
import pytest


@pytest.fixture(scope="session")
def client(live_server: str) -> Iterator[openai.OpenAI]:
    """OpenAI's client of a server without workers; what fails is not tried again."""
    address = f"{live_server}/openai/v1"
    with openai.OpenAI(base_url=address, api_key="any", max_retries=0) as found:
        yield found
