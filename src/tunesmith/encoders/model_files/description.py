"""Properties of a model from its configuration files, read without torch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from tunesmith.encoders.model_files.digest import module_folders
from tunesmith.errors import DamagedModel

# Their position embeddings start after the padding token's index.
_OFFSET_POSITIONS = {
    "camembert",
    "data2vec-text",
    "esm",
    "ibert",
    "lilt",
    "longformer",
    "luke",
    "markuplm",
    "mpnet",
    "roberta",
    "roberta-prelayernorm",
    "xlm-roberta",
    "xlm-roberta-xl",
    "xmod",
}
# The endings of the names of position tables, each with its rows that are no positions.
_POSITION_TABLES = {
    "position_embeddings.weight": 0,
    "wpe.weight": 0,
    "positions_embed.weight": 0,
    "embed_positions.weight": 2,
}
_ACTIVATIONS = {
    "torch.nn.modules.linear.Identity",
    "torch.nn.modules.activation.ReLU",
    "torch.nn.modules.activation.Tanh",
    "torch.nn.modules.activation.GELU",
}
_QUERY_MAP = {"default_route": "document", "allow_empty_key": True, "route_mappings": {}}
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
    truncate_dim
        Number of dimensions that vectors are cut to, after all modules; None if they are not.
    prompts
        Prompts of the model by name.
    default_prompt
        Name of the prompt that it prepends to every text, if it has one.
    routed
        Whether a Router other than Tunesmith's query map sends queries and documents through
        different modules.
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
    truncate_dim: int | None
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
    first = root / _first_transformer(root, kinds)
    config = _read(first / "config.json")
    own = _read(root / "config_sentence_transformers.json")
    cut = _truncate_dim(own)
    routed = bool({"Router", "Asym"} & {*kinds}) and (cut is not None or not _mapped(root, kinds))
    width = None if routed else _dimension(root, kinds, config)
    return Description(
        dimension=width if width is None or cut is None else min(width, cut),
        max_length=_max_length(first, config),
        positions=_positions(first, config),
        truncate_dim=cut,
        prompts={name: text or "" for name, text in (own.get("prompts") or {}).items()},
        default_prompt=own.get("default_prompt_name"),
        routed=routed,
        normalized=kinds[-1] == "Normalize" or kinds[-2:] == ["Normalize", "Router"],
        static=kinds in (["StaticEmbedding"], ["StaticEmbedding", "Normalize"])
        and cut is None
        and _holds(first / "model.safetensors", "embedding.weight"),
        tokenizer_folder=first,
    )


def pooling_mode(root: Path) -> str | None:
    """Return how token vectors become one, such as ``"mean"``; None without a pooling module.

    Raises
    ------
    DamagedModel
        A configuration file is not valid JSON.

    Examples
    --------
    >>> from tunesmith.encoders.model_files.bundled import bundled_folder
    >>> pooling_mode(bundled_folder())
    'mean'
    """
    pairs = zip(module_folders(root), _module_kinds(root), strict=True)
    name = next((folder for folder, kind in pairs if kind == "Pooling"), None)
    if name is None:
        return None
    config = _read(root / name / "config.json")
    prefix = "pooling_mode_"
    old = [key.removeprefix(prefix) for key, on in config.items() if on and key.startswith(prefix)]
    modes = config.get("pooling_mode") or [each.rpartition("_")[0] or each for each in old]
    return modes if isinstance(modes, str) else "+".join(modes) or None


def truncated_width(root: Path) -> int | None:
    """Return the number of dimensions that vectors are cut to; None if they are not.

    Raises
    ------
    DamagedModel
        The configuration file is not valid JSON.
    """
    return _truncate_dim(_read(root / "config_sentence_transformers.json"))


def _truncate_dim(config: dict[str, Any]) -> int | None:
    return _whole(config.get("truncate_dim"))


def _mapped(root: Path, kinds: list[str]) -> bool:
    """Return whether the only Router, at the end, is a query map as Tunesmith writes it.

    It gets normalised vectors, maps those of queries and leaves those of documents alone.
    """
    if kinds[-2:] != ["Normalize", "Router"] or "Router" in kinds[:-1]:
        return False
    router = root / module_folders(root)[-1]
    config = _read(router / "router_config.json")
    structure = config.get("structure") or {}
    queries, documents = (structure.get(route) or [""] for route in ("query", "document"))
    dense = [_read(router / name / "config.json") for name in queries[:-1]]
    return (
        structure.keys() == {"query", "document"}
        and config.get("parameters") == _QUERY_MAP
        and [name.rpartition("_")[2] for name in documents] == ["Normalize"]
        and queries[-1].endswith("Normalize")
        and all(name.endswith("Dense") for name in queries[:-1])
        and all(one.get("activation_function") in _ACTIVATIONS for one in dense)
    )


def _first_transformer(root: Path, kinds: list[str]) -> str:
    """Return the folder of the first module; of a Router the first module of its default route."""
    name = module_folders(root)[0]
    if kinds[0] != "Router":
        return name
    config = _read(root / name / "router_config.json")
    structure = config.get("structure") or {}
    default = (config.get("parameters") or {}).get("default_route")
    route = structure.get(default) or next(iter(structure.values()), None) or [""]
    return f"{name}/{route[0]}"


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
    """Return the maximum length, with the precedence of sentence-transformers.

    There it may exceed the position table, and a longer text is an error; here it is truncated.
    """
    configs = [_read(first / name) for name in _SENTENCE_CONFIGS]
    sentence: dict[str, Any] = next(filter(None, configs), {})
    processing = sentence.get("processor_kwargs") or sentence.get("tokenizer_args") or {}
    table = _position_table(first, config)
    for explicit in (processing.get("model_max_length"), sentence.get("max_seq_length")):
        if explicit is not None:
            return _least(_whole(explicit), table)
    limit = _whole(_read(first / "tokenizer_config.json").get("model_max_length"))
    return _least(limit, _whole(config.get("max_position_embeddings")), table)


def _positions(first: Path, config: dict[str, Any]) -> int | None:
    limit = _whole(config.get("max_position_embeddings"))
    if limit is not None:
        limit -= _unused_positions(config)
    return _least(limit, _position_table(first, config))


def _unused_positions(config: dict[str, Any]) -> int:
    offset = config.get("model_type") in _OFFSET_POSITIONS
    return int(config.get("pad_token_id") or 0) + 1 if offset else 0


def _position_table(first: Path, config: dict[str, Any]) -> int | None:
    """Return the number of positions that have a learned vector; None if there is no table."""
    for path in sorted(first.glob("*.safetensors")):
        for ending, unused in _POSITION_TABLES.items():
            rows = _rows_of(path, ending, path.stat().st_mtime_ns)
            if rows is not None:
                return max(rows - max(unused, _unused_positions(config)), 1)
    return None


@lru_cache(maxsize=256)
def _rows_of(path: Path, ending: str, changed: int) -> int | None:
    del changed  # part of the key
    try:
        with safe_open(path, "numpy") as file:
            name = next((name for name in file.keys() if name.endswith(ending)), None)  # noqa: SIM118 - not a mapping
            return None if name is None else int(file.get_slice(name).get_shape()[0])
    except (OSError, SafetensorError):
        return None


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


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
