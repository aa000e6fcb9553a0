"""Teacher and student: a static model and its classifier, distilled from a model without labels."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.backends.parts import Settings
from tunesmith.encoders.backends.static_model import StaticModel
from tunesmith.encoders.model_files.description import describe
from tunesmith.errors import UsageError
from tunesmith.evaluation.labels.probe import choose_probe
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.progress import Advance
from tunesmith.recipes.static_model import distill
from tunesmith.vectors.linear_classifier import LinearClassifier

Encode = Callable[[list[str]], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Teacher:
    """A model to be distilled.

    Parameters
    ----------
    tokenizer
        Content of its ``tokenizer.json``.
    encode
        Function from texts to vectors, float32, shape (n, d).
    classifier
        Classifier on these vectors, or None.
    """

    tokenizer: str
    encode: Encode
    classifier: LinearClassifier | None

    @classmethod
    def of(cls, folder: Path, encode: Encode, classifier: LinearClassifier | None) -> Self:
        """Return the teacher for the transformer in a folder.

        Raises
        ------
        UsageError
            The model is already static, or has no fast tokenizer.
        """
        described = describe(folder)
        if described.static:
            raise UsageError(f"{folder.name} is already a static model", option="model")
        path = described.tokenizer_folder / "tokenizer.json"
        if not path.is_file():
            raise UsageError(
                f"{folder.name} has no tokenizer.json, which a static model needs",
                hint="save the model's fast tokenizer in its folder",
                option="model",
            )
        return cls(path.read_text("utf-8"), encode, classifier)


@dataclass(frozen=True, eq=False)
class Student:
    """A static model, its classifier, and their agreement with the teacher on held-out texts.

    Parameters
    ----------
    model
        The static model.
    classifier
        Classifier fitted on the labels predicted by the teacher, or None.
    held_out
        Number of held-out texts.
    cosine
        Mean cosine similarity to the teacher's vectors.
    same
        Share of texts with the same predicted labels; None without a classifier.
    """

    model: StaticModel
    classifier: LinearClassifier | None
    held_out: int
    cosine: float
    same: float | None

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """Return L2-normalised vectors, float32, shape (n, d)."""
        vectors = np.empty((len(texts), self.model.dimension), dtype=np.float32)
        for encoded in self.model.encode(texts, Settings()):
            vectors[encoded.positions] = encoded.vectors
        return vectors


def teach(
    teacher: Teacher,
    texts: list[str],
    vectors: NDArray[np.float32],
    *,
    among: list[str] | None = None,
    seed: int = 0,
    advance: Advance = lambda _: None,
) -> Student:
    """Distil a model into a static one.

    Parameters
    ----------
    teacher
        The model.
    texts
        Training texts.
    vectors
        The teacher's vectors of the texts, shape (n, d).
    among, seed, advance
        See :func:`tunesmith.recipes.distill`.

    Raises
    ------
    DataError
        There are too few texts.
    UsageError
        The teacher cannot be distilled.
    """
    found = distill(
        teacher.encode, teacher.tokenizer, texts, vectors, among=among, seed=seed, advance=advance
    )
    student = Student(found.model, None, len(found.held_out), found.cosine, None)
    if teacher.classifier is None:
        return student
    own = student.encode(texts)
    classifier = _taught(teacher.classifier, vectors, own, found.held_out)
    expected = teacher.classifier.given(teacher.classifier.probabilities(vectors[found.held_out]))
    given = classifier.given(classifier.probabilities(own[found.held_out]))
    same = float((given == expected).all(axis=1).mean())
    return Student(found.model, classifier, len(found.held_out), found.cosine, same)


def _taught(
    classifier: LinearClassifier,
    vectors: NDArray[np.float32],
    own: NDArray[np.float32],
    held_out: NDArray[np.int64],
) -> LinearClassifier:
    """Fit a classifier on the labels predicted by another, choosing ``C`` on the held-out texts.

    A label that the other never predicts is never predicted by this one either.
    """
    given = classifier.given(classifier.probabilities(vectors)).astype(np.float32)
    targets = Targets(given, classifier.labels, classifier.multilabel)
    rest = np.setdiff1d(np.arange(len(own)), held_out)
    if not classifier.multilabel and len(np.unique(targets.take(rest).codes)) < 2:
        return classifier
    return choose_probe(
        own[rest], targets.take(rest), own[held_out], targets.take(held_out)
    ).classifier
