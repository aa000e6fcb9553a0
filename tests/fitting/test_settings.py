"""Settings of a fit are checked before anything is read."""

import pytest

from tests.error_fields import about
from tunesmith.errors import UsageError
from tunesmith.fitting.settings import Settings, check_settings

SETTINGS = {"base": "b", "budget": 1.0, "goal": "classify", "seed": 0, "cross_validate": "off"}


@pytest.mark.parametrize(
    ("options", "values"),
    [
        ({"goal": "fun"}, "classify or search"),
        ({"cross_validate": 1}, "2 folds or more"),
        ({"cross_validate": "some"}, "auto or off"),
        ({"keep": "all"}, "proven, likely"),
        ({"seed": -1}, "from 0"),
        ({"int8": True, "cross_validate": 3}, "`int8` or `cross_validate`"),
        ({"corpus_type": "frozen"}, "open or closed"),
        ({"recipe": "magic"}, "auto, adapt, contrastive"),
    ],
)
def test_invalid_settings_are_rejected(options: dict[str, object], values: str) -> None:
    """The error names the setting and the valid values."""
    with pytest.raises(UsageError, match=values, check=about(option=next(iter(options)))):
        check_settings(Settings(**{**SETTINGS, **options}))  # type: ignore[arg-type]  # given by name


def test_valid_settings_are_returned() -> None:
    """They are returned unchanged."""
    settings = Settings(**SETTINGS)  # type: ignore[arg-type]  # given by name
    assert check_settings(settings) is settings
