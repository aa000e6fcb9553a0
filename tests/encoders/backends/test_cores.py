"""Texts are divided among the cores, and among no more batches than that takes."""

from itertools import chain

import pytest

from tunesmith.encoders.backends.cores import by_chunks

TEXTS = ["x" * (1 + number * 7 % 50) for number in range(40)]


@pytest.mark.parametrize(("threads", "chunks"), [(1, 1), (2, 8), (4, 20)])
def test_only_several_cores_need_several_chunks(threads: int, chunks: int) -> None:
    found = [*by_chunks(lambda chunk: chunk.tolist(), TEXTS, threads=threads)]
    assert len(found) == chunks
    assert sorted(chain.from_iterable(found)) == [*range(40)]
    for chunk in found:
        lengths = [len(TEXTS[index]) for index in chunk]
        assert lengths == sorted(lengths, reverse=True)


def test_a_chunk_has_a_largest_size() -> None:
    found = [*by_chunks(len, TEXTS, largest=16, threads=1)]
    assert found == [16, 16, 8]
