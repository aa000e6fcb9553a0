"""Restore the summary of a fit from the JSON in a model folder, and its JSON schema."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from tunesmith.errors import DamagedModel
from tunesmith.results.summary import Summary, Verdict

Result = TypeVar("Result")
_RENAMED: Final = {
    "lighter": "variants",
    "signs": "label_free",
    "collection": "corpus_type",
    "growing": "open",
    "fixed": "closed",
}


def verdict_of(stored: Mapping[str, Any], path: Path) -> Verdict:
    """Return the verdict of the summary in ``tunesmith.json``.

    Parameters
    ----------
    stored
        The entry ``summary`` of ``tunesmith.json``.
    path
        The model's folder, for messages.

    Returns
    -------
    Verdict
        The verdict on the held-out test set.

    Raises
    ------
    DamagedModel
        An entry is missing or has the wrong type.

    Examples
    --------
    >>> change = {"metric": "accuracy", "base": 0.8, "tuned": 0.9, "low": 0.05, "high": 0.15}
    >>> verdict = {"outcome": "better", "headline": change, "sentence": "Better."}
    >>> verdict_of({"verdict": verdict}, Path("tickets-3f2a1c")).headline.tuned
    0.9
    """
    return _converted(stored.get("verdict"), Verdict, path)


def summary_of(stored: Mapping[str, Any], path: Path) -> Summary:
    """Return the summary in ``tunesmith.json``.

    Parameters
    ----------
    stored
        The entry ``summary`` of ``tunesmith.json``.
    path
        The model's folder, for messages.

    Returns
    -------
    Summary
        The complete result of the fit.

    Raises
    ------
    DamagedModel
        An entry is missing, unknown or has the wrong type.

    Examples
    --------
    >>> summary_of({"source": "tickets.csv"}, Path("tickets-3f2a1c"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    tunesmith.errors.DamagedModel: the summary of model tickets-3f2a1c cannot be read (...
    """
    current = _with_current_names(stored)
    summary = _converted(current, Summary, path)
    unknown = next(_unknown(current, msgspec.to_builtins(summary)), None)
    if unknown is not None:  # dropping it in silence could change what the summary says
        raise DamagedModel(
            f"the summary of model {path} has the entry {unknown!r}, which this Tunesmith does not "
            "know",
            hint="use the Tunesmith version that wrote it",
        )
    return summary


def summary_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of a summary, as in ``tunesmith.json``.

    Examples
    --------
    >>> sorted(summary_schema()["$defs"]["Verdict"]["required"])
    ['headline', 'outcome', 'sentence']
    """
    return msgspec.json.schema(Summary)


def _converted(stored: Any, kind: type[Result], path: Path) -> Result:
    try:
        return msgspec.convert(stored, kind)
    except msgspec.ValidationError as error:
        raise DamagedModel(
            f"the summary of model {path} cannot be read ({error})", hint="fit the model again"
        ) from error


def _unknown(stored: Any, known: Any, where: str = "") -> Iterator[str]:
    """Yield the paths of the entries that a conversion ignored."""
    if isinstance(stored, Mapping) and isinstance(known, Mapping):
        for name, value in stored.items():
            if name in known:
                yield from _unknown(value, known[name], f"{where}{name}.")
            else:
                yield f"{where}{name}"
    elif isinstance(stored, list | tuple) and isinstance(known, list | tuple):
        for one, other in zip(stored, known, strict=True):
            yield from _unknown(one, other, where)


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
