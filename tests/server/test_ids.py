"""Ids and file names cannot lead out of their place."""

from pathlib import PurePosixPath, PureWindowsPath

from hypothesis import given
from hypothesis import strategies as st

from tunesmith.server.ids import is_id, new_id, safe_name, shown_name


@given(st.text())
def test_a_safe_name_is_one_part_of_a_path(name: str) -> None:
    safe = safe_name(name)
    assert PurePosixPath(safe).name == PureWindowsPath(safe).name == safe
    assert safe not in {"", ".", ".."}
    assert not safe.startswith(".")
    assert len(safe) <= 100


@given(st.text())
def test_a_shown_name_prints_on_one_line(name: str) -> None:
    shown = shown_name(name)
    assert shown.isprintable()
    assert len(shown) <= 200


def test_ids_differ() -> None:
    found = {new_id("data") for _ in range(1000)}
    assert len(found) == 1000
    assert all(is_id(each) for each in found)
