"""Settings of a fit are checked before anything is read."""

import pytest

from tunesmith.errors import UsageError
from tunesmith.fitting.settings import Settings, check_settings

SETTINGS = {"base": "b", "budget": 1.0, "goal": "classify", "seed": 0, "folds": 0}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"goal": "fun"}, "classify or search, not 'fun'"),
        ({"folds": 1}, "2 or more, not 1"),
        ({"seed": -1}, "seed .* from 0"),
        ({"folds": 3, "int8": True}, "`int8` or `folds`"),
        ({"corpus_type": "frozen"}, "open or closed, not 'frozen'"),
        ({"recipe": "magic"}, "no recipe 'magic': .* auto, adapt, contrastive"),
    ],
)
def test_invalid_settings_are_rejected(options: dict[str, object], message: str) -> None:
    """The error names the setting and the valid values."""
    with pytest.raises(UsageError, match=message):
        check_settings(Settings(**{**SETTINGS, **options}))  # type: ignore[arg-type]  # given by name


def test_valid_settings_are_returned() -> None:
    """They are returned unchanged."""
    settings = Settings(**SETTINGS)  # type: ignore[arg-type]  # given by name
    assert check_settings(settings) is settings
