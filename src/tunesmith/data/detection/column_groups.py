"""Profile the columns of a table: each by itself, and those that form one role together."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from tunesmith.data.column_names import (
    LABEL,
    NEGATIVES,
    NUMBERED_TEXTS,
    PAIR_LABEL,
    SCORE,
    TEXT,
    WEAK_LABEL,
    WEAKLY_NUMBERED,
    continues_series,
    is_known,
    names_numbered_negative,
)
from tunesmith.data.detection.column_profile import Profile, Shape, profile

_SINGLE_LABEL = frozenset(
    [
        "label", "target", "class", "score", "y", "labels", "gold_label", "is_duplicate",
        "duplicate", "is_spam", "spam",
    ]
)  # fmt: skip
_SENTENCE, _SINGLE = 5, 1.2
_NUMBERED = frozenset(name for names in NUMBERED_TEXTS for name in names)


def profiles(table: pa.Table) -> list[Profile]:
    """Return a profile of each column, and of each group of columns that form one role."""
    singles = [profile(name, table[name]) for name in table.column_names]
    if len(singles) == 1:
        singles = [replace(singles[0], identifier=False)]
    singles = _with_names(_with_answers(singles))
    groups = [_negatives(singles), _indicators(singles)]
    return [*singles, *(group for group in groups if group is not None)]


def _with_answers(singles: Sequence[Profile]) -> list[Profile]:
    """Mark numbered columns that are answers of a survey with comments, not two texts."""
    others = [single for single in singles if single.plain not in _NUMBERED]
    if not any(single.plain in TEXT and single.is_free_text for single in others):
        return _with_choices(singles)
    labelled = any(map(_is_surely_label, others))
    names = {single.plain for single in singles}
    return [
        replace(single, is_answer=_is_answer(single, names, labelled=labelled))
        for single in singles
    ]


def _with_names(singles: Sequence[Profile]) -> list[Profile]:
    """Mark single words next to sentences, such as who wrote them: the two are not a pair."""
    if not any(single.is_free_text and single.words >= _SENTENCE for single in singles):
        return list(singles)
    return [
        replace(single, is_answer=True)
        if single.is_free_text and single.words <= _SINGLE and not is_known(single.name)
        else single
        for single in singles
    ]


def _with_choices(singles: Sequence[Profile]) -> list[Profile]:
    """Mark answers such as ``Q2`` that are a choice of few, if another one is a comment."""
    weak = [single for single in singles if single.plain in WEAKLY_NUMBERED]
    commented = any(single.is_wordy for single in weak)
    return [
        replace(single, is_answer=commented and single in weak and _is_choice(single))
        for single in singles
    ]


def _is_choice(single: Profile) -> bool:
    return single.is_label_like and 4 * single.distinct <= single.filled


def _is_surely_label(single: Profile) -> bool:
    named = single.plain in LABEL and single.plain not in WEAK_LABEL.union(SCORE)
    of_a_pair = single.plain in PAIR_LABEL and single.is_binary
    return named and single.can_be_label and not of_a_pair


def _is_answer(single: Profile, names: set[str], *, labelled: bool) -> bool:
    if single.plain not in _NUMBERED:
        return False
    unclear = single.plain in WEAKLY_NUMBERED or continues_series(single.plain, names)
    return single.is_label_like or (labelled and unclear)


def _negatives(singles: Sequence[Profile]) -> Profile | None:
    """Return ``negative``, ``negative_2`` and so on as one profile, or ``None``."""
    numbered = [single for single in singles if names_numbered_negative(single.name)]
    if not numbered:
        return None
    members = [single for single in singles if single in numbered or single.plain in NEGATIVES]
    return _group([single for single in members if single.shape is Shape.TEXT])


def _indicators(singles: Sequence[Profile]) -> Profile | None:
    """Return the columns of flags of a multi-label table as one profile, or ``None``.

    If another column has the name of a label column, flags are not indicators.
    """
    members = [
        single
        for single in singles
        if single.is_flag and not single.identifier and single.plain not in _SINGLE_LABEL
    ]
    named = any(
        single.plain in LABEL and single.plain not in WEAK_LABEL and single.can_be_label
        for single in singles
        if single not in members
    )
    return None if named or len(members) < 2 else _group(members)


def _group(members: Sequence[Profile]) -> Profile | None:
    if not members:
        return None
    names = tuple(member.name for member in members)
    filled = max(member.filled for member in members)
    return Profile("+".join(names), names, Shape.GROUP, filled, sample=members[0].sample)
