"""Fitted models: found by their id or folder, loaded, and used for vectors, labels and search."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tunesmith import encoders
from tunesmith.encoders.backends.engine import Backend, Precision, on_cpu
from tunesmith.encoders.save import write_encoder
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import UnknownModel, UsageError
from tunesmith.folders import replacing, require_new
from tunesmith.home import models_folder
from tunesmith.models.folder import METADATA, read_metadata, verify
from tunesmith.vectors.layers import Layer
from tunesmith.vectors.linear_classifier import LinearClassifier, load_classifier
from tunesmith.vectors.similarity import Hits, cosine_similarity, search

if TYPE_CHECKING:
    from tunesmith.encoders.sentence_encoder import SentenceEncoder


@dataclass(frozen=True)
class Prediction:
    """The labels given to one text.

    Parameters
    ----------
    labels
        The labels given: one, or any number for multi-label models; the likeliest first.
    probabilities
        The probability of every label, in the model's order.
    """

    labels: tuple[str, ...]
    probabilities: Mapping[str, float]

    @property
    def label(self) -> str:
        """The likeliest label."""
        return max(self.probabilities, key=lambda name: self.probabilities[name])

    @property
    def probability(self) -> float:
        """The probability of the likeliest label."""
        return self.probabilities[self.label]


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted model; made by :func:`load`.

    Parameters
    ----------
    path
        The model's folder.
    metadata
        What ``tunesmith.json`` says.
    classifier
        None where the model was fitted without labels.
    verbose
        Show a progress bar while texts are encoded.
    cache
        Keep the vectors in the cache in Tunesmith's home.

    Examples
    --------
    >>> model = load("tickets-3f2a1c")                      # doctest: +SKIP
    >>> model.classify(["where is my parcel?"])[0].label    # doctest: +SKIP
    'delivery_late'
    """

    path: Path
    metadata: Mapping[str, Any]
    classifier: LinearClassifier | None
    verbose: bool = False
    cache: bool = True

    @property
    def id(self) -> str:
        """The model's name: that of its folder."""
        return self.path.name

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the model gives, in its order; empty without a classifier."""
        return self.classifier.labels if self.classifier else ()

    @property
    def summary(self) -> Mapping[str, Any]:
        """What the fit found: verdict, metrics with intervals, rungs, findings."""
        return dict(self.metadata["summary"])

    @property
    def precision(self) -> Precision:
        """Of the weights that it is run by: ``"float32"``, or ``"int8"`` where its fit said so."""
        return "int8" if self.metadata.get("precision") == "int8" else "float32"

    @cached_property
    def encoder(self) -> "SentenceEncoder":
        """The encoder with the tuned vectors, as a scikit-learn transformer."""
        return encoders.SentenceEncoder(
            str(self.path), precision=self.precision, cache=self.cache, verbose=self.verbose
        )

    def encode(self, texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
        """Return the tuned vectors of the texts, float32, shape (n, d), of length 1."""
        return self._texts.encode(texts, prompt=prompt)

    @cached_property
    def _texts(self) -> TextEncoder:
        return TextEncoder(
            str(self.path), precision=self.precision, cache=self.cache, verbose=self.verbose
        )

    def classify(self, texts: Sequence[str]) -> list[Prediction]:
        """Return the labels of each text with their probabilities.

        Raises
        ------
        UsageError
            When the model has no classifier.
        """
        if self.classifier is None:
            raise UsageError(f"model {self.id} has no classifier: it was fitted without labels")
        probabilities = self.classifier.probabilities(self.encode(texts))
        given = self.classifier.given(probabilities)
        return [
            _prediction(self.classifier.labels, row, chosen)
            for row, chosen in zip(probabilities, given, strict=True)
        ]

    def similarity(
        self, texts: Sequence[str], others: Sequence[str] | None = None
    ) -> NDArray[np.float32]:
        """Return the cosine similarity of every text to every other, shape (n, m)."""
        vectors = self.encode(texts)
        return cosine_similarity(vectors, vectors if others is None else self.encode(others))

    def search(self, queries: Sequence[str], corpus: Sequence[str], *, k: int = 10) -> Hits:
        """Return the k texts of the corpus that are nearest to each query."""
        return search(self.encode(queries, prompt="query"), self.encode(corpus), k=k)


def _prediction(
    labels: Sequence[str], probabilities: NDArray[np.float32], given: NDArray[np.bool_]
) -> Prediction:
    order = np.argsort(-probabilities, kind="stable")
    return Prediction(
        labels=tuple(labels[index] for index in order if given[index]),
        probabilities={
            name: float(probability)
            for name, probability in zip(labels, probabilities, strict=True)
        },
    )


def find(name: str | Path) -> Path:
    """Return the folder of a model, given by its id in the home or by its path.

    Raises
    ------
    UnknownModel
        When there is none; the message lists the models that are there.
    """
    if (Path(name) / METADATA).is_file():
        return Path(name).resolve()
    if re.fullmatch(r"\w[\w.-]*", str(name)) and (models_folder() / name / METADATA).is_file():
        return models_folder() / str(name)
    there = ", ".join(path.name for path in installed()) or "none yet"
    raise UnknownModel(f"there is no model {str(name)!r}; models here: {there}")


def installed() -> list[Path]:
    """Return the folders of all models in the home, newest first."""
    if not models_folder().is_dir():
        return []
    folders = [path.parent for path in models_folder().glob(f"[!.]*/{METADATA}")]
    return sorted(folders, key=lambda path: (path / METADATA).stat().st_mtime, reverse=True)


def load(name: str | Path, *, verbose: bool = False) -> Model:
    """Load a model by its id or its folder, and verify every file that decides what it says.

    Parameters
    ----------
    name
        An id such as ``tickets-3f2a1c``, or a path.
    verbose
        Show a progress bar while texts are encoded.

    Raises
    ------
    UnknownModel
        When there is no such model.
    DamagedModel
        When a file is missing or was changed since it was written.
    """
    path = find(name)
    metadata = read_metadata(path)
    verify(path, metadata["files"])
    return Model(path, metadata, load_classifier(path, metadata.get("classifier")), verbose)


def open_encoder(name: str | Path, *, verbose: bool = False) -> TextEncoder:
    """Return the encoder of a fitted model, its files verified, or of any other model.

    Parameters
    ----------
    name
        A model's id or folder, or the name or folder of a sentence-transformers model.
    verbose
        Show a progress bar while texts are encoded.

    Raises
    ------
    ModelError
        When there is no such model, or it is damaged.
    """
    # What is asked of a model is asked again: what the first spends on an export, the second saves.
    backend: Backend = "onnx" if on_cpu(None) else "auto"
    try:
        model = load(find(name))
    except UnknownModel:
        return TextEncoder(name, backend=backend, verbose=verbose)
    return TextEncoder(model.path, backend=backend, precision=model.precision, verbose=verbose)


class LayersFromVectors(Protocol):
    """What can be attached to an encoder: every tuner of which the layers can be had."""

    def as_layers(self) -> tuple[Layer, ...]:
        """Return dense layers."""
        ...

    def transform(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the layers and a division by the length make of vectors."""
        ...


