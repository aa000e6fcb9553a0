"""The texts and plots behind a verdict: maps, confusion matrices, texts that changed most."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.labels.neighbours import NEIGHBOURS
from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.evaluation.maps.projection import project
from tunesmith.fitting.labels.finalists import LabelFinalist, TestScores
from tunesmith.fitting.labels.task import LabelledSet
from tunesmith.results.evidence import ChangedText, Evidence, Maps
from tunesmith.vectors.similarity import search

# More points make a map slower to compute and no clearer.
MAPPED = 1_000
SHOWN = 30


def gather(
    test: LabelledSet,
    training_texts: list[str],
    base: tuple[LabelFinalist, TestScores],
    tuned: tuple[LabelFinalist, TestScores],
    seed: int,
    *,
    maps: bool,
) -> Evidence:
    """Return the evidence from one held-out test set, optionally with maps."""
    before, after = base[1], tuned[1]
    return Evidence(
        texts=tuple(test.texts),
        true_labels=tuple(label_texts(test.targets.positive, test.targets.labels)),
        labels=test.targets.labels,
        confusion_base=confusion(before.scores.predictions, test.targets),
        confusion_tuned=confusion(after.scores.predictions, test.targets),
        maps=_maps(before.vectors, after.vectors, seed) if maps else None,
        changed=_changed(test, training_texts, base, tuned),
    )


def merge(parts: Sequence[Evidence]) -> Evidence:
    """Return the evidence of several folds as one, without maps, as each fold has its own space."""
    changed = [item for part in parts for item in part.changed]
    changed.sort(key=lambda item: (item.base_label == item.tuned_label, item.overlap))
    return Evidence(
        texts=tuple(text for part in parts for text in part.texts),
        true_labels=tuple(label for part in parts for label in part.true_labels),
        labels=parts[0].labels,
        confusion_base=np.sum([part.confusion_base for part in parts], axis=0),
        confusion_tuned=np.sum([part.confusion_tuned for part in parts], axis=0),
        maps=None,
        changed=tuple(changed[:SHOWN]),
    )


def label_texts(given: NDArray[np.bool_], labels: tuple[str, ...]) -> list[str]:
    """Return the names of the labels in each row, joined by commas."""
    return [", ".join(labels[index] for index in np.flatnonzero(row)) for row in given]


def confusion(predictions: Predictions, targets: Targets) -> NDArray[np.int64]:
    """Return the confusion matrix: true labels in rows, predicted in columns.

    It is empty for multi-label data.
    """
    if targets.multilabel:
        return np.zeros((0, 0), dtype=np.int64)
    counts = targets.positive.T.astype(np.int64) @ predictions.given.astype(np.int64)
    return np.asarray(counts)


def _maps(base: NDArray[np.float32], tuned: NDArray[np.float32], seed: int) -> Maps | None:
    if len(base) < 3:
        return None
    size = min(MAPPED, len(base))
    items = np.sort(np.random.default_rng(seed).choice(len(base), size=size, replace=False))
    same = base is tuned
    pca, tsne = (project(base[items], method, seed) for method in ("pca", "tsne"))
    return Maps(
        items=items,
        pca_base=pca,
        pca_tuned=pca if same else project(tuned[items], "pca", seed),
        tsne_base=tsne,
        tsne_tuned=tsne if same else project(tuned[items], "tsne", seed),
    )


def _changed(
    test: LabelledSet,
    training_texts: list[str],
    base: tuple[LabelFinalist, TestScores],
    tuned: tuple[LabelFinalist, TestScores],
) -> tuple[ChangedText, ...]:
    """Return the texts that changed most: changed labels first, then changed neighbours."""
    if base[0].name == tuned[0].name:
        return ()
    near_base, near_tuned = _nearest(*base), _nearest(*tuned)
    shared = (near_base[:, :, None] == near_tuned[:, None, :]).any(axis=2)
    overlap = shared.mean(axis=1)
    relabelled = (base[1].scores.predictions.given != tuned[1].scores.predictions.given).any(axis=1)
    order = np.lexsort((overlap, ~relabelled))[:SHOWN]
    labels = test.targets.labels
    true, before, after = (
        label_texts(given, labels)
        for given in (
            test.targets.positive,
            base[1].scores.predictions.given,
            tuned[1].scores.predictions.given,
        )
    )
    return tuple(
        ChangedText(
            text=test.texts[index],
            label=true[index],
            base_label=before[index],
            tuned_label=after[index],
            base_neighbours=tuple(training_texts[row] for row in near_base[index]),
            tuned_neighbours=tuple(training_texts[row] for row in near_tuned[index]),
            overlap=float(overlap[index]),
        )
        for index in order
        if relabelled[index] or overlap[index] < 1
    )


def _nearest(final: LabelFinalist, tested: TestScores) -> NDArray[np.int64]:
    training = final.training.vectors
    return search(tested.vectors, training, k=min(NEIGHBOURS, len(training))).indices
