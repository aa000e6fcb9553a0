"""Labelled texts as an exam: nothing is judged by what has seen it."""

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
    """A vector of how often each word occurs, and a constant."""
    return np.array([[*(text.count(word) for word in WORDS), 0.1] for text in texts], np.float32)


def labelled(texts: Sequence[str], labels: Sequence[str]) -> Labelled:
    return Labelled(pa.table({"text": texts, "label": labels, "row": range(1, len(texts) + 1)}))


def toy(toy_tickets: Path) -> Labelled:
    examples = detect(read(toy_tickets)).examples
    assert isinstance(examples, Labelled)
    return examples


def test_each_text_is_judged_once_and_never_learned_there(toy_tickets: Path) -> None:
    """Learned and judged are apart, also equal texts; what is held is among the learned."""
    examples = toy(toy_tickets)
    twice = labelled(examples.texts() * 2, list(examples.labels) * 2)
    evaluator = LabelEvaluator.cross_validated(twice, seed=1)
    assert sorted(evaluator.judged) == list(range(300))
    for part in evaluator.parts:
        assert set(part.holdout) <= set(part.train)
        assert not {evaluator.pool[row] for row in part.train} & {
            evaluator.pool[row] for row in part.test
        }


def test_clear_labels_are_told(toy_tickets: Path) -> None:
    """By the probe, the neighbours and the clusters; the headline leads."""
    evaluator = LabelEvaluator.cross_validated(toy(toy_tickets))
    found = evaluator.evaluate(count_words)
    assert found.metrics[0] == evaluator.headline == "accuracy"
    for metric in ("accuracy", "macro F1", "5-NN accuracy"):
        assert value(found, metric) > 0.95, metric
    assert value(found, "V-measure") > 0.4  # six words, three labels
    assert len(found) == len(evaluator) == 150


def test_a_training_file_is_learned_from(toy_tickets: Path) -> None:
    """The judged are the other file's texts, and their items equal a plain classifier's."""
    examples = toy(toy_tickets)
    training, judged = examples.take(range(90)), examples.take(range(90, 150))
    evaluator = LabelEvaluator.trained(training, judged)
    found = evaluator.evaluate(count_words)
    model = LogisticRegression(C=10).fit(count_words(training.texts()), training.labels)
    plain = accuracy_score(judged.labels, model.predict(count_words(judged.texts())))
    assert isinstance(found, JointScores)
    assert len(found) == 60
    assert value(found, "accuracy") == pytest.approx(plain, abs=0.02)


def test_a_label_that_was_never_learned_is_an_error(toy_tickets: Path) -> None:
    """It is counted against every model; where one label is judged, there are no clusters."""
    examples = toy(toy_tickets)
    judged = labelled(["card card", "what is this"], ["card", "other"])
    found = LabelEvaluator.trained(examples, judged).evaluate(count_words)
    assert value(found, "accuracy") == 0.5
    alone = LabelEvaluator.trained(examples, judged.take([0])).evaluate(count_words)
    assert value(alone, "accuracy") == 1
    assert "V-measure" not in alone.metrics


def test_several_labels_are_judged_by_macro_f1(examples: Path, tiny_model: Path) -> None:
    """There are no clusters to compare with."""
    data = detect(read(examples / "multilabel.jsonl")).examples
    assert isinstance(data, Multilabel)
    evaluator = LabelEvaluator.cross_validated(data)
    found = evaluator.evaluate(SentenceEncoder(tiny_model, cache=False).encode)
    assert isinstance(found, LabelScores)
    assert evaluator.headline == "macro F1"
    assert 0 < value(found, "macro F1") < 1


def test_too_little_is_refused() -> None:
    """A class of one text, and two labels of which one is never left to learn from."""
    with pytest.raises(DataError, match="a single text"):
        LabelEvaluator.cross_validated(labelled(list("abcdefg"), list("xxxxxxy")))
    few = labelled(["card", "order", "order late", "login", "so"], list("xxxxy"))
    with pytest.raises(DataError, match="too few"):
        LabelEvaluator.trained(few.take([0, 4]), few).evaluate(count_words)
