"""What a server has: data sets, fits, models and indexes, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tunesmith.results.from_json import summary_of
from tunesmith.results.summary import Summary, Verdict

Resource = TypeVar("Resource")
_ENDED = frozenset({"ready", "failed", "cancelled"})


@dataclass(frozen=True)
class RemoteDataset:
    """A data set on a server.

    Parameters
    ----------
    id, name, file
        The id that requests name, the name that people see, and the file's name.
    status
        ``"validated"`` or ``"failed"``.
    report
        The report of the check; None if the file cannot be read.
    error
        Why it failed; None if it did not.
    version, version_of
        The number of the version, from 1, and the id of the first one.
    created_at
        Seconds since 1970.

    Examples
    --------
    >>> RemoteDataset("data-1", "tickets", "tickets.csv", "validated", {"rows": 90}).rows
    90
    """

    id: str
    name: str
    file: str
    status: str
    report: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    version: int = 1
    version_of: str | None = None
    created_at: float = 0.0

    @property
    def kind(self) -> str | None:
        """The kind of training data; None if the file cannot be read."""
        return None if self.report is None else str(self.report["kind"])

    @property
    def rows(self) -> int | None:
        """The number of examples; None if the file cannot be read."""
        return None if self.report is None else int(self.report["rows"])


@dataclass(frozen=True)
class RemoteFit:
    """A fit on a server; the model that it makes has the same id.

    Parameters
    ----------
    id, name, dataset_id
        The id, the name that people see, and the data set.
    status
        ``"queued"``, ``"training"``, ``"deploying"``, ``"ready"``, ``"failed"`` or ``"cancelled"``.
    error
        Why it failed; None if it did not.
    created_at, started_at, finished_at
        Seconds since 1970.

    Examples
    --------
    >>> RemoteFit("tune-1", "tickets", "data-1", "ready").ended
    True
    """

    id: str
    name: str
    dataset_id: str
    status: str
    error: Mapping[str, Any] | None = None
    created_at: float = 0.0
    started_at: float | None = None
    finished_at: float | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more happens."""
        return self.status in _ENDED


@dataclass(frozen=True, repr=False)
class RemoteModel:
    """A model on a server.

    Parameters
    ----------
    id, name
        The id that requests name, and the name that people see.
    source
        ``"fit"`` (made by the server), ``"home"`` (made elsewhere in its home) or ``"bundled"``.
    created_at
        Seconds since 1970.
    aliases
        Aliases such as ``support@production`` that stand for it.
    dataset_id
        The data set that it was fitted on, or None.
    labels
        The labels of its classifier; empty without one.
    bytes
        The size of its folder.
    columns
        The columns that it was trained on, by role.
    tells_familiar
        Whether predictions say if a text resembles the training texts.
    details
        The summary of its fit as plain values; empty if there was none.
    damage
        Why it cannot be called; None if it can.

    Examples
    --------
    >>> RemoteModel("all-MiniLM-L6-v2", "all-MiniLM-L6-v2", "bundled").verdict is None
    True
    """

    id: str
    name: str
    source: str
    created_at: float = 0.0
    aliases: tuple[str, ...] = ()
    dataset_id: str | None = None
    labels: tuple[str, ...] = ()
    bytes: int = 0
    columns: Mapping[str, Any] = field(default_factory=dict)
    tells_familiar: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)
    damage: str | None = None

    @property
    def summary(self) -> Summary | None:
        """The summary of the fit, as in ``FitResult.summary``; None if there was no fit.

        Raises
        ------
        DamagedModel
            The server has another version, whose summary this one cannot read.
        """
        return summary_of(self.details, Path(self.id)) if self.details else None

    @property
    def verdict(self) -> Verdict | None:
        """The verdict on the held-out test set; None if there was no fit.

        Raises
        ------
        DamagedModel
            The server has another version, whose summary this one cannot read.
        """
        summary = self.summary
        return None if summary is None else summary.verdict

    def __repr__(self) -> str:
        """Return the id, the verdict of the fit and the number of labels."""
        facts = [repr(self.id)]
        facts += [str(self.details["verdict"]["outcome"])] if self.details else []
        facts += [f"{len(self.labels)} labels"] if self.labels else []
        return f"RemoteModel({', '.join(facts)})"


@dataclass(frozen=True)
class RemoteIndex:
    """A search index on a server.

    Parameters
    ----------
    id, name
        Both can be given where an index is named.
    model_id
        The model that encodes texts and queries.
    texts
        The number of texts.
    created_at
        Seconds since 1970.

    Examples
    --------
    >>> RemoteIndex("index-1", "faq", "all-MiniLM-L6-v2", 3).texts
    3
    """

    id: str
    name: str
    model_id: str
    texts: int
    created_at: float = 0.0


@dataclass(frozen=True)
class Match:
    """A text that was found.

    Parameters
    ----------
    id
        Its id in the index; for texts that were given, its position from 0.
    score
        Its cosine similarity to the query.
    text
        The text.

    Examples
    --------
    >>> Match("7", 0.62, "I want my money back").score
    0.62
    """

    id: str
    score: float
    text: str


def resource(kind: type[Resource], values: Any) -> Resource:
    """Return the answer of a server as a value; what a later server adds is left out.

    Examples
    --------
    >>> resource(Match, {"id": "7", "score": 1, "text": "late", "new": True})
    Match(id='7', score=1.0, text='late')
    """
    return msgspec.convert(values, kind)


def model_of(values: Mapping[str, Any]) -> RemoteModel:
    """Return a model from the answer of a server."""
    return resource(RemoteModel, {**values, "details": values["summary"]})
