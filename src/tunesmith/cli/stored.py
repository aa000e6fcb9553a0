"""What a model folder tells of its fit, as the dataclasses that it was written from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunesmith.errors import DamagedModel
from tunesmith.results import Change, Outcome, Rung, RungStatus, Summary, Verdict


def verdict_of(stored: Mapping[str, Any]) -> Verdict:
    """Return the verdict that ``tunesmith.json`` holds."""
    headline = Change(**stored["headline"])
    return Verdict(**{**stored, "outcome": Outcome(stored["outcome"]), "headline": headline})


def summary_of(stored: Mapping[str, Any], path: Path) -> Summary:
    """Return the summary that ``tunesmith.json`` holds, without findings and single classes.

    Raises
    ------
    DamagedModel
        When something is missing or of another form.
    """
    try:
        return Summary(
            **{
                **stored,
                "counts": (),
                "findings": (),
                "classes": (),
                "reference": _rung(stored["reference"]),
                "rungs": tuple(map(_rung, stored["rungs"])),
                "verdict": verdict_of(stored["verdict"]),
                "changes": tuple(Change(**change) for change in stored["changes"]),
            }
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedModel(
            f"the summary of model {path} cannot be read ({error}): fit the model again"
        ) from error


def _rung(stored: Mapping[str, Any]) -> Rung:
    return Rung(**{**stored, "status": RungStatus(stored["status"])})
