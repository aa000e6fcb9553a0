"""Acts of labelling: stored in their order, undone and redone, and what follows from them."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine, RowMapping

from tunesmith.errors import UsageError
from tunesmith.server.faults import NotFound
from tunesmith.server.metadata.database import lock
from tunesmith.server.metadata.tables import label_acts

LONGEST_LABEL: Final = 200
"""Maximum number of characters of a label."""


class ActKind(StrEnum):
    """What an act of labelling does."""

    ASSIGN = "assign"
    UNSURE = "unsure"
    CLEAR = "clear"


@dataclass(frozen=True)
class NewAct:
    """An act of labelling that a person wants.

    Parameters
    ----------
    kind
        ``assign`` gives a label, ``unsure`` marks rows as doubtful and takes their label away,
        ``clear`` takes label and mark away.
    rows
        Row numbers of the file, from 1.
    label
        The label to assign, else None.

    Raises
    ------
    UsageError
        There is no row, or no usable label to assign.

    Examples
    --------
    >>> NewAct(ActKind.ASSIGN, (3, 4), " refund ").label
    'refund'
    """

    kind: ActKind
    rows: tuple[int, ...]
    label: str | None = None

    def __post_init__(self) -> None:
        if not self.rows:
            raise UsageError("no row is selected", hint="select some texts", option="rows")
        label = "".join(filter(str.isprintable, self.label or "")).strip() or None
        if (label is None) is (self.kind is ActKind.ASSIGN):
            raise UsageError(f"{self.kind} needs {_NEEDED[self.kind]}", option="label")
        if label is not None and len(label) > LONGEST_LABEL:
            raise UsageError(
                f"the label has {len(label)} characters",
                hint=f"use {LONGEST_LABEL} or fewer",
                option="label",
            )
        object.__setattr__(self, "label", label)


_NEEDED = {ActKind.ASSIGN: "a label", ActKind.UNSURE: "no label", ActKind.CLEAR: "no label"}


@dataclass(frozen=True)
class LabelAct:
    """An act of labelling that was stored.

    Parameters
    ----------
    number
        The number of the act among those of its data set, from 1.
    at
        Seconds since 1970.
    key_id
        The id of the API key; None without keys.
    kind, label, rows
        As in :class:`NewAct`.
    undone
        Whether it was taken back.
    """

    number: int
    at: float
    key_id: str | None
    kind: ActKind
    label: str | None
    rows: tuple[int, ...]
    undone: bool


@dataclass(frozen=True)
class RowLabel:
    """The label of a row after all acts; None for none, and whether a person was unsure."""

    label: str | None
    unsure: bool = False


class LabelActs:
    """The acts of labelling of a server's data sets.

    Parameters
    ----------
    engine
        The database of metadata.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, dataset: str, act: NewAct, key_id: str | None = None) -> LabelAct:
        """Store an act; it is in force at once."""
        values = {
            "at": time.time(),
            "key_id": key_id,
            "kind": act.kind,
            "label": act.label,
            "rows": list(act.rows),
            "undone": False,
        }
        of = label_acts.c.dataset_id == dataset
        with self._engine.begin() as connection:
            lock(connection, _lock_of(dataset))
            last = connection.execute(sa.select(sa.func.max(label_acts.c.number)).where(of))
            number = int(last.scalar() or 0) + 1
            changed = _changes(connection, dataset) + 1
            row = {"dataset_id": dataset, "number": number, "changed": changed, **values}
            connection.execute(label_acts.insert().values(**row))
        return _act({**row, "rows": act.rows})

    def all(self, dataset: str) -> list[LabelAct]:
        """Return all acts of a data set, oldest first, also those that were undone."""
        query = sa.select(label_acts).where(label_acts.c.dataset_id == dataset)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(label_acts.c.number)).mappings()
            return [_act(row) for row in rows]

    def revision(self, dataset: str) -> int:
        """Return a number that grows with each act, each undo and each redo."""
        with self._engine.connect() as connection:
            return _changes(connection, dataset)

    def undo(self, dataset: str, number: int | None = None) -> int:
        """Take an act back, by default the newest that is in force; return its number.

        Raises
        ------
        NotFound
            There is nothing to undo.
        """
        with self._engine.begin() as connection:
            lock(connection, _lock_of(dataset))
            found = _numbers(connection, dataset, undone=False)
            wanted = max(found, default=0) if number is None else number
            return _turn(connection, dataset, wanted, found, undone=True)

    def redo(self, dataset: str, number: int | None = None) -> int:
        """Do an act again, by default the one that was undone last; return its number.

        Without a number, only acts that are newer than all in force are done again.

        Raises
        ------
        NotFound
            There is nothing to redo.
        """
        with self._engine.begin() as connection:
            lock(connection, _lock_of(dataset))
            found = _numbers(connection, dataset, undone=True)
            newest = max(_numbers(connection, dataset, undone=False), default=0)
            later = [each for each in found if each > newest]
            wanted = next(iter(later), 0) if number is None else number
            return _turn(connection, dataset, wanted, found, undone=False)


def in_force(acts: Sequence[LabelAct]) -> dict[int, RowLabel]:
    """Return the label of each row that acts have touched, later acts over earlier ones.

    Examples
    --------
    >>> acts = [LabelAct(1, 0.0, None, ActKind.ASSIGN, "refund", (1, 2), undone=False)]
    >>> acts += [LabelAct(2, 0.0, None, ActKind.UNSURE, None, (2,), undone=False)]
    >>> in_force(acts)
    {1: RowLabel(label='refund', unsure=False), 2: RowLabel(label=None, unsure=True)}
    """
    found: dict[int, RowLabel] = {}
    for act in acts:
        if not act.undone:
            given = RowLabel(act.label, act.kind is ActKind.UNSURE)
            found.update(dict.fromkeys(act.rows, given))
    return found


def _turn(
    connection: sa.Connection, dataset: str, number: int, found: Sequence[int], *, undone: bool
) -> int:
    if number not in found:
        raise NotFound(f"there is nothing to {'undo' if undone else 'redo'}")
    this = (label_acts.c.dataset_id == dataset) & (label_acts.c.number == number)
    changed = _changes(connection, dataset) + 1
    connection.execute(label_acts.update().where(this).values(undone=undone, changed=changed))
    return number


def _numbers(connection: sa.Connection, dataset: str, *, undone: bool) -> list[int]:
    """Return the numbers of the acts in a state, the one that changed last first."""
    this = (label_acts.c.dataset_id == dataset) & (label_acts.c.undone == undone)
    last_first = sa.select(label_acts.c.number).where(this).order_by(label_acts.c.changed.desc())
    return list(connection.execute(last_first).scalars())


def _changes(connection: sa.Connection, dataset: str) -> int:
    query = sa.select(sa.func.max(label_acts.c.changed))
    return int(connection.execute(query.where(label_acts.c.dataset_id == dataset)).scalar() or 0)


def _lock_of(dataset: str) -> str:
    return hashlib.sha256(f"labels of {dataset}".encode()).hexdigest()


def _act(row: Mapping[str, Any] | RowMapping) -> LabelAct:
    return LabelAct(
        number=row["number"],
        at=row["at"],
        key_id=row["key_id"],
        kind=ActKind(row["kind"]),
        label=row["label"],
        rows=tuple(row["rows"]),
        undone=bool(row["undone"]),
    )
