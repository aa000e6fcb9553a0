"""Write the traceback of an unexpected error to a file that can be sent with a bug report."""

import platform
import shlex
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from tunesmith.errors import UsageError
from tunesmith.home import current_home
from tunesmith.version import __version__


def write_crash_report(error: BaseException, arguments: Sequence[str]) -> Path | None:
    """Write the command, the versions and the traceback to a file in the home's folder ``errors``.

    Parameters
    ----------
    error
        The error.
    arguments
        The arguments of the command line.

    Returns
    -------
    The file, in the temporary folder if the home cannot be written to; None if neither can.
    """
    content = "\n".join(
        [
            f"tunesmith {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"command: {shlex.join(['tunesmith', *arguments])}",
            "",
            *traceback.format_exception(error),
        ]
    )
    for folder in _folders():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", dir=folder, prefix="error-", suffix=".txt", delete=False, encoding="utf-8",
                errors="backslashreplace",
            ) as file:  # fmt: skip
                file.write(content)
                return Path(file.name)
        except OSError:
            continue
    return None


def _folders() -> Iterator[Path]:
    with suppress(UsageError):  # the home is set wrongly
        yield current_home().folder / "errors"
    yield Path(tempfile.gettempdir())
