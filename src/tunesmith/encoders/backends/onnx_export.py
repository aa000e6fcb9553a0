"""Export a model to ONNX, and accept the export only if it reproduces torch's vectors."""

import logging
import shutil
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from tunesmith.encoders.backends.onnx_folder import (
    MODEL,
    TOKENIZER,
    Export,
    Refusal,
    Runtime,
    Weights,
    find_export,
    home_export,
)
from tunesmith.encoders.backends.onnx_model import OnnxModel
from tunesmith.encoders.backends.parts import Settings
from tunesmith.encoders.backends.torch_model import TorchModel, is_plain, load, load_quietly
from tunesmith.encoders.model_files.description import describe
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.errors import ModelError
from tunesmith.folders import replacing

TOLERANCE = 1e-4
LEAST_COSINE = 0.99
# The newest opset that every runtime of recent years supports.
_OPSET = 17
_LONGEST = 512
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_TYPICAL = [
    "Where is my parcel?",
    "I was charged two times for one order and want the second payment back.",
    "The app closes by itself as soon as I open the list of my accounts.",
    "How do I change the address that my bills are sent to?",
    "A small study found no difference between the two treatments after twelve weeks.",
    "The film takes an hour to begin, and by then nobody in the room cared how it would end.",
    "We prove a lower bound on the number of queries that any such algorithm must make.",
    "Please cancel my subscription.",
    "The harbour was quiet in the morning; two boats came in with the tide.",
    "Can I use my card abroad, and what does it cost?",
    "The committee will publish its report in spring, a year later than it had promised.",
    "My password is refused although I reset it an hour ago.",
]
_KNOWN = {"Transformer", "Pooling", "Dense", "Normalize", "Dropout", "LayerNorm"}


def exported(folder: Path, digest: str, precision: Weights = "float32") -> Export | Refusal:
    """Return the export of a model; create it in Tunesmith's home if there is none.

    Parameters
    ----------
    folder
        A sentence-transformers folder.
    digest
        Digest of the folder.
    precision
        Precision of the weights.
    """
    out = home_export(digest)
    out.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(str(out.with_suffix(".lock"))):
        float32_export = find_export(folder, digest) or export(folder, out)
        if precision == "float32" or isinstance(float32_export, Refusal):
            return float32_export
        quantized = find_export(folder, digest, "int8")
        return quantized or quantised(float32_export, home_export(digest, "int8"))


def export(folder: Path, out: Path) -> Export | Refusal:
    """Write the export of a model, or the reason why it cannot be exported.

    Transformer, pooling, dense layers and normalisation become one graph. Its vectors are compared
    with torch's on short, long and empty texts and emoji, padded in two batches.

    Parameters
    ----------
    folder
        A sentence-transformers folder.
    place
        Output folder; it is replaced if it exists.

    Raises
    ------
    DamagedModel
        The model cannot be loaded.
    OutputError
        The export cannot be written.
    """
    digest = folder_digest(folder)
    with replacing(out) as temporary:
        result = _export(folder, digest, temporary)
        if isinstance(result, Refusal):
            _empty(temporary)
        result.write(temporary)
    return Export(out, result) if isinstance(result, Runtime) else result


def quantised(float32_export: Export, out: Path) -> Export | Refusal:
    """Write an export with 8-bit weights, or the reason why it is too inaccurate.

    Weights are quantised per output channel, activations dynamically. The mean cosine with the
    vectors of the float32 export must be at least 0.99. If it is not, 7-bit weights are tried.

    Parameters
    ----------
    whole
        Export with float32 weights.
    place
        Output folder; it is replaced if it exists.

    Raises
    ------
    OutputError
        The export cannot be written.
    """
    settings = Settings(max_length=_LONGEST)
    reference = _vectors(OnnxModel(float32_export), settings)
    with replacing(out) as temporary:
        shutil.copyfile(float32_export.folder / TOKENIZER, temporary / TOKENIZER)
        for reduce_range in (False, True):
            _quantise(float32_export.folder / MODEL, temporary / MODEL, reduce_range)
            runtime = replace(float32_export.runtime, quantized=True)
            quantized = _vectors(OnnxModel(Export(temporary, runtime)), settings)
            cosine = float((quantized * reference).sum(axis=1).mean())
            if cosine >= LEAST_COSINE:
                difference = float(np.abs(quantized - reference).max())
                runtime = replace(runtime, difference=difference, cosine=cosine)
                runtime.write(temporary)
                return Export(out, runtime)
        refusal = Refusal(f"8-bit weights change its vectors too much (mean cosine {cosine:.3f})")
        _empty(temporary)
        refusal.write(temporary)
    return refusal


def _vectors(model: OnnxModel, settings: Settings) -> NDArray[np.float32]:
    vectors = np.empty((len(_TYPICAL), model.dimension), dtype=np.float32)
    for encoded in model.encode(_TYPICAL, settings):
        vectors[encoded.positions] = encoded.vectors
    return vectors


