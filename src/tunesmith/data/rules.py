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


def _is_text(column: Profile) -> bool:
    return column.shape in (Shape.TEXT, Shape.EMPTY)


def _is_scalar(column: Profile) -> bool:
    return column.shape in (Shape.TEXT, Shape.EMPTY, Shape.NUMBER, Shape.OTHER)


def _is_free_text(column: Profile) -> bool:
    return column.shape is Shape.TEXT and not column.is_label_like


def _is_wordy(column: Profile) -> bool:
    return _is_free_text(column) and column.words >= 2.5


def _is_label(column: Profile) -> bool:
    if column.shape is Shape.NUMBER:
        return column.whole or column.is_label_like or column.is_binary
    return _is_text(column) and not column.is_long_text


def _is_label_like(column: Profile) -> bool:
    return column.is_label_like


def _is_number(column: Profile) -> bool:
    return column.shape is Shape.NUMBER


def _is_graded(column: Profile) -> bool:
    return column.shape is Shape.NUMBER and not column.is_binary


def _is_binary(column: Profile) -> bool:
    return column.is_binary


def _is_structured(column: Profile) -> bool:
    listed = column.shape in (Shape.LIST, Shape.OBJECT)
    return listed or (column.shape is Shape.TEXT and column.separator is not None)


def _is_surely_structured(column: Profile) -> bool:
    return column.shape is Shape.OBJECT or (column.shape is Shape.TEXT and column.separator == "|")


def _may_hold_labels(column: Profile) -> bool:
    return column.shape in (Shape.LIST, Shape.OBJECT, Shape.TEXT, Shape.GROUP, Shape.EMPTY)


def _is_indicators(column: Profile) -> bool:
    return column.shape is Shape.GROUP and not any(map(names_numbered_negative, column.members))


def _is_negatives(column: Profile) -> bool:
    if column.shape is Shape.GROUP:
        return any(map(names_numbered_negative, column.members))
    return column.shape in (Shape.TEXT, Shape.LIST)


def _may_hold_texts(column: Profile) -> bool:
    return column.shape in (Shape.TEXT, Shape.LIST, Shape.GROUP)


def _is_relation(column: Profile) -> bool:
    return column.is_relation or column.is_numbered_relation


def _is_surely_relation(column: Profile) -> bool:
    return column.is_relation or (column.is_numbered_relation and "2" in column.counts)


def _is_relation_in_words(column: Profile) -> bool:
    return column.is_relation


def _each(names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    return tuple((name,) for name in names)


def _longest(column: Profile) -> tuple[float, ...]:
    return (column.length,)


def _fewest(column: Profile) -> tuple[float, ...]:
    return (column.distinct > 1, -column.distinct)


def _only(roles: tuple[str, ...], needs: str, test: Test, said: Test | None = None) -> Step:
    """Return a step that goes by values, and finds no more columns than there are roles."""
    return Step(roles, needs, test, by_value=True, only=True, said=said)


def _pair(roles: tuple[str, str], names: tuple[tuple[str, ...], ...]) -> Step:
    return Step(roles, "no two columns of texts named as a pair", _is_text, names, said=_is_scalar)


_RELATION = "no column of entailment, neutral and contradiction"
_JUST_TWO = "not just two columns of texts"

_NAMED_TEXT = Step(("text",), "no column named as texts", _is_scalar, _each(TEXT))
_ANY_TEXT = Step(
    ("text",),
    "no column of texts",
    _is_text,
    _each(TEXT),
    by_value=True,
    rank=_longest,
    said=_is_scalar,
)
_NAMED_LABEL = Step(
    ("label",), "no column named as a label", _is_label, _each(LABEL), said=_is_scalar
)
_NAMED_PAIR = _pair(("text1", "text2"), TWO_TEXTS)
_ONLY_PAIR = _only(("text1", "text2"), _JUST_TWO, _is_free_text, _is_scalar)

_BY_NAME = (
    Rule(
        Kind.NLI,
        (
            _pair(("premise", "hypothesis"), tuple(product(PREMISE, HYPOTHESIS))),
            Step(("label",), _RELATION, _is_relation, _each(NLI_LABEL), by_value=True, only=True),
        ),
    ),
    Rule(
        Kind.NLI,
        (
            _pair(("premise", "hypothesis"), TWO_TEXTS),
            Step(("label",), _RELATION, _is_surely_relation, _each(NLI_LABEL)),
        ),
    ),
    Rule(
        Kind.TRIPLETS,
        (
            Step(("anchor",), "no anchor column", _is_text, _each(ANCHOR), said=_is_scalar),
            Step(("positive",), "no positive column", _may_hold_texts, _each(POSITIVE)),
            Step(
                ("negatives",),
                "no negatives column",
                _is_negatives,
                _each(NEGATIVES),
                said=_may_hold_texts,
            ),
        ),
    ),
    Rule(
        Kind.SCORED_PAIRS,
        (_NAMED_PAIR, Step(("score",), "no column named as a score", _is_number, _each(SCORE))),
    ),
    Rule(
        Kind.LABELLED_PAIRS,
        (
            _NAMED_PAIR,
            Step(
                ("label",),
                "no column of 0 and 1",
                _is_binary,
                _each(PAIR_LABEL),
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
                "no column of numbers",
                _is_graded,
                _each(PAIR_LABEL),
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
                "no column named as labels, several a cell",
                _is_structured,
                _each(LABELS),
                said=_may_hold_labels,
            ),
            _ANY_TEXT,
        ),
    ),
    Rule(
        Kind.MULTILABEL,
        (
            Step(
                ("labels",), "no columns of 0 and 1 for each label", _is_indicators, by_value=True
            ),
            _ANY_TEXT,
        ),
    ),
    Rule(Kind.LABELLED, (_NAMED_LABEL, _NAMED_TEXT)),
    Rule(Kind.LABELLED, (_NAMED_LABEL, _ANY_TEXT)),
    Rule(Kind.PAIRS, (_pair(("anchor", "positive"), BELONG),)),
)

_BY_VALUE = (
    Rule(
        Kind.NLI,
        (
            _only(("premise", "hypothesis"), _JUST_TWO, _is_free_text, _is_scalar),
            _only(("label",), _RELATION, _is_relation_in_words, _is_relation),
        ),
    ),
    Rule(
        Kind.LABELLED_PAIRS,
        (_ONLY_PAIR, _only(("label",), "not just one column of 0 and 1", _is_binary)),
    ),
    Rule(
        Kind.SCORED_PAIRS,
        (
            _ONLY_PAIR,
            _only(("score",), "not just one column of numbers", _is_graded, _is_number),
        ),
    ),
    Rule(
        Kind.MULTILABEL,
        (
            _only(
                ("labels",),
                "no column of several labels a cell",
                _is_surely_structured,
                _may_hold_labels,
            ),
            _ANY_TEXT,
        ),
    ),
    Rule(
        Kind.LABELLED,
        (
            Step(
                ("label",),
                "no column of short values that repeat",
                _is_label_like,
                by_value=True,
                rank=_fewest,
                said=_is_scalar,
            ),
            _ANY_TEXT,
        ),
    ),
    Rule(Kind.PAIRS, (_only(("anchor", "positive"), _JUST_TWO, _is_wordy, _is_scalar),)),
    Rule(Kind.TEXTS, (_only(("text",), "not just one column of texts", _is_text, _is_scalar),)),
    Rule(Kind.TEXTS, (_NAMED_TEXT,)),
)

RULES: tuple[Rule, ...] = (*_BY_NAME, *_BY_VALUE)
