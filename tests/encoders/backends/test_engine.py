"""The choice of the engine that runs a model."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.error_fields import about
from tunesmith.encoders.backends.engine import (
    WORTH_EXPORTING,
    Backend,
    Engine,
    Precision,
    load_engine,
)
from tunesmith.encoders.backends.onnx_export import export
from tunesmith.encoders.backends.onnx_folder import FOLDER
from tunesmith.encoders.backends.onnx_model import OnnxModel
from tunesmith.encoders.backends.torch_model import TorchModel
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DamagedModel, UsageError


def _engine(folder: Path, backend: Backend, count: int = 1, device: str | None = "cpu") -> Engine:
    return load_engine(folder, folder_digest(folder), backend=backend, device=device, count=count)


def test_a_few_texts_are_not_worth_an_export(tiny_model: Path, home: Path) -> None:
    """An automatic export needs many texts; afterwards it is used for few texts too."""
    assert isinstance(_engine(tiny_model, "auto"), TorchModel)
    assert not (home / "onnx").exists()
    assert isinstance(_engine(tiny_model, "auto", count=WORTH_EXPORTING), OnnxModel)
    assert isinstance(_engine(tiny_model, "auto"), OnnxModel)
    assert isinstance(_engine(tiny_model, "torch"), TorchModel)


def test_an_export_in_the_model_folder_is_used(
    tiny_model: Path, home: Path, tmp_path: Path
) -> None:
    """A folder with an ONNX file needs no export in the home."""
    shutil.copytree(tiny_model, tmp_path / "model")
    export(tmp_path / "model", tmp_path / "model" / FOLDER)
    assert isinstance(_engine(tmp_path / "model", "auto"), OnnxModel)
    assert not (home / "onnx").exists()


def test_an_export_of_other_weights_is_not_used(tiny_model: Path, tmp_path: Path) -> None:
    """After the model has changed, the old export is not used."""
    shutil.copytree(tiny_model, tmp_path / "model")
    export(tmp_path / "model", tmp_path / "model" / FOLDER)
    settings = tmp_path / "model" / "config_sentence_transformers.json"
    settings.write_text(settings.read_text() + "\n")
    assert isinstance(_engine(tmp_path / "model", "auto"), TorchModel)


def test_onnx_runs_on_the_cpu_only(tiny_model: Path) -> None:
    """Contradictory settings and unknown backends are refused."""
    with pytest.raises(UsageError, check=about(option="device")):
        _engine(tiny_model, "onnx", device="cuda")
    with pytest.raises(UsageError, check=about(option="precision")):
        SentenceEncoder(tiny_model, backend="onnx", precision="bfloat16").encode(["a"])
    with pytest.raises(UsageError, check=about(option="backend")):
        SentenceEncoder(tiny_model, backend="fast").fit(["a"])  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("half", ["bfloat16", "float16"])
def test_16_bit_products_give_similar_vectors(
    tiny_model: Path, device: str, half: Precision
) -> None:
    """16-bit vectors differ slightly from float32, so they are cached separately."""
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("there is no GPU here")
    texts = ["my card is late", "refund", "an order 🎻", "late " * 60]
    whole = SentenceEncoder(tiny_model, device=device, backend="torch").encode(texts)
    quantized = SentenceEncoder(tiny_model, device=device, precision=half).encode(texts)
    assert quantized.dtype == np.float32
    assert 1e-7 < np.abs(whole - quantized).max() < 0.05
    np.testing.assert_allclose(np.linalg.norm(quantized, axis=1), 1, atol=1e-5)
    again = SentenceEncoder(tiny_model, device=device, precision=half).encode(texts)
    np.testing.assert_array_equal(again, quantized)


def test_an_unwritable_home_falls_back_to_torch(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the export cannot be written, torch runs the model with a warning."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("TUNESMITH_HOME", str(tmp_path / "file"))
    with pytest.warns(RuntimeWarning, match="model is not run as requested: .* cannot be written"):
        assert isinstance(_engine(tiny_model, "onnx"), TorchModel)


def test_an_export_that_cannot_be_read_is_named(tiny_model: Path, home: Path) -> None:
    """The error for a damaged description says what to delete."""
    place = home / "onnx" / folder_digest(tiny_model)
    place.mkdir(parents=True)
    (place / "runtime.json").write_text("{")
    with pytest.raises(DamagedModel, match=r"runtime.json cannot be read .* delete"):
        _engine(tiny_model, "auto")
