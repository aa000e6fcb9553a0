"""Find and load fitted models, and use them to encode, classify and search texts."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from tunesmith import encoders
from tunesmith.encoders.backends.engine import WORTH_EXPORTING, Engine, Precision
from tunesmith.encoders.model_files.locate import locate
from tunesmith.encoders.model_files.query_route import query_layers
from tunesmith.encoders.model_files.source import ModelFiles
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import TunesmithError, UnknownModel
from tunesmith.folders import warn_of_path
from tunesmith.home import current_home
from tunesmith.models.familiar import FamiliarTexts, read_familiar
from tunesmith.models.folder import METADATA, files_digest, read_metadata, verify
from tunesmith.models.predictor import Predictor
from tunesmith.results.from_json import summary_of
from tunesmith.results.notebook import show, summary_html
from tunesmith.results.summary import Summary
from tunesmith.vectors.linear_classifier import LinearClassifier, load_classifier

if TYPE_CHECKING:
    from tunesmith.encoders.sentence_encoder import SentenceEncoder


@dataclass(frozen=True, eq=False, repr=False)
class Model(Predictor):
    """A model, as returned by :func:`load`.

    It takes texts in any form, gives a missing result for a missing text, and has the methods of a
    fitted scikit-learn classifier if it was fitted on labels.

    Parameters
    ----------
    path
        The model's folder.
    metadata
        The content of ``tunesmith.json``; empty for a model that Tunesmith did not fit.
    classifier
        The classifier on the vectors; None if the model was fitted without labels.
    verbose
        Whether to show a progress bar while encoding.
    cache
        Whether to cache vectors in Tunesmith's home folder.
    name
        The name it was loaded by; None for the name of its folder.
    familiar_texts
        The vectors of the training texts, with the threshold for texts unlike them; None if the fit
        was not cross-fitted, or the model was published.

    Examples
    --------
    >>> model = load("tickets-3f2a1c")
    >>> model.classify(["my order is late"])[0].label
    'order'
    """

    path: Path
    metadata: Mapping[str, Any]
    classifier: LinearClassifier | None
    verbose: bool = False
    cache: bool = True
    name: str | None = None
    familiar_texts: FamiliarTexts | None = None

    @property
    def id(self) -> str:
        """The model's id: the name of its folder, or the name it was loaded by."""
        return self.name or self.path.name

    @cached_property
    def summary(self) -> Summary | None:
        """The summary of the fit, as in ``FitResult.summary``; None if there was no fit.

        Raises
        ------
        DamagedModel
            ``tunesmith.json`` has an invalid entry.
        """
        stored = self.metadata.get("summary")
        return summary_of(stored, self.path) if stored else None

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of all files that determine vectors and labels, hexadecimal."""
        if not self.metadata:
            return self.text_encoder.digest
        return files_digest(self.metadata)

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

    @cached_property
    def text_encoder(self) -> TextEncoder:
        """The tuned encoder, from texts to vectors."""
        return TextEncoder(
            str(self.path), precision=self.precision, cache=self.cache, verbose=self.verbose
        )

    def _vectors(self, texts: list[str], prompt: str | None) -> NDArray[np.float32]:
        return self.text_encoder.encode(texts, prompt=prompt)

    def show(self) -> None:
        """Display the model in a notebook; elsewhere open its report in the browser."""
        show(self, self.path / "report.html")

    def _repr_html_(self) -> str:
        head = Markup("<p><b>{}</b></p>").format(repr(self))
        return str(head if self.summary is None else head + summary_html(self.summary, self.path))

    def __repr__(self) -> str:
        """Return the id, the verdict of the fit and the number of labels."""
        facts = [repr(self.id)]
        if self.metadata.get("summary", {}).get("verdict"):
            facts.append(str(self.metadata["summary"]["verdict"]["outcome"]))
        facts += [f"{len(self.labels)} labels"] if self.labels else []
        return f"Model({', '.join(facts)})"

    def __reduce__(self) -> tuple[Callable[..., "Model"], tuple[str]]:
        """Pickle the folder's path; the weights stay in the folder."""
        warn_of_path(f"model {self.id}", self.path)
        return load, (str(self.path),)


