"""How one rule finds the columns that it needs: by their names, or by their values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tunesmith.data.column_names import names_numbered_negative
from tunesmith.data.detection.column_profile import Profile, Shape
from tunesmith.kinds import Kind

Test = Callable[[Profile], bool]
Rank = Callable[[Profile], tuple[float, ...]]


@dataclass(frozen=True)
class Step:
    """How a rule finds the columns for one role, or for two that belong together.

    Parameters
    ----------
    roles
        The roles to find columns for.
    needs
        What is missing where it finds none.
    test
        What a column must be.
    names
        Names that the columns may have, one for each role, the surest first.
    by_value
        Whether any column that passes the test will do, where the names find none.
    only
        Whether, by value, there must be no more such columns than roles.
    said
        What a column that the user named must be, where that is less than the test.
    rank
        Which of several is taken by value: the greatest, and of equals the first.
    """

    roles: tuple[str, ...]
    needs: str
    test: Test
    names: tuple[tuple[str, ...], ...] = ()
    by_value: bool = False
    only: bool = False
    said: Test | None = None
    rank: Rank = lambda _: ()

    def find(
        self, columns: Sequence[Profile], said: Mapping[str, Profile]
    ) -> dict[str, Profile] | None:
        """Return a column for each role, or ``None``; the roles in ``said`` are settled."""
        settled = {role: said[role] for role in self.roles if role in said}
        if not all(map(self.said or self.test, settled.values())):
            return None
        free = self._free(columns, said)
        open_roles = [role for role in self.roles if role not in settled]
        found = self._named(free, open_roles)
        if found is None and self.by_value:
            found = self._valued(free, open_roles)
        return None if found is None else settled | found

    def _free(self, columns: Sequence[Profile], said: Mapping[str, Profile]) -> list[Profile]:
        taken = {name for column in said.values() for name in column.members}
        return [
            column
            for column in columns
            if taken.isdisjoint(column.members) and not column.identifier and self.test(column)
        ]

    def _named(self, free: Sequence[Profile], roles: Sequence[str]) -> dict[str, Profile] | None:
        places = [self.roles.index(role) for role in roles]
        by_name = {_key(column): column for column in reversed(free)}
        for names in self.names:
            wanted = [names[place] for place in places]
            if all(name in by_name for name in wanted):
                return {role: by_name[name] for role, name in zip(roles, wanted, strict=True)}
        return None if roles else {}

    def _valued(self, free: Sequence[Profile], roles: Sequence[str]) -> dict[str, Profile] | None:
        free = [column for column in free if column.filled]
        if len(free) < len(roles) or (self.only and len(free) > len(roles)):
            return None
        best = sorted(free, key=self.rank, reverse=True)[: len(roles)]
        in_order = [column for column in free if column in best]
        return dict(zip(roles, in_order, strict=True))


@dataclass(frozen=True)
class Rule:
    """One row of the table: a kind, and the steps that must all find their columns."""

    kind: Kind
    steps: tuple[Step, ...]

    def find(
        self, columns: Sequence[Profile], said: Mapping[str, Profile]
    ) -> "Mapping[str, Profile] | Step":
        """Return the columns by role, or the step that found none."""
        found = dict(said)
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
