"""What release 0.1.0 wrote can still be read: tuners, and the summaries in model folders."""

import json
from pathlib import Path

import numpy as np
import pytest

from tunesmith.results import summary_of
from tunesmith.tuners import FeedForwardTuner, QueryTuner

FILES = Path(__file__).parent / "release_0_1_0"
INPUTS = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)


def _written(name: str) -> np.ndarray:
    return np.array(json.loads((FILES / "vectors.json").read_text(encoding="utf-8"))[name])


def test_tuners_give_the_vectors_that_they_gave() -> None:
    """Their parameters had other names: n_epochs, and collection with the value fixed."""
    network = FeedForwardTuner.load(FILES / "feed_forward")
    assert network.epochs == 5
    np.testing.assert_allclose(network.transform(INPUTS[:3]), _written("feed_forward"), atol=1e-5)
    queries = QueryTuner.load(FILES / "query")
    assert queries.corpus_type == "closed"
    np.testing.assert_allclose(queries.transform(INPUTS[:3, :4]), _written("query"), atol=1e-5)


@pytest.mark.parametrize("name", ["labelled", "retrieval"])
def test_summaries_are_read_under_today_s_names(name: str) -> None:
    """Their keys had other names: lighter, signs and collection."""
    path = FILES / f"{name}.json"
    stored = json.loads(path.read_text(encoding="utf-8"))["summary"]
    summary = summary_of(stored, path)
    assert summary.rows == stored["rows"]
    assert [form.name for form in summary.variants] == [form["name"] for form in stored["lighter"]]
    if summary.pairs is not None:
        assert summary.pairs.corpus_type == "closed"
        assert len(summary.pairs.label_free) == len(stored["pairs"]["signs"])
