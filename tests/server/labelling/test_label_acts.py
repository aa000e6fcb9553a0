"""Acts of labelling: each can be undone and redone, in this process and after a restart."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tunesmith.errors import UsageError
from tunesmith.server.faults import NotFound
from tunesmith.server.labelling.label_acts import ActKind, LabelActs, NewAct, RowLabel, in_force

if TYPE_CHECKING:
    from tunesmith.server.stores import Stores

REFUND = NewAct(ActKind.ASSIGN, (1, 2, 3), "refund")
CARD = NewAct(ActKind.ASSIGN, (3,), "card")
UNSURE = NewAct(ActKind.UNSURE, (2,))


def labels(acts: LabelActs, dataset: str = "data-1") -> dict[int, RowLabel]:
    return in_force(acts.all(dataset))


def test_later_acts_cover_earlier_ones(stores: "Stores") -> None:
    acts = stores.label_acts
    assert acts.revision("data-1") == 0
    for act in (REFUND, CARD, UNSURE, NewAct(ActKind.CLEAR, (1,))):
        acts.add("data-1", act, "key-1")
    assert labels(acts) == {
        1: RowLabel(None),
        2: RowLabel(None, unsure=True),
        3: RowLabel("card"),
    }
    assert [act.number for act in acts.all("data-1")] == [1, 2, 3, 4]
    assert {act.key_id for act in acts.all("data-1")} == {"key-1"}
    assert acts.all("data-2") == []


def test_every_act_is_undone_and_redone_in_another_process_too(stores: "Stores") -> None:
    stores.label_acts.add("data-1", REFUND)
    stores.label_acts.add("data-1", CARD)
    again = LabelActs(stores.engine)
    seen = {again.revision("data-1")}
    assert again.undo("data-1") == 2
    assert labels(again)[3] == RowLabel("refund")
    seen.add(again.revision("data-1"))
    assert again.undo("data-1") == 1
    assert labels(again) == {}
    assert [act.undone for act in again.all("data-1")] == [True, True]
    assert [again.redo("data-1"), again.redo("data-1")] == [1, 2]
    assert labels(again)[3] == RowLabel("card")
    seen.add(again.revision("data-1"))
    assert len(seen) == 3


def test_any_act_of_the_log_can_be_taken_back(stores: "Stores") -> None:
    acts = stores.label_acts
    for act in (REFUND, CARD, UNSURE):
        acts.add("data-1", act)
    acts.undo("data-1", 1)
    assert labels(acts) == {2: RowLabel(None, unsure=True), 3: RowLabel("card")}
    with pytest.raises(NotFound, match="nothing to redo"):
        acts.redo("data-1")  # the acts in force are newer
    assert acts.redo("data-1", 1) == 1
    with pytest.raises(NotFound, match="nothing to undo"):
        acts.undo("data-1", 99)


def test_redo_takes_what_was_undone_last(stores: "Stores") -> None:
    acts = stores.label_acts
    acts.add("data-1", REFUND)
    acts.undo("data-1")
    acts.add("data-1", CARD)
    acts.undo("data-1")
    assert acts.redo("data-1") == 2
    with pytest.raises(NotFound, match="nothing to redo"):
        acts.redo("data-1")


def test_nothing_to_undo(stores: "Stores") -> None:
    with pytest.raises(NotFound, match="nothing to undo"):
        stores.label_acts.undo("data-1")


def test_people_may_label_at_the_same_time(stores: "Stores") -> None:
    def add(row: int) -> int:
        return stores.label_acts.add("data-1", NewAct(ActKind.ASSIGN, (row,), "a")).number

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(add, range(1, 25)))
    assert sorted(numbers) == list(range(1, 25))
    assert len(labels(stores.label_acts)) == 24


@pytest.mark.parametrize(
    ("kind", "rows", "label", "message"),
    [
        (ActKind.ASSIGN, (), "a", "no row"),
        (ActKind.ASSIGN, (1,), None, "needs a label"),
        (ActKind.ASSIGN, (1,), " \t\0 ", "needs a label"),
        (ActKind.ASSIGN, (1,), "a" * 201, "201 characters"),
        (ActKind.CLEAR, (1,), "a", "needs no label"),
    ],
)
def test_other_acts_are_refused(
    kind: ActKind, rows: tuple[int, ...], label: str | None, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        NewAct(kind, rows, label)
