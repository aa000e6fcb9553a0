"""What a comparison does with each kind of data, and what it measures, in words."""

from collections.abc import Mapping
from typing import Final

from tunesmith.kinds import Kind

_ANY: Final = (
    "For labelled texts, a new classifier is trained on each model's vectors, and its predictions "
    "are measured. For pairs and searches, the vectors themselves are measured."
)
_FOLDS: Final = (
    "is trained on each model's vectors in five folds, and predicts the rows of the fold that it "
    "was not trained on."
)
_NOT_SAVED: Final = "The classifiers that were saved with the models are not used."
_SEARCH: Final = (
    "Each query is searched among all documents by the cosine similarity of each model's vectors. "
    "The headline metric is nDCG@10: how high relevant documents are ranked."
)
_POSITIVES: Final = (
    "Pairs are ranked by the cosine similarity of each model's vectors. The headline metric is "
    "average precision: how well positive pairs are ranked above the others."
)
_METHODS: Final[Mapping[str, str]] = {
    Kind.LABELLED: (
        f"A new classifier (logistic regression) {_FOLDS} The headline metric is accuracy, the "
        f"share of correct predictions. {_NOT_SAVED}"
    ),
    Kind.MULTILABEL: (
        f"For each label, a new classifier (logistic regression) {_FOLDS} The headline metric is "
        f"macro F1, the mean over the labels. {_NOT_SAVED}"
    ),
    Kind.SCORED_PAIRS: (
        "The cosine similarity of each model's vectors is compared with the scores of the pairs. "
        "The headline metric is Spearman's rank correlation."
    ),
    Kind.LABELLED_PAIRS: _POSITIVES,
    Kind.NLI: _POSITIVES,
    Kind.TRIPLETS: (
        "The headline metric is the share of negatives that are farther from their anchor than its "
        "positive, by the cosine similarity of each model's vectors."
    ),
    Kind.PAIRS: _SEARCH,
    Kind.RETRIEVAL: _SEARCH,
}


def comparison_method(kind: str | None) -> str:
    """Return how models are compared on a kind of data; on any, if there is none yet.

    Examples
    --------
    >>> "nDCG@10" in comparison_method("pairs"), "logistic" in comparison_method("labelled")
    (True, True)
    """
    return _METHODS.get(kind or "", _ANY)
