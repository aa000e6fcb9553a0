"""Report every failure of a command as one line and an exit code."""

import errno
import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import typer

from tunesmith.cli.crash import write_crash_report
from tunesmith.cli.flags import flag, with_flags
from tunesmith.cli.render.output import write_json
from tunesmith.errors import Cancelled, TunesmithError, UsageError
from tunesmith.extras import missing_extra

FAILED: Final = 1
USAGE_ERROR: Final = 2
INTERRUPTED: Final = 130

_ROLE_OPTION: Final = re.compile(
    r"--(text[12]?|labels?|anchor|positive|negatives|premise|hypothesis|score)(?:[-_]?col(?:umn)?)?"
)
_REASONS: Final = {
    errno.ENOSPC: "no space left on device",
    errno.EDQUOT: "the disk quota is exceeded",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EROFS: "the file system is read-only",
    errno.ENOENT: "no such file or folder",
    errno.EISDIR: "it is a folder",
    errno.ENAMETOOLONG: "the name is too long",
}


def run_command(command: Callable[[], Any], options: Sequence[str]) -> int:
    """Run a command and return its exit code; errors are reported in one line.

    Parameters
    ----------
    options
        Command-line arguments before ``--``. With ``--json``, the error is also written to
        standard output as JSON.

    An error that no code expects is a bug: its traceback is written to a file, or shown if
    ``TUNESMITH_DEBUG`` is set.
    """
    _accept_any_text()
    try:
        outcome = command()
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        return FAILED
    except (Cancelled, KeyboardInterrupt):
        if "--json" in options:
            write_json({"error": {"code": Cancelled.code, "text": "interrupted"}})
        outcome = INTERRUPTED
    except BaseException as error:
        failure = _failure(error)
        if failure is None or (_is_debugged() and not isinstance(failure, typer.TyperException)):
            raise
        return _report(failure, options)
    if outcome == INTERRUPTED:
        _write_line("interrupted")
    return outcome if isinstance(outcome, int) else 0


def describe(error: Exception) -> str:
    """Return the error message in one line.

    Examples
    --------
    >>> describe(PermissionError(13, "Permission denied", "out.csv"))
    'out.csv: permission denied'
    """
    if isinstance(error, typer.TyperException):
        return _usage_error(error)
    if isinstance(error, TunesmithError):
        return _one_line(with_flags(str(error))) or type(error).__name__
    if isinstance(error, MemoryError):
        return "out of memory: use a smaller file or close other programs"
    if isinstance(error, OSError) and error.errno is not None:
        reason = _REASONS.get(error.errno) or os.strerror(error.errno)
        return _one_line(f"{error.filename}: {reason}" if error.filename else reason)
    return f"unexpected {type(error).__name__}: {_one_line(str(error))[:300]}"


def as_dict(error: Exception) -> dict[str, Any]:
    """Return the error as a dictionary for JSON: its code, and where it is.

    Examples
    --------
    >>> as_dict(UsageError("too few rows", hint="omit `int8`", option="int8"))
    {'code': 'usage', 'message': 'too few rows', 'hint': 'omit --int8', 'option': '--int8'}
    """
    if not isinstance(error, TunesmithError):
        if _is_unexpected(error):
            return {"code": "unexpected"}
        usage = isinstance(error, typer.TyperException)
        return {"code": UsageError.code if usage else "system"}
    found = error.to_dict()
    shown = {name: with_flags(found[name]) for name in ("message", "hint") if name in found}
    return found | shown | ({"option": flag(error.option)} if error.option else {})


def _usage_error(error: typer.TyperException) -> str:
    message = _one_line(error.format_message()).replace(": Value error, ", ": ").rstrip(".")
    context = getattr(error, "ctx", None)
    role = _ROLE_OPTION.fullmatch(getattr(error, "option_name", None) or "")
    if role:
        message = f"no such option: {role[0]}; name a column with --columns {role[1]}=NAME"
    hint = f" (see {context.command_path} --help)" if context else ""
    return message[:1].lower() + message[1:] + hint


def _report(error: Exception, options: Sequence[str]) -> int:
    message, fields = describe(error), as_dict(error)
    if _is_unexpected(error):
        path = write_crash_report(error, options)
        message = f"{message} {_bug_note(options, path)}"
        fields |= {"report": str(path)} if path else {}
    _write_line(f"error: {message}")
    if "--json" in options:
        write_json({"error": {**fields, "text": message}})
    try:
        sys.stdout.flush()
    except OSError:
        _drop_output()
    if isinstance(error, UsageError):
        return USAGE_ERROR
    return error.exit_code if isinstance(error, typer.TyperException) else FAILED


def _failure(error: BaseException) -> Exception | None:
    """Return the error to report; None for others, such as the end of the process."""
    if isinstance(error, ModuleNotFoundError):
        return missing_extra(error) or error
    if type(error).__name__ == "PanicException":  # of tokenizers and other libraries in Rust
        return RuntimeError(str(error)).with_traceback(error.__traceback__)
    return error if isinstance(error, Exception) else None


def _is_debugged() -> bool:
    return bool(os.environ.get("TUNESMITH_DEBUG"))


def _is_unexpected(error: Exception) -> bool:
    """Return whether an error is a bug; system errors have a number, and say what is missing."""
    system = isinstance(error, MemoryError) or (
        isinstance(error, OSError) and error.errno is not None
    )
    return not system and not isinstance(error, TunesmithError | typer.TyperException)


def _bug_note(options: Sequence[str], path: Path | None) -> str:
    doing = f"in `{_one_line(shlex.join(['tunesmith', *options[:2]]))}`"
    where = f" with the traceback in {path}" if path else ""
    return f"({doing}; this is a bug: please report it{where}, or add --debug to see the traceback)"


def _write_line(line: str) -> None:
    with suppress(OSError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def _one_line(text: str) -> str:
    visible = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(visible.split())


def _accept_any_text() -> None:
    """Write characters that the terminal cannot encode as escapes instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Redirect standard output to null, so that flushing it at exit does not fail again."""
    with suppress(OSError, ValueError):
        descriptor = sys.stdout.fileno()
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
