"""Compare what is read from a generated file with what was generated."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

from tests.data.generated_files import GeneratedFile
from tunesmith.data.checks.check import check
from tunesmith.data.detection.detect import Detected, detect
from tunesmith.data.loaded import Loaded, Rejected
from tunesmith.data.reading.read import read
from tunesmith.errors import TunesmithError
from tunesmith.kinds import KINDS, Kind
from tunesmith.results.finding import Finding


@dataclass(frozen=True)
class Outcome:
    """How a file was read.

    ``differences`` are between what was generated and what was read, and ``unnamed`` those that no
    finding, note or error names: each is a fault of the reader.
    """

    differences: tuple[str, ...]
    unnamed: tuple[str, ...]


# A difference of this sort is named by one of these codes of findings or parts of notes.
_NAMED_BY = {
    "kind": ("left-aside", "one-class", "one-score"),
    "roles": ("left-aside", "guessed-encoding"),
    "values": ("guessed-encoding",),
}


def outcome(made: GeneratedFile, folder: Path) -> Outcome:
    """Read and check a file, and say what is not as generated."""
    path = made.write(folder)
    try:
        loaded = read(path)
        detected = detect(loaded)
        findings = check(detected, loaded)
    except TunesmithError as error:
        return _refusal(made, str(error))
    except Exception as error:
        return Outcome(("raised",), (f"raised {type(error).__name__}: {error}",))
    if made.refused is not None:
        return Outcome(("accepted",), (f"accepted, though it must be refused: {made.refused}",))
    said = [finding.code for finding in findings] + list(loaded.notes)
    differences = dict(_differences(made, loaded, detected, findings))
    unnamed = [
        difference for part, difference in differences.items() if not _is_named(part, made, said)
    ]
    unnamed += [f"{each} is not reported" for each in made.says if not _has(each, said)]
    return Outcome(tuple(differences), tuple(unnamed))


def _refusal(made: GeneratedFile, message: str) -> Outcome:
    as_expected = made.refused is not None and made.refused in message
    return Outcome(("refused",), () if as_expected else (f"refused: {message}",))


def _is_named(part: str, made: GeneratedFile, said: Sequence[str]) -> bool:
    return any(_has(each, said) for each in _NAMED_BY.get(part, ()))


def _has(code: str, said: Sequence[str]) -> bool:
    return any(code in each for each in said)


def _differences(
    made: GeneratedFile, loaded: Loaded, detected: Detected, findings: Sequence[Finding]
) -> list[tuple[str, str]]:
    table = made.table
    if detected.kind is not table.kind:
        return [("kind", f"{detected.reason} instead of {table.kind} {table.roles}")]
    found = []
    if {role: name.strip() for role, name in detected.columns.items()} != table.roles:
        found.append(("roles", f"roles {detected.columns} instead of {table.roles}"))
        return found
    roles = [role for role in KINDS[table.kind].roles if role != "split"]
    rows = detected.examples.table.select([*roles, "row"]).to_pylist()
    if any("every backslash is doubled" in note for note in loaded.notes):
        rows = _with_single_backslashes(rows)
    as_read = [(row["row"], tuple(_plain(row[role]) for role in roles)) for row in rows]
    expected = [(row, _example(table.kind, example)) for row, example in made.rows]
    if len(loaded.rejected) > made.rejected:  # a reader may reject more than it must
        kept = [each for each in expected if each in as_read]
        lines = sum(map(_lines, loaded.rejected))
        expected = kept if len(expected) - len(kept) <= lines - made.rejected else expected
    if len(as_read) != len(expected):
        found.append(("rows", f"{len(as_read)} rows instead of {len(expected)}"))
    pairs = zip(as_read, expected, strict=False)
    wrong = next(((one, two) for one, two in pairs if one != two), None)
    if wrong is not None:
        found.append(("values", f"read {wrong[0]!r} instead of {wrong[1]!r}"))
    unasked = [
        finding.code
        for finding in findings
        if finding.code
        in (
            "left-aside",
            "empty-text",
            "missing-label",
            "label-spelling",
            "no-known-label",
            "unknown-label",
            "missing-score",
            "rejected-line",
            "damaged-characters",
        )
        and finding.code not in (*made.says, *made.may_say)
    ]
    if unasked and not found:
        found.append(
            ("false alarm", f"false alarm {[f.message for f in findings if f.code in unasked]}")
        )
    return found


def _lines(rejected: Rejected) -> int:
    """Return the number of lines of a rejected record: its reason names the last one."""
    last = re.search(r"to line (\d+)", rejected.reason)
    return 1 if last is None else int(last[1]) - rejected.line + 1


def _with_single_backslashes(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\\\\", "\\")
    if isinstance(value, dict):
        return {key: _with_single_backslashes(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_with_single_backslashes, value))
    return value


def _example(kind: Kind, example: tuple[Any, ...]) -> tuple[Any, ...]:
    if kind is Kind.LABELLED:
        text, label = example
        return _plain(text), _label(label)
    return tuple(map(_plain, example))


def _label(value: Any) -> str | None:
    """Return a label as text, as it is written in JSON."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value).strip()


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, dict | list) and value and not isinstance(value, dict):
        if all(isinstance(item, tuple) for item in value):
            return dict(value)
        return [_plain(item) for item in value]
    return value
