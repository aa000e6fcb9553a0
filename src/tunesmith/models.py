"""A model folder: what a fit leaves, written whole or not at all, verified when it is loaded.

The folder is a plain sentence-transformers folder and works without Tunesmith. Beside it lie
``tunesmith.json`` (what was done and proven, digests of all files), ``classifier.safetensors``,
``report.html`` and ``README.md``.
"""

import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tunesmith.classifier import LinearClassifier, load_classifier, save_classifier
from tunesmith.encoders.attach import Layer, save_with_layers
from tunesmith.encoders.export import export
from tunesmith.encoders.exported import FOLDER
from tunesmith.encoders.text import TextEncoder
from tunesmith.errors import DamagedModel, OutputError, UnknownModel, UsageError
from tunesmith.folders import replacing
from tunesmith.home import models_folder
from tunesmith.vectors import Hits, cosine_similarity, search

if TYPE_CHECKING:
    from tunesmith.encoders.sentence import SentenceEncoder

FORMAT_VERSION = 1
METADATA = "tunesmith.json"


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

    @cached_property
    def encoder(self) -> "SentenceEncoder":
        """The encoder with the tuned vectors, as a scikit-learn transformer."""
        from tunesmith.encoders.sentence import SentenceEncoder

        return SentenceEncoder(str(self.path), cache=self.cache, verbose=self.verbose)

    def encode(self, texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
        """Return the tuned vectors of the texts, float32, shape (n, d), of length 1."""
        return self._texts.encode(texts, prompt=prompt)

    @cached_property
    def _texts(self) -> TextEncoder:
        return TextEncoder(str(self.path), cache=self.cache, verbose=self.verbose)

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


def model_id(source: str, fingerprint: str) -> str:
    """Return a folder name made of a file's name and a digest; safe as a path on any system.

    Examples
    --------
    >>> model_id("../My Tickets.csv", "3f2a1c9e")
    'my-tickets-3f2a1c'
    """
    stem = Path(source).name.split(".")[0].lower()
    slug = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:40] or "model"
    return f"{slug}-{fingerprint[:6]}"


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
    _verify(path, metadata["files"])
    return Model(path, metadata, load_classifier(path, metadata.get("classifier")), verbose)


def read_metadata(path: Path) -> dict[str, Any]:
    """Return what ``tunesmith.json`` in a model folder says, its form checked."""
    try:
        metadata = json.loads((path / METADATA).read_text(encoding="utf-8"))
        version, files, summary = metadata["format"], metadata["files"], metadata["summary"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedModel(f"{path / METADATA} cannot be read: {error}") from error
    if version != FORMAT_VERSION:
        raise DamagedModel(
            f"{path / METADATA} has format {version}, this Tunesmith reads {FORMAT_VERSION}: "
            "fit the model again, or use the version that wrote it"
        )
    if not isinstance(files, dict) or not isinstance(summary, dict):
        raise DamagedModel(f"{path / METADATA} is not what a fit writes: fit the model again")
    return dict(metadata)


def save(
    out: Path,
    *,
    base: Path,
    layers: Sequence[Layer],
    classifier: LinearClassifier | None,
    summary: Mapping[str, Any],
    write_pages: Callable[[Path], None],
) -> None:
    """Write a model folder: aside first, then renamed into place.

    Parameters
    ----------
    out
        The folder to write; an earlier model there is replaced.
    base
        The sentence-transformers folder with the transformer's weights.
    layers
        What comes behind it: a tuner's layers, or none.
    classifier
        The classifier over the vectors, if there is one.
    summary
        What the fit found, as JSON values.
    write_pages
        Writes the report and the card into the folder that it is given.

    Raises
    ------
    OutputError
        When it cannot be written; nothing is left behind.
    """
    check_writable(out)
    with replacing(out) as aside:
        save_with_layers(base, layers, aside)
        export(aside, aside / FOLDER)
        metadata: dict[str, Any] = {"format": FORMAT_VERSION, "summary": dict(summary)}
        if classifier is not None:
            metadata["classifier"] = save_classifier(aside, classifier)
        # The pages may be edited afterwards; what decides vectors and labels may not.
        metadata["files"] = {name: _digest(aside / name) for name in _files(aside)}
        write_pages(aside)
        text = json.dumps(metadata, indent=1, ensure_ascii=False)
        (aside / METADATA).write_text(text + "\n", encoding="utf-8")


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
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder} is there already: give a new folder")
    texts = ["a short text", "and another one, to compare vectors with"]
    base = encoder.encode(texts)
    if not np.allclose(np.linalg.norm(base, axis=1), 1, atol=1e-3):
        raise UsageError("the encoder's vectors are not of length 1: use normalize=True")
    expected = tuner.transform(base)
    with replacing(folder) as aside:
        save_with_layers(encoder.folder, tuner.as_layers(), aside)
        found = TextEncoder(str(aside), cache=False, device=encoder.device).encode(texts)
        if not np.allclose(found, expected, atol=1e-4):
            raise UsageError("the folder gives other vectors than the tuner: this is a fault")
        export(aside, aside / FOLDER)
    return type(encoder)(**{**encoder.get_params(), "model": str(folder)})


def check_writable(out: Path) -> None:
    """Refuse an output folder that holds something else, or that cannot be written.

    Raises
    ------
    OutputError
        Naming the folder and the reason.
    """
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file: give a folder that is new or holds a model")
    if out == Path.cwd():
        raise OutputError(f"{out} is the folder you are in: give a new one, such as ./model")
    if out.is_dir() and any(out.iterdir()) and not (out / METADATA).is_file():
        raise OutputError(f"{out} holds something that is no model: give a new folder")
    nearest = next(parent for parent in out.absolute().parents if parent.exists())
    try:
        with tempfile.TemporaryDirectory(dir=nearest, prefix=".tunesmith-"):
            pass
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror}") from error


def _files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _verify(folder: Path, digests: Mapping[str, str]) -> None:
    present = set(_files(folder))
    for name, digest in digests.items():
        if name not in present:
            raise DamagedModel(f"{folder / name} is missing: fit the model again or restore it")
        if _digest(folder / name) != digest:
            raise DamagedModel(
                f"{folder / name} was changed after it was written: "
                "fit the model again or restore it"
            )
