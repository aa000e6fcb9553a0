"""Known positives and known negatives of each kind of data."""

from typing import Any

import pyarrow as pa
import pytest

from tests.error_fields import about
from tests.mining.mined import RandomEncoder, made, on_a_circle, triplets
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
from tunesmith.mining.rules import Rules
from tunesmith.recipes.training.text_tuples import TextTuples


def test_known_negatives_are_exempt_from_margins() -> None:
    """Pairs labelled 0, contradictions, given negatives and other labels ignore the margin."""
    encoder = on_a_circle(q=0, p=40, near=10, other=12, far=80, x=180, y=170)
    labelled_pairs = made(LabelledPairs, ("q", "p", 1), ("near", "q", 0), ("x", "other", 0))
    assert triplets(mine(labelled_pairs, encoder))[0] == ("q", "p", ["near", "x"])
    nli = made(
        Nli,
        ("q", "p", "entailment"),
        ("q", "near", "contradiction"),
        ("q", "other", "neutral"),
        ("x", "far", "neutral"),
    )
    assert triplets(mine(nli, encoder)) == [("q", "p", ["near", "far"])]
    triplet_rows = made(Triplets, ("q", "p", ["near"]), ("x", "y", ["other", "far"]))
    assert triplets(mine(triplet_rows, encoder))[0] == ("q", "p", ["near", "far", "y"])
    labelled = made(Labelled, ("q", "1"), ("p", "1"), ("near", "2"), ("far", "3"))
    assert triplets(mine(labelled, encoder))[0] == ("q", "p", ["near", "far"])


def test_texts_of_one_label_are_never_negatives() -> None:
    """Texts with several labels are included; unlabelled texts must respect the margin."""
    encoder = on_a_circle(q=0, p=40, both=5, other=20, new=10, far=90)
    rows = [("q", "1"), ("p", "1"), ("both", "1"), ("both", "2"), ("other", "2")]
    for anchor, _, texts in triplets(mine(made(Labelled, *rows), encoder)):
        wrong = {"q": {"p", "both"}, "p": {"q", "both"}, "other": {"both"}}.get(anchor, set())
        assert not wrong & set(texts)
        assert anchor != "both"
    corpus = ["new", "far", "both", "P"]
    found = mine(made(Labelled, *rows[:2], ("both", "2")), encoder, corpus=corpus)
    assert triplets(found)[0] == ("q", "p", ["both", "far"])


def test_positives_are_transitive() -> None:
    """Positives are transitive, unless the two ends are labelled otherwise."""
    encoder = on_a_circle(q=0, p=5, third=50, fourth=60, far=80)
    rows = [("q", "p", 1), ("third", "P?", 1), ("fourth", "third", 1), ("far", "far!", 1)]
    assert triplets(mine(made(LabelledPairs, *rows), encoder))[0] == ("q", "p", ["far"])
    labelled_pairs = mine(made(LabelledPairs, *rows, ("q", "fourth", 0)), encoder)
    assert triplets(labelled_pairs)[0] == ("q", "p", ["fourth", "far"])
    wandering = [(f"step {n}", f"step {n + 1}", 1) for n in range(60)]
    assert (
        mine(made(LabelledPairs, *wandering), RandomEncoder(), Rules(margin=-2)).report.without == 0
    )


def test_retrieval_uses_the_judgements_of_every_split() -> None:
    """Pairs come from the training split; test positives do not become negatives."""
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


def test_a_corpus_replaces_the_positives_as_candidates() -> None:
    """Each text counts once, and empty ones are ignored."""
    pairs = made(Pairs, ("q", "p"), ("x", "y"))
    encoder = on_a_circle(q=0, p=10, far=60, further=80, x=180, y=170)
    found = mine(pairs, encoder, Rules(margin=-2), corpus=["far", "", "FAR!", "further", "P"])
    assert triplets(found)[0] == ("q", "p", ["far", "further"])
    assert found.report.corpus == 3


def test_triplets_can_be_used_by_a_recipe() -> None:
    """Each row keeps all its negatives."""
    pairs = made(Pairs, *((f"q{n}", f"p{n}") for n in range(9)))
    rows = TextTuples.of(mine(pairs, RandomEncoder(), Rules(margin=-2, negatives=3)).examples)
    assert [len(indices) for indices in rows.negatives] == [3] * 9


def test_rows_and_order_of_pairs_are_kept() -> None:
    """A pair without a negative is dropped and counted."""
    pairs = made(Pairs, ("r", "s"), ("q", "far"), ("q", "p"), ("t", "u"))
    encoder = on_a_circle(q=0, p=10, r=40, s=140, far=80, t=90, u=91)
    found = mine(pairs, encoder)
    assert found.examples.rows.tolist() == [2, 3, 4]
    assert triplets(found)[1] == ("q", "p", ["u", "s"])
    assert found.report.without == 1


def test_data_that_cannot_be_mined_is_refused() -> None:
    """Errors for kinds without positives, missing texts (with the row), and empty results."""
    nothing: Any = None
    for cls, row in ((Texts, ("a",)), (ScoredPairs, ("a", "b", 0.5))):
        with pytest.raises(UnknownKind, match="have no positives"):
            mine(made(cls, row), nothing)
    with pytest.raises(DataError, check=about(row=2)):
        mine(made(Pairs, ("a", "b"), ("c", None)), nothing)
    with pytest.raises(DataError, check=about(row=1)):
        mine(made(Labelled, ("a", None), ("b", "x")), nothing)
    with pytest.raises(DataError, match="none of the 2 anchors"):
        mine(made(Labelled, ("a", "x"), ("b", "x")), RandomEncoder())
    with pytest.raises(UnknownModel, match="no cross-encoder 'no/such-judge'"):
        mine(made(Pairs, ("a", "b")), nothing, judge="no/such-judge")
