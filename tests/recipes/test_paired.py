"""Training on pairs, scored pairs, NLI and triplets."""

import json
import re
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

from tests.error_fields import about
from tests.recipes.recipe_samples import LOSSES, WORDS, made, rows_for
from tunesmith.errors import DataError, OutputError, TunesmithError, UsageError
from tunesmith.kinds import Examples, Nli, Pairs, ScoredPairs, Triplets
from tunesmith.recipes.losses.kinds import PairedLoss
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.training.text_tuples import TextTuples
from tunesmith.stop import Stop

QUICK = PairedRecipe("ranking", epochs=3, batch_size=8, learning_rate=1e-3)


def _margin(folder: Path) -> float:
    """Return the mean cosine of positives minus that of all pairs."""
    model = SentenceTransformer(str(folder), device="cpu")
    one = model.encode([f"{word} number 1" for word in WORDS], normalize_embeddings=True)
    other = model.encode([f"my {word} 1" for word in WORDS], normalize_embeddings=True)
    cosines = one @ other.T
    return float(np.diag(cosines).mean() - cosines.mean())


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_brings_positives_together(
    tiny_model: Path, tmp_path: Path, loss: PairedLoss
) -> None:
    """The loss falls, and positives come nearer than other pairs."""
    recipe = replace(QUICK, loss=loss, epochs=8)
    run = recipe.run(tiny_model, rows_for(loss), tmp_path / "out")
    assert run.losses[-1] < run.losses[0]
    assert (run.epochs, run.stopped_early) == (8.0, False)
    assert _margin(tmp_path / "out") > _margin(tiny_model)


def test_only_the_upper_layers_change(tiny_model: Path, tmp_path: Path) -> None:
    """Embeddings and frozen layers are bit-identical to the base's."""
    QUICK.run(tiny_model, rows_for("ranking"), tmp_path / "out")
    base, tuned = (
        load_file(folder / "model.safetensors") for folder in (tiny_model, tmp_path / "out")
    )
    changed = {name for name in base if not np.array_equal(base[name], tuned[name])}
    assert changed
    assert all("layer.1." in name or "layer.2." in name for name in changed)


def test_the_same_seed_gives_the_same_weights(tiny_model: Path, tmp_path: Path) -> None:
    """Runs with one seed are bit-identical; the caller's random state is not changed."""
    before = torch.get_rng_state()
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        replace(QUICK, seed=seed).run(tiny_model, rows_for("ranking"), tmp_path / name)
    assert torch.equal(before, torch.get_rng_state())
    a, b, c = (load_file(tmp_path / name / "model.safetensors") for name in "abc")
    assert all(np.array_equal(a[key], b[key]) for key in a)
    assert not all(np.array_equal(a[key], c[key]) for key in a)


def test_the_trunk_changes_nothing(tiny_model: Path, tmp_path: Path) -> None:
    """Starting from cached hidden states gives the same loss as running all layers."""
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
def test_no_batch_contains_a_text_twice(pairs: list[tuple[str, str]], size: int) -> None:
    """No batch has a single row, and no row appears twice."""
    tuples = TextTuples.of(made(Pairs, pairs))
    batches = tuples.batches(size, np.random.default_rng(0), distinct=True)
    seen = [row for batch in batches for row in batch]
    assert len(seen) == len(set(seen))
    for batch in batches:
        assert 2 <= len(batch) <= size
        texts = [index for row in batch for index in {tuples.first[row], tuples.second[row]}]
        assert len(texts) == len(set(texts))
    if len({text for pair in pairs for text in pair}) == 2 * len(pairs):
        assert len(seen) >= len(pairs) - 1


def test_many_rows_with_one_anchor_take_linear_time() -> None:
    """Ten thousand rows that cannot share a batch."""
    tuples = TextTuples.of(made(Pairs, [("same", f"other {number}") for number in range(10_000)]))
    assert tuples.batches(32, np.random.default_rng(0), distinct=True) == []


def test_a_run_without_time_writes_the_base(tiny_model: Path, tmp_path: Path) -> None:
    """A run without time writes the base."""
    run = QUICK.run(tiny_model, rows_for("ranking"), tmp_path / "out", stop=Stop(0))
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
    ("triplet", Pairs, [("a", "b"), ("c", "d")], "needs triplets, not pairs"),
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
    """The error names the row, also as a field that JSON can hold, and nothing is written."""
    with pytest.raises((DataError, UsageError), match=message) as caught:
        replace(QUICK, loss=loss).run(tiny_model, made(cls, rows), tmp_path / "out")
    found = json.loads(json.dumps(caught.value.to_dict()))
    named = re.match(r"row (\d+) has", found["message"])
    assert named is None or found["row"] == int(named[1])
    assert list(tmp_path.iterdir()) == []


def test_few_rows_get_a_lower_learning_rate() -> None:
    """The default rate depends on the numbers of rows and layers."""
    recipe = PairedRecipe("cosent")
    assert recipe.peak_rate(639) < recipe.peak_rate(5749)
    assert replace(recipe, train_layers=None).peak_rate(5749) == recipe.peak_rate(639)
    assert replace(recipe, learning_rate=1e-3).peak_rate(10) == 1e-3


def test_invalid_settings_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    """Invalid settings are refused; a divergent learning rate writes nothing."""
    with pytest.raises(UsageError, check=about(option="loss")):
        PairedRecipe("best")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(UsageError, check=about(option="epochs")):
        PairedRecipe("cosine", epochs=0)
    with pytest.raises(UsageError, check=about(option="mini_batch")):
        PairedRecipe("ranking", mini_batch=0)
    with pytest.raises(UsageError, check=about(option="matryoshka_dims")):
        PairedRecipe("ranking", matryoshka_dims=(16, -8))
    with pytest.raises(UsageError, check=about(option="matryoshka_dims")):
        replace(QUICK, matryoshka_dims=(16, 64)).run(
            tiny_model, rows_for("ranking"), tmp_path / "out"
        )
    with pytest.raises(OutputError, match="already exists"):
        QUICK.run(tiny_model, rows_for("ranking"), tiny_model)
    with pytest.raises(TunesmithError, match="training diverged"):
        replace(QUICK, learning_rate=1e30).run(tiny_model, rows_for("ranking"), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
