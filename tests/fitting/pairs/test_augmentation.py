"""A fit with silver pairs says what they brought, and leaves the judge that scored them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fitting.pair_tables import KilledAfter, made
from tunesmith.encoders.cross_encoder import CrossEncoder
from tunesmith.encoders.cross_encoder import CrossEncoder as Judge
from tunesmith.errors import UsageError
from tunesmith.fitting.run import fit
from tunesmith.models import folder as model_folders
from tunesmith.models import publish
from tunesmith.recipes.cross_encoder import CrossRecipe
from tunesmith.results.from_json import summary_of
from tunesmith.results.summary import FitResult, RungStatus


@pytest.fixture(scope="module")
def fitted(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> FitResult:
    out = tmp_path_factory.mktemp("fitted") / "model"
    table = made("scored_pairs")
    return fit(table, base=tiny_model, recipe="augmented", budget=None, output=out)


def test_silver_is_compared_with_gold_alone(fitted: FitResult) -> None:
    """And the judge with the base, on the sealed test, with intervals."""
    summary = fitted.summary
    assert [rung.name for rung in summary.rungs] == ["base", "map", "top", "augmented"]
    assert {rung.status for rung in summary.rungs} == {RungStatus.DONE}, summary.rungs
    titles = [each.title for each in summary.compared]
    assert titles == ["Silver over gold alone", "Cross-encoder over base"]
    for each in summary.compared:
        assert each.change.low <= each.change.difference <= each.change.high
    assert [stage.name for stage in summary.stages] == ["gold", "warmed", "teacher", "silver"]


def test_report_card_and_metadata_tell_of_it(fitted: FitResult) -> None:
    """Each in its own form."""
    for page in (fitted.report, fitted.path / "README.md"):
        told = page.read_text(encoding="utf-8")
        assert "Also compared" in told
        assert "Silver over gold alone" in told
    stored = model_folders.read_metadata(fitted.path)["summary"]
    assert summary_of(stored, fitted.path).compared == fitted.summary.compared


def test_the_judge_stays_with_the_model_and_reranks(fitted: FitResult) -> None:
    """By the model's folder; it is not handed on, for the model works without it."""
    judge = CrossEncoder(fitted.path)
    scores = judge.score([("card one", "card two"), ("login", "order")])
    assert judge.folder == fitted.path / "judge"
    assert np.isfinite(scores).all()
    assert not [name for name in publish.pack(fitted.path).sizes if "judge" in name]


def test_gold_must_have_scores(tiny_model: Path) -> None:
    """Pairs alone say nothing that a judge could learn."""
    with pytest.raises(UsageError, match="the recipe augmented learns from scored_pairs"):
        fit(made("pairs"), base=tiny_model, recipe="augmented")


def test_a_killed_fit_goes_on_with_the_stages_that_are_there(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the judge cost is not paid twice, and the model is the same."""
    table, settings = made("scored_pairs", 90), {"recipe": "augmented", "budget": None, "seed": 2}

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Judge, "score", killed)
        with pytest.raises(KeyboardInterrupt):
            fit(table, base=tiny_model, events=KilledAfter("augmented"), **settings)  # type: ignore[arg-type]  # given by name
    trained: list[str] = []
    plain = CrossRecipe.run

    def noted(self: CrossRecipe, *parts: Any, **words: Any) -> Any:
        trained.append("again")
        return plain(self, *parts, **words)

    monkeypatch.setattr(CrossRecipe, "run", noted)
    result = fit(table, base=tiny_model, **settings)  # type: ignore[arg-type]  # given by name
    assert not trained
    assert result.summary.rungs[-1].status is RungStatus.DONE
