"""Detection of the kind of real, unmodified files."""

from pathlib import Path

import pytest

from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.kinds import Retrieval

REAL = {
    "atis/atis-ft-3classes.csv": ("labelled", {"text": "query", "label": "intent"}, 344),
    "banking77/train.csv": ("labelled", {"text": "text", "label": "category"}, 10_003),
    "banking77/test.csv": ("labelled", {"text": "text", "label": "category"}, 3_080),
    "embetter/new-dataset.jsonl": ("multilabel", {"text": "text", "labels": "cats"}, 2_209),
    "embetter/data-quality.jsonl": ("multilabel", {"text": "text", "labels": "cats"}, 261),
    "imdb/train.jsonl": ("labelled", {"text": "text", "label": "label"}, 1_000),
    "imdb/test.jsonl": ("labelled", {"text": "text", "label": "label"}, 2_000),
    **{
        f"stsb/stsb-en-{split}.csv": (
            "scored_pairs",
            {"text1": "column1", "text2": "column2", "score": "column3"},
            count,
        )
        for split, count in (("train", 5_749), ("dev", 1_500), ("test", 1_379))
    },
    **{
        f"nli/{name}.jsonl": (
            "nli",
            {"premise": "premise", "hypothesis": "hypothesis", "label": "label"},
            count,
        )
        for name, count in (("mnli", 10_469), ("snli", 19_666))
    },
    **{
        f"quora/{split}.csv": (
            "labelled_pairs",
            {"text1": "question1", "text2": "question2", "label": "is_duplicate"},
            10_000,
        )
        for split in ("train", "test")
    },
    "arxiv/abstracts.jsonl": ("pairs", {"anchor": "title", "positive": "abstract"}, 9_994),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_real_files_are_detected_untouched(shared_data: Path, name: str) -> None:
    """Kind and columns of each file are detected, and all rows are kept."""
    kind, columns, count = REAL[name]
    loaded = read(shared_data / name)
    detected = detect(loaded)
    assert (detected.kind.value, dict(detected.columns)) == (kind, columns)
    assert len(detected.examples) == count
    assert not loaded.rejected


@pytest.mark.slow
def test_the_real_retrieval_folder_is_detected(shared_data: Path) -> None:
    """SciFact has all queries, documents and judgements, with titles before the abstracts."""
    examples = detect(read(shared_data / "scifact")).examples
    assert isinstance(examples, Retrieval)
    assert (len(examples.texts("query")), len(examples.texts("document"))) == (1_109, 5_183)
    assert set(examples.table["split"].to_pylist()) == {"train", "test"}
    assert len(examples) == 919 + 339
    assert examples.texts("document")[0].startswith("Microstructural development of human")


@pytest.mark.slow
def test_the_atis_classes_are_counted(shared_data: Path) -> None:
    """The reason explains the decision in a printable sentence."""
    detected = detect(read(shared_data / "atis" / "atis-ft-3classes.csv"))
    assert detected.reason == (
        "labelled: column 'query' holds texts (344 distinct of 344), column 'intent' holds 3"
        " distinct values"
    )
