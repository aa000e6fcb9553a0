"""Label-contrastive training of encoder weights."""

import csv
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import BoW

from tests.error_fields import about
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.errors import DataError, ModelError, OutputError, TunesmithError, UsageError
from tunesmith.kinds import labelled_examples
from tunesmith.recipes.contrastive import ContrastiveRecipe, Loss, default_epochs
from tunesmith.recipes.training.labelled_texts import LabelledTexts
from tunesmith.stop import Stop

TEXTS = [f"{word} number {index}" for index in range(6) for word in ("card", "order", "login")]
LABELS = ["card", "order", "login"] * 6
QUICK = ContrastiveRecipe(train_layers=2, epochs=2, batch_size=9, learning_rate=1e-3)
PROTOTYPES = replace(QUICK, loss="prototypes")
ROWS = labelled_examples(TEXTS, LABELS)


def _weights(folder: Path) -> dict[str, Any]:
    return dict(load_file(folder / "model.safetensors"))


@pytest.mark.parametrize("recipe", [QUICK, PROTOTYPES], ids=["pairs", "prototypes"])
def test_training_separates_labels_and_changes_only_the_upper_layers(
    tiny_model: Path, tmp_path: Path, recipe: ContrastiveRecipe
) -> None:
    """The loss falls; embeddings and frozen layers are bit-identical to the base's."""
    run = recipe.run(tiny_model, ROWS, tmp_path / "out")
    assert run.losses[-1] < run.losses[0]
    assert (run.epochs, run.stopped_early) == (2.0, False)
    base, tuned = _weights(tiny_model), _weights(tmp_path / "out")
    changed = {name for name in base if not np.array_equal(base[name], tuned[name])}
    assert changed
    assert all("layer.1." in name or "layer.2." in name for name in changed)


def test_result_is_a_plain_sentence_transformers_folder(tiny_model: Path, tmp_path: Path) -> None:
    """It loads without Tunesmith, gives unit vectors, and holds no model card with texts."""
    QUICK.run(tiny_model, ROWS, tmp_path / "out")
    vectors = SentenceTransformer(str(tmp_path / "out"), device="cpu").encode(TEXTS[:3])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-5)
    assert not (tmp_path / "out" / "README.md").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    "recipe", [QUICK, replace(QUICK, train_layers=None, dropout=True), PROTOTYPES]
)
def test_same_seed_gives_the_same_weights(
    tiny_model: Path, tmp_path: Path, recipe: ContrastiveRecipe
) -> None:
    """Runs with one seed are bit-identical; the caller's random state is not changed."""
    torch.manual_seed(5), np.random.seed(5), random.seed(5)  # noqa: NPY002 - the global state is tested
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # type: ignore[index]  # noqa: NPY002 - the global state is tested
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        replace(recipe, seed=seed).run(tiny_model, ROWS, tmp_path / name)
    after = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # type: ignore[index]  # noqa: NPY002 - the global state is tested
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]
    a, b, c = (_weights(tmp_path / name) for name in "abc")
    assert all(np.array_equal(a[key], b[key]) for key in a)
    assert not all(np.array_equal(a[key], c[key]) for key in a)


@pytest.mark.parametrize("loss", ["pairs", "prototypes", None])
@pytest.mark.parametrize(
    "labels",
    [
        ["a", "b"] * 9,
        ["a"] * 14 + ["b"] * 3 + ["c"],
        ["a", "a", *(f"only {number}" for number in range(16))],
    ],
    ids=["two classes", "uneven classes", "classes of one"],
)
def test_any_label_distribution_can_be_trained(
    tiny_model: Path, tmp_path: Path, labels: list[str], loss: Loss | None
) -> None:
    """Training ends with finite weights and losses for any label distribution."""
    run = replace(QUICK, loss=loss).run(
        tiny_model, labelled_examples(TEXTS, labels), tmp_path / "out"
    )
    assert np.isfinite(run.losses).all()
    assert all(np.isfinite(values).all() for values in _weights(tmp_path / "out").values())


