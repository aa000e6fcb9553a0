"""The caching wrapper of encoders."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from tests.error_fields import about
from tunesmith.encoders.cached_encoder import CachedEncoder
from tunesmith.errors import DataError, UsageError


class Lengths:
    """An expensive encoder that counts its inputs and may fail."""

    def __init__(self, width: int = 2, breaks_at: int | None = None) -> None:
        self.width, self.breaks_at, self.asked = width, breaks_at, 0

    def transform(self, X: Any) -> Any:
        self.asked += len(X)
        if self.breaks_at is not None and self.asked > self.breaks_at:
            raise KeyboardInterrupt
        return np.array([[len(text)] * self.width for text in X], dtype=float)


def test_each_text_is_encoded_once(tmp_path: Path) -> None:
    """Another object of the same name also uses the cache."""
    first, second = Lengths(), Lengths()
    texts = ["a", "bb", "a", "ccc"]
    found = CachedEncoder(first, "lengths", cache=tmp_path).fit_transform(texts)
    assert found.tolist() == [[1, 1], [2, 2], [1, 1], [3, 3]]
    later = CachedEncoder(second, "lengths", cache=tmp_path).transform(["dddd", *texts])
    assert later.tolist() == [[4, 4], *found.tolist()]
    assert (first.asked, second.asked) == (3, 1)
    assert CachedEncoder(Lengths(), "other", cache=tmp_path).transform(["a"]).shape == (1, 2)


def test_an_interrupt_keeps_finished_vectors(tmp_path: Path) -> None:
    """Vectors encoded before Ctrl-C are in the cache."""
    texts = [f"text {number}" for number in range(3000)]
    with pytest.raises(KeyboardInterrupt):
        CachedEncoder(Lengths(breaks_at=2500), "lengths", cache=tmp_path).transform(texts)
    rest = Lengths()
    assert CachedEncoder(rest, "lengths", cache=tmp_path).transform(texts).shape == (3000, 2)
    assert rest.asked == 3000 - 2048


def test_in_a_pipeline(tmp_path: Path) -> None:
    """It needs no fitting."""
    encoder = CachedEncoder(Lengths(), "lengths", cache=tmp_path)
    pipeline = make_pipeline(encoder, LogisticRegression())
    assert pipeline.fit(["a", "b", "ccccc", "ddddd"], [0, 0, 1, 1]).predict(["eeeee"]) == [1]


def test_invalid_encoders_are_refused(tmp_path: Path) -> None:
    """Another dimension under one name, non-finite vectors, and an empty name."""
    CachedEncoder(Lengths(), "lengths", cache=tmp_path).transform(["a"])
    with pytest.raises(DataError, match="another name"):
        CachedEncoder(Lengths(width=3), "lengths", cache=tmp_path).transform(["a", "b"])

    class Broken(Lengths):
        def transform(self, X: Any) -> Any:
            return super().transform(X) * np.nan

    with pytest.raises(DataError, match="not finite"):
        CachedEncoder(Broken(), "broken", cache=tmp_path).transform(["a"])
    with pytest.raises(UsageError, check=about(option="name")):
        CachedEncoder(Lengths(), "", cache=tmp_path).fit(["a"])
