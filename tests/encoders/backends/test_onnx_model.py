"""Running an exported model: results do not depend on batching, and torch is not needed."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnxruntime import InferenceSession

from tunesmith.encoders.backends.cores import usable_cores
from tunesmith.encoders.backends.onnx_export import export
from tunesmith.encoders.backends.onnx_folder import Export
from tunesmith.encoders.backends.onnx_model import OnnxModel, load_onnx
from tunesmith.encoders.backends.parts import Settings
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.errors import DamagedModel, ModelError


@pytest.fixture(scope="module")
def export_of_tiny(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Export:
    """The tiny model, exported."""
    made = export(tiny_model, tmp_path_factory.mktemp("export") / "onnx")
    assert isinstance(made, Export)
    return made


def _encode(model: OnnxModel, texts: list[str], budget: int | None = None) -> np.ndarray:
    vectors = np.full((len(texts), model.dimension), np.nan, dtype=np.float32)
    for encoded in model.encode(texts, Settings(max_length=64), budget):
        assert np.isnan(vectors[encoded.positions]).all(), "a text was encoded twice"
        vectors[encoded.positions] = encoded.vectors
    return vectors


@settings(max_examples=20, deadline=None)
@given(
    texts=st.lists(st.text(max_size=40), min_size=1, max_size=60),
    budget=st.sampled_from([1, 64, 256, 100_000]),
)
def test_batching_does_not_matter(export_of_tiny: Export, texts: list[str], budget: int) -> None:
    """A text's vector does not depend on the other texts or the batches."""
    model = load_onnx(export_of_tiny)
    alone = np.concatenate([_encode(model, [text]) for text in texts])
    np.testing.assert_allclose(_encode(model, texts, budget), alone, atol=1e-5)
    together = model.encode_together(texts, Settings(max_length=64))
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("cores", [1, 2, 5])
def test_the_number_of_cores_does_not_matter(
    export_of_tiny: Export, cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any number of threads gives every text its vector."""
    texts = [f"order {'late ' * (number % 30)}{number}" for number in range(300)]
    model = load_onnx(export_of_tiny)
    expected = model.encode_together(texts, Settings(max_length=64))
    monkeypatch.setattr("tunesmith.encoders.backends.cores.usable_cores", lambda: cores)
    np.testing.assert_allclose(_encode(model, texts), expected, atol=1e-5)


def test_stopping_early_stops_all_threads(export_of_tiny: Export) -> None:
    """Stopping after the first vectors does not wait for the rest."""
    encoding = load_onnx(export_of_tiny).encode(["late order"] * 5000, Settings(max_length=64))
    assert len(next(encoding).positions)
    encoding.close()  # type: ignore[attr-defined]  # a generator has it


def test_the_number_of_cores_can_be_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """``OMP_NUM_THREADS`` limits the threads; invalid values are ignored."""
    everything = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    for value, expected in (
        ("1", 1),
        ("9999", everything),
        ("many", everything),
        ("0", everything),
    ):
        monkeypatch.setenv("OMP_NUM_THREADS", value)
        assert usable_cores() == expected


def test_a_loaded_model_is_shared(export_of_tiny: Export) -> None:
    """Loading the same export twice returns the same session."""
    assert load_onnx(export_of_tiny) is load_onnx(export_of_tiny)


def test_a_damaged_file_is_named(tiny_model: Path, tmp_path: Path) -> None:
    """The error for a truncated graph says what to delete."""
    made = export(tiny_model, tmp_path / "onnx")
    assert isinstance(made, Export)
    whole = (made.folder / "model.onnx").read_bytes()
    (made.folder / "model.onnx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DamagedModel, match=r"onnx cannot be loaded .* delete it"):
        OnnxModel(made)


def test_numbers_that_are_not_finite_are_an_error(
    export_of_tiny: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NaN is an error."""
    run = InferenceSession.run
    monkeypatch.setattr(InferenceSession, "run", lambda *a: [run(*a)[0] * np.nan])
    model = OnnxModel(export_of_tiny)
    with pytest.raises(ModelError, match="not finite for the text 'late'"):
        list(model.encode(["late"], Settings(max_length=64)))


def test_neither_torch_nor_scikit_learn_is_loaded(tiny_model: Path, home: Path) -> None:
    """With an export, encoding needs no heavy library."""
    made = export(tiny_model, home / "onnx" / folder_digest(tiny_model))
    assert isinstance(made, Export)
    script = f"""
import sys
from tunesmith.encoders.backends.engine import load_engine
from tunesmith.encoders.backends.parts import Settings
from pathlib import Path
engine = load_engine(
    Path({str(tiny_model)!r}), {made.runtime.digest!r}, backend="auto", device="cpu", count=1
)
print(next(engine.encode(["late"], Settings())).vectors.shape)
heavy = {{"torch", "transformers", "sentence_transformers", "sklearn", "scipy", "onnx", "pandas"}}
print(sorted(heavy & set(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.split("\n")[:2] == ["(1, 32)", "[]"]