def test_multilabel_data_needs_the_pairs_loss(tiny_model: Path, tmp_path: Path) -> None:
    """Unknown labels are ignored, and prototypes are refused for multi-label data."""
    labels = np.tile([[1, 0], [0, np.nan], [np.nan, 1]], (6, 1))
    run = QUICK.run(tiny_model, labelled_examples(TEXTS, labels), tmp_path / "out")
    assert np.isfinite(run.losses).all()
    assert all(np.isfinite(values).all() for values in _weights(tmp_path / "out").values())
    with pytest.raises(UsageError, check=about(option="loss")):
        PROTOTYPES.run(tiny_model, labelled_examples(TEXTS, labels), tmp_path / "refused")


def test_large_data_uses_prototypes() -> None:
    """The default is prototypes from 3,000 texts and 20 per class, else pairs."""
    texts = [f"text {number}" for number in range(3000)]
    labels = np.arange(3000)
    recipe = ContrastiveRecipe()
    for count, classes, loss in (
        (3000, 150, "prototypes"),
        (3000, 151, "pairs"),
        (2999, 10, "pairs"),
    ):
        targets = LabelledTexts.of(texts[:count], labels[:count] % classes)
        assert recipe.loss_for(targets) == loss
    several = LabelledTexts.of(texts, np.tile([[1, 0], [0, 1]], (1500, 1)))
    assert recipe.loss_for(several) == "pairs"


def test_repeated_texts_count_once(tiny_model: Path, tmp_path: Path) -> None:
    """Duplicates of texts do not change the result."""
    QUICK.run(tiny_model, ROWS, tmp_path / "once")
    QUICK.run(tiny_model, labelled_examples(TEXTS * 2, LABELS * 2), tmp_path / "twice")
    once, twice = _weights(tmp_path / "once"), _weights(tmp_path / "twice")
    assert all(np.array_equal(once[key], twice[key]) for key in once)


def test_progress_reports_the_work(tiny_model: Path, tmp_path: Path) -> None:
    """The counts sum to ``work``."""
    counts: list[int] = []
    QUICK.run(tiny_model, ROWS, tmp_path / "out", progress=counts.append)
    assert sum(counts) == QUICK.work(len(TEXTS)) == 3 * len(TEXTS)


@pytest.mark.parametrize("train_layers", [2, None])
@pytest.mark.parametrize("recipe", [QUICK, PROTOTYPES], ids=["pairs", "prototypes"])
def test_a_run_without_time_keeps_the_base(
    tiny_model: Path, tmp_path: Path, recipe: ContrastiveRecipe, train_layers: int | None
) -> None:
    """Without time for a step the result is the base, and the run reports it."""
    recipe = replace(recipe, train_layers=train_layers)
    run = recipe.run(tiny_model, ROWS, tmp_path / "out", stop=Stop(0))
    assert (run.epochs, run.steps, run.stopped_early) == (0.0, 0, True)
    base, tuned = _weights(tiny_model), _weights(tmp_path / "out")
    assert all(np.array_equal(base[key], tuned[key]) for key in base)


@pytest.mark.usefixtures("ticking")
def test_a_time_limit_cuts_the_epochs(tiny_model: Path, tmp_path: Path) -> None:
    """A plan that is too long is shortened, with part of the epochs done."""
    recipe = replace(QUICK, epochs=5000)
    run = recipe.run(tiny_model, ROWS, tmp_path / "out", stop=Stop(100.0))
    assert run.stopped_early
    assert 0 < run.epochs < 5000


def test_a_class_without_its_own_texts_is_ignored(tiny_model: Path, tmp_path: Path) -> None:
    """A label whose texts are all duplicates of an earlier label's is ignored."""
    texts, labels = [*TEXTS, TEXTS[0]], [*LABELS, "echo"]
    run = QUICK.run(tiny_model, labelled_examples(texts, labels), tmp_path / "out")
    assert run.steps > 0


