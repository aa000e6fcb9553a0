"""OpenAI's and Cohere's clients of the live server."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest


@pytest.fixture(scope="session")
def client(live_server: str) -> Iterator[openai.OpenAI]:
    """OpenAI's client of a server without workers; what fails is not tried again."""
    address = f"{live_server}/openai/v1"
    with openai.OpenAI(base_url=address, api_key="any", max_retries=0) as found:
        yield found


@pytest.fixture(scope="session")
def cohere_url(live_server: str) -> str:
    """The address of Cohere's API."""
    return f"{live_server}/cohere"


@pytest.fixture(scope="session")
def co(cohere_url: str) -> Any:
    """Cohere's client of a server without workers."""
    cohere = pytest.importorskip("cohere")
    return cohere.Client("any key", base_url=cohere_url)
