"""Generated requests for every operation of the OpenAPI description are answered as described.

``bench/api_fuzz.py`` sends many more.
"""

from pathlib import Path

import pytest

from tests.server.apps import running_server
from tests.server.fuzzing import fuzz


@pytest.mark.long
@pytest.mark.slow
def test_answers_are_as_described(shared_home: Path, shared_exports: None, tmp_path: Path) -> None:
    """Valid and invalid requests, single ones and several in a row."""
    with running_server(tmp_path) as url:
        found = fuzz(url, examples=1)
    assert found.wrong == ()
    assert found.requests > 500
