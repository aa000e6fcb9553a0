"""Words with a meaning, as names and as values: labels, splits, predictions, sizes and so on."""

from collections.abc import Set as AbstractSet
from typing import Final

from tunesmith.data.column_names import is_known, plain_name

LABEL_VALUES: Final = frozenset(
    [
        "positive", "negative", "neutral", "pos", "neg", "neu", "spam", "ham", "true", "false",
        "yes", "no", "toxic", "hate", "fake", "real", "joy", "anger", "sadness", "fear", "surprise",
        "love",
    ]
)  # fmt: skip
"""Words that are mostly labels."""

TRAINING_SPLITS: Final = frozenset(["train", "training", "trn", "learn", "dev", "fit"])
SPLITS: Final = TRAINING_SPLITS | {
    "test", "testing", "tst", "valid", "validation", "validate", "val", "eval", "evaluation",
    "holdout", "hold_out", "held_out", "unlabeled", "unlabelled", "unsup", "unsupervised",
}  # fmt: skip
"""Names of the splits of a data set."""

_PREDICTED: Final = frozenset(
    ["predicted", "prediction", "predictions", "pred", "preds", "guess", "guessed", "hat", "yhat"]
)
_DISTANT: Final = frozenset(
    [
        "distance", "distances", "dist", "dissimilarity", "dissimilar", "difference", "different",
        "unrelated", "wer", "cer", "rank", "not", "non", "negative", "mismatch",
    ]
)  # fmt: skip
_PROPERTIES: Final = frozenset(
    [
        "source", "author", "user", "user_name", "username", "customer", "gender", "sex", "city",
        "country", "state", "region", "location", "year", "month", "day", "weekday", "platform",
        "device", "browser", "channel", "brand", "store", "version", "app", "file", "file_name",
        "filename", "split", "fold", "agent", "annotator", "site", "domain_name", "os",
    ]
)  # fmt: skip
_SIZES: Final = frozenset(
    [
        "length", "lengths", "len", "count", "counts", "size", "words", "tokens", "chars",
        "characters", "age", "page", "pages", "line", "row", "number", "position", "index",
    ]
)  # fmt: skip


def names_size(name: str) -> bool:
    """Return whether the name is that of a size or a place in a file, such as ``text_length``.

    Examples
    --------
    >>> names_size("Text length"), names_size("similarity")
    (True, False)
    """
    return _has_word(name, _SIZES)


def names_prediction(name: str) -> bool:
    """Return whether the name is that of a model's predictions, such as ``predicted_label``.

    Examples
    --------
    >>> names_prediction("Predicted Label"), names_prediction("label")
    (True, False)
    """
    words = plain_name(name).split("_")
    by_model = words[0] in ("model", "auto") and len(words) > 1 and is_known("_".join(words[1:]))
    return by_model or _has_word(name, _PREDICTED)


def names_property(name: str) -> bool:
    """Return whether the name is that of a property of a text's origin, such as ``source``.

    Examples
    --------
    >>> names_property("Source"), names_property("topic")
    (True, False)
    """
    return plain_name(name) in _PROPERTIES


def names_distance(name: str) -> bool:
    """Return whether the name is that of numbers that fall with the similarity of two texts.

    Examples
    --------
    >>> names_distance("cosine_distance"), names_distance("score")
    (True, False)
    """
    return _has_word(name, _DISTANT)


def _has_word(name: str, words: AbstractSet[str]) -> bool:
    return not words.isdisjoint(plain_name(name).split("_"))
