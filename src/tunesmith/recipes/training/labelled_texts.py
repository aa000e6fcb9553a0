"""Distinct texts with their labels, ready for batching."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tunesmith.errors import DataError, UsageError
from tunesmith.kinds import Examples, Labelled, Multilabel
from tunesmith.recipes.training.batches import Batch, class_batches, label_batches, usable_labels


@dataclass(frozen=True, eq=False)
class LabelledTexts:
    """Distinct texts and their labels.

    Parameters
    ----------
    texts
        n distinct texts.
    classes
        Class index of each text, int64, shape (n,); or 1, 0 and NaN for unknown, float32, shape
        (n, labels).
    """

    texts: list[str]
    classes: NDArray[Any]

    @classmethod
    def of(cls, texts: Sequence[str], labels: ArrayLike) -> "LabelledTexts":
        """Validate texts and labels, and keep the first row of each text."""
        values = np.asarray(labels)
        if len(values) != len(texts):
            raise UsageError(f"there are {len(texts)} texts but {len(values)} labels")
        first = np.array(
            sorted({text: row for row, text in reversed([*enumerate(texts)])}.values())
        )
        distinct = [texts[row] for row in first]
        if values.ndim == 1:
            classes = np.unique(values, return_inverse=True)[1].astype(np.int64)
        else:
            classes = values.astype(np.float32)
        classes = classes[first] if len(first) else classes
        if classes.ndim == 1:  # all texts of a class may be duplicates with an earlier label
            classes = np.unique(classes, return_inverse=True)[1].astype(np.int64)
        targets = cls(distinct, classes)
        targets._require_contrast()
        return targets

    @classmethod
    def of_examples(cls, examples: Examples) -> "LabelledTexts":
        """Return the texts and labels of labelled or multi-label examples.

        Raises
        ------
        UsageError
            The examples have no labels.
        DataError
            The labels do not form two groups.
        """
        if isinstance(examples, Multilabel):
            return cls.of(examples.texts(), examples.matrix())
        if isinstance(examples, Labelled):
            return cls.of(examples.texts(), examples.labels)
        raise UsageError(
            f"contrastive training needs labelled or multilabel, not {examples.kind}",
            option="examples",
        )

    def numbers(self) -> list[NDArray[Any]]:
        """Return everything except the texts, for the fingerprint of a run."""
        return [self.classes]

    @property
    def multilabel(self) -> bool:
        """Whether a text may have several labels."""
        return self.classes.ndim == 2

    @property
    def texts_per_class(self) -> float:
        """Mean number of texts per class; 0 if a text may have several labels."""
        return 0.0 if self.multilabel else len(self.texts) / (int(self.classes.max()) + 1)

    def batches(self, size: int, per_class: int, rng: np.random.Generator) -> list[Batch]:
        """Return one epoch of batches of about ``size`` texts."""
        if self.multilabel:
            return label_batches(self.classes, size, rng)
        return class_batches(self.classes, size, per_class, rng)

    def _require_contrast(self) -> None:
        if not self.multilabel:
            counts = np.bincount(self.classes) if len(self.classes) else np.zeros(0)
            enough = (counts > 0).sum() >= 2 and counts.max() >= 2
        else:
            enough = len(usable_labels(self.classes)) > 0
        if not enough:
            raise DataError(
                "contrastive training needs two texts that share a label and one that does not",
                hint="add labelled texts or choose a tuner",
            )
