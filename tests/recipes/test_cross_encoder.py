"""Training cross-encoders on scored pairs, and loading the result elsewhere."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import spearmanr
from sentence_transformers import CrossEncoder as Theirs

from tests.error_fields import about
from tests.recipes.recipe_samples import WORDS, rows_for, weights
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.data.reshaping.score_scale import scaled_to_1
from tunesmith.encoders.cross_encoder import CrossEncoder
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.errors import DataError, OutputError, UsageError
from tunesmith.kinds import Pairs, ScoredPairs
from tunesmith.recipes.cross_encoder import CrossRecipe
from tunesmith.recipes.training.options import RunOptions

RECIPE = CrossRecipe(epochs=12, batch_size=8, learning_rate=3e-3)


def _pairs(scores: dict[tuple[str, str], float]) -> ScoredPairs:
    one, other = zip(*scores, strict=True)
    rows = list(range(1, len(scores) + 1))
    table = {"text1": list(one), "text2": list(other), "score": list(scores.values()), "row": rows}
    return ScoredPairs(pa.table(table))


EQUAL = {(one, other): float(one == other) for one in WORDS[:6] for other in WORDS[:6]}


def test_scores_are_learned(tiny_model: Path, tmp_path: Path) -> None:
    """The scores are symmetric and equal those of sentence-transformers."""
    rows = {pair: 0.9 if "card" in pair else 0.1 for pair in EQUAL}
    run = RECIPE.run(tiny_model, _pairs(rows), tmp_path / "out")
    assert run.losses[-1] < run.losses[0]
    model = CrossEncoder(tmp_path / "out")
    scores = model.score(list(rows))
    swapped = model.score([(other, one) for one, other in rows])
    for found in (scores, swapped):
        assert np.corrcoef(found, list(rows.values()))[0, 1] > 0.9
    theirs = Theirs(str(tmp_path / "out"), local_files_only=True).predict(list(rows))
    np.testing.assert_allclose(scores, theirs, atol=1e-6)


def test_a_cross_encoder_is_trained_further(tiny_judge: Path, tmp_path: Path) -> None:
    """Its head is kept."""
    out = tmp_path / "out"
    recipe = replace(RECIPE, epochs=1, learning_rate=1e-9)
    recipe.run(tiny_judge, _pairs(EQUAL), out)
    pairs = list(EQUAL)
    before, after = (CrossEncoder(folder).score(pairs) for folder in (tiny_judge, out))
    np.testing.assert_allclose(before, after, atol=1e-5)


class Killed(Exception):
    """Ends a run as a signal would."""


@pytest.mark.parametrize("with_validation", [True, False])
def test_a_killed_run_resumes_to_the_same_weights(
    tiny_model: Path, tmp_path: Path, with_validation: bool
) -> None:
    """The weights are bit-identical, including the new head."""
    recipe = replace(RECIPE, epochs=4)
    score: Any = (lambda scores: float(scores([("card", "card")])[0])) if with_validation else None
    recipe.run(tiny_model, _pairs(EQUAL), tmp_path / "whole", options=RunOptions(score=score))
    options = RunOptions(checkpoint=tmp_path / "state", checkpoint_seconds=0.0, score=score)
    done: list[int] = []

    def kill(rows: int) -> None:
        done.append(rows)
        if len(done) == 12:
            raise Killed

    with pytest.raises(Killed):
        recipe.run(tiny_model, _pairs(EQUAL), tmp_path / "out", progress=kill, options=options)
    assert (tmp_path / "state").exists()
    recipe.run(tiny_model, _pairs(EQUAL), tmp_path / "out", options=options)
    whole, found = weights(tmp_path / "whole"), weights(tmp_path / "out")
    assert whole.keys() == found.keys()
    assert all(np.array_equal(whole[name], found[name]) for name in whole)
    assert not (tmp_path / "state").exists()


def test_the_best_weights_are_kept(tiny_model: Path, tmp_path: Path) -> None:
    """Validation receives a scoring function of pairs and selects the weights."""
    seen: list[np.ndarray] = []

    def score(scores: Any) -> float:
        seen.append(scores(list(EQUAL)))
        return float(len(seen) == 2)

    recipe = replace(RECIPE, epochs=3)
    run = recipe.run(tiny_model, _pairs(EQUAL), tmp_path / "out", options=RunOptions(score=score))
    assert run.best_step == run.scores[1][0]
    np.testing.assert_allclose(
        CrossEncoder(tmp_path / "out").score(list(EQUAL)), seen[1], atol=1e-6
    )


def test_invalid_input_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    """Errors come before anything is loaded or written."""
    pairs = Pairs(pa.table({"anchor": ["a"], "positive": ["b"], "row": [1]}))
    with pytest.raises(UsageError, check=about(option="examples")):
        RECIPE.run(tiny_model, pairs, tmp_path / "out")
    with pytest.raises(DataError, check=about(row=1)):
        RECIPE.run(tiny_model, _pairs({("a", "b"): 5.0}), tmp_path / "out")
    with pytest.raises(DataError, match="1 rows are too few"):
        RECIPE.run(tiny_model, _pairs({("a", "b"): 1.0}), tmp_path / "out")
    with pytest.raises(UsageError, check=about(option="epochs")):
        CrossRecipe(epochs=0)
    with pytest.raises(OutputError, match="already exists"):
        RECIPE.run(tiny_model, rows_for("cosent"), tmp_path)


@pytest.mark.long
def test_the_real_model_learns_to_score(
    shared_data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """96 short scored pairs teach a new head to rank others, without warnings about the head."""
    rows = scaled_to_1(detect(read(shared_data / "stsb" / "stsb-en-train.csv")).examples)
    texts = zip(rows.texts("text1"), rows.texts("text2"), strict=True)
    short = [row for row, (one, other) in enumerate(texts) if len(one + other) < 70]
    learned, others = rows.take(short[::12][:96]), rows.take(short[5::12][:96])
    recipe = CrossRecipe(epochs=2, batch_size=16, learning_rate=3e-4)
    recipe.run(bundled_folder(), learned, tmp_path / "out")
    pairs = list(zip(others.texts("text1"), others.texts("text2"), strict=True))
    scores = CrossEncoder(tmp_path / "out").score(pairs)
    assert spearmanr(scores, others.table["score"].to_pylist())[0] > 0.35
    assert capfd.readouterr().err == ""
