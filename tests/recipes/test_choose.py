"""The recipe is chosen from the data, with a reason."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recipes.recipe_samples import made
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.data.reshaping.reshape import reshape
from tunesmith.kinds import (
    Examples,
    Labelled,
    LabelledPairs,
    Multilabel,
    Nli,
    Pairs,
    ScoredPairs,
    Texts,
    Triplets,
)
from tunesmith.recipes.choose import Choice, choose_recipe
from tunesmith.recipes.registry import RECIPES

MANY = range(40)
NLI = [(f"p{n}", f"h{n}", "entailment") for n in MANY]
POSITIVE = [(f"a{n}", f"b{n}", 1) for n in MANY]

CASES: dict[str, tuple[Examples, str, str]] = {
    "labels": (made(Labelled, [("a", "x"), ("b", "x"), ("c", "y")]), "contrastive", "labelled"),
    "pairs": (made(Pairs, [(f"q{n}", f"a{n}") for n in MANY]), "ranking", "pairs"),
    "few answers": (made(Pairs, [(f"q{n}", f"a{n % 7}") for n in MANY]), "triplet", "triplets"),
    "triplets": (
        made(Triplets, [(f"q{n}", f"a{n}", ["no"]) for n in MANY]),
        "ranking",
        "triplets",
    ),
    "few anchors": (
        made(Triplets, [(f"q{n % 3}", f"a{n}", ["no"]) for n in MANY]),
        "triplet",
        "triplets",
    ),
    "labelled pairs": (
        made(LabelledPairs, [*POSITIVE, *((f"a{n}", f"c{n}", 0) for n in range(10))]),
        "cosent",
        "scored_pairs",
    ),
    "positive pairs only": (made(LabelledPairs, POSITIVE), "ranking", "pairs"),
    "negative pairs only": (
        made(LabelledPairs, [(one, other, 0) for one, other, _ in POSITIVE]),
        "cosine",
        "scored_pairs",
    ),
    "scores": (made(ScoredPairs, [("a", "b", n / 40) for n in MANY]), "cosent", "scored_pairs"),
    "one score in nine": (
        made(ScoredPairs, [("a", "b", float(n == 0)) for n in MANY]),
        "cosine",
        "scored_pairs",
    ),
    "nli, hard": (
        made(Nli, [*NLI, *((f"p{n}", f"no{n}", "contradiction") for n in range(10))]),
        "ranking",
        "triplets",
    ),
    "nli, easy": (made(Nli, [*NLI, ("x", "y", "contradiction")]), "ranking", "pairs"),
    "documents": (
        made(Texts, [(f"This is the title of {n}. This is all else of it.",) for n in MANY]),
        "ranking",
        "pairs",
    ),
    "sentences": (made(Texts, [(f"this is all of {n}",) for n in MANY]), "simcse", "texts"),
    "nli, little": (made(Nli, [*NLI[:7], ("x", "y", "neutral")]), "softmax", "nli"),
}


def _check_form(examples: Examples, choice: Choice) -> None:
    assert choice.kind in RECIPES[choice.name].accepts
    assert examples.kind in RECIPES[choice.name].kinds
    assert len(choice.sentences) == 2
    for sentence in choice.sentences:
        assert sentence[0].isupper() or sentence[0].isdigit()
        assert sentence.index(".") == len(sentence) - 1


@pytest.mark.parametrize("case", CASES)
def test_the_recipe_follows_from_the_data(case: str) -> None:
    """From its kind, repeated texts, hard negatives and equal scores."""
    examples, name, kind = CASES[case]
    choice = choose_recipe(examples)
    assert (choice.name, choice.kind) == (name, kind)
    _check_form(examples, choice)
    assert len(reshape(examples, choice.kind)) > 0


def test_the_sentences_contain_the_figures_of_the_data() -> None:
    """Counts and shares of this data set are shown to the user."""
    facts, reason = choose_recipe(CASES["nli, hard"][0]).sentences
    assert "40 of 50 rows" in facts
    assert "25%" in facts
    assert "hard negatives" in reason
    facts, reason = choose_recipe(CASES["few answers"][0]).sentences
    assert "40 positive pairs" in facts
    assert "Only 7 rows" in reason


def test_every_example_file_gets_a_recipe(examples: Path) -> None:
    """A recipe is found for every kind of example file."""
    for path in sorted(examples.iterdir()):
        if path.suffix in {".md", ".py", ".ipynb"}:
            continue
        found = detect(read(path)).examples
        _check_form(found, choose_recipe(found))


def test_multilabel_data_gets_the_contrastive_recipe() -> None:
    """The contrastive recipe accepts several labels per text."""
    maps = pa.array([[("x", 1)], [("x", 0)]], pa.map_(pa.string(), pa.int64()))
    table = pa.table({"text": ["a", "b"], "labels": maps, "row": [1, 2]})
    choice = choose_recipe(Multilabel(table))
    assert (choice.name, choice.kind) == ("contrastive", "multilabel")
    assert "2 texts" in choice.sentences[0]


TEXT = st.sampled_from([f"text {number}" for number in range(12)])


@given(rows=st.lists(st.tuples(TEXT, TEXT, st.floats(0, 1)), min_size=1, max_size=40))
def test_any_rows_get_a_recipe(rows: list[tuple[Any, ...]]) -> None:
    """The reason is two sentences, even for duplicate rows."""
    labelled = [(one, other, round(score)) for one, other, score in rows]
    relations = [
        (one, other, ["entailment", "neutral", "contradiction"][int(score * 2.99)])
        for one, other, score in rows
    ]
    for found in (
        made(ScoredPairs, rows),
        made(LabelledPairs, labelled),
        made(Nli, relations),
        made(Pairs, [row[:2] for row in rows]),
    ):
        _check_form(found, choose_recipe(found))
