"""The frozen trunk equals the layers that it replaces."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from transformers import (
    AlbertConfig,
    AutoModel,
    DistilBertConfig,
    ModernBertConfig,
    MPNetConfig,
    PretrainedConfig,
    RobertaConfig,
)

from tunesmith.errors import ModelError
from tunesmith.recipes.training.trunk import Trunk

TEXTS = [
    "my card is broken",
    "the order is late, the order is very very late and I want my money back!",
    "help",
    "cancel the order",
]
SIZES = {
    "vocab_size": 210,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 128,
}
ARCHITECTURES = {
    "distilbert": DistilBertConfig(
        vocab_size=210, dim=32, n_layers=3, n_heads=4, hidden_dim=64, max_position_embeddings=128
    ),
    "mpnet": MPNetConfig(**SIZES),
    "roberta": RobertaConfig(**SIZES, pad_token_id=0),
    "modernbert": ModernBertConfig(**SIZES, pad_token_id=0, global_attn_every_n_layers=2),
}


def _load(folder: Path) -> Any:
    return SentenceTransformer(str(folder), device="cpu").eval()


def _of_architecture(config: PretrainedConfig, tiny_model: Path, folder: Path) -> Any:
    torch.manual_seed(0)
    AutoModel.from_config(config).save_pretrained(folder)
    for file in tiny_model.glob("*token*"):
        (folder / file.name).write_bytes(file.read_bytes())
    transformer = Transformer(str(folder), max_seq_length=64)
    return SentenceTransformer(modules=[transformer, Pooling(32)], device="cpu").eval()


def _vectors(trunk: Trunk, memory_limit: int = 1 << 30) -> np.ndarray:
    lengths = trunk.token_lengths(TEXTS)
    hidden = trunk.run(TEXTS, lengths, memory_limit=memory_limit)
    assert hidden is not None
    order = np.array([2, 0, 3, 1])
    with torch.no_grad():
        features = trunk.features([TEXTS[row] for row in order])
        found = trunk.upper(features, hidden.of(order)).numpy()
    return np.asarray(found[np.argsort(order)])


@pytest.mark.parametrize("train_layers", [1, 2])
@pytest.mark.parametrize("memory_limit", [0, 1 << 30])
def test_trunk_and_upper_layers_equal_the_whole_model(
    tiny_model: Path, train_layers: int, memory_limit: int
) -> None:
    """Cached states, in memory or in a file, in any order, give the model's vectors."""
    model = _load(tiny_model)
    trunk = Trunk(model, train_layers)
    assert trunk.frozen == 3 - train_layers
    whole = model.encode(TEXTS)
    np.testing.assert_allclose(_vectors(trunk, memory_limit), whole, atol=1e-5)
    np.testing.assert_allclose(model.encode(TEXTS), whole, atol=1e-6)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_other_architectures_are_split_as_well(tiny_model: Path, tmp_path: Path, name: str) -> None:
    """Layers may return tuples, share position embeddings or differ in attention."""
    model = _of_architecture(ARCHITECTURES[name], tiny_model, tmp_path)
    trunk = Trunk(model, 1)
    trunk.verify(TEXTS)
    np.testing.assert_allclose(_vectors(trunk), model.encode(TEXTS), atol=1e-5)


def test_an_architecture_that_shares_its_layers_is_refused(
    tiny_model: Path, tmp_path: Path
) -> None:
    """Albert repeats one layer, so it has no separate layers to train."""
    config = AlbertConfig(**SIZES, embedding_size=32)
    model = _of_architecture(config, tiny_model, tmp_path)
    with pytest.raises(ModelError, match=r"AlbertModel cannot be trained separately"):
        Trunk(model, 1)


def test_verify_refuses_a_split_that_changes_the_vectors(tiny_model: Path) -> None:
    """A split is refused if an upper layer depends on calls of the lower ones."""
    model = _load(tiny_model)
    trunk = Trunk(model, 1)
    calls: list[int] = []
    trunk.layers[0].forward = _counting(trunk.layers[0].forward, calls)
    trunk.layers[2].register_forward_hook(lambda _module, _inputs, output: output + len(calls))
    with pytest.raises(ModelError, match="the vectors differ"):
        trunk.verify(TEXTS)


def _counting(forward: Any, calls: list[int]) -> Any:
    def counted(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        return forward(*args, **kwargs)

    return counted


@pytest.mark.parametrize(("train_layers", "frozen"), [(2, 1), (None, 0), (9, 0)])
def test_only_the_upper_layers_are_trained(
    tiny_model: Path, train_layers: int | None, frozen: int
) -> None:
    """The embedding table and the trunk get no gradient, the upper layers do."""
    trunk = Trunk(_load(tiny_model), train_layers)
    trained = {id(parameter) for parameter in trunk.parameters()}
    assert trunk.frozen == frozen
    for name, parameter in trunk.model.named_parameters():
        upper = any(f"layer.{number}." in name for number in range(frozen, 3))
        assert parameter.requires_grad is upper
        assert (id(parameter) in trained) is upper


def test_trunk_stops_when_asked(tiny_model: Path) -> None:
    """A stopped trunk returns None."""
    trunk = Trunk(_load(tiny_model), 1)
    assert trunk.run(TEXTS, trunk.token_lengths(TEXTS), stop=lambda: True) is None
