"""Tests of the texts that the report shows with the findings."""

from dataclasses import replace
from pathlib import Path

from tunesmith.datasets.training_data import DataOptions, TrainingData, load_training_data
from tunesmith.events import ignore
from tunesmith.fitting.summary import finding_texts


def _load(source: Path, model: Path) -> TrainingData:
    return load_training_data(source, {}, DataOptions(), str(model), ignore)


def test_findings_have_the_texts_of_their_rows(tiny_model: Path, examples: Path) -> None:
    """By row number of the user's file; a finding of another file has none."""
    data = _load(examples / "tickets.csv", tiny_model)
    conflict = next(finding for finding in data.findings if finding.code == "conflict")
    foreign = replace(conflict, message="test.csv: 2 texts with conflicting labels.")
    own, other = finding_texts(data, (conflict, foreign))
    assert own[181] == data.examples.texts()[180]
    assert tuple(own) == conflict.rows
    assert other == {}


def test_pairs_have_both_texts_and_queries_none(tiny_model: Path, examples: Path) -> None:
    """Queries and documents are in files of their own, so their rows have no single text."""
    pairs = _load(examples / "pairs.csv", tiny_model)
    finding = replace(pairs.findings[0], rows=(1,))
    pairs = replace(pairs, inspection=replace(pairs.inspection, findings=(finding,)))
    first = " · ".join(pairs.examples.texts(role)[0] for role in pairs.examples.text_roles)
    assert finding_texts(pairs, (finding,)) == ({1: first},)
    retrieval = _load(examples / "retrieval", tiny_model)
    assert finding_texts(retrieval, (finding,)) == ({},)
