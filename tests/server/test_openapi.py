"""Generated requests for every operation of the OpenAPI description are answered as described.

``bench/api_fuzz.py`` sends many more.
"""

from pathlib import Path

import pytest

from tests.server.apps import listening
from tests.server.fuzzing import fuzz
from tunesmith.home import Home


@pytest.mark.long
@pytest.mark.slow
def test_answers_are_as_described(shared_home: Path, shared_exports: None, tmp_path: Path) -> None:
    """Valid and invalid requests, single ones and several in a row."""
    with listening(home=Home(tmp_path)) as (url, _app):
        found = fuzz(url, examples=1)
    assert found.wrong == ()
    assert found.requests > 500
