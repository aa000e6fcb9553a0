"""Which columns of a file hold the texts: those given, those trained on, or the only candidate."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tunesmith.data.column_names import DOCUMENT, TEXT, is_corpus, plain_name
from tunesmith.data.detection.column_profile import Shape, profile
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.data.reading.rows import Row
from tunesmith.data.text_column import missing_part, text_reader
from tunesmith.errors import DataError, UnknownKind, UsageError
from tunesmith.kinds import KINDS
from tunesmith.wording import plural

GIVEN: Final = "as given"
TRAINED: Final = "as in training"
DETECTED: Final = "detected"
ONLY: Final = "the only column"
DOCUMENTS: Final = "documents"


@dataclass(frozen=True)
class ColumnChoice:
    """The columns with the texts of a file, and why they were chosen.

    Parameters
    ----------
    columns
        One name for each text of a row; several columns joined by ``+`` are one text.
    why
        ``"as given"``, ``"as in training"``, ``"documents"``, ``"detected"`` or ``"the only
        column"``.

    Examples
    --------
    >>> choice = ColumnChoice(("subject+body",), "as given")
    >>> print(choice)
    subject+body (as given)
    >>> texts = choice.reader(["id", "subject", "body"])((1, "Refund", "Where is it?"))
    >>> texts[0].splitlines()
    ['Refund', 'Where is it?']
    """

    columns: tuple[str, ...]
    why: str

    def reader(self, names: Sequence[str]) -> Callable[[Row], tuple[str | None, ...]]:
        """Return a function from the cells of a row to its texts; None for a missing one."""
        readers = [text_reader(names, column) for column in self.columns]
        return lambda cells: tuple(read_text(cells) for read_text in readers)

    def __str__(self) -> str:
        """Return the columns and the reason, as in ``body (as in training)``."""
        return f"{' and '.join(self.columns)} ({self.why})"


def choose_columns(
    file: str,
    names: Sequence[str],
    given: tuple[str, ...] | None,
    roles: int,
    trained: Sequence[str],
    sample: Callable[[], object],
    *,
    documents: bool = False,
) -> ColumnChoice:
    """Choose the columns with the texts of a file.

    Parameters
    ----------
    file
        The file's name, for messages.
    names
        The names of its columns.
    given
        The columns that the user gave, or None.
    roles
        The number of texts in a row.
    trained
        The columns that the model was trained on, the most suitable first.
    sample
        Returns the beginning of the file as a source for ``read``; called only if needed.
    documents
        Whether the file is a folder of documents.

    Raises
    ------
    UsageError
        A given column does not exist, or there are not as many as texts in a row.
    DataError
        Several columns could hold the texts, or none does.
    """
    if given is not None:
        return _given(file, names, given, roles)
    if documents:
        return _document(file, roles)
    if len(names) == roles == 1:
        return ColumnChoice(tuple(names), ONLY)
    present = [column for column in trained if missing_part(names, column) is None]
    if len(present) >= roles:
        return ColumnChoice(tuple(present[:roles]), TRAINED)
    if roles == 1 and is_corpus(names):
        return _document(file, roles)
    return ColumnChoice(_detected(file, sample(), roles), DETECTED)


def _given(file: str, names: Sequence[str], given: tuple[str, ...], roles: int) -> ColumnChoice:
    if len(given) != roles:
        raise UsageError(
            f"`columns` must name {plural(roles, 'column')}, not {len(given)}", option="columns"
        )
    for column in given:
        _require(file, names, column)
    return ColumnChoice(given, GIVEN)


def _document(file: str, roles: int) -> ColumnChoice:
    if roles > 1:
        raise UsageError(
            f"{file} is a folder of documents, not a file of pairs",
            hint="choose the columns to compare with `columns`",
            file=file,
            option="columns",
        )
    return ColumnChoice((DOCUMENT,), DOCUMENTS)


def trained_columns(metadata: Mapping[str, Any], roles: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that a model was trained on for these roles, in their order.

    A model trained on queries and documents reads titles and texts.

    Parameters
    ----------
    metadata
        The content of ``tunesmith.json``.
    roles
        Roles such as ``"text"``; those that the model does not have are left out.
    """
    columns = metadata.get("columns", {})
    if "document" in columns:
        return (DOCUMENT,)
    return tuple(str(columns[role]) for role in roles if role in columns)


def _require(file: str, names: Sequence[str], column: str) -> None:
    missing = missing_part(names, column)
    if missing is not None:
        raise UsageError(
            f"{file} has no column {missing!r}: it has {', '.join(names)}",
            file=file,
            column=missing,
        )


def _detected(file: str, sample: object, roles: int) -> tuple[str, ...]:
    try:
        loaded = read(sample)
        detected = detect(loaded)
    except UnknownKind as error:
        raise UnknownKind(
            f"cannot detect the text column of {file}", hint="set it with `columns`", file=file
        ) from error
    named = [detected.columns[role] for role in KINDS[detected.kind].text_roles]
    if len(named) < roles:
        raise DataError(
            f"{file} was detected as {detected.kind}, with one text column",
            hint="specify the two columns to compare",
            file=file,
        )
    others = [name for name in loaded.table.column_names if _holds_texts(loaded.table[name], name)]
    if (
        roles == 1
        and len({*named, *others}) > 1
        and not _has_usual_name(named[0], [*named, *others])
    ):
        raise DataError(
            f"several columns of {file} hold texts: {', '.join(dict.fromkeys([*named, *others]))}",
            hint="set the right one with `columns`",
            file=file,
            option="columns",
        )
    return tuple(named[:roles])


def _holds_texts(column: Any, name: str) -> bool:
    facts = profile(name, column)
    return facts.shape is Shape.TEXT and not facts.identifier and facts.is_long_text


def _has_usual_name(chosen: str, columns: Sequence[str]) -> bool:
    """Return whether one column alone has the most usual of all names, such as ``text``."""
    usual = TEXT[:2]
    return plain_name(chosen) in usual and sum(plain_name(name) in usual for name in columns) == 1
