"""Distillation of an encoder into a mean of token vectors."""

import csv
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import sparse

from tunesmith import SentenceEncoder
from tunesmith.encoders.backends.parts import Settings
from tunesmith.encoders.backends.static_model import StaticModel, TokenBags
from tunesmith.errors import DataError
from tunesmith.recipes import static_model
from tunesmith.recipes.static_model import distill, training_steps

WORDS = ["card", "order", "refund", "late", "cancel", "login", "pay", "money", "broken"]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    generator = random.Random(0)
    return [" ".join(generator.choices(WORDS, k=generator.randint(2, 8))) for _ in range(400)]


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> str:
    return (tiny_model / "tokenizer.json").read_text("utf-8")


class Parent:
    """A parent that is itself a mean of random token vectors, and counts what it encodes."""

    def __init__(self, tokenizer: str) -> None:
        size = TokenBags(tokenizer).size
        weight = np.random.default_rng(1).normal(size=(size, 12)).astype(np.float32)
        self.model = StaticModel(tokenizer, weight)
        self.encoded = 0

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        self.encoded += len(texts)
        vectors = np.empty((len(texts), 12), dtype=np.float32)
        for encoded in self.model.encode(texts, Settings()):
            vectors[encoded.positions] = encoded.vectors
        return vectors


def _vectors(model: StaticModel, texts: list[str]) -> NDArray[np.float32]:
    vectors = np.empty((len(texts), model.dimension), dtype=np.float32)
    for encoded in model.encode(texts, Settings()):
        vectors[encoded.positions] = encoded.vectors
    return vectors


def test_a_mean_of_tokens_is_recovered(texts: list[str], tokenizer: str) -> None:
    """A parent that is a mean of tokens is recovered, as measured on held-out texts."""
    parent = Parent(tokenizer)
    found = distill(parent.encode, tokenizer, texts, parent.encode(texts))
    assert found.cosine > 0.98
    held_out = [texts[position] for position in found.held_out]
    cosines = (_vectors(found.model, held_out) * parent.encode(held_out)).sum(axis=1)
    assert found.cosine == pytest.approx(float(cosines.mean()), abs=1e-5)
    assert len(held_out) == 20


def test_training_equals_autograd_and_sparse_adam() -> None:
    """The hand-written gradient and update give torch's weights."""
    generator = np.random.default_rng(2)
    known = generator.random((150, 30)) * (generator.random((150, 30)) < 0.2)
    counts = sparse.csr_matrix(known.astype(np.float32))
    weight = generator.normal(size=(30, 6)).astype(np.float32)
    vectors = generator.normal(size=(150, 6)).astype(np.float32)
    rows = torch.nn.Parameter(torch.from_numpy(weight.copy()))
    adam = torch.optim.SparseAdam([rows], lr=static_model._RATE)
    for step, batch in enumerate(static_model._batches(150, 600, 0)):
        adam.param_groups[0]["lr"] = static_model._RATE * (1 - step / 600)
        rows.grad = None
        sums = torch.from_numpy(counts[batch].toarray()) @ rows
        goals = torch.from_numpy(vectors[batch])
        loss = 1 - torch.cosine_similarity(sums, goals).mean()
        loss.backward()  # type: ignore[no-untyped-call]  # torch ships no types for it
        used = torch.from_numpy(np.unique(counts[batch].indices).astype(np.int64))
        assert rows.grad is not None
        values = rows.grad[used]
        rows.grad = torch.sparse_coo_tensor(used[None], values, rows.shape, check_invariants=True)
        adam.step()
    trained = static_model._trained(weight, counts, vectors, 0, lambda _: None)
    np.testing.assert_allclose(trained, rows.detach().numpy(), atol=1e-4)


def test_shuffled_vectors_are_not_learned(texts: list[str], tokenizer: str) -> None:
    """With shuffled vectors the agreement is low."""
    parent = Parent(tokenizer)
    vectors = parent.encode(texts)
    shuffled = np.random.default_rng(0).permutation(vectors)
    assert distill(parent.encode, tokenizer, texts, shuffled).cosine < 0.9


def test_a_partial_vocabulary_gives_the_same_vectors(texts: list[str], tokenizer: str) -> None:
    """A model with part of the vocabulary gives the vectors of the whole model."""
    parent = Parent(tokenizer)
    vectors, others = parent.encode(texts), ["unknown words, late!", "card"]
    whole = distill(parent.encode, tokenizer, texts, vectors)
    before = parent.encoded
    texts_given = distill(parent.encode, tokenizer, texts, vectors, among=others)
    assert parent.encoded - before < 40
    np.testing.assert_array_equal(
        _vectors(texts_given.model, others), _vectors(whole.model, others)
    )


def test_the_seed_makes_results_reproducible(texts: list[str], tokenizer: str) -> None:
    """The same seed gives identical weights, another one holds out other texts."""
    parent = Parent(tokenizer)
    vectors = parent.encode(texts)
    first, again, other = (
        distill(parent.encode, tokenizer, texts, vectors, seed=seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.model.weight, again.model.weight)
    assert not np.array_equal(first.held_out, other.held_out)


def test_progress_counts_every_step(texts: list[str], tokenizer: str) -> None:
    """The number of steps matches ``training_steps``."""
    parent = Parent(tokenizer)
    done: list[int] = []
    distill(parent.encode, tokenizer, texts, parent.encode(texts), advance=done.append)
    assert sum(done) == training_steps(len(texts))


def test_texts_are_neither_framed_nor_truncated(texts: list[str], tokenizer: str) -> None:
    """Special tokens, padding and the parent's maximum length are not used."""
    parent = Parent(tokenizer)
    found = distill(parent.encode, tokenizer, texts, parent.encode(texts))
    once, often = _vectors(found.model, ["late card", "late card " * 500])
    np.testing.assert_allclose(once, often, atol=1e-4)
    assert TokenBags(found.model.tokenizer).count(["card"]).sum() == 1


def test_a_few_texts_are_refused(tokenizer: str) -> None:
    """There must be enough texts for training and evaluation."""
    parent = Parent(tokenizer)
    with pytest.raises(DataError, match="3 texts are too few"):
        distill(parent.encode, tokenizer, ["a", "b", "c"], parent.encode(["a", "b", "c"]))


def test_a_wide_parent_has_a_narrow_student(
    texts: list[str], tokenizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the parent's dimensions are redundant, nothing is lost."""
    monkeypatch.setattr("tunesmith.recipes.static_model.WIDEST", 12)
    parent = Parent(tokenizer)

    def wide(texts_given: list[str]) -> NDArray[np.float32]:
        return np.tile(parent.encode(texts_given), (1, 5)) / np.float32(np.sqrt(5))

    found = distill(wide, tokenizer, texts, wide(texts))
    assert found.model.dimension == 12
    vectors, narrow = parent.encode(texts), _vectors(found.model, texts)
    assert found.cosine > 0.98
    np.testing.assert_allclose(narrow @ narrow.T, vectors @ vectors.T, atol=0.3)


@pytest.mark.long
@pytest.mark.usefixtures("common_home")
def test_distillation_on_banking77(shared_data: Path) -> None:
    """The bundled model distilled on an eighth of Banking77 agrees with its parent (0.87)."""
    with (shared_data / "banking77" / "train.csv").open(encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)][::8]
    parent = SentenceEncoder()
    tokenizer = (parent.folder / "tokenizer.json").read_text("utf-8")
    found = distill(parent.encode, tokenizer, texts, parent.encode(texts), among=texts)
    assert found.cosine > 0.85
