"""The texts and plots behind a verdict: maps, confusion matrices, texts that changed most."""

import numpy as np
from numpy.typing import NDArray

from tunesmith.evaluation.labels.predictions import Predictions
from tunesmith.evaluation.labels.targets import Targets
from tunesmith.evaluation.maps.before_after import before_after_map
from tunesmith.evaluation.maps.projection import project
from tunesmith.fitting.labels.finalists import Tested
from tunesmith.fitting.labels.task import LabelledSet
from tunesmith.results.evidence import ChangedText, Evidence, HeldOutText, Maps

# More points make a map slower to compute and no clearer.
MAPPED = 1_000
SHOWN = 30


def gather(
    test: LabelledSet,
    training_texts: list[str],
    base: Tested,
    tuned: Tested,
    seed: int,
) -> Evidence:
    """Return the evidence from test texts, with maps if both have vectors.

    Parameters
    ----------
    test
        Test texts and their labels.
    training_texts
        Texts among which the nearest neighbours were searched.
    base, tuned
        Results of the base and of the chosen model; the same object if it is the base.
    seed
        Random seed of the maps.
    """
    return Evidence(
        texts=tuple(test.texts),
        true_labels=tuple(label_texts(test.targets.positive, test.targets.labels)),
        labels=test.targets.labels,
        confusion_base=confusion(base.scores.predictions, test.targets),
        confusion_tuned=confusion(tuned.scores.predictions, test.targets),
        maps=_maps(base.vectors, tuned.vectors, seed),
        changed=_changed(test, training_texts, base, tuned),
        held_out=_held_out(test, base, tuned),
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


def _maps(
    base: NDArray[np.float32] | None, tuned: NDArray[np.float32] | None, seed: int
) -> Maps | None:
    if base is None or tuned is None or len(base) < 3:
        return None
    size = min(MAPPED, len(base))
    items = np.sort(np.random.default_rng(seed).choice(len(base), size=size, replace=False))
    near = before_after_map(base[items], tuned[items], seed=seed)
    pca = project(base[items])
    return Maps(
        items=items,
        pca_base=pca,
        pca_tuned=pca if base is tuned else project(tuned[items]),
        near_base=near.before,
        near_tuned=near.after,
    )


def _held_out(test: LabelledSet, base: Tested, tuned: Tested) -> tuple[HeldOutText, ...]:
    labels = test.targets.labels
    true = label_texts(test.targets.positive, labels)
    before, after = (label_texts(each.scores.predictions.given, labels) for each in (base, tuned))
    rows, sure = test.examples.rows.tolist(), (base.confidence.tolist(), tuned.confidence.tolist())
    each = zip(rows, test.texts, true, before, after, *sure, strict=True)
    return tuple(HeldOutText(*values) for values in each)


def _changed(
    test: LabelledSet,
    training_texts: list[str],
    base: Tested,
    tuned: Tested,
) -> tuple[ChangedText, ...]:
    """Return the texts that changed most: changed labels first, then changed neighbours."""
    if base is tuned:
        return ()
    near_base, near_tuned = base.neighbours, tuned.neighbours
    shared = (near_base[:, :, None] == near_tuned[:, None, :]).any(axis=2)
    overlap = shared.mean(axis=1)
    relabelled = (base.scores.predictions.given != tuned.scores.predictions.given).any(axis=1)
    order = np.lexsort((overlap, ~relabelled))[:SHOWN]
    labels = test.targets.labels
    true, before, after = (
        label_texts(given, labels)
        for given in (
            test.targets.positive,
            base.scores.predictions.given,
            tuned.scores.predictions.given,
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
