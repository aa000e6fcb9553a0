"""Append fitted layers to a model as sentence-transformers modules."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from tunesmith.encoders.model_files.description import describe
from tunesmith.encoders.model_files.digest import vector_files
from tunesmith.encoders.prompts import resolve_prompt
from tunesmith.errors import OutputError, UsageError
from tunesmith.vectors.layers import Layer

_MODULES = {
    "identity": "torch.nn.modules.linear.Identity",
    "relu": "torch.nn.modules.activation.ReLU",
    "tanh": "torch.nn.modules.activation.Tanh",
    "gelu": "torch.nn.modules.activation.GELU",
}
# These names are understood by every release of sentence-transformers since version 2.
DENSE = "sentence_transformers.models.Dense"
NORMALIZE = "sentence_transformers.models.Normalize"


def save_with_layers(folder: Path, layers: Sequence[Layer], out: Path) -> None:
    """Write a model that consists of the base model followed by layers.

    The folder loads with ``SentenceTransformer(out)`` alone. Its modules are those of the base,
    a Normalize if the base does not end in one (layers are fitted on unit vectors), a Dense for
    each layer, and a Normalize. Only the base's files that affect its vectors are copied. Without
    layers the result is the base with normalised vectors.

    Parameters
    ----------
    folder
        Folder of the base model.
    layers
        Layers from a tuner's ``as_layers``, in order.
    out
        Output folder; created if it does not exist.

    Raises
    ------
    UsageError
        A layer's input dimension does not match the output before it.
    OutputError
        The files cannot be written.
    """
    described = describe(folder)
    if described.routed:
        raise UsageError(
            "the model has a Router: no layers can be added to its routes",
            hint="start from the encoder of one of its routes",
        )
    _check_widths(layers, described.dimension)
    try:
        out.mkdir(parents=True, exist_ok=True)
        _copy_base(folder, out)
        if described.truncate_dim is not None:
            _truncate_by_module(out, described.truncate_dim)
        _name_document_prompt(out)
        _to_32_bits(out)
        _append(out, layers)
    except (OSError, SafetensorError) as error:
        raise OutputError(f"the model cannot be written to {out}: {error}") from error


def _check_widths(layers: Sequence[Layer], width: int | None) -> None:
    for number, layer in enumerate(layers, start=1):
        if layer.weight.ndim != 2 or layer.bias.shape != layer.weight.shape[:1]:
            raise UsageError(
                f"layer {number} has weights of shape {layer.weight.shape} and a bias of shape "
                f"{layer.bias.shape}: they must be (out, in) and (out,)"
            )
        if width is not None and layer.weight.shape[1] != width:
            raise UsageError(
                f"layer {number} takes vectors of {layer.weight.shape[1]} dimensions, but its "
                f"input has {width}"
            )
        width = len(layer.bias)


def _copy_base(folder: Path, out: Path) -> None:
    if not (folder / "modules.json").is_file():
        _save_as_modules(folder, out)
        return
    for source in vector_files(folder):
        target = out / source.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def _save_as_modules(folder: Path, out: Path) -> None:
    """Let sentence-transformers add pooling to a plain transformer."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    model.save_pretrained(str(out), create_model_card=False)


def _truncate_by_module(out: Path, width: int) -> None:
    """Cut vectors by a module instead of at the end, after the layers that follow."""
    path = out / "config_sentence_transformers.json"
    config = json.loads(path.read_text("utf-8"))
    del config["truncate_dim"]
    write_json(path, config)
    full = describe(out).dimension
    if full is None or full > width:
        if full is None:
            raise UsageError("the number of dimensions before `truncate_dim` is unknown")
        modules = json.loads((out / "modules.json").read_text("utf-8"))
        first = Layer(np.eye(width, full, dtype=np.float32), np.zeros(width, np.float32))
        modules.append(_dense(out, len(modules), first))
        write_json(out / "modules.json", modules)


def _to_32_bits(out: Path) -> None:
    """Store 16-bit weights in 32 bits: the layers that follow would be rounded to 16 bits, too."""
    for path in out.rglob("*.safetensors"):
        with safe_open(path, "numpy") as file:
            kinds = {file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118 - not a mapping
        if not kinds & {"F16", "BF16"}:
            continue
        from safetensors.torch import load_file as load_tensors  # noqa: PLC0415 - imports torch
        from safetensors.torch import save_file as save_tensors  # noqa: PLC0415 - imports torch

        tensors = {
            name: tensor.float() if tensor.is_floating_point() else tensor
            for name, tensor in load_tensors(path).items()
        }
        save_tensors(tensors, path, metadata={"format": "pt"})
        config = path.parent / "config.json"
        if config.is_file():
            content = json.loads(config.read_text("utf-8"))
            found = {name: "float32" for name in ("dtype", "torch_dtype") if name in content}
            write_json(config, {**content, **found})


def _name_document_prompt(out: Path) -> None:
    """Give a prompt for passages the name that sentence-transformers looks for, too."""
    path = out / "config_sentence_transformers.json"
    config = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    prompts = config.get("prompts") or {}
    text = resolve_prompt("document", {name: each or "" for name, each in prompts.items()}, None)
    if text and not prompts.get("document"):
        write_json(path, {**config, "prompts": {**prompts, "document": text}})


def _append(out: Path, layers: Sequence[Layer]) -> None:
    modules: list[dict[str, Any]] = json.loads((out / "modules.json").read_text("utf-8"))
    if len(modules) > 1 and str(modules[-1]["type"]).endswith("Router"):
        if layers:
            raise UsageError(
                "the model ends in a query map, after which no layer can be added",
                hint="start from the model it was made from",
            )
        return
    if not layers and str(modules[-1]["type"]).endswith("Normalize"):
        return
    if not str(modules[-1]["type"]).endswith("Normalize"):
        modules.append(_normalize(out, len(modules)))
    for layer in layers:
        modules.append(_dense(out, len(modules), layer))
    if layers:
        modules.append(_normalize(out, len(modules)))
    write_json(out / "modules.json", modules)


def _normalize(out: Path, number: int) -> dict[str, Any]:
    path = f"{number}_Normalize"
    write_normalize(out / path)
    return {"idx": number, "name": str(number), "path": path, "type": NORMALIZE}


def _dense(out: Path, number: int, layer: Layer) -> dict[str, Any]:
    path = f"{number}_Dense"
    write_dense(out / path, layer)
    return {"idx": number, "name": str(number), "path": path, "type": DENSE}


def write_normalize(folder: Path) -> None:
    """Write the folder of an L2-normalisation module."""
    write_json(folder / "config.json", {"module_input_name": "sentence_embedding"})


def write_dense(folder: Path, layer: Layer) -> None:
    """Write the folder of a dense module."""
    width_out, width_in = layer.weight.shape
    config = {
        "in_features": width_in,
        "out_features": width_out,
        "bias": True,
        "activation_function": _MODULES[layer.activation],
    }
    write_json(folder / "config.json", config)
    weights = {"linear.weight": layer.weight, "linear.bias": layer.bias}
    save_file(
        {name: np.ascontiguousarray(values, np.float32) for name, values in weights.items()},
        folder / "model.safetensors",
    )


def layer_of(folder: Path) -> Layer:
    """Return a layer written by :func:`write_dense`."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    names = {module: name for name, module in _MODULES.items()}
    weights = load_file(folder / "model.safetensors")
    activation = names[config["activation_function"]]
    return Layer(weights["linear.weight"], weights["linear.bias"], activation)  # type: ignore[arg-type]  # checked above


def write_json(path: Path, content: object) -> None:
    """Write a module's configuration."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
