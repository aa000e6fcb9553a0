"""What a model folder tells of its fit, as the dataclasses that it was written from."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tunesmith.errors import DamagedModel
from tunesmith.results.summary import (
    Change,
    ClassChange,
    ClassCount,
    Compared,
    Finding,
    Lighter,
    Outcome,
    PairFindings,
    Part,
    Rung,
    RungStatus,
    Severity,
    Stage,
    Summary,
    Verdict,
)


def verdict_of(stored: Mapping[str, Any], path: Path) -> Verdict:
    """Return the verdict of the summary that ``tunesmith.json`` holds.

    Raises
    ------
    DamagedModel
        When something is missing or of another form.
    """
    with _form_checked(path):
        return _verdict(stored["verdict"])


def summary_of(stored: Mapping[str, Any], path: Path) -> Summary:
    """Return the summary that ``tunesmith.json`` holds.

    Raises
    ------
    DamagedModel
        When something is missing or of another form.
    """
    with _form_checked(path):
        return Summary(
            **{
                **stored,
                "counts": tuple(ClassCount(**count) for count in stored["counts"]),
                "findings": tuple(map(_finding, stored["findings"])),
                "classes": tuple(map(_class_change, stored["classes"])),
                "reference": _rung(stored["reference"]) if stored["reference"] else None,
                "rungs": tuple(map(_rung, stored["rungs"])),
                "verdict": _verdict(stored["verdict"]),
                "changes": tuple(Change(**change) for change in stored["changes"]),
                "lighter": tuple(map(_lighter, stored.get("lighter", ()))),
                "pairs": _pairs(stored["pairs"]) if stored.get("pairs") else None,
                "compared": tuple(map(_compared, stored.get("compared", ()))),
                "stages": tuple(Stage(**stage) for stage in stored.get("stages", ())),
            }
        )


@contextmanager
def _form_checked(path: Path) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedModel(
            f"the summary of model {path} cannot be read ({error}): fit the model again"
        ) from error


def _verdict(stored: Mapping[str, Any]) -> Verdict:
    headline = Change(**stored["headline"])
    return Verdict(**{**stored, "outcome": Outcome(stored["outcome"]), "headline": headline})


def _rung(stored: Mapping[str, Any]) -> Rung:
    return Rung(**{**stored, "status": RungStatus(stored["status"])})


def _finding(stored: Mapping[str, Any]) -> Finding:
    lists = {name: tuple(stored[name]) for name in ("rows", "faulty")}
    return Finding(**{**stored, "severity": Severity(stored["severity"]), **lists})


def _class_change(stored: Mapping[str, Any]) -> ClassChange:
    return ClassChange(**{**stored, "f1": Change(**stored["f1"])})


def _pairs(stored: Mapping[str, Any]) -> PairFindings:
    single = {
        name: Change(**stored[name]) if stored[name] else None
        for name in ("unguarded", "forgetting")
    }
    lists = {
        "parts": tuple(map(_part, stored["parts"])),
        "signs": tuple(Change(**change) for change in stored.get("signs", ())),
    }
    return PairFindings(**{**stored, **single, **lists})


def _part(stored: Mapping[str, Any]) -> Part:
    return Part(**{**stored, "changes": tuple(Change(**change) for change in stored["changes"])})


def _compared(stored: Mapping[str, Any]) -> Compared:
    return Compared(**{**stored, "change": Change(**stored["change"])})


def _lighter(stored: Mapping[str, Any]) -> Lighter:
    change = stored["change"]
    return Lighter(**{**stored, "change": Change(**change) if change else None})
