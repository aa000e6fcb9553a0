"""A fit with silver pairs measures their effect and keeps the cross-encoder that scored them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.error_fields import about
from tests.fitting.fits import fit
from tests.fitting.pair_tables import made
from tunesmith.encoders.cross_encoder import CrossEncoder
from tunesmith.errors import UsageError
from tunesmith.models import folder as model_folders
from tunesmith.models import pack
from tunesmith.recipes.augmented import AugmentedRecipe
from tunesmith.recipes.cross_encoder import CrossRecipe
from tunesmith.results.fit_result import FitResult
from tunesmith.results.from_json import summary_of
from tunesmith.results.summary import RungStatus


@pytest.fixture(scope="module")
def fitted(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> FitResult:
    out = tmp_path_factory.mktemp("fitted") / "model"
    table = made("scored_pairs", 60)
    return fit(table, base=tiny_model, recipe="augmented", budget=None, output=out)


def test_silver_is_compared_with_gold_alone(fitted: FitResult) -> None:
    """The cross-encoder is compared with the base, also on the held-out test set."""
    summary = fitted.summary
    assert [rung.name for rung in summary.rungs] == ["base", "map", "top", "augmented"]
    assert {rung.status for rung in summary.rungs} == {RungStatus.DONE}, summary.rungs
    titles = [each.title for each in summary.compared]
    assert titles == ["Gold and silver vs gold alone", "Cross-encoder vs base"]
    for each in summary.compared:
        assert each.change.low <= each.change.difference <= each.change.high
    assert [stage.name for stage in summary.stages] == ["gold", "warmed", "teacher", "silver"]


def test_report_card_and_metadata_contain_the_comparison(fitted: FitResult) -> None:
    """Both pages show it, and the metadata stores it."""
    for page in (fitted.report, fitted.path / "README.md"):
        assert "Gold and silver vs gold alone" in page.read_text(encoding="utf-8")
    stored = model_folders.read_metadata(fitted.path)["summary"]
    assert summary_of(stored, fitted.path).compared == fitted.summary.compared


def test_the_cross_encoder_stays_with_the_model_and_reranks(fitted: FitResult) -> None:
    """It loads from the model's folder, but is not published, as the model works without it."""
    judge = CrossEncoder(fitted.path)
    scores = judge.score([("card one", "card two"), ("login", "order")])
    assert judge.folder == fitted.path / "judge"
    assert np.isfinite(scores).all()
    assert not [name for name in pack(fitted.path).sizes if "judge" in name]


def test_gold_must_have_scores(tiny_model: Path) -> None:
    """A cross-encoder cannot be trained on pairs without scores."""
    with pytest.raises(UsageError, check=about(option="recipe")):
        fit(made("pairs"), base=tiny_model, recipe="augmented")


def test_a_killed_fit_resumes_from_finished_stages(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cross-encoder is not trained twice, and the model is the same."""
    recipe = AugmentedRecipe(epochs=1, warming=1, silver=1, teacher=CrossRecipe(epochs=1))
    table, settings = made("scored_pairs", 60), {"recipe": recipe, "budget": None, "seed": 2}

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(CrossEncoder, "score", killed)
        with pytest.raises(KeyboardInterrupt):
            fit(table, base=tiny_model, **settings)
    trained: list[str] = []
    plain = CrossRecipe.run

    def counted(self: CrossRecipe, *parts: Any, **options: Any) -> Any:
        trained.append("again")
        return plain(self, *parts, **options)

    monkeypatch.setattr(CrossRecipe, "run", counted)
    result = fit(table, base=tiny_model, **settings)
    assert not trained
    assert result.summary.rungs[-1].status is RungStatus.DONE
