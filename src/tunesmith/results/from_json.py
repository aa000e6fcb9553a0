"""Restore the summary of a fit from the JSON in a model folder."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tunesmith.errors import DamagedModel
from tunesmith.results.summary import (
    Change,
    ClassChange,
    ClassCount,
    Compared,
    CompressedVariant,
    Finding,
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

_RENAMED: Final = {
    "lighter": "variants",
    "signs": "label_free",
    "collection": "corpus_type",
    "growing": "open",
    "fixed": "closed",
}


def verdict_of(stored: Mapping[str, Any], path: Path) -> Verdict:
    """Return the verdict of the summary in ``tunesmith.json``.

    Raises
    ------
    DamagedModel
        An entry is missing or has the wrong type.
    """
    with _damage_reported(path):
        return _verdict(stored["verdict"])


def summary_of(stored: Mapping[str, Any], path: Path) -> Summary:
    """Return the summary in ``tunesmith.json``.

    Raises
    ------
    DamagedModel
        An entry is missing or has the wrong type.
    """
    with _damage_reported(path):
        stored = _with_current_names(stored)
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
                "variants": tuple(map(_variant, stored.get("variants", ()))),
                "pairs": _pairs(stored["pairs"]) if stored.get("pairs") else None,
                "compared": tuple(map(_compared, stored.get("compared", ()))),
                "stages": tuple(Stage(**stage) for stage in stored.get("stages", ())),
            }
        )


def _with_current_names(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a summary with current names; release 0.1.0 used some other names."""
    renamed = _renamed(stored)
    if renamed.get("pairs"):
        pairs = _renamed(renamed["pairs"])
        kind = pairs.get("corpus_type", "")
        renamed["pairs"] = {**pairs, "corpus_type": _RENAMED.get(kind, kind)}
    return renamed


def _renamed(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {_RENAMED.get(name, name): value for name, value in stored.items()}


@contextmanager
def _damage_reported(path: Path) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedModel(
            f"the summary of model {path} cannot be read ({error})", hint="fit the model again"
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
        "label_free": tuple(Change(**change) for change in stored.get("label_free", ())),
    }
    return PairFindings(**{**stored, **single, **lists})


def _part(stored: Mapping[str, Any]) -> Part:
    return Part(**{**stored, "changes": tuple(Change(**change) for change in stored["changes"])})


def _compared(stored: Mapping[str, Any]) -> Compared:
    return Compared(**{**stored, "change": Change(**stored["change"])})


def _variant(stored: Mapping[str, Any]) -> CompressedVariant:
    change = stored["change"]
    return CompressedVariant(**{**stored, "change": Change(**change) if change else None})
