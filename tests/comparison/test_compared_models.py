"""Who is compared: what they are called, and a fitted model's base before it."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tunesmith.comparison.compared_models import compared_models, encode_with
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import UnknownModel, UsageError


def test_names_are_short_where_they_differ(tiny_model: Path, tmp_path: Path) -> None:
    """Folders of one name are called by their whole paths."""
    shutil.copytree(tiny_model, tmp_path / "model")
    titles = [one.title for one in compared_models([tiny_model, "all-MiniLM-L6-v2"])]
    assert titles == ["model", "all-MiniLM-L6-v2"]
    both = [tiny_model, tmp_path / "model"]
    assert [one.title for one in compared_models(both)] == list(map(str, both))


def test_an_encoder_stands_for_itself(tiny_model: Path) -> None:
    """It is opened as it is, and nothing of it is looked at before."""
    encoder = SentenceEncoder(tiny_model, cache=False)
    (alone,) = compared_models(encoder)
    assert alone.open() is encoder
    assert compared_models(SentenceEncoder("no-such-model"))[0].title == "no-such-model"
    texts = ["a card", "so late"]
    assert np.array_equal(
        encode_with(encoder, "it", shown=False)(texts, prompt="query"), encoder.encode(texts)
    )


def test_a_model_that_is_not_there_is_missed_when_it_is_opened(tmp_path: Path) -> None:
    """Not before: the data comes first."""
    missing, empty = compared_models(["no-such-model", tmp_path])
    for one in (missing, empty):
        with pytest.raises(UnknownModel):
            one.open()


def test_none_and_twice_are_refused() -> None:
    """In one line each."""
    with pytest.raises(UsageError, match="no model to evaluate"):
        compared_models([])
    with pytest.raises(UsageError, match="a is given twice"):
        compared_models(["a", "b", "a"])
