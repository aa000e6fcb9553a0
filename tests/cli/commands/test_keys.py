"""``tunesmith keys`` refuses what HTTP refuses."""

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize("options", [("",), ("a", "--days", "0"), ("a", "--days", "1e9")])
def test_names_and_times_that_are_refused(run: Run, options: tuple[str, ...]) -> None:
    answer = run("keys", "--create", *options)
    assert answer.exit_code == 2
    assert "key" in answer.stderr
    assert "no keys" in run("keys").stdout
