"""Find and load fitted models, and use them to encode, classify and search texts."""

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
from tunesmith.errors import ModelError, UnknownModel, UsageError
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
    """The predicted labels of one text.

    Parameters
    ----------
    labels
        The predicted labels, most probable first: one, or any number for multi-label models.
    probabilities
        The probability of each label, in the model's order.
    """

    labels: tuple[str, ...]
    probabilities: Mapping[str, float]

    @property
    def label(self) -> str:
        """The most probable label."""
        return max(self.probabilities, key=lambda name: self.probabilities[name])

    @property
    def probability(self) -> float:
        """The probability of the most probable label."""
        return self.probabilities[self.label]


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted model, as returned by :func:`load`.

    Parameters
    ----------
    path
        The model's folder.
    metadata
        The content of ``tunesmith.json``.
    classifier
        The classifier on the vectors; None if the model was fitted without labels.
    verbose
        Whether to show a progress bar while encoding.
    cache
        Whether to cache vectors in Tunesmith's home folder.

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
        """The model's id, which is the name of its folder."""
        return self.path.name

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the classifier, in its order; empty without a classifier."""
        return self.classifier.labels if self.classifier else ()

    @property
    def summary(self) -> Mapping[str, Any]:
        """The summary of the fit: verdict, metrics with intervals, rungs, findings."""
        return dict(self.metadata["summary"])

    @property
    def precision(self) -> Precision:
        """The precision of the weights: ``"int8"`` if the fit chose it, else ``"float32"``."""
        return "int8" if self.metadata.get("precision") == "int8" else "float32"

    @cached_property
    def encoder(self) -> "SentenceEncoder":
        """The tuned encoder as a scikit-learn transformer."""
        return encoders.SentenceEncoder(
            str(self.path), precision=self.precision, cache=self.cache, verbose=self.verbose
        )

    def encode(self, texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
        """Return the L2-normalised tuned vectors of the texts, float32, shape (n, d)."""
        return self._texts.encode(texts, prompt=prompt)

    @cached_property
    def _texts(self) -> TextEncoder:
        return TextEncoder(
            str(self.path), precision=self.precision, cache=self.cache, verbose=self.verbose
        )

    def classify(self, texts: Sequence[str]) -> list[Prediction]:
        """Predict the labels of each text, with their probabilities.

        Raises
        ------
        UsageError
            The model has no classifier.
        """
        if self.classifier is None:
            raise UsageError(f"model {self.id} has no classifier: it was fitted without labels")
        probabilities = self.classifier.probabilities(self.encode(texts))
        predicted = self.classifier.given(probabilities)
        return [
            _prediction(self.classifier.labels, row, chosen)
            for row, chosen in zip(probabilities, predicted, strict=True)
        ]

    def similarity(
        self, texts: Sequence[str], others: Sequence[str] | None = None
    ) -> NDArray[np.float32]:
        """Return the cosine similarities of all pairs of texts, shape (n, m)."""
        vectors = self.encode(texts)
        return cosine_similarity(vectors, vectors if others is None else self.encode(others))

    def search(self, queries: Sequence[str], corpus: Sequence[str], *, k: int = 10) -> Hits:
        """Return the k most similar texts of the corpus for each query."""
        return search(self.encode(queries, prompt="query"), self.encode(corpus), k=k)


def _prediction(
    labels: Sequence[str], probabilities: NDArray[np.float32], predicted: NDArray[np.bool_]
) -> Prediction:
    order = np.argsort(-probabilities, kind="stable")
    return Prediction(
        labels=tuple(labels[index] for index in order if predicted[index]),
        probabilities={
            name: float(probability)
            for name, probability in zip(labels, probabilities, strict=True)
        },
    )


def find(name: str | Path) -> Path:
    """Return the folder of a model, given its id or its path.

    Raises
    ------
    UnknownModel
        There is no such model; the message lists the installed models.
    """
    if (Path(name) / METADATA).is_file():
        return Path(name).resolve()
    if re.fullmatch(r"\w[\w.-]*", str(name)) and (models_folder() / name / METADATA).is_file():
        return models_folder() / str(name)
    available = ", ".join(path.name for path in installed()) or "none yet"
    raise UnknownModel(f"there is no model {str(name)!r}; available models: {available}")


def installed() -> list[Path]:
    """Return the folders of all models in Tunesmith's home folder, newest first."""
    if not models_folder().is_dir():
        return []
    folders = [path.parent for path in models_folder().glob(f"[!.]*/{METADATA}")]
    return sorted(folders, key=lambda path: (path / METADATA).stat().st_mtime, reverse=True)


def load(name: str | Path, *, verbose: bool = False) -> Model:
    """Load a model by its id or its folder, and verify its files.

    Parameters
    ----------
    name
        An id such as ``tickets-3f2a1c``, or a path.
    verbose
        Whether to show a progress bar while encoding.

    Raises
    ------
    UnknownModel
        There is no such model.
    DamagedModel
        A file is missing or has changed since the model was saved.
    """
    path = find(name)
    metadata = read_metadata(path)
    verify(path, metadata["files"])
    return Model(path, metadata, load_classifier(path, metadata.get("classifier")), verbose)


def open_encoder(name: str | Path, *, verbose: bool = False) -> TextEncoder:
    """Return the encoder of a fitted model, after verifying its files, or of any other model.

    Parameters
    ----------
    name
        A model's id or folder, or the name or folder of a sentence-transformers model.
    verbose
        Whether to show a progress bar while encoding.

    Raises
    ------
    ModelError
        There is no such model, or it is damaged.
    """
    # Models are usually used more than once, so the first use pays for the ONNX export.
    backend: Backend = "onnx" if on_cpu(None) else "auto"
    try:
        model = load(find(name))
    except UnknownModel:
        return TextEncoder(name, backend=backend, verbose=verbose)
    return TextEncoder(model.path, backend=backend, precision=model.precision, verbose=verbose)


class LayersFromVectors(Protocol):
    """A fitted tuner that can be expressed as dense layers."""

    def as_layers(self) -> tuple[Layer, ...]:
        """Return the dense layers."""
        ...

    def transform(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Apply the layers to vectors and L2-normalise the result."""
        ...


def attach(
    encoder: "SentenceEncoder", tuner: LayersFromVectors, out: str | Path
) -> "SentenceEncoder":
    """Save an encoder followed by a tuner as a standard sentence-transformers folder.

    ``SentenceTransformer(out)`` then computes the tuned vectors without Tunesmith. The saved folder
    is loaded and its vectors are compared with those of the tuner.

    Parameters
    ----------
    encoder
        The encoder whose vectors the tuner was fitted on.
    tuner
        A fitted tuner.
    out
        The output folder, which must be new or empty.

    Returns
    -------
    SentenceEncoder
        An encoder that loads the new folder.

    Raises
    ------
    OutputError
        The folder is not empty or cannot be written.
    UsageError
        The tuner expects vectors of another dimension, or the encoder's vectors are not
        L2-normalised, as they would be in the saved model.
    ModelError
        The saved model computes other vectors than the tuner, which is a bug.

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
        raise UsageError("the encoder's vectors are not L2-normalised", hint="use normalize=True")
    expected = tuner.transform(base)
    with replacing(folder) as temporary:
        write_encoder(encoder.folder, tuner.as_layers(), temporary)
        found = TextEncoder(str(temporary), cache=False, device=encoder.device).encode(texts)
        if not np.allclose(found, expected, atol=1e-4):
            raise ModelError("vectors differ after saving; please report this bug")
    return type(encoder)(**{**encoder.get_params(), "model": str(folder)})
