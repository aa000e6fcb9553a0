"""Detection rules: how a rule finds its columns by name or by value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tunesmith.data.column_names import names_numbered_negative
from tunesmith.data.detection.column_profile import Profile, Shape
from tunesmith.kinds import Kind

Test = Callable[[Profile], bool]
Rank = Callable[[Profile], tuple[float, ...]]


@dataclass(frozen=True)
class Step:
    """One step of a rule, which finds the columns for one role or for a pair of roles.

    Parameters
    ----------
    roles
        The roles to find columns for.
    needs
        The reason given in the error message if no column is found.
    test
        The condition that a column must meet.
    names
        Possible column names, one for each role, most specific first.
    by_value
        Whether to accept any column that passes the test if no name matches.
    only
        Whether a search by value fails if more columns pass the test than there are roles.
    given_test
        A weaker condition for columns that the user specified; by default ``test``.
    rank
        The sort key by which a search by value selects columns: highest first, ties in order.
    """

    roles: tuple[str, ...]
    needs: str
    test: Test
    names: tuple[tuple[str, ...], ...] = ()
    by_value: bool = False
    only: bool = False
    given_test: Test | None = None
    rank: Rank = lambda _: ()

    def find(
        self, columns: Sequence[Profile], given: Mapping[str, Profile]
    ) -> dict[str, Profile] | None:
        """Return a column for each role, or ``None``; roles in ``given`` are already assigned."""
        assigned = {role: given[role] for role in self.roles if role in given}
        if not all(map(self.given_test or self.test, assigned.values())):
            return None
        free = self._free(columns, given)
        open_roles = [role for role in self.roles if role not in assigned]
        found = self._find_by_name(free, open_roles)
        if found is None and self.by_value:
            found = self._find_by_value(free, open_roles)
        return None if found is None else assigned | found

    def _free(self, columns: Sequence[Profile], given: Mapping[str, Profile]) -> list[Profile]:
        taken = {name for column in given.values() for name in column.members}
        return [
            column
            for column in columns
            if taken.isdisjoint(column.members) and not column.identifier and self.test(column)
        ]

    def _find_by_name(
        self, free: Sequence[Profile], roles: Sequence[str]
    ) -> dict[str, Profile] | None:
        indices = [self.roles.index(role) for role in roles]
        by_name = {_key(column): column for column in reversed(free)}
        for names in self.names:
            wanted = [names[index] for index in indices]
            if all(name in by_name for name in wanted):
                return {role: by_name[name] for role, name in zip(roles, wanted, strict=True)}
        return None if roles else {}

    def _find_by_value(
        self, free: Sequence[Profile], roles: Sequence[str]
    ) -> dict[str, Profile] | None:
        free = [column for column in free if column.filled]
        if len(free) < len(roles) or (self.only and len(free) > len(roles)):
            return None
        best = sorted(free, key=self.rank, reverse=True)[: len(roles)]
        in_order = [column for column in free if column in best]
        return dict(zip(roles, in_order, strict=True))


@dataclass(frozen=True)
class Rule:
    """A kind, and the steps that must all find their columns."""

    kind: Kind
    steps: tuple[Step, ...]

    def find(
        self, columns: Sequence[Profile], given: Mapping[str, Profile]
    ) -> "Mapping[str, Profile] | Step":
        """Return the columns by role, or the first step that found no column."""
        found = dict(given)
        for step in self.steps:
            more = step.find(columns, found)
            if more is None:
                return step
            found |= more
        return found


def _key(column: Profile) -> str:
    if column.shape is Shape.GROUP and any(map(names_numbered_negative, column.members)):
        return "negatives"
    return column.plain
