"""The columns that a user specified, one or several for each role."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pyarrow as pa

from tunesmith.data.column_names import joined_text
from tunesmith.data.detection.column_profile import Profile, Shape, profile
from tunesmith.data.loaded import Loaded
from tunesmith.errors import UsageError
from tunesmith.kinds import KINDS

_TEXT_ROLES: Final = frozenset(role for kind in KINDS.values() for role in kind.text_roles)


def checked_columns(columns: Any) -> Mapping[str, str]:
    """Return the columns of roles, as given.

    Raises
    ------
    UsageError
        They do not map a role to a name.

    Examples
    --------
    >>> checked_columns({"text": "body"}), checked_columns(None)
    ({'text': 'body'}, {})
    """
    if columns is None:
        return {}
    if isinstance(columns, Mapping) and all(isinstance(name, str) for name in columns.values()):
        return columns
    raise UsageError(
        f"`columns` does not map each role to the name of a column: {columns!r:.80}",
        hint='pass it as `columns={"text": "body"}`, and join columns of texts with "+": '
        '"subject+body"',
        option="columns",
    )


def with_joined_texts(loaded: Loaded, columns: Mapping[str, str]) -> Loaded:
    """Return the source with one more column for each role with several columns of texts."""
    table = loaded.table
    for role, name in columns.items():
        members = _members(name)
        joined = "+".join(members)
        known = set(members) <= set(table.column_names)
        if role in _TEXT_ROLES and len(members) > 1 and known and joined not in table.column_names:
            table = table.append_column(joined, _joined(table, members))
    return replace(loaded, table=table)


def _joined(table: pa.Table, members: Sequence[str]) -> pa.Array:
    rows = zip(*(table[name].to_pylist() for name in members), strict=True)
    return pa.array([joined_text(members, row) for row in rows], pa.string())


def _members(name: str) -> list[str]:
    return [part.strip() for part in name.split("+")]


def given_column(role: str, name: str, seen: Sequence[Profile], loaded: Loaded) -> Profile:
    """Return the profile of the column that was specified for a role.

    Raises
    ------
    UsageError
        There is no such role or column.
    """
    roles = sorted({known for kind in KINDS.values() for known in kind.roles})
    if role not in roles:
        raise UsageError(
            f"there is no role {role!r}; the roles are {', '.join(roles)}", option="columns"
        )
    by_name = {column.name: column for column in seen if column.shape is not Shape.GROUP}
    if name in by_name:
        return by_name[name]
    members = _members(name)
    for member in members:
        if member not in by_name:
            raise _no_column(member, by_name, loaded)
    if len(members) == 1:
        return by_name[members[0]]
    joined = "+".join(members)
    if joined in loaded.table.column_names:
        whole = profile(joined, loaded.table[joined])
        return replace(whole, members=tuple(members), identifier=False)
    filled = max(by_name[member].filled for member in members)
    return Profile(joined, tuple(members), Shape.GROUP, filled)


def _no_column(name: str, known: Mapping[str, Profile], loaded: Loaded) -> UsageError:
    names = ", ".join(map(repr, known))
    parts = [part.strip() for part in name.split(",")]
    several = len(parts) > 1 and set(parts) <= set(known)
    return UsageError(
        f"{loaded.name} has no column {name!r}; it has {names}",
        hint=f"join columns of texts with a plus: {'+'.join(parts)}" if several else "",
        file=loaded.name,
        column=name,
    )
