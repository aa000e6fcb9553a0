"""The exceptions that Tunesmith raises deliberately.

::

    TunesmithError
    ├── UsageError           an argument is invalid, or arguments conflict   (exit code 2)
    │   └── MissingExtra     an optional dependency is not installed
    ├── DataError            the data cannot be used
    │   ├── UnreadableFile   the file does not exist or cannot be read
    │   ├── UnknownKind      no kind of training data matches the columns
    │   └── FaultyRows       the check found errors in the rows
    ├── ModelError           a model cannot be loaded or saved
    │   ├── UnknownModel     there is no model with that name
    │   └── DamagedModel     a model file is missing or has changed
    ├── OutputError          the output cannot be written
    ├── HubUnavailable       the Hugging Face Hub cannot be reached
    ├── BudgetExhausted      the time limit leaves no time for a necessary step
    ├── TrainingFailed       training diverged
    ├── Overloaded           too much work is waiting
    └── Cancelled            a caller stopped the work                       (exit code 130)

An error is data: a terminal, JSON and a page show the same object. Parameters are named as in
Python, in backticks (``increase `budget```); the command line shows its options instead.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class TunesmithError(Exception):
    """The base class of all exceptions that Tunesmith raises deliberately.

    Parameters
    ----------
    message
        What is wrong, and where.
    hint
        What to do, as an imperative; empty if the message says it.
    file, row, line, column
        Where the problem is: the name of the file, the row (from 1, after the header), the line
        of the file (from 1) and the name of the column.
    option
        The Python parameter that is wrong or helps, such as ``budget``.

    Attributes
    ----------
    code
        The kind of error, such as ``unreadable-file``; the same in every version.

    Examples
    --------
    >>> error = DataError("row 17 of tickets.csv has no label", hint="fill it in", row=17)
    >>> str(error)
    'row 17 of tickets.csv has no label: fill it in'
    >>> error.to_dict()["row"]
    17
    """

    code: ClassVar[str] = "error"

    def __init__(
        self,
        message: str = "",
        *,
        hint: str = "",
        file: str | None = None,
        row: int | None = None,
        line: int | None = None,
        column: str | None = None,
        option: str | None = None,
    ) -> None:
        super().__init__(join_hint(message, hint))
        self.message, self.hint, self.option = message, hint, option
        self.file, self.column, self.line = file, column, line
        self.row = None if row is None else int(row)  # JSON cannot hold a number of NumPy

    def to_dict(self) -> dict[str, Any]:
        """Return the error as a dictionary for JSON, without empty fields."""
        names = ("code", "message", "hint", "file", "row", "line", "column", "option")
        return {name: value for name in names if (value := getattr(self, name)) not in (None, "")}


class UsageError(TunesmithError, ValueError):
    """An argument is invalid, or arguments conflict."""

    code = "usage"


class MissingExtra(UsageError):
    """An optional dependency is not installed."""

    code = "missing-extra"


class DataError(TunesmithError, ValueError):
    """The data cannot be used."""

    code = "data"


class UnreadableFile(DataError):
    """The file does not exist or cannot be read."""

    code = "unreadable-file"


class UnknownKind(DataError):
    """No kind of training data matches the columns."""

    code = "unknown-kind"


class FaultyRows(DataError):
    """The check found errors in the rows.

    Parameters
    ----------
    findings
        The errors as dictionaries with ``code``, ``message``, ``advice``, ``column``, ``rows`` (the
        first row numbers) and ``count``.
    """

    code = "faulty-rows"

    def __init__(
        self, message: str = "", *, findings: Sequence[Mapping[str, Any]] = (), **where: Any
    ) -> None:
        super().__init__(message, **where)
        self.findings = tuple(findings)

    def to_dict(self) -> dict[str, Any]:
        """Return the error as a dictionary for JSON, with its findings."""
        return {**super().to_dict(), "findings": list(self.findings)}


class ModelError(TunesmithError):
    """A model cannot be loaded or saved."""

    code = "model"


class UnknownModel(ModelError):
    """There is no model with that name."""

    code = "unknown-model"


class DamagedModel(ModelError):
    """A model file is missing or has changed."""

    code = "damaged-model"


class OutputError(TunesmithError, OSError):
    """The output cannot be written."""

    code = "output"


class HubUnavailable(TunesmithError):
    """The Hugging Face Hub cannot be reached."""

    code = "hub-unavailable"


class BudgetExhausted(TunesmithError):
    """The time limit leaves no time for a necessary step."""

    code = "budget-exhausted"


class TrainingFailed(TunesmithError):
    """Training diverged; nothing was written."""

    code = "training-failed"


class Overloaded(TunesmithError):
    """Too much work is waiting; the same request can succeed later.

    Parameters
    ----------
    retry_after
        Seconds until there is room, estimated, 1 to 60.
    """

    code = "overloaded"

    def __init__(self, message: str = "", *, retry_after: int = 1, **where: Any) -> None:
        super().__init__(message, **where)
        self.retry_after = min(max(int(retry_after), 1), 60)

    def to_dict(self) -> dict[str, Any]:
        """Return the error as a dictionary for JSON, with the seconds to wait."""
        return {**super().to_dict(), "retry_after": self.retry_after}


class Cancelled(TunesmithError):
    """A caller stopped the work; what is finished is kept."""

    code = "cancelled"


def join_hint(message: str, hint: str) -> str:
    """Return message and hint as one sentence.

    Examples
    --------
    >>> join_hint("a.csv is empty", "add rows")
    'a.csv is empty: add rows'
    >>> join_hint("a.csv cannot be read: it is empty", "add rows")
    'a.csv cannot be read: it is empty; add rows'
    """
    if not hint:
        return message
    return f"{message}; {hint}" if ": " in message else f"{message}: {hint}"
