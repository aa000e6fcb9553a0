"""Cached texts are not encoded again, and new vectors are stored even on errors."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tunesmith.encoders.backends.parts import Encoded
from tunesmith.encoders.cache import lookup as remember
from tunesmith.encoders.cache.lookup import encode_cached
from tunesmith.encoders.cache.vector_cache import VectorCache, text_digest


class Counting:
    """Returns each text's length and first character code, in reverse order, two at a time."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.encoded: list[str] = []
        self.stop_after = stop_after

    def __call__(self, texts: list[str]) -> Iterator[Encoded]:
        order = np.arange(len(texts))[::-1]
        for start in range(0, len(texts), 2):
            if self.stop_after is not None and start >= self.stop_after:
                raise KeyboardInterrupt
            batch = order[start : start + 2]
            self.encoded += [texts[position] for position in batch]
            yield Encoded(batch, np.array([_vector(texts[i]) for i in batch], dtype=np.float32))


def _vector(text: str) -> list[float]:
    return [float(len(text)), float(ord(text[0]))]


def _run(texts: list[str], encode: Counting, cache: VectorCache | None) -> np.ndarray:
    done: list[int] = []
    vectors = encode_cached(texts, encode, dimension=2, cache=cache, space="s", advance=done.append)
    assert sum(done) == len(texts)
    return vectors


TEXTS = [letter * length for letter in "abcdefg" for length in (1, 2, 3)]


@pytest.mark.parametrize("window", [1, 4, 100])
def test_every_text_gets_its_own_vector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    """The order is that of the texts, whichever part is cached."""
    monkeypatch.setattr(remember, "WINDOW", window)
    cache = VectorCache(tmp_path)
    _run(TEXTS[::3], Counting(), cache)
    encode = Counting()
    np.testing.assert_array_equal(_run(TEXTS, encode, cache), [_vector(text) for text in TEXTS])
    assert sorted(encode.encoded) == sorted(set(TEXTS) - set(TEXTS[::3]))


def test_a_second_run_encodes_nothing(tmp_path: Path) -> None:
    """All vectors are read from the cache."""
    cache, encode = VectorCache(tmp_path), Counting()
    first = _run(TEXTS, Counting(), cache)
    np.testing.assert_array_equal(_run(TEXTS, encode, cache), first)
    assert encode.encoded == []


def test_without_a_cache_everything_is_encoded() -> None:
    """None disables the cache."""
    encode = Counting()
    _run(TEXTS, encode, None)
    assert sorted(encode.encoded) == sorted(TEXTS)


def test_an_interruption_keeps_what_was_encoded(tmp_path: Path) -> None:
    """After Ctrl-C the next run uses the vectors encoded so far."""
    cache, stopped, again = VectorCache(tmp_path), Counting(stop_after=8), Counting()
    with pytest.raises(KeyboardInterrupt):
        _run(TEXTS, stopped, cache)
    _run(TEXTS, again, cache)
    assert len(stopped.encoded) == 8
    assert not set(stopped.encoded) & set(again.encoded)


def test_vectors_are_written_periodically(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed process loses only the last few vectors."""
    monkeypatch.setattr(remember, "FLUSH_TEXTS", 4)
    cache = VectorCache(tmp_path)
    entries: list[int] = []
    encode_cached(
        TEXTS,
        Counting(),
        dimension=2,
        cache=cache,
        space="s",
        advance=lambda _: entries.append(cache.info().entries),
    )
    assert entries[2:6] == [4, 4, 8, 8]


def test_vectors_of_another_dimension_are_not_used(tmp_path: Path) -> None:
    """They are encoded again and replaced."""
    cache = VectorCache(tmp_path)
    digests = [text_digest(text) for text in TEXTS]
    cache.put_many("s", digests, np.zeros((len(TEXTS), 3), np.float32))
    expected = [_vector(text) for text in TEXTS]
    np.testing.assert_array_equal(_run(TEXTS, Counting(), cache), expected)
    encode = Counting()
    np.testing.assert_array_equal(_run(TEXTS, encode, cache), expected)
    assert encode.encoded == []
