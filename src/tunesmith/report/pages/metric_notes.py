"""What each metric means, in one sentence for readers who only read the report or the card."""

from collections.abc import Sequence
from typing import Final

from tunesmith.results.summary import Change

_NOTES: Final = {
    "accuracy": "share of texts with the correct label",
    "macro F1": "F1 (the balance of precision and recall) averaged over the labels, each with the "
    "same weight",
    "macro precision": "of the texts predicted to have a label, the share that has it; averaged "
    "over the labels",
    "macro recall": "of the texts that have a label, the share that is found; averaged over the "
    "labels",
    "micro F1": "F1 over all entries of all labels together",
    "log loss": "how surprised the classifier is by the correct labels; confident errors cost most",
    "5-NN accuracy": "share of texts whose five nearest training texts vote for the correct label",
    "V-measure": "agreement between clusters of the vectors and the labels",
    "Spearman": "how well the order of the similarities agrees with the order of the scores; 1 is "
    "perfect, 0 is chance",
    "Pearson": "how close the relation of similarities and scores is to a straight line; 1 is "
    "perfect",
    "average precision": "how far positive pairs are ranked before the others; 1 is perfect",
    "best F1": "F1 of separating positive pairs from the others at the best threshold",
    "triplet accuracy": "share of negatives that are farther from the anchor than the positive",
    "nDCG@10": "how near the top of ten results the relevant documents are; 1 is perfect",
    "MRR@10": "1 divided by the rank of the first relevant document, averaged; 0 beyond rank ten",
    "recall@1": "share of relevant documents in the first place",
    "recall@10": "share of relevant documents among the first ten results",
    "recall@100": "share of relevant documents among the first hundred results",
    "MAP@100": "precision at each relevant document among the first hundred, averaged",
    "alignment": "how close parts of one document are; lower is closer",
    "uniformity": "how evenly all texts are spread; lower is more even",
}


def metric_notes(changes: Sequence[Change]) -> tuple[tuple[str, str], ...]:
    """Return each metric with its meaning; one that has no note is left out.

    Examples
    --------
    >>> metric_notes([Change("recall@1", 0.5, 0.6, 0.0, 0.2)])
    (('recall@1', 'share of relevant documents in the first place'),)
    """
    names = dict.fromkeys(change.metric.partition(",")[0] for change in changes)
    return tuple((name, _NOTES[name]) for name in names if name in _NOTES)
