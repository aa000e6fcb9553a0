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


@pytest.mark.parametrize(
    ("first", "second", "score"),
    [("Satz1", "Satz2", "Score"), ("satz 1", "satz 2", "ähnlichkeit"),
     ("Satz A", "Satz B", "score"), ("frase1", "frase2", "similitud"),
     ("句子1", "句子2", "score"), ("文1", "文2", "類似度"),
     ("문장1", "문장2", "유사도"), ("предложение1", "предложение2", "сходство"),
     ("zdanie1", "zdanie2", "score"), ("ประโยค1", "ประโยค2", "score")],
)  # fmt: skip
@pytest.mark.parametrize("scores", [["0,5", "1,5", "2,5"], ["0.5", "1.5", "2.5"], [0.1, 0.4, 1]])
def test_scored_pairs_are_known_in_other_languages(
    first: str, second: str, score: str, scores: list[Any]
) -> None:
    """Their score is never a label of the first text, and nothing is left aside."""
    table = {first: ENGLISH, second: OTHERS, score: pa.array(scores * 2)}
    detected = found(**table)
    assert roles(detected) == ("scored_pairs", {"text1": first, "text2": second, "score": score})
    assert detected.doubts == ()
