"""Find columns whose use is doubtful: those left out that may matter, and halves of pairs."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tunesmith.data.column_meanings import (
    names_distance,
    names_prediction,
    names_property,
    names_size,
)
from tunesmith.data.column_names import (
    ANCHOR,
    ASKED,
    HALVES,
    LABEL,
    LABELS,
    NEGATIVES,
    PAIR_LABEL,
    POSITIVE,
    SCORE,
    TEXT,
)
from tunesmith.data.detection.cell_values import as_strings
from tunesmith.data.detection.column_profile import Profile, Shape
from tunesmith.kinds import KINDS, Kind
from tunesmith.wording import listing

_PAIRED = HALVES.union(POSITIVE, NEGATIVES)
_DOCUMENT_IDS = frozenset(
    [
        "corpus_id", "doc_id", "docid", "document_id", "docno", "passage_id", "pid", "article_id",
        "page_id",
    ]
)  # fmt: skip
_DOCUMENT_FILE = re.compile(r"\.(md|txt|html?|rst|pdf|docx)$", re.IGNORECASE)
_GIVEN_NAME = re.compile(r"column\d+")
_CONTEXTS = frozenset(["context", "contexts", "evidence", "source_text"])
_FEW = 20
_ONE_TEXT = (Kind.LABELLED, Kind.MULTILABEL, Kind.TEXTS)


@dataclass(frozen=True)
class Doubt:
    """A column that may have another meaning than the one detected.

    Parameters
    ----------
    column
        Its name.
    reason
        What it seems to be, and why it is not used so.
    role
        The role that it could have, or None if no role can hold it as it is.
    """

    column: str
    reason: str
    role: str | None


def doubts(
    kind: Kind, found: Mapping[str, Profile], seen: Sequence[Profile], table: pa.Table
) -> tuple[Doubt, ...]:
    """Return the columns whose use is doubtful.

    These are unused columns that are named like a label, a text or part of a pair, or hold lists,
    objects, flags or ticks, or may name the documents of queries, or are as good a choice as a
    column that was chosen by its values; the only text of a row if it is named like one text of a
    pair; the score or label of a pair if it is not named like one; negatives without a name; and
    texts without a name next to named columns.
    """
    taken = {name for column in found.values() for name in column.members}
    listed = []
    for column in seen:
        if column.shape is Shape.GROUP:
            continue
        if column.name in taken:
            tests = (_half, _unnamed, _third, _predicted)
            doubt = next((each for test in tests if (each := test(kind, found, column))), None)
        else:
            doubt = (
                _split(column)
                or _clicked(kind, found, column)
                or _left_out(kind, found, column, table)
            )
        doubt = doubt or _nameless(column, table.column_names)
        listed += [doubt] if doubt else []
    return tuple(listed)


def _split(column: Profile) -> Doubt | None:
    """Find the splits of the rows, such as train and test."""
    if not column.is_split:
        return None
    reason = (
        f"it names the splits {listing(list(column.counts))}, but the rows of all splits are used"
        " for training: save each split as a file, and pass the file for tests as `test`"
    )
    return Doubt(column.name, reason, None)


def _half(kind: Kind, found: Mapping[str, Profile], column: Profile) -> Doubt | None:
    if kind not in _ONE_TEXT or found["text"] is not column or column.plain not in HALVES:
        return None
    reason = "named like one text of a pair or triplet, but there is no other text"
    return Doubt(column.name, reason, None)


def _unnamed(kind: Kind, found: Mapping[str, Profile], column: Profile) -> Doubt | None:
    """Find the score or label of a pair that was taken only because no other column could be it."""
    role = {Kind.SCORED_PAIRS: "score", Kind.LABELLED_PAIRS: "label"}.get(kind, "")
    named = column.plain in SCORE or column.plain in PAIR_LABEL or column.plain.startswith("column")
    if found.get(role) is not column or named or names_distance(column.name):
        return None
    what = "numbers" if role == "score" else "yes and no"
    reason = f"not named like a {role}, but used as the only column of {what}"
    return Doubt(column.name, reason, role)


def _predicted(kind: Kind, found: Mapping[str, Profile], column: Profile) -> Doubt | None:
    """Find labels that a model gave, or that describe where a text is from."""
    del kind
    if found.get("label") is not column:
        return None
    if names_prediction(column.name):
        what = "the predictions of a model"
    elif names_property(column.name):
        what = "a property of the texts"
    else:
        return None
    return Doubt(column.name, f"named like {what}, but used as the labels", None)


def _third(kind: Kind, found: Mapping[str, Profile], column: Profile) -> Doubt | None:
    """Find the negatives of a file without a header, which may as well be translations."""
    if kind is not Kind.TRIPLETS or found["negatives"] is not column:
        return None
    if not column.plain.startswith("column"):
        return None
    reason = "the last of three texts without names, used as the negative"
    return Doubt(column.name, reason, "negatives")


def _nameless(column: Profile, names: Sequence[str]) -> Doubt | None:
    """Find texts without a name next to named columns: the header may be a title."""
    if column.shape is not Shape.TEXT or column.identifier:
        return None
    if not _GIVEN_NAME.fullmatch(column.name) or all(map(_GIVEN_NAME.fullmatch, names)):
        return None
    reason = "it has no name in the header: see whether that is a title, and row 1 is the header"
    return Doubt(column.name, reason, None)


def _left_out(
    kind: Kind, found: Mapping[str, Profile], column: Profile, table: pa.Table
) -> Doubt | None:
    if column.identifier:
        return _repeating(kind, found, column)
    if _repeats_the_label(column, found, table):
        return None
    return _unused(kind, found, column) or _marks(column, table)


def _unused(kind: Kind, found: Mapping[str, Profile], column: Profile) -> Doubt | None:
    tests = (
        _part_of_a_pair,
        _passage,
        _named_label,
        _named_text,
        _nested,
        _flags,
        _repeating,
        _shares,
        _numbers,
        _by_value,
        _unused_text,
    )
    results = (test(kind, found, column) for test in tests)
    return next((doubt for doubt in results if doubt is not None), None)


_Test = Callable[[Kind, Mapping[str, Profile], Profile], Doubt | None]


def _part_of_a_pair(kind: Kind, found: Mapping[str, Profile], column: Profile) -> Doubt | None:
    unfit = column.shape is Shape.NUMBER or column.is_answer or column.is_flag
    if column.plain not in _PAIRED or unfit:
        return None
    if column.shape is Shape.EMPTY:
        reason = "it is empty in every row"
    elif column.shape in (Shape.OBJECT, Shape.STRUCT):
        reason = "it holds neither texts nor lists of texts"
    elif kind in _ONE_TEXT:
        reason = _other_half(found, column)
    else:
        reason = _used(found, _pair_role(column))
    what = "negatives" if column.plain in NEGATIVES else "one text of a pair or triplet"
    return Doubt(column.name, f"named like {what}; {reason}", _pair_role(column))


def _other_half(found: Mapping[str, Profile], column: Profile) -> str:
    """Say why texts are not read as pairs: there are labels, or no other texts."""
    text, labels = found["text"], found.get("label") or found.get("labels")
    if labels is None or text.plain not in ANCHOR or column.plain not in POSITIVE:
        return "there is no column for the other texts"
    return f"{text.name!r} is used as the text and {labels.name!r} as the label, not as pairs"


def _passage(kind: Kind, found: Mapping[str, Profile], column: Profile) -> Doubt | None:
    """Find the contexts of questions, if the answers or labels are used."""
    asked = kind in _ONE_TEXT and found["text"].plain in ASKED
    if not (asked or kind is Kind.PAIRS) or column.plain not in _CONTEXTS:
        return None
    if column.shape not in (Shape.TEXT, Shape.LIST):
        return None
    reason = f"it may be the text that answers the question; {_used(found, 'positive')}"
    return Doubt(column.name, reason, "positive")


def _pair_role(column: Profile) -> str | None:
    if column.shape in (Shape.OBJECT, Shape.STRUCT, Shape.EMPTY):
        return None
    return "negatives" if column.plain in NEGATIVES else "positive"


def _named_label(kind: Kind, found: Mapping[str, Profile], column: Profile) -> Doubt | None:
    named = column.plain in LABEL or column.plain in LABELS or column.plain in SCORE
    if not named or column.shape in (Shape.LIST, Shape.OBJECT, Shape.STRUCT):
        return None
    role = "label" if "score" not in KINDS[kind].roles else "score"
    reason = f"named like a {role}; {_not_a_label(found, column)}"
    return Doubt(column.name, reason, role if column.distinct > 1 else None)


def _not_a_label(found: Mapping[str, Profile], column: Profile) -> str:
    if column.shape is Shape.EMPTY:
        return "it is empty"
    if column.distinct == 1:
        return "it has the same value in every row"
    if not column.can_be_label:
        return "its values are long texts" if column.is_long_text else "its values rarely repeat"
    return _used(
        found, next((role for role in ("label", "labels", "score") if role in found), None)
    )


def _named_text(kind: Kind, found: Mapping[str, Profile], column: Profile) -> Doubt | None:
    if column.plain not in TEXT or column.shape is not Shape.TEXT or column.distinct < 2:
        return None
    role = KINDS[kind].text_roles[0]
    return Doubt(column.name, f"named like a text; {_used(found, role)}", role)


def _nested(kind: Kind, found: Mapping[str, Profile], column: Profile) -> Doubt | None:
    del found
    if column.is_vector:
        return None
    if column.shape is Shape.LIST:
        return Doubt(column.name, "it holds lists", "labels" if kind in _ONE_TEXT else None)
    if column.shape is Shape.OBJECT:
        return Doubt(column.name, "it holds objects with numbers", "labels")
    if column.shape is Shape.STRUCT:
        return Doubt(column.name, "it holds objects: only plain columns are used", None)
    return None


def _flags(kind: Kind, found: Mapping[str, Profile], column: Profile) -> Doubt | None:
    del kind
    if not column.is_flag or column.distinct < 2:
        return None
    return Doubt(column.name, f"it holds yes and no; {_used(found)}", "label")


def _clicked(kind: Kind, found: Mapping[str, Profile], column: Profile) -> Doubt | None:
    """Find the documents of queries, which can be used with all documents only."""
    if kind not in _ONE_TEXT or found["text"].plain not in ASKED:
        return None
    named = column.plain in _DOCUMENT_IDS or column.plain.startswith(("clicked", "relevant"))
    if not named and not _DOCUMENT_FILE.search(column.sample):
        return None
    reason = "it may name the documents of the queries; give all documents as `documents` to use it"
    return Doubt(column.name, reason, None)


def _marks(column: Profile, table: pa.Table) -> Doubt | None:
    """Find boxes that are ticked or empty: an empty cell may mean no, or that nothing is known."""
    if not column.is_mark or column.filled == table.num_rows:
        return None
    reason = f"it holds {column.sample!r} or nothing; write 1 and 0 to use it as a label"
    return Doubt(column.name, reason, None)


def _repeating(kind: Kind, found: Mapping[str, Profile], column: Profile) -> Doubt | None:
    """Find numbers, dates and the like that repeat as labels do, if there is no label."""
    del found
    few = 1 < column.distinct <= min(column.filled / 2, _FEW)
    shapes = (Shape.NUMBER, Shape.OTHER, *([Shape.TEXT] * column.identifier))
    if kind is not Kind.TEXTS or not few or column.shape not in shapes:
        return None
    return Doubt(column.name, "its values repeat as labels do", "label")


def _numbers(kind: Kind, found: Mapping[str, Profile], column: Profile) -> Doubt | None:
    """Find numbers next to pairs, which may say that the texts of a pair do not match."""
    del found
    if kind is not Kind.PAIRS or column.shape is not Shape.NUMBER or column.distinct < 2:
        return None
    if names_size(column.name) or names_property(column.name):
        return None
    return Doubt(
        column.name, "its numbers may be scores, but every pair is used as a positive", "score"
    )


def _shares(kind: Kind, found: Mapping[str, Profile], column: Profile) -> Doubt | None:
    """Find numbers from 0 to 1, which may be the probability of a label, if there is no label."""
    del found
    inside = column.shape is Shape.NUMBER and column.lowest >= 0 and column.highest <= 1
    if kind is not Kind.TEXTS or not inside or column.whole:
        return None
    reason = "its numbers from 0 to 1 may be shares of a label: write the label of each row"
    return Doubt(column.name, reason, None)


def _by_value(kind: Kind, found: Mapping[str, Profile], column: Profile) -> Doubt | None:
    """Find a second column that could be the label or text, if that was chosen by its values."""
    label, text = found.get("label"), found.get("text")
    if kind is Kind.LABELLED and label and label.plain not in LABEL and column.is_label_like:
        if column.distinct > 1:
            return Doubt(
                column.name, f"its values repeat as in {label.name!r}, which is used", "label"
            )
    elif kind in _ONE_TEXT and text and text.plain not in TEXT and _is_other(column):
        return Doubt(column.name, f"it holds texts as {text.name!r} does, which is used", "text")
    return None


def _is_other(column: Profile) -> bool:
    return column.is_wordy or (column.is_free_text and column.distinct > 1)


def _unused_text(kind: Kind, found: Mapping[str, Profile], column: Profile) -> Doubt | None:
    """Find any other column of texts, whatever its name."""
    if not column.is_wordy or column.distinct < 2:
        return None
    role = KINDS[kind].text_roles[0]
    return Doubt(column.name, f"it holds texts; {_used(found, role)}", role)


def _used(found: Mapping[str, Profile], role: str | None = None) -> str:
    """Return what is used for a role, or for all roles if none is given or found."""
    columns = [found[role]] if role is not None and role in found else list(found.values())
    names = listing([repr(column.name) for column in columns])
    return f"{names} {'is' if len(columns) == 1 else 'are'} used"


def _repeats_the_label(column: Profile, found: Mapping[str, Profile], table: pa.Table) -> bool:
    """Return whether a column says the same as the label, such as its number."""
    label = found.get("label")
    scalar = column.distinct > 1 and label is not None and len(label.members) == 1
    if not scalar or label is None or column.distinct != label.distinct:
        return False
    cells = {name: as_strings(table[name]) for name in (column.name, label.name)}
    pairs = pa.table({"one": cells[column.name], "other": cells[label.name]}).group_by(
        ["one", "other"]
    )
    both = pairs.aggregate([]).filter(pc.field("one").is_valid() & pc.field("other").is_valid())
    return bool(both.num_rows == label.distinct)
