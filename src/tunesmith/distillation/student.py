"""A static model with a classifier, both taught by a model and its texts alone, without labels."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.backends.static_model import StaticModel
from tunesmith.encoders.backends.torch_model import Settings
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
        The content of its ``tokenizer.json``.
    encode
        Texts to vectors, float32, shape (n, d).
    classifier
        Over these vectors, if it has one.
    """

    tokenizer: str
    encode: Encode
    classifier: LinearClassifier | None

    @classmethod
    def of(cls, folder: Path, encode: Encode, classifier: LinearClassifier | None) -> Self:
        """Return the teacher whose transformer lies in a folder.

        Raises
        ------
        UsageError
            It is static already, or has no tokenizer that can be used alone.
        """
        described = describe(folder)
        if described.static:
            raise UsageError(f"{folder.name} is a static model already")
        path = described.tokenizer_folder / "tokenizer.json"
        if not path.is_file():
            raise UsageError(
                f"{folder.name} has no tokenizer.json, which a static model needs: save its fast "
                "tokenizer with it"
            )
        return cls(path.read_text("utf-8"), encode, classifier)


@dataclass(frozen=True, eq=False)
class Student:
    """A static model, its classifier, and how near both come on texts they were not trained on.

    Parameters
    ----------
    model
        The static model.
    classifier
        Fitted to the labels that the teacher gives.
    held_out
        How many texts were held out.
    cosine
        The mean cosine of vectors with the teacher's.
    same
        The share of texts that are given the same labels; None without a classifier.
    """

    model: StaticModel
    classifier: LinearClassifier | None
    held_out: int
    cosine: float
    same: float | None

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """Return vectors of length 1, float32, shape (n, d)."""
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
        What the student learns from.
    vectors
        The teacher's vectors of these, shape (n, d).
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
    """Fit a classifier to the labels that another gives, its strength chosen on what is held out.

    A label that the other gives to no text is never given by this one.
    """
    given = classifier.given(classifier.probabilities(vectors)).astype(np.float32)
    targets = Targets(given, classifier.labels, classifier.multilabel)
    rest = np.setdiff1d(np.arange(len(own)), held_out)
    if not classifier.multilabel and len(np.unique(targets.take(rest).codes)) < 2:
        return classifier
    return choose_probe(
        own[rest], targets.take(rest), own[held_out], targets.take(held_out)
    ).classifier
