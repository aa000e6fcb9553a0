"""A query map is never lost in silence: plain vectors are named, and the export keeps it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from tests.cli.conftest import Run
from tunesmith.encoders.model_files.query_route import add_query_route
from tunesmith.models import folder as model_folders
from tunesmith.models.model import has_query_map
from tunesmith.results.summary import Summary
from tunesmith.vectors.layers import Layer

TEXTS = ["my card is late", "", "   ", "🙂", "电梯坏了", "المصعد معطل", "a\nb\tc", "card " * 500]
NOTE = "encoded as documents"


@pytest.fixture
def searcher(home: Path, tiny_encoder: Path, summary: Summary, tmp_path: Path) -> Path:
    """A fitted model with a query map, in the model store."""
    encoder = tmp_path / "encoder"
    shutil.copytree(tiny_encoder, encoder)
    weight = np.random.default_rng(0).normal(size=(32, 32)).astype(np.float32)
    add_query_route(encoder, [Layer(weight, np.zeros(32, dtype=np.float32))])
    path = home / "models" / "articles-5b7c9d"
    model_folders.save(
        path,
        encoder=encoder,
        classifier=None,
        summary=summary.to_dict(),
        write_pages=Path.touch,
    )
    return path


def test_plain_vectors_are_named(run: Run, searcher: Path, fitted: Path) -> None:
    """A note says how queries are encoded, unless the prompt was given or there is no map."""
    assert has_query_map(searcher.name)
    assert not has_query_map(fitted.name)
    plain = run("embed", searcher.name, "my card")
    assert plain.exit_code == 0
    assert f"{NOTE}" in plain.stderr
    assert "--prompt query" in plain.stderr
    assert NOTE not in run("embed", searcher.name, "my card", "--prompt", "query").stderr
    assert NOTE not in run("embed", fitted.name, "my card").stderr
    compared = run("similarity", searcher.name, "my card", "late")
    assert NOTE in compared.stderr
    assert "tunesmith search" in compared.stderr


def test_exported_queries(run: Run, searcher: Path, tmp_path: Path) -> None:
    """Plain ``encode`` of the folder is ``encode_query`` of the model, for odd texts as well."""
    out = tmp_path / "queries"
    made = run("export", searcher.name, "--queries", str(out))
    assert made.exit_code == 0, made.output
    model = SentenceTransformer(str(searcher), device="cpu")
    expected = model.encode_query(TEXTS)
    found = SentenceTransformer(str(out), device="cpu").encode(TEXTS)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(expected - model.encode(TEXTS)).max() > 0.1
    assert run("embed", searcher.name, "card").exit_code == 0  # the model is still sound


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tickets-3f2a1c", "--queries", "queries"], "in the same way"),
        (["articles-5b7c9d", "--queries", ""], "name of the folder is empty"),
        (["articles-5b7c9d", "--queries", "queries", "-o", "a.zip"], "cannot be combined"),
        (["articles-5b7c9d"], "--queries FOLDER"),
        (["no-such-model", "--queries", "queries"], "no fitted model"),
    ],
)
def test_faults(
    run: Run,
    searcher: Path,
    fitted: Path,
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each is one line that says what to do, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    result = run("export", *words)
    assert result.exit_code != 0
    assert message in " ".join(result.output.split())
    assert not (tmp_path / "queries").exists()
