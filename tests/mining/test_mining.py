"""Mined negatives follow the rules and are never known positives."""

import tracemalloc
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer
from sentence_transformers.util import mine_hard_negatives

from tests.error_fields import about
from tests.mining.mined import RandomEncoder, TableJudge, made, on_a_circle, triplets
from tunesmith import SentenceEncoder
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.data.reshaping.reshape import reshape
from tunesmith.data.splits.near_duplicates import normalise
from tunesmith.encoders.cross_encoder import CrossEncoder
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.errors import DataError, UsageError
from tunesmith.kinds import (
    Examples,
    Pairs,
)
from tunesmith.mining import Mined, Rules, candidates, mine, negatives

WORDS = st.sampled_from(["a", "A", "a!", "b", "c", "d", "e", "f", "F ", "g", "h", "i"])
PAIRS = st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=20)
ODD_MODE: Any = "soft"


def naive(pairs: list[tuple[str, str]], encoder: RandomEncoder, rules: Rules) -> list[list[float]]:
    """Return the similarities of positive and negatives of each pair that has negatives."""
    pool = list({normalise(text): text for _, text in reversed(pairs)}.values())
    found = []
    for anchor, positive in pairs:
        positives = {normalise(anchor)}
        positives |= {normalise(two) for one, two in pairs if normalise(one) == normalise(anchor)}
        positives |= {normalise(one) for one, two in pairs if normalise(two) == normalise(anchor)}
        left = [text for text in pool if normalise(text) not in positives]
        near = sorted((cosine(encoder, anchor, text) for text in left), reverse=True)
        own = cosine(encoder, anchor, positive)
        kept = [score for score in near[rules.skip_top : rules.depth] if passes(score, own, rules)]
        if kept:
            found.append([own, *kept[: rules.negatives]])
    return found


def cosine(encoder: RandomEncoder, one: str, other: str) -> float:
    left, right = encoder.encode([one, other]).astype(np.float64)
    return float(left @ right / np.linalg.norm(left) / np.linalg.norm(right))


def passes(score: float, own: float, rules: Rules) -> bool:
    if rules.mode == "semi-hard" and not own - rules.margin < score < own:
        return False
    if rules.mode == "hard" and score > own - rules.margin:
        return False
    if rules.relative_margin is not None and score > own - abs(own) * rules.relative_margin:
        return False
    low = -2 if rules.min_similarity is None else rules.min_similarity
    return low <= score <= (2 if rules.max_similarity is None else rules.max_similarity)


RULES = st.builds(
    Rules,
    mode=st.sampled_from(["hard", "semi-hard"]),
    negatives=st.integers(1, 3),
    skip_top=st.integers(0, 2),
    depth=st.integers(5, 12),
    margin=st.sampled_from([0.01, 0.21, 1.3]),
    relative_margin=st.sampled_from([None, 0.07, 0.9]),
    max_similarity=st.sampled_from([None, 0.6]),
    min_similarity=st.sampled_from([None, -0.4]),
)


