"""What a model folder tells of its fit, as the dataclasses that it was written from."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tunesmith.errors import DamagedModel
from tunesmith.results import Change, Outcome, Rung, RungStatus, Summary, Verdict


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
    """Return the summary that ``tunesmith.json`` holds, without findings and single classes.

    Raises
    ------
    DamagedModel
        When something is missing or of another form.
    """
    with _form_checked(path):
        return Summary(
            **{
                **stored,
                "counts": (),
                "findings": (),
                "classes": (),
                "reference": _rung(stored["reference"]),
                "rungs": tuple(map(_rung, stored["rungs"])),
                "verdict": _verdict(stored["verdict"]),
                "changes": tuple(Change(**change) for change in stored["changes"]),
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
