"""The table of rules by which columns are told to be a kind of training data.

The rules are tried in order, those that go by names before those that go by values alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from tunesmith.data.names import (
    ANCHOR,
    BELONG,
    HYPOTHESIS,
    LABEL,
    LABELS,
    NEGATIVES,
    NLI_LABEL,
    PAIR_LABEL,
    POSITIVE,
    PREMISE,
    SCORE,
    TEXT,
    TWO_TEXTS,
    names_numbered_negative,
)
from tunesmith.data.profile import Profile, Shape
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
        What it looks for, in words that follow "no".
    test
        What a column must be.
    names
        Names that the columns may have, one for each role, the surest first.
    by_value
        Whether any column that passes the test will do, where the names find none.
    only
        Whether, by value, there must be no more such columns than roles.
    rank
        Which of several is taken by value: the greatest, and of equals the first.
    """

    roles: tuple[str, ...]
    needs: str
    test: Test
    names: tuple[tuple[str, ...], ...] = ()
    by_value: bool = False
    only: bool = False
    rank: Rank = lambda _: ()

    def find(
        self, columns: Sequence[Profile], said: Mapping[str, Profile]
    ) -> dict[str, Profile] | None:
        """Return a column for each role, or ``None``; the roles in ``said`` are settled."""
        settled = {role: said[role] for role in self.roles if role in said}
        if not all(self.test(column) for column in settled.values()):
            return None
        taken = {name for column in said.values() for name in column.members}
        free = [
            column
            for column in columns
            if taken.isdisjoint(column.members) and not column.identifier and self.test(column)
        ]
        open_roles = [role for role in self.roles if role not in settled]
        found = self._named(free, open_roles) or (self._valued(free, open_roles) if self.by_value else None)
        return None if found is None else settled | found

    def _named(self, free: Sequence[Profile], roles: Sequence[str]) -> dict[str, Profile] | None:
        places = [self.roles.index(role) for role in roles]
        by_name = {_key(column): column for column in reversed(free)}
        for names in self.names:
            wanted = [names[place] for place in places]
            if all(name in by_name for name in wanted):
                return {role: by_name[name] for role, name in zip(roles, wanted, strict=True)}
        return None if roles else {}

    def _valued(self, free: Sequence[Profile], roles: Sequence[str]) -> dict[str, Profile] | None:
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


def _is_text(column: Profile) -> bool:
    return column.shape in (Shape.TEXT, Shape.EMPTY)


def _is_any_text(column: Profile) -> bool:
    return column.shape in (Shape.TEXT, Shape.EMPTY, Shape.NUMBER, Shape.OTHER)


def _is_free_text(column: Profile) -> bool:
    return column.shape is Shape.TEXT and not column.is_label_like


def _is_label(column: Profile) -> bool:
    if column.shape is Shape.NUMBER:
        return column.whole or column.is_label_like or column.is_binary
    return column.shape in (Shape.TEXT, Shape.EMPTY) and not column.is_long_text


def _is_number(column: Profile) -> bool:
    return column.shape is Shape.NUMBER


def _is_graded(column: Profile) -> bool:
    return column.shape is Shape.NUMBER and not column.is_binary


def _is_structured(column: Profile) -> bool:
    listed = column.shape in (Shape.LIST, Shape.OBJECT)
    return listed or (column.shape is Shape.TEXT and column.separator is not None)


def _is_group(column: Profile) -> bool:
    return column.shape is Shape.GROUP and not any(map(names_numbered_negative, column.members))


def _is_negatives(column: Profile) -> bool:
    if column.shape is Shape.GROUP:
        return any(map(names_numbered_negative, column.members))
    return column.shape in (Shape.TEXT, Shape.LIST)


def _is_positive(column: Profile) -> bool:
    return column.shape in (Shape.TEXT, Shape.LIST)


def _is_relation(column: Profile) -> bool:
    return column.is_relation or column.is_numbered_relation


def _names_three_relations(column: Profile) -> bool:
    return column.is_relation or (column.is_numbered_relation and "2" in column.counts)


def _is_binary(column: Profile) -> bool:
    return column.is_binary


def _each(*names: str) -> tuple[tuple[str, ...], ...]:
    return tuple((name,) for name in names)


def _longest(column: Profile) -> tuple[float, ...]:
    return (column.length,)


def _fewest(column: Profile) -> tuple[float, ...]:
    return (column.distinct > 1, -column.distinct)


_TEXT = Step(
    ("text",), "column of texts", _is_any_text, _each(*TEXT)
)  # fmt: skip
_LONGEST_TEXT = Step(
    ("text",), "column of texts", _is_text, _each(*TEXT), by_value=True, rank=_longest
)
_NAMED_PAIR = Step(("text1", "text2"), "two columns of texts named as a pair", _is_text, TWO_TEXTS)
_ONLY_PAIR = Step(
    ("text1", "text2"), "just two columns of texts", _is_free_text, by_value=True, only=True
)

