"""Every English detection case is detected alike in scripts without spaces and in Korean."""

from typing import Any

import pyarrow as pa
import pytest

from tests.data.detection.test_detect import CASES, OTHERS, found, roles
from tests.data.detection.test_detect import SENTENCES as ENGLISH
from tests.data.detection.translated import LABELS, OTHER_BEGINNINGS, SENTENCES


def translated(values: Any, words: dict[str, str]) -> Any:
    """Return values with every sentence and label translated, at any depth."""
    if isinstance(values, str):
        return words.get(values, values)
    if isinstance(values, list | range):
        return [translated(value, words) for value in values]
    return values


@pytest.mark.parametrize("language", LABELS)
@pytest.mark.parametrize("case", CASES)
def test_cases_are_detected_in_other_scripts(case: str, language: str) -> None:
    """Kind and columns are those of the English case."""
    columns, kind, expected = CASES[case]
    others = [OTHER_BEGINNINGS[language] + sentence for sentence in SENTENCES[language]]
    words = dict(zip(OTHERS, others, strict=True)) | LABELS[language]
    words |= dict(zip(ENGLISH, SENTENCES[language], strict=True))
    table = {name: pa.array(translated(values, words)) for name, values in columns.items()}
    assert roles(found(**table)) == (kind, expected)


@pytest.mark.parametrize("language", LABELS)
def test_repeated_texts_are_not_labels(language: str) -> None:
    """A premise is repeated for each relation; it is a text, and the relation is the label."""
    premises = [sentence for sentence in SENTENCES[language] for _ in range(3)]
    begin = OTHER_BEGINNINGS[language]
    hypotheses = [begin + sentence for sentence in SENTENCES[language] for _ in range(3)]
    relations = ["entailment", "neutral", "contradiction"] * 6
    detected = found(a=premises, b=hypotheses, c=relations)
    assert roles(detected) == ("nli", {"premise": "a", "hypothesis": "b", "label": "c"})


@pytest.mark.parametrize(
    ("text", "label"),
    [("文本", "标签"), ("テキスト", "ラベル"), ("ข้อความ", "ป้ายกำกับ"),
     ("리뷰", "카테고리"), ("Texte", "Catégorie"),
     ("Kommentar", "Kategorie"), ("texto", "etiqueta")],
)  # fmt: skip
def test_names_of_other_languages_are_known(text: str, label: str) -> None:
    """A column named as a label is one, even if another has fewer values."""
    labels = ["x", "y", "z", "x", "y", "z"]
    detected = found(**{"n": [1, 2, 1, 1, 2, 2], label: labels, text: ENGLISH})
    assert roles(detected) == ("labelled", {"text": text, "label": label})
