"""Weights that do not match the configuration are refused where a model is loaded."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertModel

from tunesmith.encoders.agreement import require_agreement
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import DamagedModel, ModelError

Weights = dict[str, Any]


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model, whose files a test may change."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def rewrite(folder: Path, change: Callable[[Weights], Weights]) -> None:
    """Write the weights of a model again after a change."""
    path = folder / "model.safetensors"
    save_file(change(load_file(path)), path, metadata={"format": "pt"})


def configure(path: Path, **values: object) -> None:
    """Change values of a configuration file."""
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **values}), "utf-8")


def encode(folder: Path, backend: Any = "torch") -> Any:
    """Return the vectors of two texts."""
    return TextEncoder(folder, cache=False, backend=backend).encode(["my card", "a late parcel"])


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_weights_with_other_names_are_refused(folder: Path, backend: str) -> None:
    """By every backend, with the names of a few of them; and again at the next load."""
    rewrite(folder, lambda found: {f"wrong.{name}": weight for name, weight in found.items()})
    for _ in range(2):
        with pytest.raises(ModelError, match=r"are missing .*: embeddings\.LayerNorm\.bias, "):
            encode(folder, backend)
    with pytest.raises(DamagedModel, match="would be random"):
        require_agreement(folder)


def test_more_layers_than_weights_are_refused(folder: Path) -> None:
    """The names say which layer is missing."""
    configure(folder / "config.json", num_hidden_layers=4)
    with pytest.raises(DamagedModel, match=r"missing .*encoder\.layer\.3\.attention"):
        encode(folder)


def test_fewer_layers_than_weights_are_refused(folder: Path) -> None:
    """They would be skipped without a word."""
    configure(folder / "config.json", num_hidden_layers=2)
    with pytest.raises(DamagedModel, match=r"left over, .*encoder\.layer\.2\.attention"):
        encode(folder)


def test_weights_in_a_bin_file_are_compared(folder: Path) -> None:
    """Complete ones are accepted, and incomplete ones are refused."""
    expected = encode(folder)
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    np.testing.assert_allclose(encode(folder), expected, atol=1e-6)
    del weights["encoder.layer.1.output.dense.bias"]
    torch.save(weights, folder / "pytorch_model.bin")
    with pytest.raises(DamagedModel, match="1 weight is missing"):
        encode(folder)


def test_weights_that_embeddings_do_not_use_may_be_missing_or_left_over(folder: Path) -> None:
    """The pooler, a masked-token head, position numbers, and the prefix of a larger model."""
    expected = encode(folder)
    head = {"cls.predictions.bias": torch.zeros(4), "bert.embeddings.position_ids": torch.zeros(4)}

    def change(found: Weights) -> Weights:
        kept = {name: weight for name, weight in found.items() if "pooler" not in name}
        return {f"bert.{name}": weight for name, weight in kept.items()} | head

    rewrite(folder, change)
    np.testing.assert_allclose(encode(folder), expected, atol=1e-6)


def test_transformers_is_asked_once_for_a_model(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The result is kept in the home, so a later load costs nothing."""
    calls = []
    load = BertModel.from_pretrained

    def counted(*given: Any, **named: Any) -> Any:
        calls.append(bool(named.get("output_loading_info")))
        return load(*given, **named)

    monkeypatch.setattr(BertModel, "from_pretrained", counted)
    rewrite(folder, lambda found: {n: w for n, w in found.items() if "pooler" not in n})
    encode(folder)
    other = Path(shutil.copytree(folder, folder.with_name("copy")))  # not loaded in this process
    encode(other)
    assert calls.count(True) == 1


def test_a_pooling_of_another_dimension_is_refused(folder: Path) -> None:
    """The message names the file and both dimensions."""
    configure(folder / "1_Pooling" / "config.json", embedding_dimension=64)
    for use in (encode, require_agreement):
        with pytest.raises(
            DamagedModel, match=r"1_Pooling.config\.json has 64 dimensions, .* model has 32"
        ):
            use(folder)
