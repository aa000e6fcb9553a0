"""Common column names for each role, most specific first.

Names are normalised by :func:`plain_name`, so ``"Customer Review"`` equals ``customer_review``.
"""

import re

TEXT = (
    "text", "sentence", "query", "utterance", "review", "body", "content", "message", "question",
    "review_text", "review_body", "full_text", "raw_text", "clean_text", "document", "comment",
    "tweet", "post", "description", "feedback", "ticket", "email", "transcript", "chat", "prompt",
    "request", "input", "phrase", "passage", "paragraph", "abstract", "summary", "headline",
    "title", "subject", "snippet", "statement", "issue", "complaint", "answer", "response",
    "verbatim", "remark", "note", "texts", "sentences", "queries", "utterances", "comments",
    "messages", "customer_message", "user_message", "question_text", "comment_text", "text_body",
)  # fmt: skip

LABEL = (
    "label_text", "label_name", "label", "intent", "category", "class", "target", "topic",
    "sentiment", "class_name", "category_name", "intent_name", "emotion", "tag", "type",
    "classification", "polarity", "department", "queue", "genre", "domain", "group", "stars",
    "rating", "gold_label", "coarse_label", "fine_label", "label_coarse", "label_fine", "outcome",
    "is_spam", "spam", "subreddit", "product", "language", "lang", "labels", "classes", "intents",
    "categories", "targets", "topics", "y", "code", "priority", "score", "airline_sentiment",
)  # fmt: skip

LABELS = (
    "cats", "labels", "tags", "categories", "topics", "classes", "intents", "genres", "emotions",
    "targets", "label", "tag", "category", "intent", "topic", "class", "annotations",
)  # fmt: skip

PLURAL = frozenset(name for name in LABELS if name.endswith("s") and name != "class")

SCORE = (
    "score", "similarity", "similarity_score", "sim", "sts_score", "relatedness",
    "relatedness_score", "cosine", "scores", "sts", "gold_score",
    "mean_score", "rating", "degree",
)  # fmt: skip

PAIR_LABEL = (
    "label", "is_duplicate", "duplicate", "is_paraphrase", "paraphrase", "is_match", "match",
    "is_similar", "similar", "same", "is_same", "equivalent", "relevant", "is_relevant",
    "relevance", "labels", "target", "gold_label", "class", "y", "is_answer", "quality",
)  # fmt: skip

NLI_LABEL = (
    "label", "gold_label", "labels", "label_text", "relation", "entailment", "judgment",
    "judgement", "class", "category", "target", "verdict", "gold",
)  # fmt: skip

PREMISE = ("premise", "premises", "context_sentence")
HYPOTHESIS = ("hypothesis", "hypotheses", "hypothesis_sentence")

ANCHOR = (
    "anchor", "query", "question", "sent0", "sentence", "text", "premise", "queries", "source",
)  # fmt: skip
POSITIVE = (
    "positive", "pos", "positive_passage", "positive_document", "positive_text", "positives",
    "answer", "passage", "document", "sent1", "entailment", "positive_1",
)  # fmt: skip
NEGATIVES = (
    "negatives", "negative", "neg", "hard_negatives", "hard_negative", "hard_neg", "hard_negs",
    "negs", "negative_passages", "negative_passage", "negative_document", "negative_documents",
    "negative_text", "contradiction",
)  # fmt: skip

_STEMS = (
    "sentence", "question", "text", "query", "sent", "s", "q", "t", "phrase", "title", "document",
    "doc", "passage", "string", "example", "input", "utterance", "name", "description",
)  # fmt: skip
_FIRST = ("1", "a", "left", "first")
_SECOND = ("2", "b", "right", "second")

NUMBERED_TEXTS = tuple(
    (stem + gap + first, stem + gap + second)
    for stem in _STEMS
    for first, second in zip(_FIRST, _SECOND, strict=True)
    for gap in ("", "_")
)
"""Numbered names of two texts, such as ``sentence1`` and ``sentence2``."""

TWO_TEXTS = (
    *NUMBERED_TEXTS,
    ("premise", "hypothesis"),
    ("anchor", "positive"),
    ("query", "document"),
    ("query", "passage"),
    ("query", "text"),
    ("question", "answer"),
    ("text", "text_pair"),
)
"""Names of the two texts of a scored or labelled pair."""

MATCHING_TEXTS = (
    ("anchor", "positive"),
    ("query", "positive"),
    ("query", "pos"),
    ("query", "positive_passage"),
    ("query", "answer"),
    ("query", "passage"),
    ("query", "document"),
    ("query", "response"),
    ("query", "text"),
    ("question", "positive"),
    ("question", "answer"),
    ("question", "context"),
    ("question", "passage"),
    ("question", "response"),
    ("title", "abstract"),
    ("title", "body"),
    ("title", "text"),
    ("title", "description"),
    ("title", "content"),
    ("title", "summary"),
    ("headline", "body"),
    ("headline", "text"),
    ("subject", "body"),
    ("prompt", "completion"),
    ("prompt", "response"),
    ("instruction", "output"),
    ("instruction", "response"),
    ("document", "summary"),
    ("article", "highlights"),
    ("article", "summary"),
    ("text", "summary"),
    ("text", "paraphrase"),
    ("sentence", "paraphrase"),
    ("source", "target"),
    ("comment", "reply"),
    ("message", "reply"),
    ("post", "reply"),
    ("set_1", "set_2"),
    *TWO_TEXTS,
)
"""Names of the two texts of a positive pair."""

HALVES = frozenset(
    name
    for names in (
        PREMISE,
        HYPOTHESIS,
        ("anchor", "positive", "positives"),
        NEGATIVES,
        *NUMBERED_TEXTS,
    )
    for name in names
)
"""Names of texts that imply another text in the same row."""

_NUMBERED_NEGATIVE = re.compile(r"(hard_)?neg(ative)?s?_?\d+")
_IDENTIFIER = re.compile(
    r"(.*_)?_?(id|ids|idx|index|uuid|guid|rowid|row_?(number|num)?|unnamed_?\d*)"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN = re.compile(r"[^\w]+|_+")


def plain_name(name: str) -> str:
    """Return a column's name in lower case, with words joined by single underscores.

    Examples
    --------
    >>> plain_name("Label Text"), plain_name("labelText"), plain_name("_id")
    ('label_text', 'label_text', 'id')
    """
    return _BETWEEN.sub("_", _CAMEL.sub("_", name.strip())).strip("_").lower()


def is_known(name: str) -> bool:
    """Return whether a name is a known column name, which suggests a header row."""
    plain = plain_name(name)
    return plain in _KNOWN or names_identifier(name) or names_numbered_negative(name)


def names_identifier(name: str) -> bool:
    """Return whether the name is that of an id column, such as ``id`` or ``ticket_id``."""
    return bool(_IDENTIFIER.fullmatch(plain_name(name)))


def names_numbered_negative(name: str) -> bool:
    """Return whether the name is that of a numbered negative, such as ``negative_2``."""
    return bool(_NUMBERED_NEGATIVE.fullmatch(plain_name(name)))


_KNOWN = frozenset(
    name
    for names in (TEXT, LABEL, LABELS, SCORE, PAIR_LABEL, NLI_LABEL, PREMISE, HYPOTHESIS)
    for name in names
) | frozenset(
    name
    for names in (ANCHOR, POSITIVE, NEGATIVES, *TWO_TEXTS, *MATCHING_TEXTS)
    for name in names
)  # fmt: skip
