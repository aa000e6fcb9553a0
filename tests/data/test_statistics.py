"""Summary statistics of scores and judgement files are correct."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.data.statistics import score_spread, split_sizes
from tunesmith.kinds import Examples, ScoredPairs, Texts


def scored(scores: list[float | None]) -> Examples:
    texts = [f"text {number}" for number in range(len(scores))]
    rows = pa.array(range(1, len(scores) + 1), pa.int64())
    column = pa.array(scores, pa.float64())
    return ScoredPairs(pa.table({"text1": texts, "text2": texts, "score": column, "row": rows}))


def test_score_quartiles_and_bins() -> None:
    """They agree with numpy; missing and NaN scores are ignored."""
    scores = np.random.default_rng(0).random(200)
    spread = score_spread(scored([*scores.tolist(), None, float("nan")]))
    assert spread is not None
    assert spread.quartiles == pytest.approx(np.percentile(scores, [0, 25, 50, 75, 100]))
    assert (sum(spread.counts), len(spread.edges)) == (200, 11)
    assert score_spread(scored([None, None])) is None
    assert score_spread(Texts(pa.table({"text": ["a b c"], "row": [1]}))) is None


def test_sizes_of_judgement_files(examples: Path) -> None:
    """Distinct queries, distinct documents and judgements are counted."""
    collection = detect(read(examples / "retrieval")).examples
    sizes = split_sizes(collection)
    assert [size.name for size in sizes] == ["test", "train"]
    assert sum(size.judgements for size in sizes) == len(collection)
    for size in sizes:
        lines = (examples / "retrieval" / "qrels" / f"{size.name}.tsv").read_text().splitlines()[1:]
        cells = [line.split("\t") for line in lines]
        assert size.queries == len({query for query, *_ in cells})
        assert size.documents == len({document for _, document, _ in cells})
    assert split_sizes(scored([0.5])) == ()
