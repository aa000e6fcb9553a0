"""Messages name the options of the command line instead of Python parameters."""

import pytest

from tunesmith.cli.app import LazyCommands
from tunesmith.cli.flags import OPTIONS, flag, with_flags


def test_every_translated_parameter_is_an_option() -> None:
    """A message never names an option that no command has."""
    commands = LazyCommands()
    known = {name for each in commands for part in commands[each].params for name in part.opts}
    assert {flag(name) for name in OPTIONS} <= known


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("use `cross_validate=5`", "use --cross-validate 5"),
        ("use `private=False`", "use --public"),
        ('`columns={"text": "my column"}`', "--columns text='my column'"),
        ("a row of `text` and `label`", "a row of `text` and `label`"),
        ("no parameter", "no parameter"),
    ],
)
def test_parameters_become_options(text: str, shown: str) -> None:
    """With their values, as they are typed."""
    assert with_flags(text) == shown
