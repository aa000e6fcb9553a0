"""Save tuners and pipelines of one's own as model folders."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tunesmith import encoders
from tunesmith.encoders.model_files.description import describe
from tunesmith.encoders.save import write_encoder
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import ModelError, UsageError
from tunesmith.folders import require_new
from tunesmith.models import folder as model_folders
from tunesmith.models.model import Model, load
from tunesmith.vectors.layers import Layer
from tunesmith.vectors.linear_classifier import LinearClassifier
from tunesmith.wording import listing, name_only

if TYPE_CHECKING:
    from tunesmith.encoders.sentence_encoder import SentenceEncoder

_SAMPLE = ["a short text", "and another one, to compare vectors with"]
_FORM = "a SentenceEncoder, at most one tuner, and a LogisticRegression"


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
    is loaded and its vectors are compared with those of the tuner. It has a card, and
    :func:`~tunesmith.load` and the commands take it like the result of a fit.

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
    with TemporaryDirectory(prefix="tunesmith-") as scratch:
        encoded = Path(scratch) / "encoder"
        _write_tuned(encoder, tuner, encoded)
        _save(folder, encoded, [encoder, tuner])
    return type(encoder)(**{**encoder.get_params(), "model": str(folder)})


def _write_tuned(encoder: "SentenceEncoder", tuner: LayersFromVectors, out: Path) -> None:
    """Write an encoder followed by a tuner, and check the vectors."""
    base = encoder.encode(_SAMPLE)
    if not np.allclose(np.linalg.norm(base, axis=1), 1, atol=1e-3):
        raise UsageError(
            "the encoder's vectors are not L2-normalised",
            hint="use normalize=True",
            option="normalize",
        )
    expected = tuner.transform(base)
    write_encoder(encoder.folder, tuner.as_layers(), out)
    found = TextEncoder(str(out), cache=False, device=encoder.device).encode(_SAMPLE)
    if not np.allclose(found, expected, atol=1e-4):
        raise ModelError("vectors differ after saving; please report this bug")


def attach_pipeline(pipeline: Any, out: str | Path) -> Model:
    """Save a fitted scikit-learn pipeline as a model folder with a classifier.

    :func:`~tunesmith.load` and the commands then use it like the result of a fit.

    Parameters
    ----------
    pipeline
        A fitted pipeline of a :class:`~tunesmith.SentenceEncoder`, at most one tuner of
        :mod:`tunesmith.tuners`, and a ``LogisticRegression``.
    out
        The output folder, which must be new or empty.

    Returns
    -------
    Model
        The saved model; its probabilities were compared with those of the pipeline.

    Raises
    ------
    UsageError
        The pipeline has other steps.
    OutputError
        The folder is not empty or cannot be written.
    ModelError
        The saved model computes other probabilities than the pipeline, which is a bug.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from tunesmith import SentenceEncoder
    >>> pipeline = make_pipeline(SentenceEncoder(), LogisticRegression())
    >>> fitted = pipeline.fit(["lost card", "card stolen", "late mail"], ["card", "card", "mail"])
    >>> model = attach_pipeline(fitted, Path(tempfile.mkdtemp()) / "cards")
    >>> model.predict(["my card is lost"])
    array(['card'], dtype='<U4')
    """
    folder = Path(out)
    require_new(folder)
    encoder, tuner, last = _steps(pipeline)
    with TemporaryDirectory(prefix="tunesmith-") as scratch:
        encoded = Path(scratch) / "encoder"
        if tuner is None:
            write_encoder(encoder.folder, (), encoded)
        else:
            _write_tuned(encoder, tuner, encoded)
        steps = [encoder, *([] if tuner is None else [tuner]), last]
        _save(folder, encoded, steps, _linear(last))
    model = load(folder)
    if not np.allclose(model.predict_proba(_SAMPLE), pipeline.predict_proba(_SAMPLE), atol=1e-3):
        raise ModelError("probabilities differ after saving; please report this bug")
    return model


def _steps(pipeline: Any) -> tuple["SentenceEncoder", Any, Any]:
    steps: Sequence[Any] = [step for _, step in getattr(pipeline, "steps", ())]
    steps = [step for step in steps if step not in (None, "passthrough")]
    tuner = steps[1] if len(steps) == 3 else None
    if (
        len(steps) not in (2, 3)
        or not isinstance(steps[0], encoders.SentenceEncoder)
        or (tuner is not None and not hasattr(tuner, "as_layers"))
        or type(steps[-1]).__name__ != "LogisticRegression"
    ):
        names = ", ".join(type(step).__name__ for step in steps) or type(pipeline).__name__
        raise UsageError(
            f"{names} cannot be saved as a model",
            hint=f"use a pipeline of {_FORM}",
            option="pipeline",
        )
    return steps[0], tuner, steps[-1]


def _linear(regression: Any) -> LinearClassifier:
    """Return a fitted logistic regression as softmax weights."""
    weight, bias = np.asarray(regression.coef_), np.asarray(regression.intercept_)
    if len(weight) == 1:  # two classes have one row: the log-odds of the second
        weight, bias = np.vstack([-weight, weight]) / 2, np.hstack([-bias, bias]) / 2
    labels = tuple(str(label) for label in regression.classes_)
    return LinearClassifier(weight.astype(np.float32), bias.astype(np.float32), labels)


def _save(
    folder: Path,
    encoded: Path,
    steps: Sequence[Any],
    classifier: LinearClassifier | None = None,
) -> None:
    """Write a model folder with the steps, the first of which is the encoder, in its metadata."""
    names = [type(step).__name__ for step in steps]
    base = name_only(str(steps[0].model))
    created = datetime.now(UTC).isoformat(timespec="seconds")
    model_folders.save(
        folder,
        encoder=encoded,
        classifier=classifier,
        summary={},
        write_pages=lambda to: _write_card(
            to, folder.name, base, names, "predict" if classifier else "encode"
        ),
        details={"attached": {"base": base, "steps": names, "created": created}},
    )


def _write_card(folder: Path, title: str, base: str, steps: Sequence[str], method: str) -> None:
    size = describe(folder).dimension
    text = (
        f"# {title}\n\n{listing(steps[1:])} on {base}, saved as a model folder. Its vectors have "
        f"{size} dimensions. It was not evaluated.\n\n```python\nimport tunesmith\n\n"
        f'model = tunesmith.load("path/to/this/folder")\nprint(model.{method}(["a text"]))\n```\n'
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
