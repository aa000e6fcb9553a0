"""Conversions between kinds preserve the meaning of the data."""

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


def _examples(cls: type[Examples], *rows: tuple[object, ...]) -> Examples:
    columns = dict(zip(cls.roles, map(list, zip(*rows, strict=True)), strict=True))
    return cls(pa.table({**columns, "row": pa.array(range(1, len(rows) + 1), pa.int64())}))


def _rows(examples: Examples) -> list[tuple[object, ...]]:
    return list(zip(*(examples.table[name].to_pylist() for name in examples.roles), strict=True))


def test_entailment_becomes_1_and_other_labels_become_0() -> None:
    """All rows are kept."""
    nli = _examples(
        Nli, ("p", "h", "entailment"), ("p", "n", "neutral"), ("p", "c", "contradiction")
    )
    assert _rows(reshape(nli, Kind.SCORED_PAIRS)) == [
        ("p", "h", 1.0), ("p", "n", 0.0), ("p", "c", 0.0),
    ]  # fmt: skip


def test_the_contradiction_of_a_premise_is_its_hard_negative() -> None:
    """Without a contradiction, a hypothesis that is not entailed is drawn."""
    nli = _examples(
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
    """A negative is neither the anchor nor entailed by it, in either direction."""
    nli = _examples(Nli, *rows)
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
def test_positives_and_negatives_follow_from_labels(rows: list[tuple[str, str]]) -> None:
    """A positive shares a label with its anchor, and a negative shares none."""
    labelled = _examples(Labelled, *rows)
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


def test_large_classes_take_linear_memory() -> None:
    """Twenty thousand texts with two labels are converted quickly."""
    rows = [(f"text {number}", "ab"[number % 2]) for number in range(20_000)]
    assert len(reshape(_examples(Labelled, *rows), "triplets")) == 20_000


def test_pairs_labelled_0_are_hard_negatives() -> None:
    """For either of their texts; all of them are listed."""
    labelled = _examples(
        LabelledPairs, ("a", "b", 1), ("a", "c", 0), ("d", "a", 0), ("e", "f", 1), ("e", "b", 0)
    )
    assert _rows(reshape(labelled, "triplets")) == [("a", "b", ["c", "d"]), ("e", "f", ["b"])]
    assert _rows(reshape(labelled, "pairs")) == [("a", "b"), ("e", "f")]
    assert reshape(labelled, "scored_pairs").table["score"].to_pylist() == [1.0, 0.0, 0.0, 1.0, 0.0]


def test_random_negatives_depend_on_the_seed() -> None:
    """The same seed gives the same negatives."""
    pairs = _examples(Pairs, *((f"q{number}", f"d{number}") for number in range(50)))
    first, again, other = (_rows(reshape(pairs, "triplets", seed=seed)) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_retrieval_pairs_come_from_the_training_judgements(examples: Path) -> None:
    """Queries are paired with the texts of their relevant documents."""
    retrieval = detect(read(examples / "retrieval")).examples
    pairs = reshape(retrieval, "pairs")
    assert set(pairs.texts("anchor")) <= set(retrieval.texts("query"))
    assert set(pairs.texts("positive")) <= set(retrieval.texts("document"))
    triplets = reshape(retrieval, "triplets")
    known = set(zip(pairs.texts("anchor"), pairs.texts("positive"), strict=True))
    for anchor, _, negatives in _rows(triplets):
        assert isinstance(negatives, list)
        assert not known & {(str(anchor), negative) for negative in negatives}


def test_impossible_conversions_are_rejected() -> None:
    """The message lists the possible kinds, or says that no row is left."""
    nli = _examples(Nli, ("p", "h", "neutral"))
    with pytest.raises(UnknownKind, match="only to pairs, scored_pairs, triplets, texts"):
        reshape(nli, "labelled")
    with pytest.raises(DataError, match="1 rows of kind nli yield no pairs"):
        reshape(nli, "pairs")
    with pytest.raises(DataError, match="each is a single sentence"):
        reshape(_examples(Texts, ("a",)), "pairs")
    assert reshape(nli, "nli") is nli
    assert possible_kinds(Kind.PAIRS) == (Kind.PAIRS, Kind.TRIPLETS, Kind.TEXTS)


def test_raw_documents_become_pairs_of_their_parts() -> None:
    """One pair per document, with its row number; a single sentence gives none."""
    whole = ("A lost card. It was stolen. Call us now.",)
    texts = _examples(Texts, whole, ("only one sentence here",), whole)
    pairs = reshape(texts, "pairs")
    assert pairs.rows.tolist() == [1, 3]
    for anchor, positive in _rows(pairs):
        assert {*str(anchor).split(), *str(positive).split()} <= {*whole[0].split()}
    assert _rows(reshape(texts, "pairs", seed=1)) == _rows(reshape(texts, "pairs", seed=1))


def test_every_kind_can_be_converted_to_texts(examples: Path) -> None:
    """Each text once, with the row of its first occurrence, including negatives and documents."""
    triplets = _examples(Triplets, ("a", "b", ["c", "a"]), ("b", "d", ["e"]))
    found = reshape(triplets, "texts")
    assert found.texts("text") == ["a", "b", "d", "c", "e"]
    assert found.rows.tolist() == [1, 1, 2, 1, 2]
    retrieval = detect(read(examples / "retrieval")).examples
    own = reshape(retrieval, "texts").texts("text")
    assert set(own) == {*retrieval.texts("query"), *retrieval.texts("document")}


def test_triplets_become_pairs_without_their_negatives() -> None:
    """Triplets as triplets are returned unchanged."""
    triplets = _examples(Triplets, ("a", "b", ["c", "d"]))
    assert _rows(reshape(triplets, "pairs")) == [("a", "b")]
    assert reshape(triplets, "triplets") is triplets
