"""Every error that Tunesmith raises on purpose.

::

    TunesmithError
    ├── UsageError           the words of the call do not fit together     (exit code 2)
    ├── DataError            the user's data cannot be used as it stands
    │   ├── UnreadableFile   it is no file of a kind that can be read
    │   ├── UnknownKind      no kind of training data fits its columns
    │   └── FaultyRows       the check found errors; a fit stops before any model is loaded
    ├── ModelError           a model cannot be had
    │   ├── UnknownModel     there is none of that name
    │   └── DamagedModel     a file of it is missing or was changed
    └── OutputError          what was made cannot be written

A message says what was wrong, where, and what to do:
``row 17 of tickets.csv has no label: fill it in or drop the row``.
"""


class TunesmithError(Exception):
    """The root: catch it to catch everything that Tunesmith raises on purpose."""


class UsageError(TunesmithError, ValueError):
    """The words of the call do not fit together."""


class DataError(TunesmithError, ValueError):
    """The user's data cannot be used as it stands."""


class UnreadableFile(DataError):
    """It is no file of a kind that can be read."""


class UnknownKind(DataError):
    """No kind of training data fits the columns that are there."""


class FaultyRows(DataError):
    """The check found errors in the rows."""


class ModelError(TunesmithError):
    """A model cannot be had."""


class UnknownModel(ModelError):
    """There is no model of that name here."""


class DamagedModel(ModelError):
    """A file of the model is missing or was changed."""


class OutputError(TunesmithError, OSError):
    """What was made cannot be written where it should go."""
