"""Count words in any script: by spaces, or by letters in scripts that write without them.

Thresholds such as "at most four words" are made for scripts with spaces. In the others, letters are
divided by the mean number of letters that stand for a word of an English translation. A factor of
one and a half would not matter, so no dictionary is needed (docs/architecture.md).
"""

import re

_LETTERS_PER_WORD = (
    # Han characters, with the iteration mark
    (r"\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af", 1.5),
    # Hiragana
    (r"\u3041-\u3096\u309d-\u309f", 2.0),
    # Katakana, mostly for loan words
    (r"\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f", 4.0),
    # Hangul syllables: there are spaces, but a word includes particles and endings
    (r"\uac00-\ud7a3", 2.0),
    # Thai, Lao, Burmese and Khmer consonants and vowels, without the marks above and below them
    (r"\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46", 3.5),
    (r"\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd-\u0ec6", 3.5),
    (r"\u1000-\u102a\u103f\u1050-\u1055", 3.0),
    (r"\u1780-\u17b3", 4.0),
)
_UNSPACED = tuple((re.compile(f"[{letters}]"), per_word) for letters, per_word in _LETTERS_PER_WORD)
_ANY_UNSPACED = re.compile(f"[{''.join(letters for letters, _ in _LETTERS_PER_WORD)}]")
_MARKS = re.compile(
    r"[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3]"
)
_WORD = re.compile(r"\S*\w\S*")


def word_count(text: str) -> float:
    """Return the number of words; in scripts without spaces, an estimate.

    Examples
    --------
    >>> word_count("where is my card"), word_count("我的卡在哪里")
    (4.0, 4.0)
    >>> word_count("my iPhone 的屏幕")
    4.0
    """
    if text.isascii() or not _ANY_UNSPACED.search(text):
        return float(len(text.split()))
    estimate = sum(len(letters.findall(text)) / per_word for letters, per_word in _UNSPACED)
    rest = _ANY_UNSPACED.sub(" ", _MARKS.sub(" ", text))
    return estimate + len(_WORD.findall(rest))
