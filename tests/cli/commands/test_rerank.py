"""What a search finds comes in the order of a cross-encoder."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tunesmith.encoders.cross_encoder import CrossEncoder

Run = Callable[..., Result]

LINES = ["my card is late", "refund of an order", "login broken", "pay money", "the order card"]


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(LINES), encoding="utf-8")
    return str(path)


def test_hits_come_in_the_order_of_the_judge(
    run: Run, tiny_model: Path, tiny_judge: Path, corpus: str
) -> None:
    """With its scores; every candidate is judged, and k of them are shown."""
    words = ["rerank", str(tiny_judge), "my order", "-c", corpus, "--by", str(tiny_model)]
    result = run(*words, "-k", "3", "--json")
    assert result.exit_code == 0, result.stderr
    [found] = json.loads(result.stdout)
    scores = CrossEncoder(tiny_judge).score([("my order", line) for line in LINES])
    expected = sorted(zip(scores.tolist(), LINES, strict=True), reverse=True)[:3]
    assert found["query"] == "my order"
    assert [hit["text"] for hit in found["hits"]] == [text for _, text in expected]
    assert [hit["score"] for hit in found["hits"]] == pytest.approx(
        [score for score, _ in expected]
    )
    assert [LINES[hit["row"] - 1] for hit in found["hits"]] == [text for _, text in expected]


def test_only_candidates_are_judged(
    run: Run, tiny_model: Path, tiny_judge: Path, corpus: str
) -> None:
    """Those that the model finds first."""
    words = ["-c", corpus, "--by", str(tiny_model)]
    searched = run("search", str(tiny_model), "my card", "-c", corpus, "-k", "2", "--json")
    near = {hit["text"] for hit in json.loads(searched.stdout)[0]["hits"]}
    result = run("rerank", str(tiny_judge), "my card", *words, "-n", "2", "-k", "2", "--json")
    assert {hit["text"] for hit in json.loads(result.stdout)[0]["hits"]} == near
    table = run("rerank", str(tiny_judge), "my card", "late", *words, "-k", "1")
    assert (table.exit_code, table.stderr) == (0, "")
    assert table.stdout.index("my card") < table.stdout.index("late")


@pytest.mark.parametrize(
    ("judge", "file", "message"),
    [
        ("no/such-judge", "corpus.txt", "there is no cross-encoder 'no/such-judge'"),
        ("MODEL", "corpus.txt", "not a cross-encoder but BertModel"),
        ("JUDGE", "none.txt", "there is no file"),
    ],
)
def test_what_is_not_there_is_named(
    run: Run, tiny_model: Path, tiny_judge: Path, corpus: str, judge: str, file: str, message: str
) -> None:
    """One line, and nothing is searched."""
    folders = {"MODEL": str(tiny_model), "JUDGE": str(tiny_judge)}
    place = str(Path(corpus).with_name(file))
    result = run("rerank", folders.get(judge, judge), "late", "-c", place, "--by", str(tiny_model))
    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())
