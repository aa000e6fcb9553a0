"""What each kind of data says belongs together, and what it says does not."""

from typing import Any

import pyarrow as pa
import pytest

from tests.mining.mined import Drawn, made, on_a_circle, triplets
from tunesmith.errors import DataError, UnknownKind, UnknownModel
from tunesmith.kinds import (
    Labelled,
    LabelledPairs,
    Nli,
    Pairs,
    Retrieval,
    ScoredPairs,
    Texts,
    Triplets,
)
from tunesmith.mining import mine
from tunesmith.recipes.training.text_tuples import TextTuples


def test_what_is_known_not_to_belong_passes_every_margin() -> None:
    """Judged 0, contradicted, given as a negative, of another label; all others must not."""
    encoder = on_a_circle(q=0, p=40, near=10, other=12, far=80, x=180, y=170)
    judged = made(LabelledPairs, ("q", "p", 1), ("near", "q", 0), ("x", "other", 0))
    assert triplets(mine(judged, encoder))[0] == ("q", "p", ["near", "x"])
    nli = made(
        Nli,
        ("q", "p", "entailment"),
        ("q", "near", "contradiction"),
        ("q", "other", "neutral"),
        ("x", "far", "neutral"),
    )
    assert triplets(mine(nli, encoder)) == [("q", "p", ["near", "far"])]
    given = made(Triplets, ("q", "p", ["near"]), ("x", "y", ["other", "far"]))
    assert triplets(mine(given, encoder))[0] == ("q", "p", ["near", "far", "y"])
    labelled = made(Labelled, ("q", "1"), ("p", "1"), ("near", "2"), ("far", "3"))
    assert triplets(mine(labelled, encoder))[0] == ("q", "p", ["near", "far"])


def test_a_label_keeps_its_texts_together() -> None:
    """Also a text that has several labels; what has no label keeps to the margin."""
    encoder = on_a_circle(q=0, p=40, both=5, other=20, new=10, far=90)
    rows = [("q", "1"), ("p", "1"), ("both", "1"), ("both", "2"), ("other", "2")]
    for anchor, _, texts in triplets(mine(made(Labelled, *rows), encoder)):
        wrong = {"q": {"p", "both"}, "p": {"q", "both"}, "other": {"both"}}.get(anchor, set())
        assert not wrong & set(texts)
        assert anchor != "both"
    corpus = ["new", "far", "both", "P"]
    found = mine(made(Labelled, *rows[:2], ("both", "2")), encoder, corpus=corpus)
    assert triplets(found)[0] == ("q", "p", ["both", "far"])


def test_the_duplicate_of_a_duplicate_is_one() -> None:
    """Along a chain of judged pairs, unless the two ends were judged otherwise."""
    encoder = on_a_circle(q=0, p=5, third=50, fourth=60, far=80)
    rows = [("q", "p", 1), ("third", "P?", 1), ("fourth", "third", 1), ("far", "far!", 1)]
    assert triplets(mine(made(LabelledPairs, *rows), encoder))[0] == ("q", "p", ["far"])
    judged = mine(made(LabelledPairs, *rows, ("q", "fourth", 0)), encoder)
    assert triplets(judged)[0] == ("q", "p", ["fourth", "far"])
    wandering = [(f"step {n}", f"step {n + 1}", 1) for n in range(60)]
    assert mine(made(LabelledPairs, *wandering), Drawn(), margin=-2).report.without == 0


def test_retrieval_knows_the_judgements_of_every_split() -> None:
    """Pairs are those of the training split; what the test calls relevant is no negative."""
    table = pa.table(
        {
            "query": ["1", "1"],
            "document": ["a", "b"],
            "score": [1.0, 1.0],
            "split": ["train", "test"],
            "row": [1, 1],
        }
    )
    texts = {"a": "p", "b": "near", "c": "far"}
    corpus = pa.table({"id": list(texts), "text": list(texts.values())})
    queries = pa.table({"id": ["1"], "text": ["q"]})
    encoder = on_a_circle(q=0, p=10, near=20, far=80)
    found = mine(Retrieval(table, queries=queries, corpus=corpus), encoder)
    assert triplets(found) == [("q", "p", ["far"])]
    assert found.report.corpus == 3


def test_a_corpus_takes_the_place_of_the_positives() -> None:
    """Each of its texts once; what is empty is passed over."""
    pairs = made(Pairs, ("q", "p"), ("x", "y"))
    encoder = on_a_circle(q=0, p=10, far=60, further=80, x=180, y=170)
    found = mine(pairs, encoder, corpus=["far", "", "FAR!", "further", "P"], margin=-2)
    assert triplets(found)[0] == ("q", "p", ["far", "further"])
    assert found.report.corpus == 3


def test_triplets_are_what_a_recipe_takes() -> None:
    """Each row with all of its negatives."""
    pairs = made(Pairs, *((f"q{n}", f"p{n}") for n in range(9)))
    rows = TextTuples.of(mine(pairs, Drawn(), margin=-2, negatives=3).examples)
    assert [len(places) for places in rows.negatives] == [3] * 9


def test_the_row_and_the_order_of_the_pairs_stay() -> None:
    """A pair without a negative is left out, and counted."""
    pairs = made(Pairs, ("r", "s"), ("q", "far"), ("q", "p"), ("t", "u"))
    encoder = on_a_circle(q=0, p=10, r=40, s=140, far=80, t=90, u=91)
    found = mine(pairs, encoder)
    assert found.examples.rows.tolist() == [2, 3, 4]
    assert triplets(found)[1] == ("q", "p", ["u", "s"])
    assert found.report.without == 1


def test_data_that_cannot_be_mined_is_named() -> None:
    """Kinds without positives, missing texts by their row, and where nothing is found."""
    nothing: Any = None
    for cls, row in ((Texts, ("a",)), (ScoredPairs, ("a", "b", 0.5))):
        with pytest.raises(UnknownKind, match="name no positives"):
            mine(made(cls, row), nothing)
    with pytest.raises(DataError, match="row 2 has no positive"):
        mine(made(Pairs, ("a", "b"), ("c", None)), nothing)
    with pytest.raises(DataError, match="row 1 has no label"):
        mine(made(Labelled, ("a", None), ("b", "x")), nothing)
    with pytest.raises(DataError, match="none of 2 anchors has a negative"):
        mine(made(Labelled, ("a", "x"), ("b", "x")), Drawn())
    with pytest.raises(UnknownModel, match="no cross-encoder 'no/such-judge'"):
        mine(made(Pairs, ("a", "b")), nothing, judge="no/such-judge")
