"""Common column names for each role, most specific first.

Names are normalised by :func:`plain_name`, so ``"Customer Review"`` equals ``customer_review``.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Any, Final

TEXT = (
    "text", "sentence", "query", "utterance", "review", "body", "content", "message", "question",
    "review_text", "review_body", "full_text", "raw_text", "clean_text", "document", "comment",
    "tweet", "post", "description", "feedback", "ticket", "email", "transcript", "chat", "prompt",
    "request", "input", "phrase", "passage", "paragraph", "abstract", "summary", "headline",
    "title", "subject", "snippet", "statement", "issue", "complaint", "answer", "response",
    "verbatim", "remark", "note", "texts", "sentences", "queries", "utterances", "comments",
    "messages", "customer_message", "user_message", "question_text", "comment_text", "text_body",
    "kommentar", "nachricht", "beschreibung", "anfrage", "frage", "texte", "commentaire", "avis",
    "texto", "comentario", "mensaje", "文本", "内容", "评论", "句子", "问题", "描述", "テキスト",
    "本文", "文章", "コメント", "質問", "텍스트", "내용", "문장", "리뷰", "댓글", "질문",
    "текст", "сообщение", "комментарий", "отзыв", "вопрос", "treść", "tekst", "κείμενο", "نص",
    "ข้อความ", "เนื้อหา", "ความคิดเห็น", "รีวิว", "คำถาม",
)  # fmt: skip

_CLASS_NUMBERS = tuple(
    f"{stem}_{end}"
    for stem in (
        "label", "class", "category", "cat", "intent", "target", "topic", "sentiment", "emotion",
        "rating", "genre", "tag", "polarity", "kategorie", "klasse", "classe",
    )
    for end in ("index", "id", "idx", "no", "nr", "num", "number", "code")
)  # fmt: skip

_TRUE_LABELS = (
    *(
        f"{truth}_{name}"
        for truth in ("true", "gold", "human", "manual", "actual", "correct", "annotated", "final")
        for name in ("label", "class", "category", "intent", "topic", "sentiment", "target", "tag")
    ),
    *("label_true", "label_gold", "gold", "truth", "ground_truth", "y_true", "annotation"),
)

LABEL = (
    *_TRUE_LABELS, "label_text", "label_name", "label", "intent", "category", "class", "target",
    "topic", "sentiment", "class_name", "category_name", "intent_name", "emotion", "tag", "type",
    "classification", "polarity", "department", "queue", "genre", "domain", "group", "stars",
    "rating", "overall", "coarse_label", "fine_label", "label_coarse", "label_fine",
    "outcome", "is_spam", "spam", "subreddit", "product", "language", "lang", "labels", "classes",
    "intents", "categories", "targets", "topics", "y", "code", "priority", "score",
    "airline_sentiment", "label_id", "label_idx", "intent_id", "category_id", "class_id",
    "class_idx", "target_id", "topic_id", "kategorie", "klasse", "etikett", "thema", "catégorie",
    "étiquette", "classe", "categoría", "etiqueta", "clase", "标签", "类别", "分类", "意图",
    "情感", "主题", "ラベル", "カテゴリ", "カテゴリー", "分類", "感情", "라벨", "레이블",
    "카테고리", "분류", "감정", "의도", "метка", "категория", "класс", "тема", "kategoria",
    "etykieta", "klasa", "ετικέτα", "κατηγορία", "تصنيف", "فئة", "ป้ายกำกับ", "หมวดหมู่",
    "ประเภท", "ฉลาก", *_CLASS_NUMBERS,
)  # fmt: skip

WEAK_LABEL = frozenset(
    ["type", "group", "product", "language", "lang", "code", "domain", "subreddit", "priority"]
)
"""Names of labels that often describe a text instead: never preferred to another label."""

LABELS = (
    "cats", "labels", "tags", "categories", "topics", "classes", "intents", "genres", "emotions",
    "targets", "label", "tag", "category", "intent", "topic", "class", "annotations",
)  # fmt: skip

PLURAL = frozenset(name for name in LABELS if name.endswith("s") and name != "class")

SCORE = (
    "score", "similarity", "similarity_score", "sim", "sts_score", "relatedness",
    "relatedness_score", "cosine", "scores", "sts", "gold_score",
    "mean_score", "true_score", "human_score", "rating", "degree", "ähnlichkeit", "similarité",
    "similitud", "similarità",
    "相似度", "相似性", "類似度", "유사도", "сходство", "схожесть", "podobieństwo", "ความคล้าย",
)  # fmt: skip

PAIR_LABEL = (
    "label", "is_duplicate", "duplicate", "is_paraphrase", "paraphrase", "is_match", "match",
    "is_similar", "similar", "same", "is_same", "equivalent", "relevant", "is_relevant",
    "relevance", "labels", "target", "gold_label", "class", "y", "is_answer", "quality",
    "entailment", "is_entailment",
)  # fmt: skip

NLI_LABEL = (
    "label", "gold_label", "labels", "label_text", "relation", "entailment", "judgment",
    "judgement", "class", "category", "target", "verdict", "gold",
)  # fmt: skip

PREMISE = ("premise", "premises", "context_sentence", "前提", "전제", "ข้อตั้ง")
HYPOTHESIS = (
    "hypothesis", "hypotheses", "hypothesis_sentence", "假设", "仮説", "가설", "สมมติฐาน",
)  # fmt: skip

ANCHOR = (
    "anchor", "query", "question", "prompt", "instruction", "sent0", "sentence", "text", "premise",
    "queries", "source",
)  # fmt: skip
POSITIVE = (
    "positive", "pos", "positive_passage", "positive_document", "positive_text", "positives",
    "answer", "passage", "document", "sent1", "entailment", "positive_1", "positive_passages",
    "positive_documents", "positive_docs", "positive_doc", "positive_texts", "positive_ctxs",
    "positive_ctx", "positive_contexts", "relevant_passages", "relevant_passage",
    "relevant_documents", "relevant_document", "relevant_docs", "relevant_texts", "answers",
    "passages", "documents", "chosen", "preferred", "correct_answer", "correct_answers",
    "best_answer", "similar", "similar_text",
)  # fmt: skip
NEGATIVES = (
    "negatives", "negative", "neg", "hard_negatives", "hard_negative", "hard_neg", "hard_negs",
    "negs", "negative_passages", "negative_passage", "negative_document", "negative_documents",
    "negative_text", "contradiction", "negative_texts", "negative_docs", "negative_doc",
    "hard_negative_passages", "hard_negative_documents", "hard_negative_docs",
    "hard_negative_ctxs", "negative_ctxs", "hard_negative_contexts", "negative_contexts",
    "irrelevant_passages", "irrelevant_documents", "irrelevant_docs", "rejected", "dispreferred",
    "distractor", "distractors", "incorrect_answer", "incorrect_answers", "wrong_answer",
    "wrong_answers", "dissimilar", "dissimilar_text",
)  # fmt: skip

_STEMS = (
    "sentence", "question", "text", "query", "sent", "phrase", "title", "document", "doc",
    "passage", "string", "utterance", "description", "caption", "post", "body", "satz", "frase",
    "句子", "文本", "문장", "文", "テキスト", "предложение", "текст", "zdanie", "tekst", "ประโยค",
)  # fmt: skip
_WEAK_STEMS = ("s", "q", "t", "example", "input", "name", "frage", "pregunta", "вопрос")
_FIRST = ("1", "a", "left", "first")
_SECOND = ("2", "b", "right", "second")
_THIRD = ("3", "c", "third")


def _numbered(stems: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (stem + gap + first, stem + gap + second)
        for stem in stems
        for first, second in zip(_FIRST, _SECOND, strict=True)
        for gap in ("", "_")
    )


NUMBERED_TEXTS = _numbered(_STEMS + _WEAK_STEMS)
"""Numbered names of two texts, such as ``sentence1`` and ``sentence2``."""

WEAKLY_NUMBERED = frozenset(name for names in _numbered(_WEAK_STEMS) for name in names)
"""Numbered names that may also be questions of a survey, such as ``q1`` and ``q2``."""

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
    ("text", "simplified"),
    ("title", "citation"),
    ("comment", "code"),
    ("english", "non_english"),
    ("prompt", "chosen"),
    *(
        (anchor, positive)
        for anchor in ("query", "question", "anchor")
        for positive in POSITIVE
        if positive != "similar"  # mostly a column of yes and no
    ),
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

_NUMBERED_NEGATIVE = re.compile(
    r"((hard_)?neg(ative)?s?|distractor|rejected|dispreferred|dissimilar|(incorrect|wrong)(_answer)?)"
    r"_?\d+"
)
_ID_WORD = r"(id|ids|idx|index|uuid|guid|rowid|row_?(number|num)?|unnamed_?\d*)"
_ROW_NUMBER = re.compile(_ID_WORD)
_IDENTIFIER = re.compile(rf"(.*_)?_?{_ID_WORD}")
_WITHOUT_MEANING = frozenset(["value", "values", "name", "choice", "choices"])
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Python does not count the vowel and tone marks of Thai as parts of a word.
_IDS = frozenset(["id", "doc_id", "docid", "document_id", "corpus_id", "pid"])
_CORPUS = frozenset([*_IDS, "title", "text", "metadata", "url", "path"])
_BETWEEN = re.compile(r"[^\w\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]+|_+")


def plain_name(name: str) -> str:
    """Return a column's name in lower case, with words joined by single underscores.

    Examples
    --------
    >>> plain_name("Label Text"), plain_name("labelText"), plain_name("_id")
    ('label_text', 'label_text', 'id')
    """
    spaced = _CAMEL.sub("_", unicodedata.normalize("NFC", name).strip())
    return _BETWEEN.sub("_", spaced).strip("_").lower()


def nested_name(name: str) -> str:
    """Return the plain name by which a column within an object, such as ``data.text``, is known.

    That is the whole name if it is known, else the last part. It is the first part if the last one
    says nothing, and for objects named like one text of a pair.

    Examples
    --------
    >>> nested_name("data.text"), nested_name("label.value"), nested_name("label.text")
    ('text', 'label', 'label_text')
    """
    whole = plain_name(name)
    if "." not in name or is_known(whole):
        return whole
    first, last = (plain_name(name.split(".")[index]) for index in (0, -1))
    of_a_pair = first in HALVES and not is_known(last)
    return first if last in _WITHOUT_MEANING or of_a_pair else last


def is_known(name: str) -> bool:
    """Return whether a name is a known column name, which suggests a header row."""
    plain = plain_name(name)
    return plain in _KNOWN or names_identifier(name) or names_numbered_negative(name)


def names_identifier(name: str) -> bool:
    """Return whether the name is that of an id column, such as ``id`` or ``ticket_id``."""
    plain = plain_name(name)
    return plain not in LABEL and bool(_IDENTIFIER.fullmatch(plain))


def names_class_number(name: str) -> bool:
    """Return whether the name is that of numbered classes, such as ``class_index``."""
    return plain_name(name) in _CLASS_NUMBERS


def names_row_number(name: str) -> bool:
    """Return whether the name says no more than that rows are numbered, such as ``Index``."""
    plain = plain_name(name)
    return plain not in LABEL and bool(_ROW_NUMBER.fullmatch(plain))


def continues_series(name: str, names: Collection[str]) -> bool:
    """Return whether a numbered name is part of a series of three or more, such as ``q1``.

    Examples
    --------
    >>> continues_series("q1", {"q1", "q2", "q3"}), continues_series("q1", {"q1", "q2"})
    (True, False)
    """
    for first, second in NUMBERED_TEXTS:
        if name in (first, second):
            stem = first.removesuffix("1").removesuffix("a").removesuffix("first")
            return any(stem + third in names for third in _THIRD)
    return False


def names_numbered_negative(name: str) -> bool:
    """Return whether the name is that of a numbered negative, such as ``negative_2``."""
    return bool(_NUMBERED_NEGATIVE.fullmatch(plain_name(name)))


def names_negatives(name: str) -> bool:
    """Return whether the name is that of negatives, such as ``negative`` or ``neg_2``."""
    return plain_name(name) in NEGATIVES or names_numbered_negative(name)


_KNOWN = frozenset(
    name
    for names in (TEXT, LABEL, LABELS, SCORE, PAIR_LABEL, NLI_LABEL, PREMISE, HYPOTHESIS)
    for name in names
) | frozenset(
    name
    for names in (ANCHOR, POSITIVE, NEGATIVES, *TWO_TEXTS, *MATCHING_TEXTS)
    for name in names
)  # fmt: skip


ASKED: Final = (
    "query", "question", "search", "search_query", "search_term", "search_terms", "query_text", "q",
)  # fmt: skip
"""Names of the queries of a search."""

DOCUMENT: Final = "title+text"
"""The columns of a document, which are one text."""


def document_text(title: str | None, text: str | None) -> str:
    """Return a document as it is embedded: its title and its text, as in BEIR.

    Examples
    --------
    >>> document_text("Cards", "They are free."), document_text(None, "They are free.")
    ('Cards They are free.', 'They are free.')
    """
    return " ".join(filter(None, (title, text))).strip()


def joined_text(names: Sequence[str], parts: Sequence[Any]) -> str | None:
    r"""Return the texts of several columns as one; None if all are missing.

    Title and text are a document, other columns are joined by a line break.

    Examples
    --------
    >>> joined_text(["title", "text"], ["Cards", "Free."])
    'Cards Free.'
    >>> joined_text(["subject", "body"], ["Refund", "Where is it?"])
    'Refund\nWhere is it?'
    """
    present = [str(part) for part in parts if part not in (None, "")]
    if "+".join(map(plain_name, names)) == DOCUMENT:
        return " ".join(present).strip() or None
    return "\n".join(present) or None


def is_corpus(names: Collection[str]) -> bool:
    """Return whether a file has the columns of a corpus: id, title, text and nothing that matters.

    Examples
    --------
    >>> is_corpus(["_id", "title", "text", "metadata"]), is_corpus(["title", "text", "label"])
    (True, False)
    """
    plain = set(map(plain_name, names))
    return {"title", "text"} <= plain and bool(plain & _IDS) and plain <= _CORPUS
