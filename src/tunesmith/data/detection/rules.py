"""The table of rules that detect the kind of training data from its columns.

Rules are tried in order: first those based on column names, then those based on values alone.
"""

import re
from collections.abc import Sequence
from itertools import product

from tunesmith.data.column_meanings import names_prediction
from tunesmith.data.column_names import (
    ANCHOR,
    HYPOTHESIS,
    LABEL,
    LABELS,
    MATCHING_TEXTS,
    NEGATIVES,
    NLI_LABEL,
    NUMBERED_TEXTS,
    PAIR_LABEL,
    POSITIVE,
    PREMISE,
    SCORE,
    TEXT,
    TWO_TEXTS,
    WEAK_LABEL,
    names_negatives,
    names_numbered_negative,
)
from tunesmith.data.detection.cell_values import RELATIONS
from tunesmith.data.detection.column_profile import Profile, Shape
from tunesmith.data.detection.rule import Rule, Step, Test
from tunesmith.kinds import Kind

_ANSWERS_OF_EACH = 8
_UNNAMED = re.compile(r"column\d+")


def _is_text(column: Profile) -> bool:
    return column.shape in (Shape.TEXT, Shape.EMPTY)


def _is_scalar(column: Profile) -> bool:
    return column.shape in (Shape.TEXT, Shape.EMPTY, Shape.NUMBER, Shape.OTHER)


def _is_named_text(column: Profile) -> bool:
    """Accept numbers, too: the check then reports them. Dates and addresses are never texts."""
    return _is_scalar(column) and column.shape is not Shape.OTHER


def _is_pair_text(column: Profile) -> bool:
    return _is_text(column) and not column.is_answer


def _is_unnamed_text(column: Profile) -> bool:
    return _is_text(column) and not column.is_named_label


def _is_anchor(column: Profile) -> bool:
    """Reject a ``source`` that names where the rows are from."""
    return _is_text(column) and not (column.plain == "source" and column.is_label_like)


def _is_match(column: Profile) -> bool:
    """Reject texts named like negatives: they never match the other text of a pair."""
    return not column.is_answer and not names_negatives(column.name)


def _is_free_text(column: Profile) -> bool:
    return column.is_free_text and column.distinct > 1 and _is_match(column)


def _is_wordy(column: Profile) -> bool:
    return column.is_wordy and _is_match(column)


def _is_unnamed_wordy(column: Profile) -> bool:
    """Accept texts of files without a header only: three named columns may be anything."""
    return column.is_wordy and bool(_UNNAMED.fullmatch(column.plain))


def _can_be_label(column: Profile) -> bool:
    return column.can_be_label


def _is_label(column: Profile) -> bool:
    """Accept empty and constant columns, too: the check then reports them."""
    return column.can_be_label or (_is_scalar(column) and column.distinct < 2)


def _is_only_label(column: Profile) -> bool:
    return _is_label(column) and column.plain not in WEAK_LABEL


def _is_completion(column: Profile) -> bool:
    """Accept answers only if few of them repeat very often: other short ones make pairs."""
    few = column.plain == "completion" or _ANSWERS_OF_EACH * column.distinct <= column.filled
    return column.is_label_like and column.distinct > 1 and few


def _is_label_like(column: Profile) -> bool:
    return column.is_label_like and column.distinct > 1 and not column.is_split


def _is_number(column: Profile) -> bool:
    return column.shape is Shape.NUMBER


def _is_graded(column: Profile) -> bool:
    return column.shape is Shape.NUMBER and not column.is_binary and _varies(column)


def _is_binary(column: Profile) -> bool:
    return column.is_binary and _varies(column)


def _varies(column: Profile) -> bool:
    """Reject a column that says the same in every row, unless it is named like a label."""
    return column.distinct > 1 or column.plain in PAIR_LABEL


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


def _is_list(column: Profile) -> bool:
    return column.shape is Shape.LIST


def _is_relation(column: Profile) -> bool:
    """Accept numbers, too, unless 1 means yes, as in a column named ``entailment``."""
    is_flag = column.is_binary and column.plain.endswith("entailment")
    numbered = column.is_numbered_relation and not is_flag and _varies(column)
    return column.is_relation or numbered


def _is_surely_relation(column: Profile) -> bool:
    numbered = column.is_numbered_relation and {"0", "2"} <= column.counts.keys()
    return column.is_relation or numbered


def _is_relation_in_words(column: Profile) -> bool:
    return column.is_relation


def _names_relations(column: Profile) -> bool:
    return len(column.counts.keys() & set(RELATIONS.values())) > 1


