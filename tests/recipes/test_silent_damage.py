"""Silent failures of the common training library, which here are refused, reported or avoided.

The ten failures were observed with sentence-transformers 6.2.
"""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import tunesmith
from tests.error_fields import about
from tests.recipes.recipe_samples import made, rows_for, weights
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.errors import DamagedModel, DataError
from tunesmith.kinds import Pairs, ScoredPairs, labelled_examples
from tunesmith.recipes.contrastive import ContrastiveRecipe
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.training.checkpoint import NAME
from tunesmith.recipes.training.options import RunOptions
from tunesmith.recipes.training.text_tuples import TextTuples
from tunesmith.recipes.training.validation import scored_steps
from tunesmith.results.finding import Finding, Severity
from tunesmith.results.fit_result import FitResult

RECIPE = PairedRecipe("ranking", epochs=3, batch_size=8, learning_rate=1e-3)


def _write(path: Path, *rows: tuple[Any, ...]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def _found(path: Path, base: Path) -> dict[str, Finding]:
    return {finding.code: finding for finding in tunesmith.inspect(path, base=base).findings}


def _interrupted(recipe: PairedRecipe, base: Path, folder: Path, options: RunOptions) -> None:
    """Run until the second epoch."""
    seen: list[int] = []

    def interrupt(rows: int) -> None:
        seen.append(rows)
        if sum(seen) > len(rows_for(recipe.loss)):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        recipe.run(base, rows_for(recipe.loss), folder, progress=interrupt, options=options)


def _kept(folder: Path) -> RunOptions:
    return RunOptions(checkpoint=folder / "state", checkpoint_seconds=0.0)


def test_1_nan_score(tiny_model: Path, tmp_path: Path) -> None:
    """Damage: one NaN label destroys the model, and the loss is logged as 0.0."""
    pairs = [(f"text {number}", f"other {number}", number / 8) for number in range(9)]
    path = _write(tmp_path / "pairs.csv", ("text1", "text2", "score"), *pairs, ("a", "b", "nan"))
    found = _found(path, tiny_model)["missing-score"]
    assert (found.severity, found.rows) == (Severity.ERROR, (10,))
    examples = made(ScoredPairs, [*pairs, ("a", "b", float("nan"))])
    for loss in ("cosine", "cosent"):
        with pytest.raises(DataError, check=about(row=10)):
            replace(RECIPE, loss=loss).run(tiny_model, examples, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_2_weights_of_the_loss(tiny_model: Path, tmp_path: Path) -> None:
    """Damage: a classifier in the loss is in no checkpoint, so a resumed run has a fresh one."""
    recipe = replace(RECIPE, loss="softmax")
    _interrupted(recipe, tiny_model, tmp_path / "out", _kept(tmp_path))
    kept = load_file(tmp_path / "state" / NAME)
    assert kept["loss.0"].shape == (3, 3 * 32)
    whole = recipe.run(tiny_model, rows_for("softmax"), tmp_path / "whole")
    resumed = recipe.run(tiny_model, rows_for("softmax"), tmp_path / "out", options=_kept(tmp_path))
    assert resumed.losses == whole.losses


def test_2_prototypes(tiny_model: Path, tmp_path: Path) -> None:
    """Damage: as above, for the prototypes of the contrastive recipe."""
    texts = [f"{word} number {index}" for index in range(6) for word in ("card", "order")]
    recipe = ContrastiveRecipe(loss="prototypes", epochs=2, batch_size=4)
    kept: list[set[str]] = []

    def inspect_checkpoint(_: int) -> None:
        kept.extend(set(load_file(path)) for path in (tmp_path / "state").glob(NAME))

    recipe.run(
        tiny_model,
        labelled_examples(texts, ["card", "order"] * 6),
        tmp_path / "out",
        progress=inspect_checkpoint,
        options=_kept(tmp_path),
    )
    assert kept
    assert all("loss.0" in names for names in kept)


def test_3_scores_from_0_to_5(tiny_model: Path, tmp_path: Path) -> None:
    """Damage: scores above 1 are targets that no cosine can reach."""
    pairs = [(f"text {number}", f"other {number}", number % 6) for number in range(30)]
    path = _write(tmp_path / "pairs.csv", ("text1", "text2", "score"), *pairs)
    found = _found(path, tiny_model)["score-range"]
    assert "divide by 5" in found.advice
    with pytest.raises(DataError, match=r"row 3 has the score 2: .*divide them"):
        replace(RECIPE, loss="cosine").run(tiny_model, made(ScoredPairs, pairs), tmp_path / "out")


def test_4_column_order(tiny_model: Path, tmp_path: Path) -> None:
    """Damage: the order of columns decides their roles, so an ``id`` in front is the anchor."""
    pairs = list(zip(*(rows_for("ranking").texts(role) for role in Pairs.roles), strict=True))
    plain = _write(tmp_path / "plain.csv", ("anchor", "positive"), *pairs)
    reordered = [(f"q-{number}", *pair[::-1]) for number, pair in enumerate(pairs)]
    other = _write(tmp_path / "other.csv", ("id", "positive", "anchor"), *reordered)
    for path in (plain, other):
        examples = detect(read(path)).examples
        assert examples.texts("anchor") == [anchor for anchor, _ in pairs]
        RECIPE.run(tiny_model, examples, path.with_suffix(""))
    expected, found = weights(tmp_path / "plain"), weights(tmp_path / "other")
    assert all(np.array_equal(expected[name], found[name]) for name in expected)


@pytest.mark.parametrize("answers", [3, 8, 9, 17])
def test_5_repeated_positives_and_a_batch_of_one(
    tiny_model: Path, tmp_path: Path, answers: int
) -> None:
    """Damage: equal positives in a batch, or a batch of one row, give a wrong or zero loss."""
    rows = [(f"question {number}", f"answer {number % answers}") for number in range(17)]
    sizes: list[int] = []
    run = RECIPE.run(tiny_model, made(Pairs, rows), tmp_path / "out", progress=sizes.append)
    assert min(sizes) >= 2
    assert min(run.losses) > 0
    tuples = TextTuples.of(made(Pairs, rows))
    for size in (2, 8, 16):
        for distinct in (True, False):
            batches = tuples.batches(size, np.random.default_rng(0), distinct=distinct)
            assert min(map(len, batches)) >= 2
            for batch in batches if distinct else ():
                assert len({rows[row][1] for row in batch}) == len(batch)


def test_6_truncated_texts(tiny_model: Path, tmp_path: Path) -> None:
    """Damage: long texts are truncated without a warning."""
    rows = [
        (f"text {number}" + " word" * (100 * (number == 4)), number % 2) for number in range(40)
    ]
    found = _found(_write(tmp_path / "rows.csv", ("text", "label"), *rows), tiny_model)["truncated"]
    assert (found.count, found.rows) == (1, (5,))
    assert "64 tokens" in found.message
    assert "1 text (2%)" in found.message


def test_7_the_card_shows_no_row(tiny_model: Path, toy_tickets: Path, toy_fit: FitResult) -> None:
    """Damage: the model card quotes training rows, and omits the name of a local base."""
    card = (toy_fit.path / "README.md").read_text(encoding="utf-8")
    with toy_tickets.open(newline="", encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    assert not any(text in card for text in texts)
    assert f"| base model | {tiny_model.name} |" in card
    assert toy_fit.summary.base_digest in card


def test_8_small_data_is_evaluated_and_checkpointed(tiny_model: Path, tmp_path: Path) -> None:
    """Damage: with evaluation every 500 steps, small data sets are never evaluated."""
    rising = iter(range(100))
    saved: list[int] = []

    def inspect_checkpoint(_: int) -> None:
        saved.extend(len(load_file(path)["losses"]) for path in (tmp_path / "state").glob(NAME))

    options = replace(_kept(tmp_path), score=lambda _: float(next(rising)))
    run = RECIPE.run(
        tiny_model,
        rows_for("ranking"),
        tmp_path / "out",
        progress=inspect_checkpoint,
        options=options,
    )
    assert [step for step, _ in run.scores] == [0, 3, 6, 9]
    assert saved == list(range(1, 9))
    assert len(scored_steps([10_000] * 3)) == 12


def test_9_checkpoints_are_small(tiny_model: Path, tmp_path: Path) -> None:
    """Damage: two checkpoints of a small model take 519 MiB."""
    options = replace(_kept(tmp_path), score=lambda _: 1.0)
    base = weights(tiny_model)
    upper = [value for name, value in base.items() if "layer.1." in name or "layer.2." in name]
    trained = sum(value.nbytes for value in upper)
    sizes: list[int] = []

    def inspect_checkpoint(_: int) -> None:
        sizes.extend(path.stat().st_size for path in (tmp_path / "state").glob("*"))

    run = RECIPE.run(
        tiny_model,
        rows_for("ranking"),
        tmp_path / "out",
        progress=inspect_checkpoint,
        options=options,
    )
    assert len(sizes) == run.steps - 1
    assert max(sizes) < 4 * trained + 50_000  # weights, two moments each, the best; and the names
    assert not (tmp_path / "state").exists()
    files = {path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*")}
    assert files == {path.relative_to(tiny_model) for path in tiny_model.rglob("*")}


@pytest.mark.parametrize("damage", ["missing", "of another shape"])
def test_10_the_best_weights_cannot_be_loaded(
    tiny_model: Path, tmp_path: Path, damage: str
) -> None:
    """Damage: if the best model cannot be loaded, the last one is returned with a log message."""
    options = replace(_kept(tmp_path), score=lambda _: 1.0)
    _interrupted(RECIPE, tiny_model, tmp_path / "out", options)
    path = tmp_path / "state" / NAME
    kept = load_file(path)
    name = next(name for name in kept if name.startswith("best.") and kept[name].ndim == 2)
    if damage == "missing":
        del kept[name]
    else:
        kept[name] = kept[name][:, :4].copy()
    save_file(kept, path, metadata=_metadata(path))
    with pytest.raises(DamagedModel, match="cannot be resumed"):
        RECIPE.run(tiny_model, rows_for("ranking"), tmp_path / "out", options=options)
    assert not (tmp_path / "out").exists()


def _metadata(path: Path) -> dict[str, str]:
    with safe_open(path, framework="np") as file:
        return dict(file.metadata())
