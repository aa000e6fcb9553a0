"""Profile columns: the facts from which a column's role is detected."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tunesmith.data.column_meanings import SPLITS, TRAINING_SPLITS
from tunesmith.data.column_names import (
    LABEL,
    LABELS,
    PLURAL,
    WEAK_LABEL,
    is_known,
    names_class_number,
    names_identifier,
    names_row_number,
    nested_name,
    plain_name,
)
from tunesmith.data.detection.cell_values import (
    FLAGS,
    MARKS,
    NO,
    NUMBERED_RELATIONS,
    RELATIONS,
    YES,
    are_percentages,
    as_numbers,
    as_strings,
    is_date_or_address,
    is_list,
    is_number,
    is_string,
    parsed,
    word,
)
from tunesmith.data.word_count import word_count

_SAMPLE = 2_000
_MAX_COUNTED_VALUES = 200
_MOSTLY = 0.95
_MAX_FRACTIONS = 50
_REPEATS = 4
_MAX_CLASSES = 50


class Shape(StrEnum):
    """The type of the cells of a column."""

    TEXT = "text"
    NUMBER = "number"
    LIST = "list"
    OBJECT = "object"
    STRUCT = "nested object"
    EMPTY = "empty"
    OTHER = "neither text nor number"
    GROUP = "several columns"


@dataclass(frozen=True, eq=False)
class Profile:
    """Facts about one column, or about several columns that form one role together.

    Parameters
    ----------
    name
        The column's name; for several columns, their names joined by ``+``.
    members
        The names of the columns in this profile.
    shape
        The type of the cells.
    filled, distinct
        The number of non-null cells, and the number of distinct values among them.
    length, words
        Mean number of characters and of words per cell, from a sample of about 2,000 cells.
    counts
        The frequency of each value, normalised by
        :func:`~tunesmith.data.detection.cell_values.word`; empty for more than 200 values.
    lowest, highest
        The range of the numbers, or NaN.
    whole
        Whether all numbers are whole.
    separator
        The separator between several labels in one cell, or ``None``.
    identifier
        Whether the column identifies rows.
    is_vector
        Whether the cells are lists of fractions, as embeddings are.
    is_answer
        Whether the name may be that of one text of a pair, but the column answers a question of a
        survey, or holds single words next to sentences.
    sample
        The first non-null cell, shortened.
    """

    name: str
    members: tuple[str, ...]
    shape: Shape
    filled: int = 0
    distinct: int = 0
    length: float = 0.0
    words: float = 0.0
    counts: Mapping[str, int] = field(default_factory=dict)
    lowest: float = float("nan")
    highest: float = float("nan")
    whole: bool = False
    separator: str | None = None
    identifier: bool = False
    is_vector: bool = False
    is_answer: bool = False
    sample: str = ""

    @property
    def plain(self) -> str:
        """The normalised name, as in the lists of known names."""
        return nested_name(self.name)

    def mostly(self, words: Iterable[str]) -> bool:
        """Return whether at least 95% of the values are among these words."""
        known = sum(self.counts.get(each, 0) for each in words)
        return self.filled > 0 and known >= _MOSTLY * self.filled

    @property
    def is_binary(self) -> bool:
        """Whether the values mean yes or no."""
        return len(self.counts) <= 4 and self.mostly(YES | NO)

    @property
    def is_flag(self) -> bool:
        """Whether the values are 1 and 0, True and False, or yes and no."""
        scalar = self.shape in (Shape.NUMBER, Shape.TEXT)
        return scalar and len(self.counts) <= 4 and self.mostly(FLAGS)

    @property
    def is_mark(self) -> bool:
        """Whether the only value ticks a box, such as ``x``, or says yes."""
        return len(self.counts) == 1 and not self.counts.keys().isdisjoint(MARKS | YES)

    @property
    def is_split(self) -> bool:
        """Whether the values name the splits of a data set, such as train and test."""
        names = self.counts.keys()
        known = len(names) > 1 and names <= SPLITS and not names.isdisjoint(TRAINING_SPLITS)
        return self.shape is Shape.TEXT and known

    @property
    def is_relation(self) -> bool:
        """Whether the values are the names of NLI relations."""
        named = [each for each in RELATIONS if each in self.counts]
        return len(named) > 1 and self.mostly([*named, "-", "hidden"])

    @property
    def is_numbered_relation(self) -> bool:
        """Whether the values may be numbered NLI relations: 0, 1, 2 (and -1 for unknown)."""
        return self.whole and self.mostly([*NUMBERED_RELATIONS, "-1"])

    @property
    def is_label_like(self) -> bool:
        """Whether the values are short and repeat, like labels."""
        if self.shape is Shape.NUMBER:
            return self.whole and self.distinct <= min(self.filled / 2, 1_000)
        repeats = self.distinct < self.filled and self.distinct <= 0.8 * self.filled
        return self.shape is Shape.TEXT and repeats and self.words <= 4 and self.length <= 50

    @property
    def can_be_label(self) -> bool:
        """Whether the values can be labels if the column is named like one.

        Numbers, dates and addresses must repeat. Many different fractions are measurements.
        """
        if self.distinct < 2:
            return False
        if self.shape is Shape.TEXT:
            return not self.is_long_text
        repeats = self.distinct <= self.filled / 2
        if self.shape is Shape.NUMBER:
            few = repeats and self.distinct <= _MAX_FRACTIONS
            return self.whole or self.is_binary or few
        return self.shape is Shape.OTHER and repeats

    @property
    def is_named_label(self) -> bool:
        """Whether the column is named like a label, so that it is never taken for the texts."""
        if self.plain in WEAK_LABEL:
            return self.is_label_like
        return self.plain in LABEL or self.plain in LABELS

    @property
    def is_free_text(self) -> bool:
        """Whether the values are texts rather than labels."""
        return self.shape is Shape.TEXT and not self.is_label_like

    @property
    def is_wordy(self) -> bool:
        """Whether the values are texts of several words."""
        return self.is_free_text and self.words >= 2.5

    @property
    def is_long_text(self) -> bool:
        """Whether the values are sentences that rarely repeat."""
        return self.shape is Shape.TEXT and self.words > 8 and self.distinct > self.filled / 2


def profile(name: str, column: pa.ChunkedArray) -> Profile:
    """Return the profile of one column."""
    valid = column.drop_null()
    if not len(valid):
        return Profile(name, (name,), Shape.EMPTY)
    if is_number(column.type):
        return _number_profile(name, valid, as_strings(valid))
    if is_string(column.type):
        return _string_profile(name, valid.cast(pa.string()))
    if pa.types.is_nested(column.type) or pa.types.is_map(column.type):
        shape, sample = _nested_shape(valid), _shortened(valid[0])
        vector = _is_vector(valid[0].as_py())
        return Profile(name, (name,), shape, len(valid), is_vector=vector, sample=sample)
    return _other_profile(name, as_strings(valid))


def _other_profile(name: str, strings: pa.ChunkedArray) -> Profile:
    """Return the profile of dates, times and other scalars."""
    distinct = int(pc.count_distinct(strings).as_py())
    sample = _shortened(strings[0])
    counts = _counts(strings, distinct)
    return Profile(name, (name,), Shape.OTHER, len(strings), distinct, counts=counts, sample=sample)


def _nested_shape(column: pa.ChunkedArray) -> Shape:
    if is_list(column.type):
        empty = pc.all(pc.equal(pc.list_value_length(column), 0)).as_py()
        return Shape.EMPTY if empty else Shape.LIST
    if pa.types.is_map(column.type) and is_number(column.type.item_type):
        return Shape.OBJECT
    if pa.types.is_struct(column.type) and all(
        is_number(member.type) or pa.types.is_null(member.type) for member in column.type
    ):
        return Shape.OBJECT
    return Shape.STRUCT


def _number_profile(name: str, valid: pa.ChunkedArray, strings: pa.ChunkedArray) -> Profile:
    numbers = as_numbers(valid).drop_null().to_numpy()
    finite = numbers[np.isfinite(numbers)]
    percentages = are_percentages(valid)
    figures = finite * 100 if percentages else finite
    whole = len(finite) > 0 and bool(np.allclose(figures, np.round(figures), rtol=0, atol=1e-9))
    distinct = int(pc.count_distinct(strings).as_py())
    return Profile(
        name,
        (name,),
        Shape.NUMBER,
        filled=len(valid),
        distinct=distinct,
        counts=_counts(strings, distinct),
        lowest=float(finite.min()) if len(finite) else float("nan"),
        highest=float(finite.max()) if len(finite) else float("nan"),
        whole=whole,
        identifier=not percentages
        and _identifies(name, whole=whole, distinct=distinct, numbers=finite),
        sample=_shortened(strings[0].as_py()),
    )


def _identifies(name: str, *, whole: bool, distinct: int, numbers: np.ndarray) -> bool:
    """Return whether numbers identify rows, by the column name or as unique whole numbers."""
    if names_identifier(name):
        return not (names_row_number(name) and repeats_often(distinct, len(numbers)))
    if names_class_number(name) and whole and 2 < distinct == len(numbers):
        return True
    if is_known(name) or not whole or distinct < len(numbers) or distinct < 3:
        return False
    consecutive = bool(np.all(np.abs(np.diff(numbers)) == 1))
    return consecutive or distinct >= 20


def repeats_often(distinct: int, filled: int) -> bool:
    """Return whether few values repeat many times, as classes do and the ids of rows do not."""
    return 1 < distinct <= min(filled / _REPEATS, _MAX_CLASSES)


def _string_profile(name: str, valid: pa.ChunkedArray) -> Profile:
    if pc.sum(as_numbers(valid).is_valid()).as_py() >= _MOSTLY * len(valid):
        return _number_profile(name, valid, valid)
    if not pc.any(pc.not_equal(pc.utf8_trim_whitespace(valid), "")).as_py():
        return Profile(name, (name,), Shape.EMPTY)
    sample = _sampled(valid)
    distinct = int(pc.count_distinct(valid).as_py())
    words = float(np.mean([word_count(text) for text in sample]))
    length = float(np.mean([len(text) for text in sample]))
    return Profile(
        name,
        (name,),
        Shape.LIST if _lists_labels(name, sample) else _string_shape(sample),
        filled=len(valid),
        distinct=distinct,
        length=length,
        words=words,
        counts=_counts(valid, distinct),
        separator=_separator(name, sample),
        identifier=_is_code(name, sample, unique=distinct == len(valid))
        and not (names_row_number(name) and repeats_often(distinct, len(valid))),
        is_vector=_is_vector(sample[0]),
        sample=_shortened(sample[0]),
    )


def _sampled(valid: pa.ChunkedArray) -> list[str]:
    step = max(1, len(valid) // _SAMPLE)
    positions = np.arange(0, len(valid), step, dtype=np.int64)
    return [str(text) for text in valid.take(pa.array(positions)).to_pylist()]


def _is_vector(cell: object) -> bool:
    values = cell if isinstance(cell, list) else parsed(cell)
    if not isinstance(values, list) or not all(isinstance(each, int | float) for each in values):
        return False
    return not all(float(each).is_integer() for each in values)


def _string_shape(sample: Sequence[str]) -> Shape:
    if all(text.lstrip()[:1] in ("{", "[") for text in sample):
        values = [parsed(text) for text in sample]
        if any(isinstance(value, list) for value in values):  # PostgreSQL writes [] as {}
            values = [[] if value == {} else value for value in values]
        if all(isinstance(value, dict) for value in values):
            numbers = (item for value in values for item in value.values())
            numeric = all(item is None or isinstance(item, int | float) for item in numbers)
            return Shape.OBJECT if numeric else Shape.STRUCT
        if all(isinstance(value, list) for value in values):
            return Shape.LIST if any(values) else Shape.EMPTY
    others = sum(map(is_date_or_address, sample))
    return Shape.OTHER if others >= _MOSTLY * len(sample) else Shape.TEXT


def _lists_labels(name: str, sample: Sequence[str]) -> bool:
    """Return whether a column named like labels has lists of texts in some cells, texts in others.

    A text is then a list of one.
    """
    begun = [text for text in sample if text.lstrip().startswith(("[", "{"))]
    if not begun or nested_name(name) not in LABELS:
        return False
    values = [parsed(text) for text in begun]
    return all(
        isinstance(value, list) and all(isinstance(item, str | None) for item in value)
        for value in values
    )


def _is_code(name: str, sample: Sequence[str], *, unique: bool) -> bool:
    """Return whether strings identify rows, by the column name or as unique codes with digits."""
    single_words = all(
        len(text) <= 40 and len(text.split()) == 1 and word_count(text) <= 3 for text in sample
    )
    if names_identifier(name):
        return single_words
    coded = all(any(character.isdigit() for character in text) for text in sample)
    return unique and single_words and coded and len(sample) >= 5 and not is_known(name)


def _separator(name: str, sample: Sequence[str]) -> str | None:
    plural = plain_name(name) in PLURAL
    if plural and all(each.startswith("#") for text in sample for each in text.split()):
        return " "
    for separator in ("|", ";", ",") if plural else ("|",):
        pieces = [piece.strip() for text in sample for piece in text.split(separator)]
        splits = len(pieces) > len(sample)
        if splits and 2 * len(set(pieces)) <= len(pieces) and max(map(len, pieces)) <= 40:
            return separator
    return None


def _counts(strings: pa.ChunkedArray, distinct: int) -> dict[str, int]:
    if distinct > _MAX_COUNTED_VALUES:
        return {}
    counts: Counter[str] = Counter()
    for entry in pc.value_counts(strings.combine_chunks()).to_pylist():
        counts[word(entry["values"])] += entry["counts"]
    return dict(counts)


def _shortened(value: object) -> str:
    text = str(value.as_py() if isinstance(value, pa.Scalar) else value)
    return text if len(text) <= 40 else f"{text[:39]}…"
