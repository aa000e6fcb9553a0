"""Inference engines: sparse products for static models, ONNX Runtime if worthwhile, else torch."""

import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, Protocol

from tunesmith.encoders.backends.onnx_export import exported
from tunesmith.encoders.backends.onnx_folder import Export, Refusal, Weights, find_export
from tunesmith.encoders.backends.onnx_model import OnnxModel, load_onnx
from tunesmith.encoders.backends.parts import Encoded, Settings
from tunesmith.encoders.backends.static_model import load_static
from tunesmith.encoders.backends.torch_model import Half, TorchModel, load
from tunesmith.encoders.model_files.description import describe
from tunesmith.errors import OutputError, UsageError

Backend = Literal["auto", "onnx", "torch"]
Precision = Literal["float32", "bfloat16", "float16", "int8"]
# An export takes about 2 s once torch is loaded, and saves between a sixth and half of the time of
# encoding, depending on the processor; a text of 20 tokens takes 1 to 2 ms.
WORTH_EXPORTING = 4_096
_SHORT_TEXT = 100
_READ_CHARACTERS = 1_200  # of a longer text most models read no more
_told: set[str] = set()


class Engine(Protocol):
    """A loaded model, independent of the library that runs it."""

    @property
    def dimension(self) -> int:
        """The number of dimensions of the vectors."""
        ...

    @property
    def weight_bytes(self) -> int:
        """The size of the weights in memory, in bytes."""
        ...

    def encode(
        self,
        texts: list[str],
        settings: Settings,
        batch_tokens: int | None = None,
        threads: int | None = None,
    ) -> Iterator[Encoded]:
        """Yield the vectors of all texts in batches, in any order, on this many CPU threads."""
        ...


def load_engine(
    folder: Path,
    digest: str,
    *,
    backend: Backend,
    device: str | None,
    precision: Precision = "float32",
    count: int,
) -> Engine:
    """Load the engine for a model, or return the one already loaded.

    Parameters
    ----------
    folder
        A sentence-transformers folder.
    digest
        Digest of the folder.
    backend
        See :class:`~tunesmith.SentenceEncoder`.
    device
        Name of a torch device, or None.
    precision
        ``"int8"`` needs ONNX; ``"bfloat16"`` and ``"float16"`` need torch.
    count
        Number of texts to encode; see :func:`short_texts`.

    Raises
    ------
    UsageError
        ONNX was requested for a device other than the CPU, or the device does not exist.
    DamagedModel
        The model cannot be loaded.
    """
    possible = device in {None, "auto", "cpu"}
    _refuse(backend, precision, device, possible=possible)
    described = describe(folder)
    if described.static and possible and backend != "torch":
        return load_static(folder, digest, normalized=described.normalized)
    if described.routed:
        if backend == "onnx" or precision == "int8":
            _tell(f"{folder.name} is not run as requested: it has a Router")
        half: Half | None = precision if precision in {"bfloat16", "float16"} else None
        return _torch(folder, digest, device, half)
    match precision:
        case "bfloat16" | "float16":
            return _torch(folder, digest, device, precision)
        case "float32" | "int8" if backend == "onnx" or precision == "int8":
            return _by_onnx(folder, digest, precision) or _torch(folder, digest, device)
    found = None
    if backend == "auto" and on_cpu(device):
        found = find_export(folder, digest)
        if found is None and count >= WORTH_EXPORTING:
            found = _made(folder, digest, "float32")
    return load_onnx(found) if isinstance(found, Export) else _torch(folder, digest, device)


def _by_onnx(folder: Path, digest: str, weights: Weights) -> OnnxModel | None:
    """Return the requested ONNX model, else the float32 one, else None."""
    found = find_export(folder, digest, weights) or _made(folder, digest, weights)
    if isinstance(found, Export):
        return load_onnx(found)
    _tell(f"{folder.name} is not run as requested: {found.reason}")
    return _by_onnx(folder, digest, "float32") if weights == "int8" else None


def _refuse(backend: Backend, precision: Precision, device: str | None, *, possible: bool) -> None:
    if backend == "onnx" and not possible:
        raise UsageError(
            f"backend 'onnx' runs on the CPU, not on {device!r}",
            hint="leave device out",
            option="device",
        )
    if precision == "int8" and (backend == "torch" or not possible):
        raise UsageError(
            "precision 'int8' needs backend 'onnx' on the CPU",
            hint="leave device out",
            option="precision",
        )
    if precision in {"bfloat16", "float16"} and backend == "onnx":
        raise UsageError(
            f"precision {precision!r} needs torch", hint="leave backend out", option="precision"
        )


def _tell(words: str) -> None:
    """Warn once per message."""
    if words not in _told:
        _told.add(words)
        warnings.warn(words, RuntimeWarning, stacklevel=2)


def _made(folder: Path, digest: str, precision: Weights) -> Export | Refusal:
    try:
        return exported(folder, digest, precision)
    except (OSError, OutputError) as error:
        return Refusal(f"its ONNX file cannot be written ({error})")


def short_texts(texts: Sequence[str]) -> int:
    """Return as how many short texts these count: a long one counts by hundreds of characters.

    Examples
    --------
    >>> short_texts(["my card is lost", "parcel " * 100])
    9
    """
    return sum(1 + min(len(text), _READ_CHARACTERS) // _SHORT_TEXT for text in texts)


def on_cpu(device: str | None) -> bool:
    """Return whether torch would choose the CPU, determined without importing torch."""
    if device in {None, "auto"}:
        hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in {"", "-1"}
        return hidden or not Path("/proc/driver/nvidia/version").exists()
    return device == "cpu"


def _torch(folder: Path, digest: str, device: str | None, half: Half | None = None) -> TorchModel:
    return load(folder, digest, device, half)
