"""The script and the language of texts, of a whole file rather than of a single text.

A detector is often wrong about a short text, but rarely about many of them together. So a language
counts only if it is found in a good share of the texts, and again in those texts joined.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

LATIN: Final = "Latin"
_LEAST_SHARE: Final = 0.1
_SURE: Final = 0.9
_SHORT: Final = 4  # words: about a shorter text alone, the detector is often wrong
_FEW: Final = 10
_LETTERS: Final = 200  # so many letters of short texts together are enough
_SHOWN_CHARACTERS: Final = 300
_NEARLY: Final = {"pcm": "en"}  # Nigerian Pidgin
_NO_LANGUAGE: Final = frozenset(["zxx", "und", "mul"])  # codes, logs, random letters
# Words that are frequent in English, and that no other language writes in the same way.
_ENGLISH: Final = frozenset(
    [
        "the", "and", "you", "your", "with", "this", "that", "these", "from", "have", "what",
        "where", "when", "why", "how", "which", "there", "they", "would", "could", "should",
        "about", "does", "been", "into", "please", "don't", "it's", "i'm", "than", "because",
        "through", "who",
    ]
)  # fmt: skip
_ENGLISH_TOO: Final = frozenset(
    ["is", "to", "of", "my", "it", "not", "for", "are", "can", "at", "be", "his", "her", "was", "i"]
)
_SCRIPTS: Final = {
    "Cyrillic": "ru uk be bg sr mk mn kk ky tg tt ba cv os ab ce",
    "Greek": "el grc",
    "Arabic": "ar fa ur ps ku ckb sd ug arz azb pnb ks",
    "Hebrew": "he yi",
    "Devanagari": "hi mr ne sa bho mai new gom dty bh awa",
    "Bengali": "bn as bpy",
    "Gurmukhi": "pa",
    "Gujarati": "gu",
    "Oriya": "or",
    "Tamil": "ta",
    "Telugu": "te",
    "Kannada": "kn",
    "Malayalam": "ml",
    "Sinhala": "si",
    "Thai": "th",
    "Lao": "lo",
    "Tibetan": "bo dz",
    "Myanmar": "my shn mnw",
    "Georgian": "ka xmf",
    "Armenian": "hy hyw",
    "Ethiopic": "am ti",
    "Khmer": "km",
    "Hangul": "ko",
    "Hiragana": "ja",
    "Katakana": "ja",
    "Cjk": "zh ja yue wuu lzh zh_classical",
}
_NAMES: Final = {
    "Cjk": "Chinese", "Hangul": "Korean", "Hiragana": "Japanese", "Katakana": "Japanese",
    "Thai": "Thai", "Greek": "Greek", "af": "Afrikaans", "ca": "Catalan", "cs": "Czech",
    "da": "Danish", "de": "German", "en": "English", "es": "Spanish", "et": "Estonian",
    "eu": "Basque", "fi": "Finnish", "fr": "French", "ga": "Irish", "hr": "Croatian",
    "hu": "Hungarian", "id": "Indonesian", "is": "Icelandic", "it": "Italian", "ja": "Japanese",
    "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "ms": "Malay", "nl": "Dutch",
    "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian", "sv": "Swedish", "sw": "Swahili",
    "tl": "Tagalog", "tr": "Turkish", "vi": "Vietnamese", "zh": "Chinese", "ar": "Arabic",
    "hi": "Hindi",
}  # fmt: skip


@dataclass(frozen=True)
class Foreign:
    """Texts in a language or script that a model was not made for.

    Parameters
    ----------
    name
        The name of the language, or of the script if several languages use it.
    positions
        The positions of these texts.
    """

    name: str
    positions: tuple[int, ...]


def foreign_texts(texts: Sequence[str], languages: Collection[str]) -> Foreign | None:
    """Return the texts in the most frequent language that is not among these, if any.

    Parameters
    ----------
    texts
        The texts of a file, or a sample of them.
    languages
        ISO codes of languages, such as ``"en"``.

    Examples
    --------
    >>> foreign_texts(["лифт снова стоит", "вода капает"], ["en"])
    Foreign(name='Cyrillic script', positions=(0, 1))
    >>> foreign_texts(["the lift does not work", "water from the ceiling"], ["en"]) is None
    True
    """
    scripts = [script(text) for text in texts]
    least = _LEAST_SHARE * len(texts)
    found = [
        Foreign(name, places)
        for name, places in (
            *_other_scripts(scripts, languages),
            *_latin(texts, scripts, languages),
        )
        if len(places) >= least
    ]
    return max(found, key=lambda each: len(each.positions), default=None)


def language_name(code: str) -> str:
    """Return the English name of a language, or its code if the name is not listed.

    Examples
    --------
    >>> language_name("de"), language_name("xx")
    ('German', 'xx')
    """
    return _NAMES.get(code, code)


def script(text: str) -> str | None:
    """Return the script of most letters of a text; None without letters.

    Examples
    --------
    >>> script("Wo ist meine Karte?"), script("我的卡在哪里"), script("12:30")
    ('Latin', 'Cjk', None)
    """
    letters = Counter(_script(one) for one in text[:_SHOWN_CHARACTERS] if one.isalpha())
    if letters["Hiragana"]:  # Japanese, though half of it is written with Chinese characters
        return "Hiragana"
    return letters.most_common(1)[0][0] if letters else None


@cache
def _script(letter: str) -> str:
    return unicodedata.name(letter, "OTHER").partition(" ")[0].capitalize()


def _other_scripts(
    scripts: Sequence[str | None], languages: Collection[str]
) -> list[tuple[str, tuple[int, ...]]]:
    places: dict[str, list[int]] = defaultdict(list)
    for position, each in enumerate(scripts):
        if each in _SCRIPTS and set(_SCRIPTS[each].split()).isdisjoint(languages):
            places[_NAMES.get(each, f"{each} script")].append(position)
    return [(name, tuple(each)) for name, each in places.items()]


def _latin(
    texts: Sequence[str], scripts: Sequence[str | None], languages: Collection[str]
) -> list[tuple[str, tuple[int, ...]]]:
    """Return the texts in each other language with Latin letters."""
    latin = [position for position, each in enumerate(scripts) if each == LATIN]
    if "en" in languages and _is_surely_english([texts[position] for position in latin]):
        return []  # to load the detector takes over a second
    long = [position for position in latin if len(texts[position].split()) >= _SHORT]
    if len(long) < max(_FEW, len(latin) / 2):
        return _of_short(texts, latin, languages)
    places: dict[str, list[int]] = defaultdict(list)
    for position in long:
        places[_language(texts[position])[0]].append(position)
    return [
        (language_name(code), tuple(each))
        for code, each in places.items()
        if _is_other(code, languages) and _is_surely(code, _joined(texts, each))
    ]


def _of_short(
    texts: Sequence[str], positions: Sequence[int], languages: Collection[str]
) -> list[tuple[str, tuple[int, ...]]]:
    """Return all short texts if they are in another language together."""
    whole = _joined(texts, positions)
    if sum(map(str.isalpha, whole)) < _LETTERS:
        return []
    code, probability = _language(whole)
    other = _is_other(code, languages) and probability >= _SURE
    return [(language_name(code), tuple(positions))] if other else []


def _is_other(code: str, languages: Collection[str]) -> bool:
    return code not in languages and code not in _NO_LANGUAGE


def _is_surely(code: str, text: str) -> bool:
    found, probability = _language(text)
    return found == code and probability >= _SURE


def _is_surely_english(texts: Sequence[str]) -> bool:
    """Return whether nearly all texts have a word that only English has, or two frequent ones."""
    words = [set(text.lower().split()) for text in texts]
    marked = sum(bool(each & _ENGLISH) or len(each & _ENGLISH_TOO) > 1 for each in words)
    return marked >= (1 - _LEAST_SHARE) * len(texts)


def _joined(texts: Sequence[str], positions: Sequence[int]) -> str:
    return "\n".join(texts[position][:_SHOWN_CHARACTERS] for position in positions)


def _language(text: str) -> tuple[str, float]:
    code, probability = _detector().classify(text[: 40 * _SHOWN_CHARACTERS])
    return _NEARLY.get(code, code), float(probability)


@cache
def _detector() -> Any:
    from py3langid import langid

    model = Path(langid.__file__).parent / "data" / "model.npz.xz"
    return langid.LanguageIdentifier.from_model_file(model, norm_probs=True)
