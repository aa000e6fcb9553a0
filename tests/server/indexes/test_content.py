"""What an index holds after its parts, and how well its graph finds the nearest texts."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tunesmith.server.indexes import content as contents
from tunesmith.server.indexes.content import Content
from tunesmith.server.indexes.part import Part
from tunesmith.vectors.similarity import search


def clustered(rows: int, seed: int = 0) -> NDArray[np.float32]:
    """Vectors around 100 centres, as those of texts are."""
    generator = np.random.default_rng(seed)
    centres = np.random.default_rng(7).normal(size=(100, 64))
    vectors = centres[generator.integers(0, 100, rows)] + generator.normal(size=(rows, 64)) * 0.7
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def part(ids: list[str], vectors: NDArray[np.float32]) -> Part:
    return Part(tuple(ids), tuple(f"text {each}" for each in ids), vectors)


def test_a_later_text_replaces_one_of_the_same_id() -> None:
    vectors = np.eye(3, dtype=np.float32)
    content = Content.empty().apply(part(["a", "b"], vectors[:2])).apply(part(["a"], vectors[2:]))
    assert sorted(content.ids) == ["a", "b"]
    assert content.search(vectors[2:], 1)[0][0].id == "a"
    assert content.search(vectors[:1], 2)[0][0].score == 0


def test_removed_texts_are_not_found() -> None:
    vectors = np.eye(3, dtype=np.float32)
    content = Content.empty().apply(part(["a", "b", "c"], vectors))
    content = content.apply(Part.removing(("b", "unknown")))
    assert {hit.id for hit in content.search(vectors[1:2], 10)[0]} == {"a", "c"}
    assert content.apply(Part.removing(("a", "c"))).search(vectors, 1) == [[], [], []]


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Content:
    """A content that is too large for exact search, after additions and removals."""
    monkeypatch.setattr(contents, "EXACT_TEXTS", 2_000)
    vectors = clustered(3_000)
    ids = [str(number) for number in range(3_000)]
    content = Content.empty().apply(part(ids[:2_500], vectors[:2_500]))
    content = content.apply(part(ids[2_500:], vectors[2_500:]))
    return content.apply(Part.removing(tuple(ids[:100])))


def recall(content: Content) -> float:
    """The share of the ten nearest texts that are found."""
    queries = clustered(200, seed=1)
    exact = search(queries, content.vectors, 10).indices
    found = content.search(queries, 10)
    hits = [
        len({hit.id for hit in hits} & {content.ids[row] for row in rows})
        for hits, rows in zip(found, exact, strict=True)
    ]
    return sum(hits) / exact.size


def test_the_graph_finds_the_nearest_texts(large: Content) -> None:
    """At least 99% of them, with exact scores."""
    assert large.graph is not None
    assert recall(large) >= 0.99
    query = clustered(1, seed=2)
    exact = search(query, large.vectors, 1)
    assert large.search(query, 1)[0][0].score == exact.scores[0, 0]


def test_a_graph_is_stored_with_its_content(large: Content, tmp_path: Path) -> None:
    """Also additions and removals after it was read."""
    large.write(tmp_path)
    again = Content.read(tmp_path)
    assert again.graph is not None
    assert again.graph is not large.graph
    assert recall(again) >= 0.99
    later = again.apply(part(["new"], clustered(1, seed=3))).apply(Part.removing(("150",)))
    assert later.search(clustered(1, seed=3), 1)[0][0].id == "new"
    assert recall(later) >= 0.99


def test_an_earlier_content_answers_while_the_graph_goes_on(large: Content) -> None:
    """The graph is shared: texts that an earlier content does not have are left out."""
    query = clustered(1, seed=3)
    large.apply(part(["new"], query))
    assert large.search(query, 1)[0][0].id != "new"