@settings(deadline=None)
@given(PAIRS, RULES, st.integers(0, 9))
def test_negatives_are_those_of_a_naive_search(
    pairs: list[tuple[str, str]], rules: Rules, seed: int
) -> None:
    """The results are equal for any rules and block sizes."""
    encoder = RandomEncoder(seed)
    expected = naive(pairs, encoder, rules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(negatives, "CANDIDATE_BLOCK", 20)
        try:
            found = mine(made(Pairs, *pairs), encoder, rules)
        except DataError:
            assert not expected
            return
    rows = [[score for score in row if np.isfinite(score)] for row in found.similarities.tolist()]
    assert [len(row) for row in rows] == [len(row) for row in expected]
    for row, wanted in zip(rows, expected, strict=True):
        assert row == pytest.approx(wanted, abs=1e-5)
    for (anchor, positive, texts), row in zip(triplets(found), rows, strict=True):
        scores = [cosine(encoder, anchor, text) for text in (positive, *texts)]
        assert row == pytest.approx(scores, abs=1e-5)


@settings(deadline=None)
@given(PAIRS, st.sampled_from(["hard", "semi-hard", "easy"]), st.integers(0, 9))
def test_no_negative_is_a_known_positive(
    pairs: list[tuple[str, str]], mode: Any, seed: int
) -> None:
    """Known positives are excluded in any spelling and direction, and the report adds up."""
    try:
        found = mine(
            made(Pairs, *pairs), RandomEncoder(seed), Rules(mode=mode, margin=0.4), seed=seed
        )
    except DataError:
        return
    together = {(normalise(one), normalise(two)) for one, two in pairs}
    for anchor, _, texts in triplets(found):
        keys = [normalise(text) for text in texts]
        assert len(keys) == len(set(keys))
        for key in keys:
            assert key != normalise(anchor)
            assert (normalise(anchor), key) not in together
            assert (key, normalise(anchor)) not in together
    report = found.report
    assert report.anchors == len(pairs) == len(found.examples) + report.without
    assert report.found == sum(len(texts) for *_, texts in triplets(found))
    assert sum(report.ranks.values()) == (0 if mode == "easy" else report.found)


def test_each_filter_counts_its_rejections() -> None:
    """A candidate counts for the first filter that rejects it."""
    pairs = made(Pairs, ("q", "p"), *(("x", text) for text in ("Q?", "a", "b", "c", "d", "e")))
    encoder = on_a_circle(q=0, p=30, a=5, b=25, c=50, d=60, e=85, x=180, **{"Q?": 0})
    rules: dict[str, Any] = {
        "margin": 0.1,
        "skip_top": 1,
        "max_similarity": 0.6,
        "min_similarity": 0.2,
    }
    found = mine(pairs, encoder, Rules(**rules))
    assert triplets(found)[0] == ("q", "p", ["d"])
    assert found.similarities[0, :2] == pytest.approx([np.cos(np.pi / 6), 0.5], abs=1e-6)
    assert np.isnan(found.similarities[0, 2:]).all()
    assert found.report.ranks["2 to 5"] == found.report.found == 1
    alone = mine(pairs.take([0]), encoder, Rules(**rules), corpus=["Q?", *"pabcde"])
    assert alone.report.dropped == {
        "the anchor itself": 1,
        "known positives": 1,
        "skipped ranks": 1,
        "highest similarity": 2,
        "lowest similarity": 1,
        "margin": 0,
    }


def test_semi_hard_negatives_are_within_the_margin() -> None:
    """Less similar than the positive, but not by more than the margin."""
    pairs = made(Pairs, ("q", "p"), ("x", "a"), ("x", "b"), ("x", "c"), ("x", "d"))
    encoder = on_a_circle(q=0, p=30, x=180, a=5, b=35, c=45, d=90)
    found = mine(pairs, encoder, Rules(mode="semi-hard", margin=0.2))
    assert triplets(found)[0] == ("q", "p", ["b", "c"])


def test_easy_negatives_are_reproducible() -> None:
    """A seed determines the negatives, which are random texts of the pool."""
    pairs = made(Pairs, *((f"q{n}", f"p{n}") for n in range(200)))

    def mine_easy(seed: int) -> Mined:
        return mine(pairs, RandomEncoder(), Rules(mode="easy", negatives=3, margin=-2), seed=seed)

    assert triplets(mine_easy(1)) == triplets(mine_easy(1))
    assert triplets(mine_easy(1)) != triplets(mine_easy(2))
    assert abs(mine_easy(1).report.negative) < 0.1
    assert mine(pairs, RandomEncoder(), Rules(negatives=3, margin=-2)).report.negative > 0.9


def test_the_judge_rejects_false_negatives() -> None:
    """Candidates scored above the positive minus the margin, or above the limit, are rejected."""
    pairs = made(Pairs, ("q", "p"), *(("x", text) for text in "abcd"))
    encoder = on_a_circle(q=0, p=10, a=20, b=30, c=40, d=50, x=180)
    judge = TableJudge({"p": 0.9, "a": 0.7, "b": 0.2, "c": 0.1, "d": 0.1})
    found = mine(pairs.take([0, 1, 2, 3, 4]), encoder, Rules(negatives=1, margin=0.01), judge=judge)
    assert triplets(found)[0] == ("q", "p", ["b"])
    assert ("q", "c") not in judge.scored  # no more pairs are scored than needed
    assert judge.scored.count(("q", "a")) == judge.scored.count(("q", "p")) == 1
    lower = TableJudge({"p": 0.15, "b": 0.2, "c": 0.1})
    found = mine(pairs, encoder, Rules(negatives=1, margin=0.01, max_judge_score=1), judge=lower)
    assert triplets(found)[0] == ("q", "p", ["a"])
    strict = TableJudge({**judge.scores, "a": 0.3})
    found = mine(
        pairs, encoder, Rules(negatives=1, margin=0.01, max_judge_score=0.25), judge=strict
    )
    assert triplets(found)[0] == ("q", "p", ["b"])
    assert found.report.dropped["judge"] >= 1


def test_a_cross_encoder_can_be_the_judge(tiny_judge: Path) -> None:
    """With the folder of a cross-encoder, no negative scores above the positive."""
    words = ["card", "order", "refund", "late", "cancel", "login", "pay", "money", "broken"]
    pairs = made(Pairs, *((f"my {word}", f"{word} {word}") for word in words))
    found = mine(
        pairs, RandomEncoder(), Rules(margin=-2, negatives=8, max_judge_score=1), judge=tiny_judge
    )
    judge = CrossEncoder(tiny_judge)
    dropped = found.report.dropped["judge"]
    assert 0 < dropped < len(words) * (len(words) - 1)
    for anchor, positive, texts in triplets(found):
        own, *others = judge.score([(anchor, text) for text in (positive, *texts)])
        assert max(others) <= own + 1e-5
    with pytest.raises(DataError, match="none of the 9 anchors"):
        mine(pairs, RandomEncoder(), Rules(margin=-2, max_judge_score=0), judge=tiny_judge)


def test_memory_does_not_grow_with_the_square() -> None:
    """Four times the texts take four times the memory, not sixteen times."""

    def peak(count: int) -> int:
        pairs = made(Pairs, *((f"question {n}", f"answer {n}") for n in range(count)))
        tracemalloc.start()
        try:
            mine(pairs, RandomEncoder(), Rules(negatives=2, margin=-2, depth=50))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("tunesmith.vectors.similarity"), "QUERY_BLOCK", 16)
        patch.setattr(import_module("tunesmith.vectors.similarity"), "CORPUS_BLOCK", 512)
        patch.setattr(negatives, "CANDIDATE_BLOCK", 2_000)
        small, large = peak(500), peak(2_000)
    assert large < 6 * small
    assert large < 4 * 2_000 * 2_000  # a similarity for each pair of texts


