"""Silver pairs, GPL and adaptation with the real model on small data."""

from pathlib import Path

import numpy as np
import pytest

from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.data.reshaping.reshape import reshape
from tunesmith.encoders.cross_encoder import CrossEncoder
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.errors import Cancelled
from tunesmith.fitting import fit
from tunesmith.recipes.adaptation import Adaptation
from tunesmith.recipes.augmented import AugmentedRecipe
from tunesmith.recipes.contrastive import ContrastiveRecipe
from tunesmith.recipes.cross_encoder import CrossRecipe
from tunesmith.recipes.gpl import GplRecipe
from tunesmith.recipes.training.options import RunOptions

pytestmark = pytest.mark.slow


@pytest.mark.long
def test_a_cross_encoder_trained_on_pairs_serves_as_judge(examples: Path, tmp_path: Path) -> None:
    """The cross-encoder trained by one recipe is the judge of the other."""
    gold = detect(read(examples / "scored_pairs.csv")).examples
    quick = AugmentedRecipe(epochs=1, warming=1, silver=1, teacher=CrossRecipe(epochs=2))
    kept = RunOptions(checkpoint=tmp_path / "stages")
    quick.run(bundled_folder(), gold.take(range(0, 50, 3)), tmp_path / "silver", options=kept)
    judge = CrossEncoder(tmp_path / "stages" / "teacher")
    scores = judge.score(list(zip(gold.texts("text1"), gold.texts("text2"), strict=True)))
    given = np.array(gold.table["score"].to_pylist())
    assert np.corrcoef(scores, given)[0, 1] > 0.2
    passages = detect(read(examples / "documents.txt")).examples.take(range(8))
    recipe = GplRecipe(str(judge.folder), epochs=1, negatives=1, depth=10)
    run = recipe.run(bundled_folder(), reshape(passages, "texts"), tmp_path / "gpl")
    assert run.steps > 0
    assert np.isfinite(run.losses).all()


@pytest.mark.long
@pytest.mark.usefixtures("common_home")
def test_labels_after_domain_adaptation(
    examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A base adapted to help pages is compared with the base on the same held-out texts.

    The search is stopped before weights are trained on labels, which would take minutes.
    """

    def interrupt(*_: object, **__: object) -> None:
        raise Cancelled("stopped")

    monkeypatch.setattr(ContrastiveRecipe, "run", interrupt)
    pages = (examples / "documents.txt").read_text("utf-8").splitlines()
    (tmp_path / "pages.txt").write_text("\n".join(pages[:8]), "utf-8")
    lines = (examples / "multilabel.jsonl").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "reviews.jsonl").write_text("".join(lines[:70]), "utf-8")
    result = fit(
        tmp_path / "reviews.jsonl",
        recipe=Adaptation(tmp_path / "pages.txt", "simcse"),
        budget=None,
        output=tmp_path / "model",
    )
    done = {rung.name for rung in result.summary.rungs if rung.score is not None}
    assert {"base", "linear", "adapted", "adapted-linear"} <= done
    assert "Domain adaptation: macro F1" in {each.title for each in result.summary.compared}
