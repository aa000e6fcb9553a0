"""The exceptions that Tunesmith raises deliberately.

::

    TunesmithError
    ├── UsageError           an argument is invalid, or arguments conflict   (exit code 2)
    ├── DataError            the data cannot be used
    │   ├── UnreadableFile   the file does not exist or cannot be read
    │   ├── UnknownKind      no kind of training data matches the columns
    │   └── FaultyRows       the check found errors in the rows
    ├── ModelError           a model cannot be loaded or saved
    │   ├── UnknownModel     there is no model with that name
    │   └── DamagedModel     a model file is missing or has changed
    ├── OutputError          the output cannot be written
    └── Cancelled            a caller stopped the work                       (exit code 130)

A message says what is wrong, where, and what to do:
``row 17 of tickets.csv has no label: fill it in or drop the row``.
"""


class TunesmithError(Exception):
    """The base class of all exceptions that Tunesmith raises deliberately."""


class UsageError(TunesmithError, ValueError):
    """An argument is invalid, or arguments conflict."""


class DataError(TunesmithError, ValueError):
    """The data cannot be used."""


class UnreadableFile(DataError):
    """The file does not exist or cannot be read."""


class UnknownKind(DataError):
    """No kind of training data matches the columns."""


class FaultyRows(DataError):
    """The check found errors in the rows."""


class ModelError(TunesmithError):
    """A model cannot be loaded or saved."""


class UnknownModel(ModelError):
    """There is no model with that name."""


class DamagedModel(ModelError):
    """A model file is missing or has changed."""


class OutputError(TunesmithError, OSError):
    """The output cannot be written."""


class Cancelled(TunesmithError):
    """A caller stopped the work; what is finished is kept."""