def attach(
    encoder: "SentenceEncoder", tuner: LayersFromVectors, out: str | Path
) -> "SentenceEncoder":
    """Write the encoder with the tuner behind it as a plain sentence-transformers folder.

    ``SentenceTransformer(out)`` gives the tuned vectors with no Tunesmith installed. Before the
    folder takes its place, it is loaded and its vectors are compared with those of the tuner.

    Parameters
    ----------
    encoder
        The encoder whose vectors the tuner was fitted on.
    tuner
        A fitted tuner.
    out
        The folder to write, new or empty.

    Returns
    -------
    SentenceEncoder
        An encoder of the new folder.

    Raises
    ------
    OutputError
        If something lies there, or it cannot be written.
    UsageError
        If the tuner takes vectors of another width, or the encoder's are not of length 1 (which
        is what such a folder would give it).

    Examples
    --------
    >>> import tempfile
    >>> from tunesmith import LinearTuner, SentenceEncoder
    >>> encoder = SentenceEncoder()
    >>> vectors = encoder.encode(["my card is lost", "lost my card", "where is my parcel?"])
    >>> folder = Path(tempfile.mkdtemp()) / "tuned"
    >>> attach(encoder, LinearTuner(n_components=2).fit(vectors, [0, 0, 1]), folder).dimension
    2
    """
    folder = Path(out)
    require_new(folder)
    texts = ["a short text", "and another one, to compare vectors with"]
    base = encoder.encode(texts)
    if not np.allclose(np.linalg.norm(base, axis=1), 1, atol=1e-3):
        raise UsageError("the encoder's vectors are not of length 1: use normalize=True")
    expected = tuner.transform(base)
    with replacing(folder) as aside:
        write_encoder(encoder.folder, tuner.as_layers(), aside)
        found = TextEncoder(str(aside), cache=False, device=encoder.device).encode(texts)
        if not np.allclose(found, expected, atol=1e-4):
            raise UsageError("the folder gives other vectors than the tuner: this is a fault")
    return type(encoder)(**{**encoder.get_params(), "model": str(folder)})
