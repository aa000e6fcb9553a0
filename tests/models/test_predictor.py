"""A model does what scikit-learn expects of a classifier, and keeps missing texts missing."""

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sentence_transformers import SentenceTransformer
from sklearn.base import is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline

from tests.encoders.odd_models import MODELS
from tunesmith import LinearTuner, SentenceEncoder, load, serve
from tunesmith.bulk import search_file
from tunesmith.errors import OutputError, UnknownModel, UsageError
from tunesmith.models import Model, attach_pipeline

TEXTS = ["card pay", "pay card money", "card card", "order late", "late order refund", "order"] * 4
LABELS = np.array(["card", "card", "card", "order", "order", "order"] * 4)


@pytest.fixture(scope="module")
def encoder(tiny_model: Path) -> SentenceEncoder:
    """The tiny encoder, without a cache."""
    return SentenceEncoder(str(tiny_model), cache=False)


@pytest.fixture(scope="module")
def model(encoder: SentenceEncoder, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A classifier of two classes, saved from a pipeline."""
    pipeline = make_pipeline(encoder, LogisticRegression(C=100)).fit(TEXTS, LABELS)
    return attach_pipeline(pipeline, tmp_path_factory.mktemp("attached") / "cards")


def test_it_is_a_fitted_classifier(model: Model) -> None:
    """predict, predict_proba, decision_function, classes_ and score agree."""
    assert is_classifier(model)
    assert model.classes_.tolist() == ["card", "order"]
    probabilities = model.predict_proba(TEXTS)
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert model.predict(TEXTS).tolist() == LABELS.tolist()
    assert ((model.decision_function(TEXTS) > 0) == (LABELS == "order")).all()
    assert model.score(TEXTS, LABELS) == 1
    assert get_scorer("neg_log_loss")(model, TEXTS, LABELS) > -0.5


def test_it_can_be_calibrated(model: Model) -> None:
    """CalibratedClassifierCV takes it frozen, and needs texts as a list."""
    calibrated = CalibratedClassifierCV(FrozenEstimator(model), cv=2)
    assert calibrated.fit(TEXTS, LABELS).predict(["late order"]).tolist() == ["order"]


def test_a_frozen_model_is_cross_validated(model: Model) -> None:
    """Nothing is fitted: each fold is only predicted."""
    assert cross_val_score(FrozenEstimator(model), TEXTS, LABELS, cv=3).tolist() == [1, 1, 1]
    found = cross_val_predict(FrozenEstimator(model), TEXTS, LABELS, cv=3)
    assert found.tolist() == LABELS.tolist()


MISSING: list[Any] = [
    ["card pay", None, "order"],
    np.array(["card pay", None, "order"], dtype=object),
    pd.Series(["card pay", np.nan, "order"], index=[7, 3, 5]),
    pd.Series(["card pay", pd.NA, "order"], dtype="string"),
    pl.Series(["card pay", None, "order"]),
]


@pytest.mark.parametrize("texts", MISSING, ids=["list", "numpy", "pandas", "nullable", "polars"])
def test_missing_texts_have_missing_results(model: Model, texts: Any) -> None:
    """Null in, null out, in every container."""
    assert model.predict(texts).tolist() == ["card", None, "order"]
    assert np.isnan(model.predict_proba(texts)).tolist() == [[False] * 2, [True] * 2, [False] * 2]
    assert np.isnan(model.encode(texts)).all(axis=1).tolist() == [False, True, False]
    first, second, third = model.classify(texts)
    assert (first.label, second, third.label) == ("card", None, "order")


def test_a_series_keeps_its_index(model: Model) -> None:
    """The rows can be joined to the caller's table."""
    texts = pd.Series(["order", None, "card pay"], index=["x", "y", "z"])
    found = model.classify_frame(texts)
    assert found.index.tolist() == ["x", "y", "z"]
    assert found["label"].dropna().to_dict() == {"x": "order", "z": "card"}
    assert np.isnan(found["probability"]["y"])


def _trained_on(column: str, model: Model) -> Model:
    return replace(model, metadata={**model.metadata, "columns": {"text": column, "label": "team"}})


@pytest.mark.parametrize("library", ["pandas", "polars", "arrow"])
@pytest.mark.parametrize(
    ("column", "labels"),
    [("body", ["order", None, "card"]), ("subject+body", ["order", "card", "card"])],
)
def test_a_table_is_read_by_the_trained_columns(
    model: Model, library: str, column: str, labels: list[str | None]
) -> None:
    """Joined columns and other columns beside them, in every library, for every method."""
    rows = {"day": [1, 2, 3], "body": ["order", None, "pay card"], "subject": [None, "card", " "]}
    frame = pd.DataFrame(rows, index=[9, 4, 7])
    table = {"pandas": frame, "polars": pl.DataFrame(rows), "arrow": pa.table(rows)}[library]
    trained = _trained_on(column, model)
    assert trained.predict(table).tolist() == labels
    found = trained.classify_frame(table)
    assert [label if isinstance(label, str) else None for label in found["label"]] == labels
    assert found.index.tolist() == ([9, 4, 7] if library == "pandas" else [0, 1, 2])


def test_a_table_without_the_trained_column_is_refused(model: Model) -> None:
    """The error names the column and what to do."""
    table = pd.DataFrame({"title": ["card"], "body": ["order"]})
    with pytest.raises(UsageError, match="no column 'subject'") as caught:
        _trained_on("subject+body", model).predict(table)
    assert (caught.value.column, caught.value.option) == ("subject", "texts")


def test_it_abstains_below_a_minimum_probability(model: Model) -> None:
    """No label, but the probability; a missing text has neither."""
    texts = ["card pay", None, "order"]
    first, third = model.classify(["card pay", "order"])
    least = min(first.probability, third.probability)
    kept = model.classify(texts, min_probability=least)
    assert [each and each.label for each in kept] == ["card", None, "order"]
    found = model.classify(["card pay"], min_probability=1.0)[0]
    assert (found.label, found.labels, found.abstained) == (None, (), True)
    assert found.probability == first.probability
    assert repr(found).startswith("Prediction('abstained', 0.")
    frame = model.classify_frame(pd.Series(texts, index=[4, 5, 6]), min_probability=1.0)
    assert frame["label"].isna().all()
    assert frame["probability"].notna().tolist() == [True, False, True]


@pytest.mark.parametrize("minimum", [-0.1, 1.1, 80, float("nan")])
def test_a_minimum_probability_is_between_0_and_1(model: Model, minimum: float) -> None:
    """The error names the parameter."""
    with pytest.raises(UsageError, match="not between 0 and 1") as caught:
        model.classify(["card"], min_probability=minimum)
    assert caught.value.option == "min_probability"


def test_a_model_without_labels_is_no_classifier(tiny_model: Path) -> None:
    """It has no classes, and says so."""
    plain = load(tiny_model)
    assert not hasattr(plain, "classes_")
    with pytest.raises(UsageError):
        plain.predict(["card"])


@pytest.mark.parametrize("tuned", [False, True], ids=["plain", "with a tuner"])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_pipeline_becomes_a_model(
    encoder: SentenceEncoder, tmp_path: Path, classes: int, tuned: bool
) -> None:
    """Its probabilities stay, also when it is served."""
    labels = LABELS if classes == 2 else np.array([*"abc"] * 8)
    steps = [encoder, *([LinearTuner()] if tuned else []), LogisticRegression()]
    pipeline = make_pipeline(*steps).fit(TEXTS, labels)
    model = attach_pipeline(pipeline, tmp_path / "model")
    expected = pipeline.predict_proba(TEXTS)
    np.testing.assert_allclose(model.predict_proba(TEXTS), expected, atol=1e-4)
    served = serve(tmp_path / "model", threads=1)
    np.testing.assert_allclose(served.predict_proba(TEXTS), expected, atol=1e-4)
    assert model.summary is None
    with pytest.raises(OutputError):
        attach_pipeline(pipeline, tmp_path / "model")


def test_other_pipelines_are_refused(encoder: SentenceEncoder, tmp_path: Path) -> None:
    """The error names the steps, and nothing is left behind."""
    for steps in ([encoder], [encoder, LinearTuner(), LinearTuner(), LogisticRegression()]):
        with pytest.raises(UsageError) as caught:
            attach_pipeline(make_pipeline(*steps), tmp_path / "model")
        assert "SentenceEncoder" in caught.value.message
    with pytest.raises(UsageError):
        attach_pipeline(LogisticRegression(), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_pickles_name_the_folder_they_need(model: Model) -> None:
    """A warning says that the weights are elsewhere; the same folder is loaded again."""
    with pytest.warns(UserWarning, match=str(model.path)):
        text = pickle.dumps(model)
    assert pickle.loads(text).predict(["order"]).tolist() == ["order"]
    with pytest.warns(UserWarning, match=str(model.path)):
        pickle.dumps(model.encoder)
    with pytest.raises(TypeError, match="serve"):
        pickle.dumps(serve(model.path))


def test_load_takes_every_name(tiny_model: Path, model: Model) -> None:
    """A folder of another tool, the bundled model, a fitted model; else an error with the names."""
    assert load(tiny_model).encode(["card"]).shape == (1, 32)
    assert load("all-MiniLM-L6-v2").id == "all-MiniLM-L6-v2"
    assert load(str(model.path)).id == "cards"
    with pytest.raises(UnknownModel):
        load("no-such-model")


@pytest.mark.parametrize("name", ["prompted", "router last", "two towers", "truncated"])
def test_every_search_gives_one_ranking(name: str, tmp_path: Path) -> None:
    """Queries and documents get their own prompts and routes, as in sentence-transformers."""
    MODELS[name](tmp_path / "model")
    texts = [f"card number {number * number} is {'late' * (number % 3)}" for number in range(30)]
    (tmp_path / "texts.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    theirs = SentenceTransformer(str(tmp_path / "model"), device="cpu")
    queries = theirs.encode_query(["where is my card?"], normalize_embeddings=True)
    scores = (queries @ theirs.encode_document(texts, normalize_embeddings=True).T)[0]
    expected = np.argsort(-scores, kind="stable")[:5]
    ours = load(tmp_path / "model").search(["where is my card?"], texts, k=5)
    assert ours.indices[0].tolist() == expected.tolist()
    np.testing.assert_allclose(ours.scores[0], scores[expected], atol=1e-5)
    [(_, hits)] = search_file(
        tmp_path / "model", ["where is my card?"], tmp_path / "texts.txt", k=5
    )
    assert [hit.row - 1 for hit in hits] == expected.tolist()
    assert [hit.score for hit in hits] == pytest.approx(scores[expected].tolist(), abs=1e-5)
