"""Evaluation data: the evaluator, the rows in use, and the text of each item."""

from pathlib import Path

import pytest

from tests.error_fields import about, finding
from tunesmith.datasets.evaluation_data import (
    EvaluationData,
    EvaluationOptions,
    load_evaluation_data,
)
from tunesmith.errors import FaultyRows, UsageError
from tunesmith.evaluation.labels.classification import LabelEvaluator
from tunesmith.evaluation.pairs.evaluators import RetrievalEvaluator, SimilarityEvaluator

BASE = "all-MiniLM-L6-v2"


def read(source: Path, **options: str) -> EvaluationData:
    return load_evaluation_data(source, EvaluationOptions(**options), BASE)  # type: ignore[arg-type]  # given by name


@pytest.mark.parametrize(
    "file",
    ["scored_pairs.csv", "labelled_pairs.csv", "nli.jsonl", "triplets.jsonl", "pairs.csv",
     "retrieval", "tickets.csv", "multilabel.jsonl"],
)  # fmt: skip
def test_every_item_has_a_text(examples: Path, file: str) -> None:
    """There are as many item texts as the evaluator has items."""
    found = read(examples / file)
    assert len(found.items) == len(found.evaluator) > 10
    assert all(found.items)


def test_item_texts_are_in_fold_order(examples: Path) -> None:
    """The text of an item is that of its row."""
    found = read(examples / "tickets.csv")
    assert isinstance(found.evaluator, LabelEvaluator)
    assert sorted(found.items) == sorted(found.evaluator.pool)


def test_the_test_judgements_are_used_by_default(examples: Path) -> None:
    """Another split can be selected; an unknown one is rejected."""
    evaluator = read(examples / "retrieval").evaluator
    assert isinstance(evaluator, RetrievalEvaluator)
    assert len(evaluator) < len(read(examples / "retrieval", split="train").evaluator)
    with pytest.raises(UsageError, match="test, train", check=about(option="split")):
        read(examples / "retrieval", split="dev")


def test_all_judgements_are_used_if_no_file_is_named_test(examples: Path, tmp_path: Path) -> None:
    """Judgement files may have any name."""
    for name in ("corpus.jsonl", "queries.jsonl"):
        (tmp_path / name).write_bytes((examples / "retrieval" / name).read_bytes())
    (tmp_path / "qrels").mkdir()
    for name in ("train", "test"):
        content = (examples / "retrieval" / "qrels" / f"{name}.tsv").read_bytes()
        (tmp_path / "qrels" / f"{name}-2.tsv").write_bytes(content)
    found = read(tmp_path)
    assert found.split is None
    assert len(found.evaluator) == 40


def test_scores_on_any_scale_are_evaluated_with_four_measures(tmp_path: Path) -> None:
    """The scale of the scores only matters for training."""
    path = tmp_path / "pairs.csv"
    rows = [f"a text {number},a word {number * 7},{number * 37 % 900}" for number in range(30)]
    path.write_text("\n".join(["text1,text2,score", *rows]) + "\n", encoding="utf-8")
    found = read(path)
    assert isinstance(found.evaluator, SimilarityEvaluator)
    assert len(found.evaluator.measures) == 4
    assert "score-range" not in {finding.code for finding in found.findings}


def test_classes_with_a_single_text_are_not_scored(tmp_path: Path, toy_tickets: Path) -> None:
    """A note names them; a strict evaluation refuses them, unless a training file is given."""
    path, lines = tmp_path / "tail.csv", toy_tickets.read_text(encoding="utf-8").splitlines()
    rare = ["a first question,tax", "another odd question,law", "the last of them,war"]
    path.write_text("\n".join([*lines[:61], *rare, ",card", "no label,"]) + "\n", "utf-8")
    found = read(path)
    assert len(found.items) == len(found.evaluator) == 60
    assert not {row.partition(",")[0] for row in rare} & set(found.items)
    assert found.notes == (
        "tail.csv: skipped 2 invalid rows",
        "tail.csv: no metric covers 3 classes that cannot be tested: “law”, “tax” and “war”.",
    )
    with pytest.raises(FaultyRows, check=finding(empty_text=1, missing_label=1, tiny_class=3)):
        load_evaluation_data(path, EvaluationOptions(strict=True), BASE)
    trained = load_evaluation_data(path, EvaluationOptions(train=toy_tickets), BASE)
    assert len(trained.items) == 63