def test_interruption_leaves_no_folder(tiny_model: Path, tmp_path: Path) -> None:
    """Ctrl-C in the middle of training writes nothing."""

    def interrupt(_count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        QUICK.run(tiny_model, ROWS, tmp_path / "out", progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_non_finite_loss_stops_training(tiny_model: Path, tmp_path: Path) -> None:
    """A divergent learning rate is reported, and no broken model is written."""
    recipe = replace(QUICK, learning_rate=1e38, warmup_ratio=0.0)
    with pytest.raises(TunesmithError, match="lower learning rate"):
        recipe.run(tiny_model, ROWS, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_not_overwritten(tiny_model: Path, tmp_path: Path) -> None:
    """An existing folder is refused before any work is done."""
    with pytest.raises(OutputError, match="already exists"):
        QUICK.run(tiny_model, ROWS, tmp_path)


@pytest.mark.parametrize(
    ("labels", "error"),
    [
        (["a"] * 18, DataError),
        ([str(number) for number in range(18)], DataError),
        (np.full((18, 2), np.nan), DataError),
        (["a", "b"], UsageError),
    ],
    ids=["one class", "no positive pair", "nothing known", "too few"],
)
def test_labels_without_contrast_are_refused(
    tiny_model: Path, tmp_path: Path, labels: Any, error: type[Exception]
) -> None:
    """A positive pair and a negative are required."""
    with pytest.raises(error):
        QUICK.run(tiny_model, labelled_examples(TEXTS, labels), tmp_path / "out")


def test_a_model_without_a_transformer_is_refused(tmp_path: Path) -> None:
    """A static embedding has no layers; the message says what to do instead."""
    SentenceTransformer(modules=[BoW(["card", "order"])]).save_pretrained(
        str(tmp_path / "bow"), create_model_card=False
    )
    with pytest.raises(ModelError, match="choose a tuner instead"):
        QUICK.run(tmp_path / "bow", ROWS, tmp_path / "out")


def test_cost_grows_with_texts_and_trained_layers() -> None:
    """Twice the texts and more layers cost more."""
    top, whole = ContrastiveRecipe(), ContrastiveRecipe(train_layers=None)
    few, many = (
        labelled_examples([str(n) for n in range(count)], np.arange(count) % 5)
        for count in (5000, 10000)
    )
    assert top.cost(few, 15, 6) < top.cost(many, 15, 6)
    assert top.cost(few, 15, 6) < whole.cost(few, 15, 6)
    assert top.cost(few, 15, 6) < top.cost(few, 30, 6)


def test_default_epochs_fall_as_texts_grow() -> None:
    """Small data sets get more epochs, and large ones at least one."""
    epochs = [default_epochs(count) for count in (1, 50, 616, 5000, 10_003, 1_000_000)]
    assert epochs == sorted(epochs, reverse=True)
    assert epochs[-1] >= 1


@pytest.mark.long
def test_neighbours_improve_on_real_questions(shared_data: Path, tmp_path: Path) -> None:
    """1-NN accuracy rises on sixteen intents of Banking77 with 8 texts each."""
    texts, labels = _banking(shared_data / "banking77" / "train.csv", intents=16, each=20)
    known = np.arange(len(texts)) % 20 < 8
    base = bundled_folder()
    training = [text for text, chosen in zip(texts, known, strict=True) if chosen]
    ContrastiveRecipe(epochs=5).run(
        base, labelled_examples(training, labels[known]), tmp_path / "out"
    )
    before, after = (
        _nearest_neighbour_accuracy(folder, texts, labels, known)
        for folder in (base, tmp_path / "out")
    )
    assert after > before + 0.02


def _banking(path: Path, *, intents: int, each: int) -> tuple[list[str], Any]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(row["category"], []).append(row["text"])
    chosen = [name for name in sorted(groups) if len(groups[name]) >= each][:intents]
    texts = [text for name in chosen for text in groups[name][:each]]
    return texts, np.repeat(chosen, each)


def _nearest_neighbour_accuracy(folder: Path, texts: list[str], labels: Any, known: Any) -> float:
    model = SentenceTransformer(str(folder), device="cpu")
    vectors = model.encode(texts, normalize_embeddings=True)
    nearest = (vectors[~known] @ vectors[known].T).argmax(axis=1)
    return float((labels[known][nearest] == labels[~known]).mean())
