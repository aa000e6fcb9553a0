"""What runs a model: ONNX Runtime where there is an ONNX file or making one pays, else torch."""

import os
import sys
import warnings
from pathlib import Path
from typing import Literal

from tunesmith.encoders.exported import Export, Refusal, find_export
from tunesmith.encoders.forward import TorchModel, load
from tunesmith.encoders.onnx import OnnxModel, load_onnx
from tunesmith.errors import OutputError, UsageError

Backend = Literal["auto", "onnx", "torch"]
# Making an ONNX file takes a second or two once torch is there; so many texts make up for it.
_WORTH_EXPORTING = 512


def load_engine(
    folder: Path, digest: str, *, backend: Backend, device: str | None, count: int
) -> TorchModel | OnnxModel:
    """Load what a model is to be run by, or share it if it is loaded already.

    Parameters
    ----------
    folder
        A sentence-transformers folder.
    digest
        Its digest.
    backend
        See :class:`~tunesmith.SentenceEncoder`.
    device
        A torch device's name, or None.
    count
        How many texts are to be encoded.

    Raises
    ------
    UsageError
        ONNX was asked for on another device than the CPU, or the device is not there.
    DamagedModel
        The model cannot be loaded.
    """
    if backend == "onnx" and device not in {None, "auto", "cpu"}:
        raise UsageError(f"backend 'onnx' runs on the CPU, not on {device!r}: leave device out")
    wanted = backend == "onnx" or (backend == "auto" and _on_cpu(device))
    found = find_export(folder, digest) if wanted else None
    if wanted and found is None and (backend == "onnx" or count >= _WORTH_EXPORTING):
        found = _made(folder, digest)
    if isinstance(found, Export):
        return load_onnx(found)
    if isinstance(found, Refusal) and backend == "onnx":
        warnings.warn(f"{folder.name} is run by torch: {found.reason}", stacklevel=2)
    return _torch(folder, digest, device)


def _made(folder: Path, digest: str) -> Export | Refusal:
    _let_threads_wait()
    from tunesmith.encoders.export import exported

    try:
        return exported(folder, digest)
    except (OSError, OutputError) as error:
        return Refusal(f"its ONNX file cannot be written ({error})")


def _on_cpu(device: str | None) -> bool:
    """Tell whether torch would choose the CPU, as far as can be told without torch."""
    if device in {None, "auto"}:
        hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in {"", "-1"}
        return hidden or not Path("/proc/driver/nvidia/version").exists()
    return device == "cpu"


def _torch(folder: Path, digest: str, device: str | None) -> TorchModel:
    _let_threads_wait()
    return load(folder, digest, device)


def _let_threads_wait() -> None:
    if "torch" not in sys.modules:
        # Threads that wait must not keep other processes from their work.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
