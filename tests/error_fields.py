"""What tests compare of an error: its fields, which do not change with the words."""

from collections.abc import Callable

from tunesmith.errors import FaultyRows, TunesmithError


def about(**fields: object) -> Callable[[BaseException], bool]:
    """Return a check for ``pytest.raises``: the fields of the error have these values."""

    def has_fields(error: BaseException) -> bool:
        assert isinstance(error, TunesmithError)
        assert {name: getattr(error, name) for name in fields} == fields
        return True

    return has_fields


def finding(**counts: int) -> Callable[[BaseException], bool]:
    """Return a check for ``pytest.raises``: codes (with _ for -) and counts of the findings."""

    def has_findings(error: BaseException) -> bool:
        assert isinstance(error, FaultyRows)
        assert {each["code"].replace("-", "_"): each["count"] for each in error.findings} == counts
        return True

    return has_findings
