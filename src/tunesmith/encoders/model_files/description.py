"""Properties of a model from its configuration files, read without torch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from tunesmith.encoders.model_files.digest import module_folders
from tunesmith.errors import DamagedModel

# Their position embeddings start after the padding token's index.
_OFFSET_POSITIONS = {
    "camembert",
    "data2vec-text",
    "mpnet",
    "roberta",
    "roberta-prelayernorm",
    "xlm-roberta",
    "xlm-roberta-xl",
}
_FAMILIES = ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
_SENTENCE_CONFIGS = [f"sentence_{family}_config.json" for family in _FAMILIES]


@dataclass(frozen=True)
class Description:
    """Properties of a model, read from its files.

    Parameters
    ----------
    dimension
        Number of dimensions of its vectors; None if the files do not say.
    max_length
        Maximum number of tokens before truncation; None for no limit.
    positions
        Upper limit of ``max_length``; None for no limit.
    prompts
        Prompts of the model by name.
    default_prompt
        Name of the prompt that it prepends to every text, if it has one.
    routed
        Whether it sends queries and documents through different modules.
    normalized
        Whether its last module L2-normalises vectors.
    static
        Whether it is a static model: the mean of token vectors and nothing else.
    tokenizer_folder
        Folder of its tokenizer files.
    """

    dimension: int | None
    max_length: int | None
    positions: int | None
    prompts: Mapping[str, str]
    default_prompt: str | None
    routed: bool
    normalized: bool
    static: bool
    tokenizer_folder: Path


def describe(folder: str | Path) -> Description:
    """Read the configuration files of a sentence-transformers folder.

    Raises
    ------
    DamagedModel
        A configuration file is not valid JSON.
    """
    root = Path(folder)
    kinds = _module_kinds(root)
    first = root / module_folders(root)[0]
    config = _read(first / "config.json")
    own = _read(root / "config_sentence_transformers.json")
    return Description(
        dimension=_dimension(root, kinds, config),
        max_length=_max_length(first, config),
        positions=_positions(config),
        prompts={name: text or "" for name, text in (own.get("prompts") or {}).items()},
        default_prompt=own.get("default_prompt_name"),
        routed=kinds[0] in {"Router", "Asym"},
        normalized=kinds[-1] == "Normalize" or kinds[-2:] == ["Normalize", "Router"],
        static=kinds in (["StaticEmbedding"], ["StaticEmbedding", "Normalize"])
        and _holds(first / "model.safetensors", "embedding.weight"),
        tokenizer_folder=first,
    )


def _module_kinds(root: Path) -> list[str]:
    listing = _read(root / "modules.json") or [{"type": "Transformer"}]
    return [str(module["type"]).rpartition(".")[2] for module in listing]


def _dimension(root: Path, kinds: list[str], config: dict[str, Any]) -> int | None:
    """Return the output dimension of the last module that changes it."""
    for name, kind in reversed(list(zip(module_folders(root), kinds, strict=True))):
        if kind in {"Normalize", "Dropout", "LayerNorm"} or (kind == "Router" and len(kinds) > 1):
            continue
        if kind == "Dense":
            return _whole(_read(root / name / "config.json").get("out_features"))
        if kind == "Pooling":
            return _pooled(_read(root / name / "config.json"))
        return _whole(config.get("hidden_size")) if kind == "Transformer" else None
    return None


def _pooled(config: dict[str, Any]) -> int | None:
    width = config.get("embedding_dimension", config.get("word_embedding_dimension"))
    modes = config.get("pooling_mode")
    if modes is None:
        switches = [value for key, value in config.items() if key.startswith("pooling_mode_")]
        count = sum(map(bool, switches)) or 1
    else:
        count = 1 if isinstance(modes, str) else len(modes)
    return count * width if isinstance(width, int) else None


def _max_length(first: Path, config: dict[str, Any]) -> int | None:
    """Return the maximum length, with the precedence of sentence-transformers."""
    configs = [_read(first / name) for name in _SENTENCE_CONFIGS]
    sentence: dict[str, Any] = next(filter(None, configs), {})
    processing = sentence.get("processor_kwargs") or sentence.get("tokenizer_args") or {}
    for explicit in (processing.get("model_max_length"), sentence.get("max_seq_length")):
        if explicit is not None:
            return _whole(explicit)
    limits = (
        _whole(_read(first / "tokenizer_config.json").get("model_max_length")),
        _whole(config.get("max_position_embeddings")),
    )
    return min((limit for limit in limits if limit is not None), default=None)


def _positions(config: dict[str, Any]) -> int | None:
    limit = _whole(config.get("max_position_embeddings"))
    if limit is not None and config.get("model_type") in _OFFSET_POSITIONS:
        limit -= int(config.get("pad_token_id") or 0) + 1
    return limit


def _holds(path: Path, name: str) -> bool:
    """Return whether a safetensors file contains a tensor of this name."""
    try:
        with safe_open(path, "numpy") as file:
            return name in file.keys()  # noqa: SIM118 - not a mapping
    except (OSError, SafetensorError):
        return False


def _whole(value: object) -> int | None:
    """Return a size as an integer; None for the 1e30 that tokenizers use for "no limit"."""
    return int(value) if isinstance(value, int | float) and 0 < value < 1e9 else None


def _read(path: Path) -> Any:
    if not path.is_file():
        return {}
    try:
        return json.loads(path.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise DamagedModel(
            f"{path} cannot be read ({error})", hint="download the model again"
        ) from error