@pytest.mark.parametrize(
    ("rules", "option"),
    [
        ({"mode": ODD_MODE}, "mode"),
        ({"negatives": 0}, "negatives"),
        ({"skip_top": -1}, "skip_top"),
        ({"skip_top": 98, "negatives": 3}, "depth"),
        ({"margin": 3}, "margin"),
        ({"margin": float("nan")}, "margin"),
        ({"relative_margin": -0.1}, "relative_margin"),
        ({"max_similarity": 1.5}, "max_similarity"),
        ({"max_similarity": 0.2, "min_similarity": 0.3}, "min_similarity"),
        ({"mode": "semi-hard", "margin": 0}, "margin"),
        ({"mode": "easy", "skip_top": 1}, "skip_top"),
        ({"max_judge_score": 2}, "max_judge_score"),
    ],
)
def test_invalid_rules_are_refused(rules: dict[str, Any], option: str) -> None:
    """They cannot even be made, and the error names the rule."""
    with pytest.raises(UsageError, check=about(option=option)):
        Rules(**rules)


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"seed": -1}, "seed"),
        ({"corpus": [" "]}, "corpus"),
        ({"corpus": "a text"}, "texts"),
    ],
)
def test_invalid_options_are_refused(options: dict[str, Any], option: str) -> None:
    """They are refused before any text is encoded."""
    with pytest.raises(UsageError, check=about(option=option)):
        mine(made(Pairs, ("q", "p"), ("r", "s")), None, **options)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.long
def test_hard_negatives_are_those_of_sentence_transformers(shared_data: Path) -> None:
    """The results agree on real pairs with one positive each."""
    questions = detect(read(shared_data / "quora" / "train.csv")).examples
    pairs = _with_one_positive(reshape(questions, "pairs"), 300)
    ours = mine(pairs, SentenceEncoder(cache=False, backend="torch"), Rules(negatives=3, depth=40))
    theirs = mine_hard_negatives(
        Dataset.from_dict({name: pairs.texts(name) for name in ("anchor", "positive")}),
        SentenceTransformer(str(bundled_folder()), device="cpu"),
        num_negatives=3,
        range_max=40,
        absolute_margin=0.05,
        verbose=False,
    )
    expected: dict[str, set[str]] = {}
    for row in theirs:
        expected.setdefault(row["anchor"], set()).add(row["negative"])
    assert {anchor: set(texts) for anchor, _, texts in triplets(ours)} == expected


def _with_one_positive(pairs: Examples, count: int) -> Examples:
    seen: set[str] = set()
    kept = []
    for index, row in enumerate(zip(*map(pairs.texts, ("anchor", "positive")), strict=True)):
        keys = {normalise(text) for text in row}
        if len(keys) == 2 and not keys & seen:
            kept.append(index)
            seen |= keys
    return pairs.take(kept[:count])


def test_rejected_candidates_are_counted_once() -> None:
    """The counts of all filters sum to at most the number of candidates."""
    block = candidates.Candidates(
        pairs=np.array([0]),
        indices=np.array([[0, 1, 2]]),
        similarities=np.array([[0.9, 0.5, 0.1]], dtype=np.float32),
        positives=np.array([[0.6]], dtype=np.float32),
        dropped=Counter(),
    )
    block.drop("one", np.array([[True, False, False]]))
    block.drop("two", np.array([[True, True, False]]))
    assert dict(block.dropped) == {"one": 1, "two": 1}
    assert block.best(1).tolist() == [[False, False, True]]
