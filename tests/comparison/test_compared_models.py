"""Who is compared: what they are called, and a fitted model's base before it."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tunesmith.comparison.compared_models import contestants, encode_with
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import UnknownModel, UsageError


def test_names_are_short_where_they_differ(tiny_model: Path, tmp_path: Path) -> None:
    """Folders of one name are called by their whole paths."""
    shutil.copytree(tiny_model, tmp_path / "model")
    titles = [one.title for one in contestants([tiny_model, "all-MiniLM-L6-v2"])]
    assert titles == ["model", "all-MiniLM-L6-v2"]
    both = [tiny_model, tmp_path / "model"]
    assert [one.title for one in contestants(both)] == list(map(str, both))


def test_an_encoder_stands_for_itself(tiny_model: Path) -> None:
    """It is opened as it is, and nothing of it is looked at before."""
    encoder = SentenceEncoder(tiny_model, cache=False)
    (alone,) = contestants(encoder)
    assert alone.open() is encoder
    assert contestants(SentenceEncoder("no-such-model"))[0].title == "no-such-model"
    texts = ["a card", "so late"]
    assert np.array_equal(
        encode_with(encoder, "it", shown=False)(texts, prompt="query"), encoder.encode(texts)
    )


def test_a_model_that_is_not_there_is_missed_when_it_is_opened(tmp_path: Path) -> None:
    """Not before: the data comes first."""
    missing, empty = contestants(["no-such-model", tmp_path])
    for one in (missing, empty):
        with pytest.raises(UnknownModel):
            one.open()


def test_none_and_twice_are_refused() -> None:
    """In one line each."""
    with pytest.raises(UsageError, match="no model to evaluate"):
        contestants([])
    with pytest.raises(UsageError, match="a is given twice"):
        contestants(["a", "b", "a"])
