"""``distill``: from a model and texts to a static model."""

import shutil
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import tunesmith
from tests.error_fields import about
from tunesmith.errors import DataError, OutputError, UsageError
from tunesmith.home import current_home
from tunesmith.models import attach_pipeline
from tunesmith.results.fit_result import FitResult


@pytest.fixture(scope="module")
def texts(toy_tickets: Path) -> list[str]:
    lines = toy_tickets.read_text("utf-8").splitlines()[1:]
    return [line.rpartition(",")[0] for line in lines]


@pytest.fixture
def fitted(toy_fit: FitResult, home: Path) -> Path:
    """A model fitted on the toy tickets, in the home."""
    return Path(shutil.copytree(toy_fit.path, home / "models" / "toy-3f2a1c"))


def test_a_fitted_model_becomes_a_static_one(fitted: Path, texts: list[str]) -> None:
    """It is written next to its parent, predicts labels, and names its parent."""
    result = tunesmith.distill(fitted.name, texts)
    assert result.path == current_home().models / f"{fitted.name}-static"
    assert (result.texts, result.held_out, result.parent) == (150, 8, fitted.name)
    assert result.rate > result.parent_rate > 0
    assert result.same is not None
    assert 0 <= result.same <= 1
    static, parent = tunesmith.load(result.path), tunesmith.load(fitted)
    assert static.labels == parent.labels
    given = [static.classify(texts)[n].label == parent.classify(texts)[n].label for n in range(60)]
    assert np.mean(given) > 0.8
    assert static.metadata["distilled"]["parent"] == fitted.name
    card = (result.path / "README.md").read_text("utf-8")
    assert f"distilled from {fitted.name} on 150 texts" in card
    assert not any(text in card for text in texts)


def test_an_attached_pipeline_becomes_a_static_model(
    tiny_model: Path, texts: list[str], tmp_path: Path
) -> None:
    """Without a fit there is no summary; the card says what was distilled, and no scores."""
    labels = ["card" if "card" in text else "other" for text in texts]
    encoder = tunesmith.SentenceEncoder(str(tiny_model), cache=False)
    attached = attach_pipeline(
        make_pipeline(encoder, LogisticRegression()).fit(texts, labels), tmp_path / "mails"
    )
    result = tunesmith.distill(attached.path, texts, output=tmp_path / "fast")
    assert result.same is not None
    static = tunesmith.load(result.path)
    assert (static.labels, static.summary) == (attached.labels, None)
    assert static.metadata["distilled"]["parent"] == "mails"
    card = (result.path / "README.md").read_text("utf-8")
    assert "distilled from mails on 150 texts" in card
    assert "not evaluated" in card


def test_sentence_transformers_loads_it(tiny_model: Path, texts: list[str], tmp_path: Path) -> None:
    """A static model of a plain model is a plain sentence-transformers folder."""
    result = tunesmith.distill(str(tiny_model), texts, output=tmp_path / "fast")
    assert result.same is None
    assert not (tmp_path / "fast" / "tunesmith.json").exists()
    expected = SentenceTransformer(str(tmp_path / "fast"), device="cpu").encode(texts)
    found = tunesmith.SentenceEncoder(str(tmp_path / "fast")).encode(texts)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_many_texts_are_sampled(
    tiny_model: Path, texts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Duplicates are removed, and too many texts are sampled by seed."""
    monkeypatch.setattr(import_module("tunesmith.distillation.distill"), "MOST_TEXTS", 50)
    result = tunesmith.distill(str(tiny_model), texts * 3, output=tmp_path / "fast")
    assert result.texts == 50


def test_invalid_arguments_raise_before_encoding(
    tiny_model: Path, fitted: Path, texts: list[str], tmp_path: Path
) -> None:
    """Each error says what to do, and no files are left."""
    out = tmp_path / "fast"
    with pytest.raises(UsageError, check=about(option="output")):
        tunesmith.distill(str(tiny_model), texts)
    with pytest.raises(UsageError, match="model itself"):
        tunesmith.distill(fitted, texts, output=fitted)
    with pytest.raises(DataError, match="1 texts are too few"):
        tunesmith.distill(str(tiny_model), ["a"] * 100, output=out)
    with pytest.raises(OutputError, match="choose a new folder"):
        tunesmith.distill(str(tiny_model), texts, output=tiny_model)
    tunesmith.distill(str(tiny_model), texts, output=out)
    with pytest.raises(UsageError, check=about(option="model")):
        tunesmith.distill(str(out), texts, output=tmp_path / "again")
    assert [path.name for path in tmp_path.iterdir()] == ["fast"]
