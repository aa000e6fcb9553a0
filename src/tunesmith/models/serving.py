"""A model loaded once for a server: a call needs neither the file system nor the cache."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.backends.engine import Backend, Precision, on_cpu
from tunesmith.encoders.fixed_encoder import FixedEncoder
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.models.familiar import FamiliarTexts
from tunesmith.models.model import load
from tunesmith.models.predictor import Predictor
from tunesmith.vectors.linear_classifier import LinearClassifier


@dataclass(frozen=True, eq=False, repr=False)
class LoadedModel(Predictor):
    """A model whose folder, digest, engine and threads are fixed, as returned by :func:`serve`.

    It has all methods of :class:`~tunesmith.models.Model`. Vectors are not cached.
    Several Python threads may use it at the same time.

    Parameters
    ----------
    name
        The model's id or name.
    folder
        The folder it was loaded from; later changes of the folder have no effect.
    digest
        SHA-256 of all files that determine vectors and labels, hexadecimal.
    encoder
        The loaded encoder.
    classifier
        The classifier on the vectors, or None.
    metadata
        The content of ``tunesmith.json``; empty for a model that Tunesmith did not fit.
    familiar_texts
        The vectors of the training texts, with the threshold for texts unlike them, or None.

    Examples
    --------
    >>> serve("all-MiniLM-L6-v2", threads=1)
    LoadedModel('all-MiniLM-L6-v2', 384 dimensions, threads=1)
    """

    name: str
    folder: Path
    digest: str
    encoder: FixedEncoder
    classifier: LinearClassifier | None
    metadata: Mapping[str, Any]
    familiar_texts: FamiliarTexts | None

    @property
    def id(self) -> str:
        """The model's id or name."""
        return self.name

    def _vectors(self, texts: list[str], prompt: str | None) -> NDArray[np.float32]:
        return self.encoder.encode(texts, prompt=prompt)

    def __repr__(self) -> str:
        """Return id, dimension, number of labels and threads."""
        labels = f", {len(self.labels)} labels" if self.labels else ""
        size = f"{self.encoder.dimension} dimensions{labels}"
        return f"LoadedModel({self.id!r}, {size}, threads={self.encoder.threads})"

    def __reduce__(self) -> NoReturn:
        """Refuse pickling: the engine cannot be pickled."""
        raise TypeError(f"{self!r} cannot be pickled: call tunesmith.serve in each process")


def serve(
    name: str | Path,
    *,
    threads: int | None = None,
    device: str | None = None,
    precision: Precision | None = None,
) -> LoadedModel:
    """Load a model for serving: verify its files, load the engine, and fix the threads.

    Parameters
    ----------
    name
        The id of a fitted model, a folder, or another name that :func:`~tunesmith.load` takes.
    threads
        Number of CPU threads of a call; by default one per core (or ``OMP_NUM_THREADS``). A server
        that answers several requests at once is usually fastest with 1.
    device
        ``"cpu"``, ``"cuda"`` and so on; by default the best one available.
    precision
        See :class:`~tunesmith.SentenceEncoder`; by default the one that the fit chose.

    Returns
    -------
    The loaded model. On a CPU it runs on ONNX Runtime if the model can be exported.

    Raises
    ------
    UnknownModel
        There is no such model.
    DamagedModel
        A file is missing or has changed since the model was saved.
    UsageError
        A parameter is out of range.

    Examples
    --------
    >>> model = serve("all-MiniLM-L6-v2", threads=1)
    >>> model.encode(["where is my parcel?"]).shape
    (1, 384)
    """
    model = load(name)
    exportable = precision in {None, "float32", "int8"} and on_cpu(device)
    backend: Backend = "onnx" if exportable else "auto"
    encoder = TextEncoder(
        model.path,
        precision=precision or (model.precision if exportable else "float32"),
        device=device,
        backend=backend,
        cache=False,
    ).fixed(threads=threads)
    return LoadedModel(
        name=model.id,
        folder=model.path,
        digest=model.digest,
        encoder=encoder,
        classifier=model.classifier,
        metadata=model.metadata,
        familiar_texts=model.familiar_texts,
    )
