"""Interpolation between the weights of a base and a model trained from it.

Training on little or narrow data moves weights too far; a weighted mean of both preserves more of
the base's abilities (Wortsman et al., 2022, "Robust fine-tuning of zero-shot models").
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from tunesmith.encoders.model_files.digest import vector_files
from tunesmith.errors import ModelError, UsageError
from tunesmith.folders import replacing

SHARES = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Blend:
    """The chosen weight of the trained model, and the score of each weight that was tried."""

    share: float
    scores: Mapping[float, float]


def blend(base: Path, tuned: Path, share: float, out: Path) -> None:
    """Write a model whose weights are interpolated between those of two others.

    Parameters
    ----------
    base, tuned
        Sentence-transformers folders of the same architecture, the second trained from the first.
    share
        Weight of the tuned model: 0 gives the base's weights, 1 the tuned ones.
    out
        Output folder; it is replaced if it exists.

    Raises
    ------
    UsageError
        ``share`` is not between 0 and 1.
    ModelError
        The names or shapes of the two models' weights differ.
    OutputError
        The folder cannot be written.
    """
    if not 0 <= share <= 1:
        raise UsageError(f"share is {share}", hint="give 0 to 1", option="share")
    with replacing(out) as aside:
        shutil.copytree(tuned, aside, dirs_exist_ok=True, ignore=shutil.ignore_patterns("onnx"))
        for path in _weights(tuned):
            name = path.relative_to(tuned)
            _write(_between(_read(base / name, base), _read(path, tuned), share), aside / name)


def choose_blend(
    base: Path,
    tuned: Path,
    out: Path,
    score: Callable[[Path], float],
    shares: Sequence[float] = SHARES,
) -> Blend:
    """Write the interpolation of base and tuned weights with the best score.

    Parameters
    ----------
    base, tuned
        As for :func:`blend`.
    out
        Output folder; it is replaced if it exists.
    score
        Function that scores the model in a folder on validation data; higher is better.
    shares
        Shares of the tuned model to try; of equal scores the smallest share wins.

    Returns
    -------
    Blend
        The best share, and the score of each share.

    Raises
    ------
    UsageError
        A share is not between 0 and 1.
    ModelError
        The names or shapes of the two models' weights differ.
    OutputError
        The folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> base, tuned, out = (Path(tempfile.mkdtemp()) for _ in range(3))
    >>> for folder, value in ((base, 0), (tuned, 1)):
    ...     save_file({"weight": np.float32([value])}, folder / "model.safetensors")
    >>> def score(folder):
    ...     return -abs(load_file(folder / "model.safetensors")["weight"].item() - 0.5)
    >>> choose_blend(base, tuned, out, score).share
    0.5
    """
    scores = {}
    with TemporaryDirectory(prefix="tunesmith-") as folder:
        for share in sorted(shares):
            candidate = Path(folder) / str(share)
            blend(base, tuned, share, candidate)
            scores[share] = score(candidate)
            shutil.rmtree(candidate)
    best = max(sorted(shares), key=lambda share: scores[share])
    blend(base, tuned, best, out)
    return Blend(best, scores)


def _weights(folder: Path) -> list[Path]:
    return [path for path in vector_files(folder) if path.suffix == ".safetensors"]


def _read(path: Path, folder: Path) -> dict[str, NDArray[Any]]:
    if not path.is_file():
        raise ModelError(
            f"{folder} has no {path.name}: only models of the same architecture can be blended"
        )
    return dict(load_file(path))


def _between(
    base: Mapping[str, NDArray[Any]], tuned: Mapping[str, NDArray[Any]], share: float
) -> dict[str, NDArray[Any]]:
    # Tensors found only in the base are buffers that older releases saved with the weights.
    mismatched = {
        name for name in tuned if name not in base or base[name].shape != tuned[name].shape
    }
    if mismatched:
        raise ModelError(
            f"the two models differ in {sorted(mismatched)[0]}: only models of the same "
            "architecture can be blended"
        )
    return {
        name: base[name] + np.asarray(share * (tuned[name] - base[name]), dtype=base[name].dtype)
        if np.issubdtype(base[name].dtype, np.floating)
        else tuned[name]
        for name in tuned
    }


def _write(tensors: dict[str, NDArray[Any]], path: Path) -> None:
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, path)