RULES: tuple[Rule, ...] = (
    Rule(
        Kind.NLI,
        (
            Step(
                ("premise", "hypothesis"),
                "columns named premise and hypothesis",
                _is_text,
                tuple(product(PREMISE, HYPOTHESIS)),
            ),
            Step(
                ("label",),
                "column of entailment, neutral and contradiction (or 0, 1, 2)",
                _is_relation,
                _each(*NLI_LABEL),
                by_value=True,
                only=True,
            ),
        ),
    ),
    Rule(
        Kind.NLI,
        (
            Step(
                ("premise", "hypothesis"),
                "two columns of texts named as a pair",
                _is_text,
                TWO_TEXTS,
            ),
            Step(
                ("label",),
                "column of entailment, neutral and contradiction (or 0, 1, 2)",
                _names_three_relations,
                _each(*NLI_LABEL),
            ),
        ),
    ),
    Rule(
        Kind.TRIPLETS,
        (
            Step(("anchor",), "column named as an anchor", _is_text, _each(*ANCHOR)),
            Step(("positive",), "column named as a positive", _is_positive, _each(*POSITIVE)),
            Step(("negatives",), "column named as negatives", _is_negatives, _each(*NEGATIVES)),
        ),
    ),
    Rule(
        Kind.SCORED_PAIRS,
        (
            _NAMED_PAIR,
            Step(("score",), "column of numbers named as a score", _is_number, _each(*SCORE)),
        ),
    ),
    Rule(
        Kind.LABELLED_PAIRS,
        (
            _NAMED_PAIR,
            Step(
                ("label",),
                "column of 0 and 1",
                _is_binary,
                _each(*PAIR_LABEL),
                by_value=True,
                only=True,
            ),
        ),
    ),
    Rule(
        Kind.SCORED_PAIRS,
        (
            _NAMED_PAIR,
            Step(
                ("score",),
                "one column of numbers",
                _is_graded,
                _each(*PAIR_LABEL),
                by_value=True,
                only=True,
            ),
        ),
    ),
    Rule(
        Kind.MULTILABEL,
        (
            Step(
                ("labels",),
                "column of several labels a cell",
                _is_structured,
                _each(*LABELS),
            ),
            _LONGEST_TEXT,
        ),
    ),
    Rule(
        Kind.MULTILABEL,
        (
            Step(
                ("labels",),
                "several columns of 0 and 1, one for each label",
                _is_group,
                by_value=True,
            ),
            _LONGEST_TEXT,
        ),
    ),
    Rule(
        Kind.LABELLED,
        (
            Step(("label",), "column named as a label", _is_label, _each(*LABEL)),
            Step(
                ("text",),
                "column of texts",
                _is_any_text,
                _each(*TEXT),
            ),
        ),
    ),
    Rule(
        Kind.LABELLED,
        (Step(("label",), "column named as a label", _is_label, _each(*LABEL)), _LONGEST_TEXT),
    ),
    Rule(
        Kind.PAIRS,
        (Step(("anchor", "positive"), "two columns named as a pair", _is_text, BELONG),),
    ),
    Rule(
        Kind.NLI,
        (
            Step(
                ("premise", "hypothesis"),
                "just two columns of texts",
                _is_free_text,
                by_value=True,
                only=True,
            ),
            Step(
                ("label",),
                "column of entailment, neutral and contradiction",
                lambda column: column.is_relation,
                by_value=True,
                only=True,
            ),
        ),
    ),
    Rule(
        Kind.LABELLED_PAIRS,
        (
            _ONLY_PAIR,
            Step(("label",), "one column of 0 and 1", _is_binary, by_value=True, only=True),
        ),
    ),
    Rule(
        Kind.SCORED_PAIRS,
        (
            _ONLY_PAIR,
            Step(("score",), "one column of numbers", _is_graded, by_value=True, only=True),
        ),
    ),
    Rule(
        Kind.MULTILABEL,
        (
            Step(
                ("labels",),
                "column of several labels a cell",
                _is_structured,
                by_value=True,
                only=True,
            ),
            _LONGEST_TEXT,
        ),
    ),
    Rule(
        Kind.LABELLED,
        (
            Step(
                ("label",),
                "column of short values that repeat",
                lambda column: column.is_label_like,
                by_value=True,
                rank=_fewest,
            ),
            _LONGEST_TEXT,
        ),
    ),
    Rule(
        Kind.PAIRS,
        (
            Step(
                ("anchor", "positive"),
                "just two columns of texts",
                _is_free_text,
                by_value=True,
                only=True,
            ),
        ),
    ),
    Rule(
        Kind.TEXTS,
        (
            Step(
                ("text",),
                "just one column of texts",
                _is_text,
                by_value=True,
                only=True,
            ),
        ),
    ),
)