def _quantise(path: Path, out: Path, reduce_range: bool) -> None:
    """Quantise the weights to 8 bits, or to 7.

    A CPU without VNNI accumulates 8-bit products in 16 bits, which can overflow; with 7-bit weights
    they cannot.
    """
    import onnx
    from onnxruntime.quantization import quantize_dynamic

    logging.disable(logging.WARNING)  # it recommends a preprocessing that has no effect here
    try:
        quantize_dynamic(
            path,
            out,
            per_channel=True,
            reduce_range=reduce_range,
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    finally:
        logging.disable(logging.NOTSET)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def _export(folder: Path, digest: str, temporary: Path) -> Runtime | Refusal:
    model = load_quietly(folder, "cpu", attn_implementation="eager")
    described = describe(folder)
    reason = _unsupported_reason(model, routed=described.routed)
    if reason:
        return Refusal(reason)
    try:
        _write_graph(model, temporary / MODEL)
    except Exception as error:  # torch's exporter raises many kinds of errors
        return Refusal(f"torch cannot export it ({type(error).__name__}: {str(error)[:200]})")
    tokenizer = model.tokenizer
    (temporary / TOKENIZER).write_text(tokenizer.backend_tokenizer.to_str(), encoding="utf-8")
    runtime = Runtime(
        digest=digest,
        dimension=int(model.get_embedding_dimension()),
        pad_id=tokenizer.pad_token_id or 0,
        pad_type_id=tokenizer.pad_token_type_id,
        padding_side=tokenizer.padding_side,
        truncation_side=tokenizer.truncation_side,
    )
    limit = min(described.max_length or _LONGEST, _LONGEST)
    return _verify(runtime, load(folder, digest, "cpu"), temporary, limit)


def _unsupported_reason(model: Any, *, routed: bool) -> str | None:
    """Return why a model cannot be exported as one graph, or None."""
    modules = [type(module).__name__ for module in model]
    if modules[-1] == "Router" and not routed:
        modules.pop()  # the query layers are applied after the graph
    unknown = {*modules} - _KNOWN
    if unknown:
        return f"it has a {', '.join(sorted(unknown))} module"
    if not is_plain(model[0]):
        return "its first module is not a plain transformer with a fast tokenizer"
    if any(getattr(module, "include_prompt", True) is False for module in model):
        return "its pooling excludes the prompt"
    return None


def _write_graph(model: Any, path: Path) -> None:
    import torch

    class Whole(torch.nn.Module):
        """Takes the tokenizer's output as positional arguments, as the exporter requires."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            features = dict(zip(names, tensors, strict=True))
            vectors: torch.Tensor = self.model({**features, "modality": "text"})[
                "sentence_embedding"
            ]
            return vectors[:, : model.truncate_dim]

    names = [name for name in _INPUTS if name in model.tokenizer.model_input_names]
    ids = torch.tensor([[1, 2, 3, 4, 2, 1], [2, 3, 1, 0, 0, 0]])
    example = {"input_ids": ids, "attention_mask": (ids > 0).long()}
    example["token_type_ids"] = torch.zeros_like(ids)
    sizes = {name: {0: "texts", 1: "tokens"} for name in names}
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # warnings about tracing
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


def _verify(
    runtime: Runtime, model: TorchModel, temporary: Path, max_length: int
) -> Runtime | Refusal:
    """Compare the vectors of both on the same texts; in ONNX they are padded."""
    texts = sample(_LONGEST)
    settings = Settings(max_length=max_length)
    try:
        vectors = _padded(OnnxModel(Export(temporary, runtime)), texts, settings)
    except (ModelError, RuntimeError) as error:
        return Refusal(f"its ONNX file does not run ({str(error)[:200]})")
    difference = max(
        float(np.abs(vectors[encoded.positions] - encoded.vectors).max())
        for encoded in model.encode(texts, settings)
    )
    if not difference <= TOLERANCE:
        return Refusal(f"the vectors of its ONNX file differ from torch's by {difference:.2g}")
    return replace(runtime, difference=difference)


def _padded(model: OnnxModel, texts: list[str], settings: Settings) -> NDArray[np.float32]:
    """Return the vectors of texts of all lengths, in a batch of most and a batch of two.

    The longest text would multiply the cost of all others, so only the first is padded to it.
    """
    rest = model.encode_together(texts[1:-1], settings)
    ends = model.encode_together([texts[0], texts[-1]], settings)
    return np.concatenate([ends[:1], rest, ends[1:]])


def sample(longest: int) -> list[str]:
    """Return edge cases: an empty text, one letter, emoji, other scripts, and a very long text."""
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
        " ".join(words[index % len(words)] for index in range(count)) for count in lengths
    ]
