"""Training on pairs, scores, NLI and triplets: nothing breaks silently."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer

from tests.recipes.recipe_samples import LOSSES, WORDS, made, rows_for
from tunesmith.errors import DataError, OutputError, TunesmithError, UsageError
from tunesmith.kinds import Examples, Nli, Pairs, ScoredPairs, Triplets
from tunesmith.recipes.losses.kinds import PairedLoss
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.training.text_tuples import TextTuples

QUICK = PairedRecipe("ranking", epochs=3, batch_size=8, learning_rate=1e-3)


def _margin(folder: Path) -> float:
    """How much nearer texts are to their partners than to others' on average."""
    model = SentenceTransformer(str(folder), device="cpu")
    one = model.encode([f"{word} number 1" for word in WORDS], normalize_embeddings=True)
    other = model.encode([f"my {word} 1" for word in WORDS], normalize_embeddings=True)
    cosines = one @ other.T
    return float(np.diag(cosines).mean() - cosines.mean())


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_brings_together_what_belongs_together(
    tiny_model: Path, tmp_path: Path, loss: PairedLoss
) -> None:
    """The loss falls, and words that mean the same come nearer than others."""
    recipe = replace(QUICK, loss=loss, epochs=8)
    run = recipe.run(tiny_model, rows_for(loss), tmp_path / "out")
    assert run.losses[-1] < run.losses[0]
    assert (run.epochs, run.stopped_early) == (8.0, False)
    assert _margin(tmp_path / "out") > _margin(tiny_model)


def test_only_the_upper_layers_change(tiny_model: Path, tmp_path: Path) -> None:
    """Embeddings and trunk are bit for bit the base's."""
    QUICK.run(tiny_model, rows_for("ranking"), tmp_path / "out")
    base, tuned = (
        load_file(folder / "model.safetensors") for folder in (tiny_model, tmp_path / "out")
    )
    changed = {name for name in base if not np.array_equal(base[name], tuned[name])}
    assert changed
    assert all("layer.1." in name or "layer.2." in name for name in changed)


def test_the_same_seed_gives_the_same_weights(tiny_model: Path, tmp_path: Path) -> None:
    """Two runs agree bit for bit, another seed does not, and the caller's dice are left alone."""
    before = torch.get_rng_state()
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        replace(QUICK, seed=seed).run(tiny_model, rows_for("ranking"), tmp_path / name)
    assert torch.equal(before, torch.get_rng_state())
    a, b, c = (load_file(tmp_path / name / "model.safetensors") for name in "abc")
    assert all(np.array_equal(a[key], b[key]) for key in a)
    assert not all(np.array_equal(a[key], c[key]) for key in a)


def test_the_trunk_changes_nothing(tiny_model: Path, tmp_path: Path) -> None:
    """Starting from kept hidden states gives what running all layers with two trained gives."""
    for name, layers in (("split", 2), ("whole", 3)):
        recipe = replace(QUICK, train_layers=layers, dropout=False, epochs=1, learning_rate=0.0)
        run = recipe.run(tiny_model, rows_for("ranking"), tmp_path / name)
        (tmp_path / name / "loss").write_text(str(run.losses[0]))
    split, whole = (float((tmp_path / name / "loss").read_text()) for name in ("split", "whole"))
    assert split == pytest.approx(whole, abs=1e-5)


@settings(max_examples=50, deadline=None)
@given(
    pairs=st.lists(
        st.tuples(st.sampled_from("abcdef"), st.sampled_from("ghijkl")), min_size=2, max_size=40
    ),
    size=st.integers(2, 8),
)
def test_no_batch_holds_a_text_twice(pairs: list[tuple[str, str]], size: int) -> None:
    """Nor is any of a single row, and no row comes twice."""
    tuples = TextTuples.of(made(Pairs, pairs))
    batches = tuples.batches(size, np.random.default_rng(0), distinct=True)
    seen = [row for batch in batches for row in batch]
    assert len(seen) == len(set(seen))
    for batch in batches:
        assert 2 <= len(batch) <= size
        texts = [place for row in batch for place in {tuples.first[row], tuples.second[row]}]
        assert len(texts) == len(set(texts))
    if len({text for pair in pairs for text in pair}) == 2 * len(pairs):
        assert len(seen) >= len(pairs) - 1


