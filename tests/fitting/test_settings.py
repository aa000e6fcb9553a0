"""What a fit is asked for is checked before anything is read."""

import pytest

from tunesmith.errors import UsageError
from tunesmith.fitting.settings import Settings, check_settings

SETTINGS = {"base": "b", "budget": 1.0, "goal": "classify", "seed": 0, "folds": 0}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"goal": "fun"}, "classify or search, not for 'fun'"),
        ({"folds": 1}, "2 or more, not 1"),
        ({"seed": -1}, "seed must be a number from 0"),
        ({"folds": 3, "int8": True}, "leave out --int8 or --folds"),
        ({"corpus_type": "frozen"}, "open or closed, not 'frozen'"),
        ({"recipe": "magic"}, "no recipe 'magic': give one of auto, adapt, contrastive"),
    ],
)
def test_what_is_out_of_range_is_named(words: dict[str, object], message: str) -> None:
    """With what may be given instead."""
    with pytest.raises(UsageError, match=message):
        check_settings(Settings(**{**SETTINGS, **words}))  # type: ignore[arg-type]  # given by name


def test_what_is_right_is_given_back() -> None:
    """As it was."""
    settings = Settings(**SETTINGS)  # type: ignore[arg-type]  # given by name
    assert check_settings(settings) is settings
