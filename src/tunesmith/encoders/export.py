"""Make the ONNX file of a model, and accept it only if it gives the vectors that torch gives."""

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from tunesmith.encoders.digest import folder_digest
from tunesmith.encoders.exported import (
    MODEL,
    TOKENIZER,
    Export,
    Refusal,
    Runtime,
    find_export,
    home_export,
)
from tunesmith.encoders.forward import Settings, TorchModel, is_plain, load, load_quietly
from tunesmith.encoders.onnx import OnnxModel
from tunesmith.errors import ModelError
from tunesmith.folders import replacing

TOLERANCE = 1e-4
# The exporter's newest that every runtime of the last years reads.
_OPSET = 17
_LONGEST = 512
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_KNOWN = {"Transformer", "Pooling", "Dense", "Normalize", "Dropout", "LayerNorm"}


def exported(folder: Path, digest: str) -> Export | Refusal:
    """Return the export of a model; make it in Tunesmith's home where there is none.

    Parameters
    ----------
    folder
        A sentence-transformers folder.
    digest
        Its digest.
    """
    place = home_export(digest)
    place.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(str(place.with_suffix(".lock"))):
        return find_export(folder, digest) or export(folder, place)


def export(folder: Path, place: Path) -> Export | Refusal:
    """Write the export of a model, or why there can be none.

    Transformer, pooling, dense layers and normalisation become one graph. Its vectors are compared
    with torch's on texts that are short, long, empty and made of emoji, padded beside one another.

    Parameters
    ----------
    folder
        A sentence-transformers folder.
    place
        The folder to write; whatever lies there is replaced.

    Raises
    ------
    DamagedModel
        The model cannot be loaded.
    OutputError
        The export cannot be written.
    """
    digest = folder_digest(folder)
    with replacing(place) as aside:
        result = _export(folder, digest, aside)
        if isinstance(result, Refusal):
            for path in aside.iterdir():
                path.unlink()
        result.write(aside)
    return Export(place, result) if isinstance(result, Runtime) else result


def _export(folder: Path, digest: str, aside: Path) -> Runtime | Refusal:
    model = load_quietly(folder, "cpu", attn_implementation="eager")
    reason = _reason_against(model)
    if reason:
        return Refusal(reason)
    try:
        _write_graph(model, aside / MODEL)
    except Exception as error:  # whatever torch's exporter cannot trace
        return Refusal(f"torch cannot export it ({type(error).__name__}: {str(error)[:200]})")
    tokenizer = model.tokenizer
    (aside / TOKENIZER).write_text(tokenizer.backend_tokenizer.to_str(), encoding="utf-8")
    runtime = Runtime(
        digest=digest,
        dimension=int(model.get_embedding_dimension()),
        pad_id=tokenizer.pad_token_id or 0,
        pad_type_id=tokenizer.pad_token_type_id,
        padding_side=tokenizer.padding_side,
        truncation_side=tokenizer.truncation_side,
        difference=0.0,
    )
    return _compared(runtime, load(folder, digest, "cpu"), aside)


def _reason_against(model: Any) -> str | None:
    """Tell what of a model would not be in the graph."""
    unknown = {type(module).__name__ for module in model} - _KNOWN
    if unknown:
        return f"it has a {', '.join(sorted(unknown))} module"
    if not is_plain(model[0]):
        return "its first module is no plain transformer with a fast tokenizer"
    if any(getattr(module, "include_prompt", True) is False for module in model):
        return "its pooling leaves the prompt out"
    return None


def _write_graph(model: Any, path: Path) -> None:
    import torch

    class Whole(torch.nn.Module):
        """Takes what the tokenizer gives as arguments in a row, as the exporter wants them."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            features = dict(zip(names, tensors, strict=True))
            vectors: torch.Tensor = self.model({**features, "modality": "text"})[
                "sentence_embedding"
            ]
            return vectors

    names = [name for name in _INPUTS if name in model.tokenizer.model_input_names]
    ids = torch.tensor([[1, 2, 3, 4, 2, 1], [2, 3, 1, 0, 0, 0]])
    example = {"input_ids": ids, "attention_mask": (ids > 0).long()}
    example["token_type_ids"] = torch.zeros_like(ids)
    sizes = {name: {0: "texts", 1: "tokens"} for name in names}
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a trace is a trace
        torch.onnx.export(
            Whole(),
            tuple(example[name] for name in names),
            str(path),
            dynamo=False,
            opset_version=_OPSET,
            input_names=names,
            output_names=["sentence_embedding"],
            dynamic_axes={**sizes, "sentence_embedding": {0: "texts"}},
        )


def _compared(runtime: Runtime, model: TorchModel, aside: Path) -> Runtime | Refusal:
    """Compare the vectors of both on the same texts, all padded to the longest."""
    texts = sample(_LONGEST)
    settings = Settings(max_length=min(model.max_length or _LONGEST, _LONGEST))
    try:
        found = OnnxModel(Export(aside, runtime)).encode_together(texts, settings)
    except (ModelError, RuntimeError) as error:
        return Refusal(f"its ONNX file does not run ({str(error)[:200]})")
    difference = max(
        float(np.abs(found[encoded.positions] - encoded.vectors).max())
        for encoded in model.encode(texts, settings)
    )
    if not difference <= TOLERANCE:
        return Refusal(f"its ONNX file gives other vectors than torch (by {difference:.2g})")
    return replace(runtime, difference=difference)


def sample(longest: int) -> list[str]:
    """Return texts at the edges: empty, one letter, emoji, other scripts, and a very long one."""
    words = [
        "the",
        "parcel",
        "I",
        "ordered",
        "on",
        "Monday",
        "has",
        "not",
        "come,",
        "and",
        "nobody",
        "answers",
        "my",
        "letters",
    ]
    lengths = (2, 9, 14, 40, 120, longest)
    return ["", "a", "?!", "🎻🔥👩‍🔬 ✅", "où est ma commande ? 荷物はどこですか"] + [
        " ".join(words[place % len(words)] for place in range(count)) for count in lengths
    ]