def test_many_rows_of_one_anchor_take_no_square_of_time() -> None:
    """Ten thousand rows that cannot stand together."""
    tuples = TextTuples.of(made(Pairs, [("same", f"other {number}") for number in range(10_000)]))
    assert tuples.batches(32, np.random.default_rng(0), distinct=True) == []


def test_a_deadline_keeps_what_was_learnt(tiny_model: Path, tmp_path: Path) -> None:
    """A run that is late before it begins writes the base."""
    run = QUICK.run(tiny_model, rows_for("ranking"), tmp_path / "out", deadline=0.0)
    assert run.stopped_early
    assert run.steps == 0
    assert (tmp_path / "out" / "modules.json").is_file()


BAD: list[tuple[PairedLoss, type[Examples], list[tuple[Any, ...]], str]] = [
    ("cosine", ScoredPairs, [("a", "b", 0.5), ("a", "c", None)], "row 2 has no score"),
    (
        "cosent",
        ScoredPairs,
        [("a", "b", 5.0), ("a", "c", 1.0)],
        "row 1 has the score 5: ",
    ),
    ("cosent", ScoredPairs, [("a", "b", 0.0), ("a", "c", float("nan"))], "row 2 has no score"),
    ("cosine", ScoredPairs, [("a", None, 0.5), ("a", "c", 0.1)], "row 1 has no text2"),
    (
        "softmax",
        Nli,
        [("a", "b", "entailment"), ("a", "c", "maybe")],
        "the label 'maybe'",
    ),
    ("triplet", Triplets, [("a", "b", ["c"]), ("a", "c", [])], "row 2 has no negative"),
    ("ranking", Triplets, [("a", "b", ["c"]), ("a", "c", [None])], "row 2 has no negative"),
    ("ranking", Pairs, [("a", "b")], "1 rows are too few"),
    ("ranking", Pairs, [("a", "b"), ("a", "c")], "each row shares a text"),
    ("triplet", Pairs, [("a", "b"), ("c", "d")], "learns from triplets, not from pairs"),
]


@pytest.mark.parametrize(("loss", "cls", "rows", "message"), BAD, ids=[case[-1] for case in BAD])
def test_bad_rows_are_named(
    tiny_model: Path,
    tmp_path: Path,
    loss: PairedLoss,
    cls: type[Examples],
    rows: list[tuple[Any, ...]],
    message: str,
) -> None:
    """In one line, and nothing is written."""
    with pytest.raises((DataError, UsageError), match=message):
        replace(QUICK, loss=loss).run(tiny_model, made(cls, rows), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_few_rows_are_learnt_from_gently() -> None:
    """The rate follows the number of rows and of layers, unless it is chosen."""
    recipe = PairedRecipe("cosent")
    assert recipe.peak_rate(639) < recipe.peak_rate(5749)
    assert replace(recipe, train_layers=None).peak_rate(5749) == recipe.peak_rate(639)
    assert replace(recipe, learning_rate=1e-3).peak_rate(10) == 1e-3


def test_what_is_out_of_range_is_said(tiny_model: Path, tmp_path: Path) -> None:
    """Before or while it runs; a rate that breaks the model writes nothing."""
    with pytest.raises(UsageError, match="loss is 'best': give one of softmax"):
        PairedRecipe("best")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(UsageError, match="epochs is 0"):
        PairedRecipe("cosine", epochs=0)
    with pytest.raises(UsageError, match="mini_batch is 0: give 1 or more"):
        PairedRecipe("ranking", mini_batch=0)
    with pytest.raises(UsageError, match="matryoshka_dims has -8: give 1 or more"):
        PairedRecipe("ranking", matryoshka_dims=(16, -8))
    with pytest.raises(
        UsageError, match=r"matryoshka_dims has 64, but the model's vectors have 32"
    ):
        replace(QUICK, matryoshka_dims=(16, 64)).run(
            tiny_model, rows_for("ranking"), tmp_path / "out"
        )
    with pytest.raises(OutputError, match="is there already"):
        QUICK.run(tiny_model, rows_for("ranking"), tiny_model)
    with pytest.raises(TunesmithError, match="training broke down"):
        replace(QUICK, learning_rate=1e30).run(tiny_model, rows_for("ranking"), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
