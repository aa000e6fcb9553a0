"""From the names of Python parameters in messages to the options of the command line."""

import ast
import re
import shlex
from collections.abc import Mapping
from typing import Final

# Parameters whose option has another name, or the value that an option stands for.
_RENAMED: Final = {
    "data": "--mteb-data",
    "fixes": "--fix",
    "goal": "--for",
    "private=False": "--public",
}
OPTIONS: Final = frozenset(
    {
        *("base", "budget", "clusters", "columns", "corpus_column", "corpus_type"),
        *(
            "cross_validate",
            "documents",
            "domain",
            "encoding",
            "first",
            "fixes",
            "from",
            "generator",
            "int8",
            "judge",
            "keep",
        ),
        *("kind", "min_probability", "mteb", "mteb_data", "output", "overwrite", "recipe", "seed"),
        *("skip_invalid", "strict", "test", "validation", "with_report"),
    }
)
_PARAMETER: Final = re.compile(r"`([a-z][a-z0-9_]*)(?:=([^`]*))?`")


def with_flags(text: str) -> str:
    """Return a message with options instead of Python parameters.

    Parameters
    ----------
    text
        A message with parameters in backticks, alone or with a value.

    Examples
    --------
    >>> with_flags('increase `budget`, or use `kind="pairs"` and `skip_invalid=True`')
    'increase --budget, or use --kind pairs and --skip-invalid'
    >>> with_flags('set `columns={"text": "body", "label": "queue"}`')
    'set --columns text=body,label=queue'
    >>> with_flags("the column `body` stays")
    'the column `body` stays'
    """
    return _PARAMETER.sub(_option, text)


def flag(parameter: str) -> str:
    """Return the option of a parameter; a parameter that no command has stays as it is.

    Examples
    --------
    >>> flag("skip_invalid"), flag("margin")
    ('--skip-invalid', 'margin')
    """
    if parameter in _RENAMED:
        return _RENAMED[parameter]
    return f"--{parameter.replace('_', '-')}" if parameter in OPTIONS else parameter


def _option(match: re.Match[str]) -> str:
    name, value = match.groups()
    if match[0].strip("`") in _RENAMED:
        return _RENAMED[match[0].strip("`")]
    if name not in OPTIONS:
        return match[0]
    return " ".join(part for part in (flag(name), _written(value)) if part)


def _written(value: str | None) -> str:
    if value is None or value == "True":
        return ""
    try:
        given = ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return value
    if isinstance(given, Mapping):
        return ",".join(f"{role}={shlex.quote(str(name))}" for role, name in given.items())
    return shlex.quote(str(given))