def find(name: str | Path) -> Path:
    """Return the folder of a fitted model, given its id or its path.

    Raises
    ------
    UnknownModel
        There is no such model; the message lists the installed models.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()).resolve()
    >>> (folder / "tunesmith.json").touch()
    >>> find(folder) == folder
    True
    """
    if (Path(name) / METADATA).is_file():
        return Path(name).resolve()
    if (
        re.fullmatch(r"\w[\w.-]*", str(name))
        and (current_home().models / name / METADATA).is_file()
    ):
        return current_home().models / str(name)
    raise UnknownModel(
        f"there is no fitted model {str(name)!r}",
        hint=f"choose one of {', '.join(known)}" if (known := _names()) else "fit one first",
    )


def _names() -> list[str]:
    return [path.name for path in installed()]


def metadata_of(name: str | Path) -> dict[str, Any]:
    """Return the content of a fitted model's ``tunesmith.json``; empty for any other model.

    Raises
    ------
    DamagedModel
        It cannot be read.
    """
    try:
        return read_metadata(find(name))
    except UnknownModel:
        return {}


def installed() -> list[Path]:
    """Return the folders of all models in Tunesmith's home folder, newest first.

    Examples
    --------
    >>> import tempfile
    >>> from tunesmith.home import Home
    >>> home = Home(Path(tempfile.mkdtemp()))
    >>> (home.models / "tickets-3f2a1c").mkdir(parents=True)
    >>> (home.models / "tickets-3f2a1c" / "tunesmith.json").touch()
    >>> with home.active():
    ...     [folder.name for folder in installed()]
    ['tickets-3f2a1c']
    """
    if not current_home().models.is_dir():
        return []
    folders = [path.parent for path in current_home().models.glob(f"[!.]*/{METADATA}")]
    return sorted(folders, key=lambda path: (path / METADATA).stat().st_mtime, reverse=True)


def load(name: str | Path, *, verbose: bool = False) -> Model:
    """Load a model and verify its files.

    Parameters
    ----------
    name
        The id of a fitted model such as ``tickets-3f2a1c``, a folder, ``"all-MiniLM-L6-v2"`` or
        another name of a sentence-transformers model.
    verbose
        Whether to show a progress bar while encoding.

    Returns
    -------
    The model, with its classifier if it was fitted on labels.

    Raises
    ------
    UnknownModel
        There is no such model.
    DamagedModel
        A file is missing or has changed since the model was saved.

    Examples
    --------
    >>> load("all-MiniLM-L6-v2").similarity(["late parcel"], ["my parcel is late"]) > 0.8
    array([[ True]])
    """
    try:
        path = find(name)
    except UnknownModel as error:
        return Model(_folder(name, error), {}, None, verbose, name=_shown_name(name))
    metadata = read_metadata(path)
    verify(path, metadata["files"])
    classifier = load_classifier(path, metadata.get("classifier"))
    return Model(path, metadata, classifier, verbose, familiar_texts=read_familiar(path))


def _folder(name: str | Path, error: UnknownModel) -> Path:
    try:
        return locate(name)
    except UnknownModel as unknown:
        known = _names()
        fitted = f"; fitted models: {', '.join(known)}" if known else ""
        raise UnknownModel(unknown.message, hint=unknown.hint + fitted) from error


def _shown_name(name: str | Path) -> str | None:
    return None if Path(name).is_dir() else str(name)


def has_query_map(name: str | Path) -> bool:
    """Return whether a fitted model encodes queries with a map that its plain vectors lack.

    A damaged model is refused where it is opened, not here.

    Examples
    --------
    >>> has_query_map("all-MiniLM-L6-v2")
    False
    """
    try:
        return bool(query_layers(find(name)))
    except TunesmithError:
        return False


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

    Examples
    --------
    >>> open_encoder("all-MiniLM-L6-v2").dimension
    384
    """
    try:
        model = load(find(name))
    except UnknownModel:  # of another tool; found and loaded when the first text is encoded
        return _ExportingEncoder(name, verbose=verbose)
    return _ExportingEncoder(model.path, precision=model.precision, verbose=verbose)


class _ExportingEncoder(TextEncoder):
    """Exports a model to ONNX on a CPU, if it can be, for any number of texts.

    Models are usually used more than once, so the first use pays for it.
    """

    def _loaded(self, source: ModelFiles, count: int = WORTH_EXPORTING) -> Engine:
        return super()._loaded(source, max(count, WORTH_EXPORTING))