def _each(names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    return tuple((name,) for name in names)


def _longest(column: Profile) -> tuple[float, ...]:
    return (column.length,)


def _fewest(column: Profile) -> tuple[float, ...]:
    return (not names_prediction(column.name), column.distinct > 1, -column.distinct)


def _only(roles: tuple[str, ...], needs: str, test: Test, given_test: Test | None = None) -> Step:
    """Return a step by value that fails if more columns pass the test than there are roles."""
    return Step(roles, needs, test, by_value=True, only=True, given_test=given_test)


def _pair(roles: tuple[str, str], names: tuple[tuple[str, ...], ...]) -> Step:
    needs = "no two text columns named like a pair"
    return Step(roles, needs, _is_pair_text, names, given_test=_is_scalar)


_RELATION = "no column with entailment, neutral and contradiction"
_JUST_TWO = "not exactly two text columns"

_NO_TEXT, _NO_LABEL = "no column named like a text", "no column named like a label"
_ANSWERS = ("completion", "answer", "response", "output")
_NAMED_TEXT = Step(("text",), _NO_TEXT, _is_named_text, _each(TEXT), given_test=_is_scalar)
_ANY_TEXT = Step(
    ("text",),
    "no text column",
    _is_unnamed_text,
    _each(TEXT),
    by_value=True,
    rank=_longest,
    given_test=_is_scalar,
)
_NAMED_LABEL = Step(("label",), _NO_LABEL, _can_be_label, _each(LABEL), given_test=_is_scalar)
_ONLY_LABEL = Step(("label",), _NO_LABEL, _is_only_label, _each(LABEL))
# Prompts whose completions or answers repeat are classified texts.
_COMPLETION = Step(("label",), _NO_LABEL, _is_completion, _each(_ANSWERS))
_NAMED_PAIR = _pair(("text1", "text2"), TWO_TEXTS)
_NUMBERED_PAIR = _pair(("text1", "text2"), NUMBERED_TEXTS)
_NAMED_NLI = _pair(("premise", "hypothesis"), tuple(product(PREMISE, HYPOTHESIS)))
_ANCHOR = Step(("anchor",), "no anchor column", _is_anchor, _each(ANCHOR), given_test=_is_scalar)
_ONLY_PAIR = _only(("text1", "text2"), _JUST_TWO, _is_free_text, _is_scalar)

_BY_NAME = (
    Rule(
        Kind.NLI,
        (
            _NAMED_NLI,
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
            _ANCHOR,
            Step(("positive",), "no positive column", _may_hold_texts, _each(POSITIVE)),
            Step(
                ("negatives",),
                "no negatives column",
                _is_negatives,
                _each(NEGATIVES),
                given_test=_may_hold_texts,
            ),
        ),
    ),
    Rule(
        Kind.SCORED_PAIRS,
        (_NAMED_PAIR, Step(("score",), "no column named like a score", _is_number, _each(SCORE))),
    ),
    Rule(
        Kind.LABELLED_PAIRS,
        (
            _NAMED_PAIR,
            Step(
                ("label",),
                "no column of 0s and 1s",
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
                "no numeric column",
                _is_graded,
                _each(PAIR_LABEL),
                by_value=True,
                only=True,
            ),
        ),
    ),
    # Unambiguous names with invalid values: the check then reports the rows.
    Rule(Kind.NLI, (_NAMED_NLI, Step(("label",), _RELATION, _is_label, _each(NLI_LABEL)))),
    Rule(
        Kind.NLI,
        (
            _pair(("premise", "hypothesis"), NUMBERED_TEXTS),
            Step(("label",), _RELATION, _names_relations, _each(NLI_LABEL)),
        ),
    ),
    Rule(
        Kind.SCORED_PAIRS,
        (_NUMBERED_PAIR, Step(("score",), "no column named like a score", _is_text, _each(SCORE))),
    ),
    Rule(
        Kind.LABELLED_PAIRS,
        (_NUMBERED_PAIR, Step(("label",), "no column of 0s and 1s", _is_label, _each(PAIR_LABEL))),
    ),
    Rule(
        Kind.MULTILABEL,
        (
            Step(
                ("labels",),
                "no column named like labels and with several per cell",
                _is_structured,
                _each(LABELS),
                given_test=_may_hold_labels,
            ),
            _ANY_TEXT,
        ),
    ),
    Rule(
        Kind.MULTILABEL,
        (
            Step(
                ("labels",), "no set of 0/1 columns, one per label", _is_indicators, by_value=True
            ),
            _ANY_TEXT,
        ),
    ),
    Rule(Kind.LABELLED, (_NAMED_LABEL, _NAMED_TEXT)),
    Rule(Kind.LABELLED, (_NAMED_LABEL, _ANY_TEXT)),
    Rule(Kind.LABELLED, (_COMPLETION, _NAMED_TEXT)),
    Rule(Kind.PAIRS, (_pair(("anchor", "positive"), MATCHING_TEXTS),)),
    Rule(
        Kind.PAIRS,
        (
            _ANCHOR,
            Step(("positive",), "no column with lists of positives", _is_list, _each(POSITIVE)),
        ),
    ),
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
        (_ONLY_PAIR, _only(("label",), "not exactly one column of 0s and 1s", _is_binary)),
    ),
    Rule(
        Kind.SCORED_PAIRS,
        (
            _ONLY_PAIR,
            _only(("score",), "not exactly one numeric column", _is_graded, _is_number),
        ),
    ),
    Rule(
        Kind.MULTILABEL,
        (
            _only(
                ("labels",),
                "no column with several labels per cell",
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
                "no column of short, repeated values",
                _is_label_like,
                by_value=True,
                rank=_fewest,
                given_test=_is_scalar,
            ),
            _ANY_TEXT,
        ),
    ),
    Rule(Kind.LABELLED, (_ONLY_LABEL, _ANY_TEXT)),
    Rule(Kind.PAIRS, (_only(("anchor", "positive"), _JUST_TWO, _is_wordy, _is_scalar),)),
    Rule(
        Kind.TRIPLETS,
        (
            _only(
                ("anchor", "positive", "negatives"),
                "not exactly three text columns without names",
                _is_unnamed_wordy,
                _may_hold_texts,
            ),
        ),
    ),
    Rule(
        Kind.TEXTS,
        (_only(("text",), "not exactly one text column", _is_unnamed_text, _is_scalar),),
    ),
    Rule(Kind.TEXTS, (_NAMED_TEXT,)),
)

RULES: tuple[Rule, ...] = (*_BY_NAME, *_BY_VALUE)
