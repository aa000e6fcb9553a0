"""A fit as a scikit-learn classifier: cross-validation, grid search, pipelines and tables."""

import csv
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from tests.fitting.fits import BASE_ONLY, BRIEF
from tunesmith import SentenceEncoder, TextClassifier
from tunesmith.errors import UsageError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tickets(few_tickets: Path) -> pd.DataFrame:
    """Some tickets as a table with a shuffled index and another text column."""
    with few_tickets.open(newline="", encoding="utf-8") as file:
        frame = pd.DataFrame(csv.DictReader(file))
    frame["other"] = "the same in every row"
    return frame.sample(frac=1, random_state=0)


@pytest.fixture
def classifier(tiny_model: Path) -> TextClassifier:
    """A classifier on the vectors of the base, whose weights are not trained."""
    return TextClassifier(base=tiny_model, budget=BASE_ONLY)


def test_it_is_cross_validated(classifier: TextClassifier, tickets: pd.DataFrame) -> None:
    """Every fold is a fit of its own; Series keep their shuffled index."""
    scores = cross_val_score(classifier, tickets["text"], tickets["label"], cv=2)
    assert scores.min() > 0.5


def test_settings_are_searched(classifier: TextClassifier, tickets: pd.DataFrame) -> None:
    """Parameters are set, cloned and compared; numbers are labels too."""
    numbers = tickets["label"].map({"card": 10, "order": 2, "login": 1})
    search = GridSearchCV(classifier, {"seed": [1]}, cv=2).fit(tickets["text"], numbers)
    assert search.best_score_ > 0.5
    assert search.classes_.tolist() == [1, 2, 10]
    assert set(search.predict(["card pay", "login broken"])) <= {1, 2, 10}
    assert clone(search.best_estimator_).get_params()["budget"] == BASE_ONLY


def test_each_of_many_labels_has_its_own_threshold(
    classifier: TextClassifier, tickets: pd.DataFrame
) -> None:
    """With 12 columns the model's labels sort as text: "10" and "11" before "2"."""
    names = sorted(set(tickets["label"]))
    topic = tickets["label"].map(names.index).to_numpy()
    matrix = (topic[:, None] == np.arange(12) % len(names)).astype(int)
    classifier.fit(tickets["text"], matrix)
    model = classifier.model_
    assert model.labels[:4] == ("0", "1", "10", "11")
    # Only column 2 is predicted for every text, and column 10 for none.
    thresholds = np.array([{"2": 0.0, "10": 1.1}.get(name, 0.5) for name in model.labels])
    head = replace(model.require_classifier(), thresholds=thresholds.astype(np.float32))
    classifier.model_ = replace(model, classifier=head)
    predicted = classifier.predict(tickets["text"])
    assert predicted.shape == matrix.shape
    assert predicted[:, 2].all()
    assert not predicted[:, 10].any()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_columns_of_tables_are_encoded(
    tiny_model: Path, tickets: pd.DataFrame, library: str
) -> None:
    """ColumnTransformer hands over a column, and set_output names the dimensions."""
    frame = pl.from_pandas(tickets) if library == "polars" else tickets
    encoder = SentenceEncoder(str(tiny_model), cache=False)
    columns = ColumnTransformer([("text", encoder, "text")]).set_output(transform=library)
    found = columns.fit_transform(frame)
    assert next(iter(found.columns)) == "text__sentenceencoder0"
    if library == "pandas":
        assert found.index.equals(tickets.index)
    pipeline = make_pipeline(columns, LogisticRegression(C=1000, max_iter=500))
    assert pipeline.fit(frame, tickets["label"]).score(frame, tickets["label"]) > 0.9


def test_a_pipeline_moves_to_another_folder(
    tiny_model: Path, tickets: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path relative to the current folder is found from elsewhere too."""
    monkeypatch.chdir(tiny_model.parent)
    encoder = SentenceEncoder("model", cache=False)
    pipeline = make_pipeline(encoder, LogisticRegression()).fit(tickets["text"], tickets["label"])
    with pytest.warns(UserWarning, match="holds the path"):
        joblib.dump(pipeline, tmp_path / "pipeline.joblib")
    expected = pipeline.predict(["login broken"])[0]
    monkeypatch.chdir(tmp_path)
    assert joblib.load("pipeline.joblib").predict(["login broken"])[0] == expected


def test_a_temporary_model_is_not_pickled(
    classifier: TextClassifier, tickets: pd.DataFrame, tmp_path: Path
) -> None:
    """The folder would be gone; with an output it stays."""
    texts, labels = tickets["text"], tickets["label"]
    fitted = classifier.fit(texts, labels)
    assert np.allclose(fitted.predict_proba(texts).sum(axis=1), 1)
    with pytest.raises(UsageError) as caught:
        joblib.dump(fitted, tmp_path / "model.joblib")
    assert caught.value.option == "output"
    classifier.set_params(output=tmp_path / "model", budget=None, recipe=BRIEF)
    kept = classifier.fit(texts, labels)
    assert "top" in {rung.name for rung in kept.result_.summary.rungs}
    with pytest.warns(UserWarning, match="holds the path"):
        joblib.dump(kept, tmp_path / "model.joblib")
    again = joblib.load(tmp_path / "model.joblib")
    assert again.predict(texts).tolist() == kept.predict(texts).tolist()
