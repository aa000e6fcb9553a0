"""What a check finds in a file: the problem, the rows and the remedy."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

FIRST_ROWS: Final = 10
"""Maximum number of row numbers in a finding."""


class Severity(StrEnum):
    """The severity of a finding.

    Examples
    --------
    >>> Severity("error") is Severity.ERROR, str(Severity.WARNING)
    (True, 'warning')
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """A problem found by the check.

    Parameters
    ----------
    code
        A stable identifier such as ``"empty-text"``.
    severity
        The severity; errors stop a fit.
    count
        The number of affected rows.
    message
        A one-sentence description of the problem.
    advice
        A one-sentence remedy.
    rows
        The first affected row numbers, counted from 1 without the header.
    column
        The name of the affected column in the file.
    faulty
        The positions (from 0, among the rows read) that are skipped: those of an error only with
        ``skip_invalid``.
    sample
        The end of the message that quotes user texts; empty if there is none.

    Examples
    --------
    >>> found = Finding("empty-text", Severity.ERROR, 2, "Two empty texts.", "Remove them.", (3, 8))
    >>> found.rows
    (3, 8)
    """

    code: str
    severity: Severity
    count: int
    message: str
    advice: str
    rows: tuple[int, ...] = ()
    column: str | None = None
    faulty: tuple[int, ...] = ()
    sample: str = ""

    @property
    def more_rows(self) -> bool:
        """Whether there are more rows than those listed."""
        return self.count > len(self.rows) >= FIRST_ROWS

    def without_texts(self) -> "Finding":
        """Return the finding without the quoted user texts.

        Examples
        --------
        >>> quote = ", such as “<b>hello”"
        >>> found = Finding("html", Severity.WARNING, 1, f"Tags{quote}.", "Strip.", sample=quote)
        >>> found.without_texts().message
        'Tags.'
        """
        if not self.sample:
            return self
        return replace(self, message=self.message.replace(self.sample, ""), sample="")
