"""Columns of negatives next to a whole collection of documents are a warning."""

from typing import Any

import pytest

import tunesmith

DOCUMENTS = {f"d{number}": f"the answer number {number}" for number in range(50)}


def rows(**more: Any) -> dict[str, Any]:
    queries = [f"what is answer {number}?" for number in range(40)]
    return {"query": queries, "positive": [f"d{number}" for number in range(40)], **more}


@pytest.mark.parametrize("name", ["negative", "Hard Negative", "neg", "negative_2"])
def test_unused_negatives_are_a_warning(name: str) -> None:
    """It names the column and says why, and how to use it."""
    negatives = [f"d{49 - number}" for number in range(40)]
    data = tunesmith.read(rows(**{name: negatives}), documents=DOCUMENTS)
    found = {finding.code: finding for finding in data.findings}["unused-negatives"]
    assert (found.severity, f"“{name}” is not used" in found.message) == ("warning", True)
    assert "omit `documents`" in found.advice


@pytest.mark.parametrize("name", ["date", "note"])
def test_other_columns_are_only_noted(name: str) -> None:
    """They are listed in a note."""
    data = tunesmith.read(rows(**{name: ["x"] * 40}), documents=DOCUMENTS)
    assert "unused-negatives" not in [finding.code for finding in data.findings]
    assert f"not used: {name}" in data.loaded.notes
