"""Truncation and quantisation of vectors."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from typer.testing import CliRunner

from tests.error_fields import about
from tunesmith.cli.app import app
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import UsageError
from tunesmith.vectors.compress import VectorPrecision, dequantize, quantize, truncate

matrices = arrays(
    np.float32,
    st.tuples(st.integers(1, 5), st.integers(1, 20)),
    elements=st.floats(-1, 1, width=32).filter(lambda value: value == 0 or abs(value) > 1e-6),
)


@given(matrices, st.data())
def test_truncated_vectors_have_length_1(vectors: np.ndarray, data: st.DataObject) -> None:
    """The first dimensions are kept and normalised, unless they are all zero."""
    dim = data.draw(st.integers(1, vectors.shape[1]))
    truncated = truncate(vectors, dim)
    lengths = np.linalg.norm(vectors[:, :dim], axis=1, keepdims=True)
    assert truncated.shape == (len(vectors), dim)
    np.testing.assert_allclose(truncated * lengths, vectors[:, :dim], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(truncated, axis=1), (lengths > 0).ravel(), atol=1e-5)


@given(matrices)
def test_int8_keeps_the_direction(vectors: np.ndarray) -> None:
    """The error of int8 is at most half a quantisation step."""
    small = quantize(vectors, "int8")
    assert small.dtype == np.int8
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    np.testing.assert_allclose(small * (largest / 127), vectors, atol=largest.max() / 253)


@given(matrices)
def test_binary_keeps_signs(vectors: np.ndarray) -> None:
    """Binary codes use one bit per dimension, and dequantisation restores the signs."""
    small = quantize(vectors, "binary")
    assert small.shape == (len(vectors), -(-vectors.shape[1] // 8))
    signs = np.where(vectors > 0, 1, -1)
    np.testing.assert_array_equal(np.sign(dequantize(small, "binary", vectors.shape[1])), signs)


@pytest.mark.parametrize(
    ("precision", "size", "loss"), [("float32", 4, 0), ("float16", 2, 1e-3), ("int8", 1, 1e-2)]
)
def test_cosines_survive(precision: VectorPrecision, size: int, loss: float) -> None:
    """The size is as documented, and cosines are within the tolerance."""
    vectors = truncate(np.random.default_rng(0).normal(size=(50, 384)), 384)
    small = quantize(vectors, precision)
    assert small.nbytes == vectors.size * size
    restored = dequantize(small, precision, 384)
    np.testing.assert_allclose(restored @ restored.T, vectors @ vectors.T, atol=loss + 1e-6)


def test_invalid_dimensions_and_precisions_are_refused() -> None:
    """Too many dimensions, none, and an unknown precision."""
    with pytest.raises(UsageError, check=about(option="dim")):
        truncate(np.eye(3), 4)
    with pytest.raises(UsageError, check=about(option="dim")):
        truncate(np.eye(3), 0)
    with pytest.raises(
        UsageError, match="no precision 'int4': give float32, float16, int8, binary"
    ):
        quantize(np.eye(3), "int4")  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(("precision", "dim"), [("float16", 20), ("int8", 20), ("binary", 3)])
def test_embed_writes_small_vectors(
    precision: VectorPrecision, dim: int, tiny_model: Path, tmp_path: Path
) -> None:
    """`--truncate_dim` and `--precision` reach the file, in each of the kinds of file."""
    for suffix in (".npy", ".parquet", ".jsonl"):
        path = tmp_path / f"vectors{suffix}"
        words = ["embed", str(tiny_model), "late order", "-o", str(path)]
        found = CliRunner().invoke(app, [*words, "--truncate-dim", "20", "--precision", precision])
        assert found.exit_code == 0, found.output
        if suffix == ".npy":
            vectors = np.load(path)
        elif suffix == ".parquet":
            vectors = np.stack(pq.read_table(path)["vector"].to_numpy())
        else:
            vectors = np.array([json.loads(path.read_text())["vector"]])
        assert vectors.shape == (1, dim)
        truncated = truncate(SentenceEncoder(tiny_model).encode(["late order"]), 20)
        assert (dequantize(vectors, precision, 20) @ truncated.T).item() > 0.6
