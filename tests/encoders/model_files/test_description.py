"""Descriptions from configuration files equal those of the loaded model."""

import json
from pathlib import Path

import pytest
from sentence_transformers import SentenceTransformer

from tunesmith.encoders.model_files.description import describe
from tunesmith.errors import DamagedModel


def _model(folder: Path, files: dict[str, object]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    return folder


def _modules(*names: str) -> list[dict[str, str]]:
    return [
        {"path": "" if number == 0 else f"{number}_{name}", "type": f"a.b.{name}"}
        for number, name in enumerate(names)
    ]


def test_it_equals_the_loaded_model(tiny_model: Path) -> None:
    """Dimension and length are those of sentence-transformers."""
    loaded = SentenceTransformer(str(tiny_model), device="cpu")
    described = describe(tiny_model)
    assert described.dimension == loaded.get_embedding_dimension() == 32
    assert described.max_length == loaded.max_seq_length == 64
    assert described.positions == 128
    assert described.normalized
    assert not described.routed


@pytest.mark.parametrize(
    ("files", "dimension"),
    [
        ({"modules.json": _modules("Transformer", "Pooling"),
          "1_Pooling/config.json": {"embedding_dimension": 8, "pooling_mode": ["cls", "max"]}}, 16),
        ({"modules.json": _modules("Transformer", "Pooling"),
          "1_Pooling/config.json": {"word_embedding_dimension": 8, "pooling_mode_cls_token": True,
                                    "pooling_mode_mean_tokens": False}}, 8),
        ({"modules.json": _modules("Transformer", "Pooling", "Dense", "Normalize"),
          "2_Dense/config.json": {"in_features": 8, "out_features": 5}}, 5),
        ({"config.json": {"hidden_size": 12}}, 12),
        ({"modules.json": _modules("StaticEmbedding")}, None),
        ({"modules.json": _modules("Transformer", "Novelty")}, None),
    ],
)  # fmt: skip
def test_the_dimension_is_that_of_the_last_module_that_changes_it(
    tmp_path: Path, files: dict[str, object], dimension: int | None
) -> None:
    """Old and new formats are read; unknown values are left to the loaded model."""
    assert describe(_model(tmp_path, files)).dimension == dimension


@pytest.mark.parametrize(
    ("sentence", "tokenizer", "config", "length", "positions"),
    [
        ({"max_seq_length": 256}, {"model_max_length": 512}, {"max_position_embeddings": 512},
         256, 512),
        ({}, {"model_max_length": 300}, {"max_position_embeddings": 512}, 300, 512),
        ({}, {"model_max_length": 1e30}, {"max_position_embeddings": 512}, 512, 512),
        ({}, {"model_max_length": 512},
         {"max_position_embeddings": 514, "model_type": "roberta", "pad_token_id": 1}, 512, 512),
        ({}, {}, {}, None, None),
    ],
)  # fmt: skip
def test_the_length_has_the_usual_precedence(
    tmp_path: Path, sentence: object, tokenizer: object, config: object,
    length: int | None, positions: int | None,
) -> None:  # fmt: skip
    """The sentence configuration first, then the smaller of tokenizer and positions."""
    described = describe(
        _model(
            tmp_path,
            {
                "config.json": config,
                "tokenizer_config.json": tokenizer,
                "sentence_bert_config.json": sentence,
            },
        )
    )
    assert (described.max_length, described.positions) == (length, positions)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    """The message names the file and what to do."""
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(DamagedModel, match=r"config\.json cannot be read"):
        describe(tmp_path)
