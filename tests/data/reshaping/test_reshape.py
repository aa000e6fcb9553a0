"""What is made of one kind is true of the kind that it becomes."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.data.reshaping.reshape import possible_kinds, reshape
from tunesmith.errors import DataError, UnknownKind
from tunesmith.kinds import Examples, Kind, Labelled, LabelledPairs, Nli, Pairs, Texts, Triplets

WORDS = st.sampled_from("abcdefgh")
RELATIONS = st.sampled_from(["entailment", "neutral", "contradiction"])


def _made(cls: type[Examples], *rows: tuple[object, ...]) -> Examples:
    columns = dict(zip(cls.roles, map(list, zip(*rows, strict=True)), strict=True))
    return cls(pa.table({**columns, "row": pa.array(range(1, len(rows) + 1), pa.int64())}))


def _rows(examples: Examples) -> list[tuple[object, ...]]:
    return list(zip(*(examples.table[name].to_pylist() for name in examples.roles), strict=True))


def test_entailment_becomes_1_and_all_else_0() -> None:
    """Every row stays."""
    nli = _made(Nli, ("p", "h", "entailment"), ("p", "n", "neutral"), ("p", "c", "contradiction"))
    assert _rows(reshape(nli, Kind.SCORED_PAIRS)) == [
        ("p", "h", 1.0), ("p", "n", 0.0), ("p", "c", 0.0),
    ]  # fmt: skip


def test_the_contradiction_of_a_premise_is_its_hard_negative() -> None:
    """Where there is none, another hypothesis is drawn that it does not entail."""
    nli = _made(
        Nli,
        ("rain", "it is wet", "entailment"),
        ("rain", "it is dry", "contradiction"),
        ("sun", "it is warm", "entailment"),
        ("sun", "it is bright", "entailment"),
    )
    triplets = reshape(nli, "triplets")
    assert _rows(triplets)[0] == ("rain", "it is wet", ["it is dry"])
    for _, _, negatives in _rows(triplets)[1:]:
        assert isinstance(negatives, list)
        assert negatives[0] in {"it is wet", "it is dry"}
    assert triplets.rows.tolist() == [1, 3, 4]
    assert len(reshape(nli, "pairs")) == 3


@given(st.lists(st.tuples(WORDS, WORDS, RELATIONS), min_size=1, max_size=30), st.integers(0, 3))
def test_no_negative_is_a_known_positive(rows: list[tuple[str, str, str]], seed: int) -> None:
    """Neither the anchor itself nor anything that it entails, in either direction."""
    nli = _made(Nli, *rows)
    positives = {(p, h) for p, h, label in rows if label == "entailment"}
    try:
        triplets = reshape(nli, "triplets", seed=seed)
    except DataError:
        return
    for anchor, positive, negatives in _rows(triplets):
        assert (anchor, positive) in positives
        assert isinstance(negatives, list)
        for negative in negatives:
            assert negative != anchor
            assert (anchor, negative) not in positives
            assert (negative, anchor) not in positives


@given(st.lists(st.tuples(WORDS, st.sampled_from("xyz")), min_size=1, max_size=40))
def test_labels_decide_who_is_whose(rows: list[tuple[str, str]]) -> None:
    """A positive shares a label with its anchor, a negative shares none, each text once."""
    labelled = _made(Labelled, *rows)
    labels: dict[str, set[str]] = {}
    for text, label in rows:
        labels.setdefault(text, set()).add(label)
    try:
        triplets = reshape(labelled, "triplets")
    except DataError:
        return
    for anchor, positive, negatives in _rows(triplets):
        assert anchor != positive
        assert labels[str(anchor)] & labels[str(positive)]
        assert isinstance(negatives, list)
        assert all(not labels[str(anchor)] & labels[negative] for negative in negatives)
    assert len(set(triplets.rows.tolist())) == len(triplets)


def test_a_large_class_takes_no_square_of_memory() -> None:
    """Twenty thousand texts of two labels, in a moment."""
    rows = [(f"text {number}", "ab"[number % 2]) for number in range(20_000)]
    assert len(reshape(_made(Labelled, *rows), "triplets")) == 20_000


def test_pairs_judged_0_are_hard_negatives() -> None:
    """Of either text; a list of them is kept."""
    judged = _made(
        LabelledPairs, ("a", "b", 1), ("a", "c", 0), ("d", "a", 0), ("e", "f", 1), ("e", "b", 0)
    )
    assert _rows(reshape(judged, "triplets")) == [("a", "b", ["c", "d"]), ("e", "f", ["b"])]
    assert _rows(reshape(judged, "pairs")) == [("a", "b"), ("e", "f")]
    assert reshape(judged, "scored_pairs").table["score"].to_pylist() == [1.0, 0.0, 0.0, 1.0, 0.0]


def test_the_seed_decides_what_is_drawn() -> None:
    """The same one draws the same."""
    pairs = _made(Pairs, *((f"q{number}", f"d{number}") for number in range(50)))
    first, again, other = (_rows(reshape(pairs, "triplets", seed=seed)) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_retrieval_gives_the_training_judgements(examples: Path) -> None:
    """Queries with the texts of the documents that answer them."""
    retrieval = detect(read(examples / "retrieval")).examples
    pairs = reshape(retrieval, "pairs")
    assert set(pairs.texts("anchor")) <= set(retrieval.texts("query"))
    assert set(pairs.texts("positive")) <= set(retrieval.texts("document"))
    triplets = reshape(retrieval, "triplets")
    known = set(zip(pairs.texts("anchor"), pairs.texts("positive"), strict=True))
    for anchor, _, negatives in _rows(triplets):
        assert isinstance(negatives, list)
        assert not known & {(str(anchor), negative) for negative in negatives}


def test_what_cannot_be_made_is_said() -> None:
    """With what can be, or that nothing is left."""
    nli = _made(Nli, ("p", "h", "neutral"))
    with pytest.raises(UnknownKind, match="they can become pairs, scored_pairs, triplets, texts"):
        reshape(nli, "labelled")
    with pytest.raises(DataError, match="no pairs can be made of these 1 nli rows"):
        reshape(nli, "pairs")
    with pytest.raises(DataError, match="1 texts rows: each is a single sentence"):
        reshape(_made(Texts, ("a",)), "pairs")
    assert reshape(nli, "nli") is nli
    assert possible_kinds(Kind.PAIRS) == (Kind.PAIRS, Kind.TRIPLETS, Kind.TEXTS)


def test_raw_documents_become_pairs_of_their_parts() -> None:
    """One of each document, by its row; a single sentence makes none."""
    whole = ("A lost card. It was stolen. Call us now.",)
    texts = _made(Texts, whole, ("only one sentence here",), whole)
    pairs = reshape(texts, "pairs")
    assert pairs.rows.tolist() == [1, 3]
    for anchor, positive in _rows(pairs):
        assert {*str(anchor).split(), *str(positive).split()} <= {*whole[0].split()}
    assert _rows(reshape(texts, "pairs", seed=1)) == _rows(reshape(texts, "pairs", seed=1))


def test_texts_of_every_kind_can_be_taken_alone(examples: Path) -> None:
    """Each once, with the row in which it stands first; negatives and documents too."""
    triplets = _made(Triplets, ("a", "b", ["c", "a"]), ("b", "d", ["e"]))
    found = reshape(triplets, "texts")
    assert found.texts("text") == ["a", "b", "d", "c", "e"]
    assert found.rows.tolist() == [1, 1, 2, 1, 2]
    retrieval = detect(read(examples / "retrieval")).examples
    own = reshape(retrieval, "texts").texts("text")
    assert set(own) == {*retrieval.texts("query"), *retrieval.texts("document")}


def test_negatives_are_kept_or_dropped_as_asked() -> None:
    """A triplet is also a pair."""
    triplets = _made(Triplets, ("a", "b", ["c", "d"]))
    assert _rows(reshape(triplets, "pairs")) == [("a", "b")]
    assert reshape(triplets, "triplets") is triplets
