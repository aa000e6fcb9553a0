"""The evaluator of labelled text: no text is scored by a classifier that has seen it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DataError
from tunesmith.evaluation.item_scores import JointScores, value
from tunesmith.evaluation.labels.classification import LabelEvaluator
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.kinds import Labelled, Multilabel

WORDS = ("card", "pay", "order", "late", "login", "broken")


def count_words(texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
    """Return vectors of word counts and a constant."""
    return np.array([[*(text.count(word) for word in WORDS), 0.1] for text in texts], np.float32)


def labelled(texts: Sequence[str], labels: Sequence[str]) -> Labelled:
    return Labelled(pa.table({"text": texts, "label": labels, "row": range(1, len(texts) + 1)}))


def toy(toy_tickets: Path) -> Labelled:
    examples = detect(read(toy_tickets)).examples
    assert isinstance(examples, Labelled)
    return examples


def test_each_text_is_scored_once_by_a_classifier_that_never_saw_it(toy_tickets: Path) -> None:
    """Equal texts are in one fold, and the holdout is part of the training texts."""
    examples = toy(toy_tickets)
    twice = labelled(examples.texts() * 2, list(examples.labels) * 2)
    evaluator = LabelEvaluator.cross_validated(twice, seed=1)
    assert sorted(evaluator.evaluated) == list(range(300))
    for part in evaluator.parts:
        assert set(part.holdout) <= set(part.train)
        assert not {evaluator.pool[row] for row in part.train} & {
            evaluator.pool[row] for row in part.test
        }


def test_clear_labels_are_predicted(toy_tickets: Path) -> None:
    """Probe, neighbours and clusters score high, and the headline metric comes first."""
    evaluator = LabelEvaluator.cross_validated(toy(toy_tickets))
    found = evaluator.evaluate(count_words)
    assert found.metrics[0] == evaluator.headline == "accuracy"
    for metric in ("accuracy", "macro F1", "5-NN accuracy"):
        assert value(found, metric) > 0.95, metric
    assert value(found, "V-measure") > 0.4  # six words, three labels
    assert len(found) == len(evaluator) == 150


def test_a_training_file_is_used_for_training(toy_tickets: Path) -> None:
    """The test texts are scored as by a plain classifier."""
    examples = toy(toy_tickets)
    training, test = examples.take(range(90)), examples.take(range(90, 150))
    evaluator = LabelEvaluator.trained(training, test)
    found = evaluator.evaluate(count_words)
    model = LogisticRegression(C=10).fit(count_words(training.texts()), training.labels)
    plain = accuracy_score(test.labels, model.predict(count_words(test.texts())))
    assert isinstance(found, JointScores)
    assert len(found) == 60
    assert value(found, "accuracy") == pytest.approx(plain, abs=0.02)


def test_an_unseen_label_counts_as_an_error(toy_tickets: Path) -> None:
    """It is an error for every model; with a single test label there is no clustering."""
    examples = toy(toy_tickets)
    test = labelled(["card card", "what is this"], ["card", "other"])
    found = LabelEvaluator.trained(examples, test).evaluate(count_words)
    assert value(found, "accuracy") == 0.5
    alone = LabelEvaluator.trained(examples, test.take([0])).evaluate(count_words)
    assert value(alone, "accuracy") == 1
    assert "V-measure" not in alone.metrics


def test_multilabel_data_uses_macro_f1(examples: Path, tiny_model: Path) -> None:
    """There is no clustering for multi-label data."""
    data = detect(read(examples / "multilabel.jsonl")).examples
    assert isinstance(data, Multilabel)
    evaluator = LabelEvaluator.cross_validated(data)
    found = evaluator.evaluate(SentenceEncoder(tiny_model, cache=False).encode)
    assert isinstance(found, LabelScores)
    assert evaluator.headline == "macro F1"
    assert 0 < value(found, "macro F1") < 1


def test_classes_with_a_single_text_are_trained_on_but_not_scored(toy_tickets: Path) -> None:
    """No metric averages over them, and the other texts are scored as usual."""
    examples = toy(toy_tickets)
    rare = ["what is this", "no idea at all", "something else"]
    more = labelled([*rare, *examples.texts()], [*"xyz", *examples.labels])
    evaluator = LabelEvaluator.cross_validated(more)
    assert sorted(evaluator.evaluated) == list(range(3, 153))
    assert all({0, 1, 2} <= set(part.train) for part in evaluator.parts)
    found = evaluator.evaluate(count_words)
    assert value(found, "macro F1") > 0.95


def test_too_little_data_is_rejected() -> None:
    """Examples are classes with one text each, and a label without enough training texts."""
    with pytest.raises(DataError, match="3 distinct texts, 0 of which can be tested"):
        LabelEvaluator.cross_validated(labelled(list("abc"), list("xyz")))
    few = labelled(["card", "order", "order late", "login", "so"], list("xxxxy"))
    with pytest.raises(DataError, match="too few"):
        LabelEvaluator.trained(few.take([0, 4]), few).evaluate(count_words)
