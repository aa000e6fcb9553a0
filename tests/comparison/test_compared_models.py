"""The models of a comparison: their titles, and the base of a fitted model."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.error_fields import about
from tunesmith.comparison.compared_models import compared_models, encode_with
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import UnknownModel, UsageError


def test_titles_are_short_if_unique(tiny_model: Path, tmp_path: Path) -> None:
    """Folders with the same name have their whole path as title."""
    shutil.copytree(tiny_model, tmp_path / "model")
    titles = [one.title for one in compared_models([tiny_model, "all-MiniLM-L6-v2"])]
    assert titles == ["model", "all-MiniLM-L6-v2"]
    both = [tiny_model, tmp_path / "model"]
    assert [one.title for one in compared_models(both)] == list(map(str, both))


def test_an_encoder_is_used_as_it_is(tiny_model: Path) -> None:
    """It is not loaded before it is opened."""
    encoder = SentenceEncoder(tiny_model, cache=False)
    (alone,) = compared_models(encoder)
    assert alone.open() is encoder
    assert compared_models(SentenceEncoder("no-such-model"))[0].title == "no-such-model"
    texts = ["a card", "so late"]
    assert np.array_equal(
        encode_with(encoder, "it", shown=False)(texts, prompt="query"), encoder.encode(texts)
    )


def test_a_missing_model_raises_when_it_is_opened(tmp_path: Path) -> None:
    """The data is checked before models are opened."""
    missing, empty = compared_models(["no-such-model", tmp_path])
    for one in (missing, empty):
        with pytest.raises(UnknownModel):
            one.open()


def test_no_models_and_repeated_models_are_rejected() -> None:
    """Each has its own message."""
    with pytest.raises(UsageError, check=about(option="models")):
        compared_models([])
    with pytest.raises(UsageError, match="a is given twice"):
        compared_models(["a", "b", "a"])
