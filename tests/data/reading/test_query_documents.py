"""One JSON document with queries, a corpus and relevant documents is retrieval data."""

import json
from pathlib import Path
from typing import Any

import pytest

from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.errors import UnreadableFile, UsageError
from tunesmith.kinds import Retrieval

COUNT = 12


def document(ids: str = "q{}", **changed: Any) -> dict[str, Any]:
    made = {
        "queries": {ids.format(row): f"where is parcel {row}" for row in range(COUNT)},
        "corpus": {f"d{row}": f"parcel {row} is in town {row * 7}" for row in range(COUNT)},
        "relevant_docs": {ids.format(row): [f"d{(row + 5) % COUNT}"] for row in range(COUNT)},
        "mode": "text",
    }
    return {key: value for key, value in (made | changed).items() if value is not None}


def retrieval(folder: Path, content: dict[str, Any]) -> Retrieval:
    path = folder / "qa.json"
    path.write_text(json.dumps(content))
    examples = detect(read(path)).examples
    assert isinstance(examples, Retrieval)
    return examples


@pytest.mark.parametrize("ids", ["q{}", "{}", "5f0a-{}"])
def test_llama_index(ids: str, tmp_path: Path) -> None:
    """Whatever the ids look like, also if they are numbers."""
    examples = retrieval(tmp_path, document(ids))
    assert (len(examples), len(examples.texts()), len(examples.texts("document"))) == (12, 12, 12)
    assert examples.table.to_pylist()[1] == {
        "query": ids.format(1), "document": "d6", "score": 1.0, "split": "all", "row": 2,
    }  # fmt: skip


def test_judgements_with_scores_and_titles(tmp_path: Path) -> None:
    """As BEIR has them in memory."""
    titled = {f"d{row}": {"title": "Parcel", "text": f"is here {row}"} for row in range(COUNT)}
    qrels = {f"q{row}": {f"d{row}": 2, "d0": 0} for row in range(1, COUNT)}
    examples = retrieval(tmp_path, document(relevant_docs=None, qrels=qrels, corpus=titled))
    assert examples.table["score"].to_pylist()[:2] == [2.0, 0.0]
    assert examples.texts("document")[0] == "Parcel is here 0"


@pytest.mark.parametrize(
    "changed", [{"relevant_docs": {"q1": None}}, {"corpus": {"d1": 5}}, {"relevant_docs": {}}]
)
def test_other_values_are_refused(changed: dict[str, Any], tmp_path: Path) -> None:
    """With the name of the file."""
    with pytest.raises(UnreadableFile, match=r"qa\.json"):
        retrieval(tmp_path, document(**changed))


def test_it_cannot_be_another_kind(tmp_path: Path) -> None:
    """The message names what the file is."""
    path = tmp_path / "qa.json"
    path.write_text(json.dumps(document()))
    with pytest.raises(UsageError, match="a JSON document with queries, corpus and relevant_docs"):
        detect(read(path), kind="texts")
