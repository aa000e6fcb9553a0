"""A text has about as many words as its English translation, in any script."""

import pytest

from tests.data.detection.translated import SENTENCES
from tunesmith.data.word_count import word_count


@pytest.mark.parametrize("language", ["Chinese", "Japanese", "Thai", "Korean"])
def test_words_are_those_of_a_translation(language: str) -> None:
    """Each sentence is within 45% of its English translation, their sum within 25%."""
    english = [word_count(sentence) for sentence in SENTENCES["English"]]
    counted = [word_count(sentence) for sentence in SENTENCES[language]]
    assert all(abs(one - other) <= 0.45 * one for one, other in zip(english, counted, strict=True))
    assert abs(sum(counted) - sum(english)) <= 0.25 * sum(english)


@pytest.mark.parametrize(
    "label",
    [
        "电梯",
        "电梯故障",
        "エレベーター",
        "水漏れ",
        "ลิฟต์",
        "เครื่องทำความร้อน",
        "엘리베이터 고장",
        "누수",
    ],
)
def test_labels_have_few_words(label: str) -> None:
    """Labels of other scripts stay labels: at most four words."""
    assert word_count(label) <= 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("where is my card", 4),
        ("où est ma carte ?", 5),
        ("где моя карта", 3),
        ("मेरा कार्ड", 2),
        ("", 0),
    ],
)
def test_scripts_with_spaces_are_counted_by_them(text: str, words: int) -> None:
    """Including marks and accents."""
    assert word_count(text) == words
