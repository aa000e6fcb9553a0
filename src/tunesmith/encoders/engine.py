"""What runs a model: a sparse product for static ones, ONNX Runtime where that pays, else torch."""

import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Protocol

from tunesmith.encoders.description import describe
from tunesmith.encoders.exported import Export, Precision, Refusal, find_export
from tunesmith.encoders.forward import Encoded, Settings, TorchModel, load
from tunesmith.encoders.onnx import load_onnx
from tunesmith.errors import OutputError, UsageError

Backend = Literal["auto", "onnx", "torch"]
# Making an ONNX file takes a second or two once torch is there; so many texts make up for it.
WORTH_EXPORTING = 512
_told: set[str] = set()


class Engine(Protocol):
    """A loaded model, whatever runs it."""

    @property
    def dimension(self) -> int:
        """The width of the vectors."""
        ...

    def encode(
        self, texts: list[str], settings: Settings, batch_tokens: int | None = None
    ) -> Iterator[Encoded]:
        """Yield the vectors of all texts, some at a time, in any order."""
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
    precision
        Of the weights; ``"int8"`` needs ONNX.
    count
        How many texts are to be encoded.

    Raises
    ------
    UsageError
        ONNX was asked for on another device than the CPU, or the device is not there.
    DamagedModel
        The model cannot be loaded.
    """
    possible = device in {None, "auto", "cpu"}
    _refuse(backend, precision, device, possible=possible)
    described = describe(folder)
    if described.static and possible and backend != "torch":
        from tunesmith.encoders.static import load_static  # it needs scipy, the others do not

        return load_static(folder, digest, normalized=described.normalized)
    asked = backend == "onnx" or precision == "int8"
    found = None
    if asked or (backend == "auto" and on_cpu(device)):
        found = find_export(folder, digest, precision)
        if found is None and (asked or count >= WORTH_EXPORTING):
            found = _made(folder, digest, precision)
    if isinstance(found, Export):
        return load_onnx(found)
    if isinstance(found, Refusal) and asked:
        _tell(f"{folder.name} is not run as asked: {found.reason}")
    if precision == "int8":
        return load_engine(folder, digest, backend="auto", device=device, count=count)
    return _torch(folder, digest, device)


def _refuse(backend: Backend, precision: Precision, device: str | None, *, possible: bool) -> None:
    if backend == "onnx" and not possible:
        raise UsageError(f"backend 'onnx' runs on the CPU, not on {device!r}: leave device out")
    if precision == "int8" and (backend == "torch" or not possible):
        raise UsageError("precision 'int8' needs backend 'onnx' on the CPU: leave device out")


def _tell(words: str) -> None:
    """Warn once, however often the model is asked for."""
    if words not in _told:
        _told.add(words)
        warnings.warn(words, RuntimeWarning, stacklevel=2)


def _made(folder: Path, digest: str, precision: Precision) -> Export | Refusal:
    _let_threads_wait()
    from tunesmith.encoders.export import exported

    try:
        return exported(folder, digest, precision)
    except (OSError, OutputError) as error:
        return Refusal(f"its ONNX file cannot be written ({error})")


def on_cpu(device: str | None) -> bool:
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
